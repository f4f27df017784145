"""Records handed to a provider: each a disclosure of its own, numbered, and never twice without being seen as such.

A pull names the last number that the provider has.  What was handed over after it comes again, and says so; then come
records that it never had.  So a pull whose answer was lost is simply repeated.  clause: share.providers
"""

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from ..errors import GateError, Refused
from ..ids import uuid7
from ..published import statement
from ..subjects import bulk
from ..telling import recipients
from ..telling.telling import desk_of
from ..uses import SYSTEM, disclose_each
from ..uses.actor import Row
from ..uses.together import Record
from . import rules
from .models import Duty, Handover

MOST = 1000
"""Records in one pull."""
LOOKED_AT = 500
"""Rows that are looked at in one go at the most."""


class Busy(GateError):
    """Another pull of the same duty came between; nothing was handed over."""


class NoSuchNumber(GateError):
    """A pull that says it has more than was ever handed over."""


@dataclass(frozen=True, slots=True)
class Given:
    """One record as the provider gets it: `mark` is what it finds it by again, and reports and is told under."""

    number: int
    mark: str
    is_again: bool
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pull handed over.  `upto` goes into the next one; `has_more` says that there is more now."""

    records: list[Given]
    upto: int
    has_more: bool


def mark_of(duty: Duty, row: Any) -> str:
    """What the provider knows a row by, the same whenever it is handed over: nothing can be read from it."""
    return hmac.digest(_marking(duty.id.hex), row.id.bytes, "sha256").hex()[:32]


@lru_cache(maxsize=64)
def _marking(duty: str) -> bytes:
    """The key of a duty's marks, made from the install's."""
    return salted_hmac("troth.gate.duties", duty, algorithm="sha256").digest()


def hand_over(duty: Duty, after: int | None = None, most: int = MOST, upto: int | None = None) -> Pulled:
    """The next records of a live duty, after the last number that the provider has (None: what it said last).

    With `upto` only what was handed over before comes again, as far as that number.

    The entries are durable before this returns.  Raises Refused, NoSuchNumber, Busy.
    """
    duty.refresh_from_db()
    must_be_live(duty)
    entry = recipients.registered(duty.recipient)
    known = rules.RULES.get(duty.rule)
    if entry is None or known is None:
        raise Refused("this provider is on no register, or its duty covers nobody", clause_of(duty))
    after, had = _acknowledge(duty, after), duty.last_number
    numbers, at_once = dict[UUID, int](), min(most, LOOKED_AT)
    unsure = _again(duty, known, (after, upto), at_once, numbers)
    new = _new(duty, known, at_once) if upto is None else ()
    handed = disclose_each(
        chain(unsure, new), duty.fields(), to=duty.recipient,
        purpose=duty.purpose, by=SYSTEM, country=entry.country, given=duty, most=most,
        reference=lambda row: mark_of(duty, row), beside=lambda each: _note(duty, each, numbers), under_one=MOST,
    )  # fmt: skip
    records = [
        Given(numbers[one.row.id], one.reference, numbers[one.row.id] <= had, one.values) for one in handed
    ]
    is_all = len(handed) < most
    last = upto or max((had, *numbers.values()))
    return Pulled(records, last if is_all else records[-1].number, not is_all)


def as_json(duty: Duty, pulled: Pulled) -> dict[str, Any]:
    """Records as a provider gets them, by the statement's words for the kinds of data."""
    names = dict(zip(duty.fields(), duty.named(), strict=False))
    return {
        "duty": duty.reference, "upto": pulled.upto, "has_more": pulled.has_more,
        "records": [
            {
                "number": one.number, "mark": one.mark, "again": one.is_again,
                "values": {names[name]: value for name, value in one.values.items()},
            }
            for one in pulled.records
        ],
    }  # fmt: skip


def must_be_live(duty: Duty) -> None:
    """Raises Refused for a duty that has ended."""
    if not duty.is_live():
        raise Refused(
            f"this duty ended on {duty.over_at:%Y-%m-%d}; nothing is handed over under it", clause_of(duty)
        )


def clause_of(duty: Duty) -> str | None:
    """The clause that a duty goes by."""
    return rules.purposes(statement.current()).get((duty.recipient, duty.purpose))


def _acknowledge(duty: Duty, after: int | None) -> int:
    if after is None:
        return duty.acknowledged
    if not 0 <= after <= duty.last_number:
        raise NoSuchNumber(f"no record was handed over under number {after}")
    if after > duty.acknowledged:
        Duty.objects.filter(pk=duty.pk, acknowledged__lt=after).update(acknowledged=after)
    return after


def _again(
    duty: Duty, known: rules.Rule, reach: tuple[int, int | None], at_once: int, numbers: dict[UUID, int]
) -> Iterator[Any]:
    """Rows that the provider may not have got, in the order of their numbers, which are put into `numbers`."""
    after, upto = reach
    found = Handover.objects.filter(duty=duty, is_again=False).exclude(row_id=None).order_by("number")
    if upto is not None:
        found = found.filter(number__lte=upto)
    while part := list(found.filter(number__gt=after).values_list("row_id", "number")[:at_once]):
        after = part[-1][1]
        numbers.update(part)
        rows = {row.pk: row for row in known.model.every.filter(pk__in=[pk for pk, _ in part])}
        yield from (rows[pk] for pk, _ in part if pk in rows)


def _new(duty: Duty, known: rules.Rule, at_once: int) -> Iterator[Any]:
    """Rows that were never handed over under this duty, the oldest first."""
    had = Handover.objects.filter(duty=duty).exclude(row_id=None).values("row_id")
    found, last = known.rows().exclude(pk__in=had).order_by("pk"), UUID(int=0)
    while rows := list(found.filter(pk__gt=last)[:at_once]):
        last = rows[-1].pk
        yield from rows


def _note(duty: Duty, handed: list[Record], numbers: dict[UUID, int]) -> None:
    """Number what is handed over.  Whoever pulled meanwhile, or ended the duty, changed its row: then nothing leaves."""
    had, new = duty.last_number, [one.row.id for one in handed if one.row.id not in numbers]
    count_up(duty, len(new))
    numbers |= {pk: had + n for n, pk in enumerate(new, 1)}
    bulk.insert(
        Handover, desk_of(duty.recipient),
        {"duty_id": duty.pk, "at": timezone.now(), "outcome": "", "reported_at": None},
        ("id", "number", "entry", "about_id", "row_id", "mark", "is_again"),
        [
            (
                uuid7(), numbers[one.row.id], one.entry, one.row.owner_id, one.row.id, one.reference,
                numbers[one.row.id] <= had,
            )
            for one in handed
        ],
    )  # fmt: skip


def count_up(duty: Duty, many: int) -> None:
    """Take the next numbers of a duty, if it is live and as it was read.  Raises Busy, Refused."""
    mine = Duty.objects.filter(
        pk=duty.pk, last_number=duty.last_number, ended_at=None, ends_at__gt=timezone.now()
    )
    if not mine.update(last_number=F("last_number") + many):
        must_be_live(Duty.objects.get(pk=duty.pk))
        raise Busy("another pull of this duty came between; ask again")


def note_one(duty: Duty, entry: str, row: Row) -> None:
    """Note one disclosure that is made outside a pull, of a record that was handed over: its corrected value."""
    duty.refresh_from_db()
    count_up(duty, 0)
    before = Handover.objects.filter(duty=duty, mark=mark_of(duty, row)).order_by("number").first()
    if before is None:
        raise Refused("this record was not handed over under this duty", clause_of(duty))
    made = Handover(
        owner_id=desk_of(duty.recipient), duty=duty, number=before.number, entry=entry, about_id=row.owner_id,
        row_id=row.id, mark=mark_of(duty, row), is_again=True,
    )  # fmt: skip
    made.save(force_insert=True)
