"""Records given to a partner: each a part of an entry, numbered, in one package that only the partner opens.

A fetch names the last number that the partner has.  What was delivered after it comes again, and says so; then come
records that it never had.  So a fetch whose answer was lost is simply repeated.  clause: share.joint-offers
"""

import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from troth.gate.errors import GateError, Refused
from troth.gate.export.handing import encrypted
from troth.gate.ids import uuid7
from troth.gate.journal import log
from troth.gate.subjects import bulk
from troth.gate.telling.telling import desk_of
from troth.gate.uses import SYSTEM, disclose_each
from troth.gate.uses.together import Record

from .flows import CLAUSE, PURPOSE, RECIPIENT
from .models import Delivery, Interest, Part

FORMAT = "troth-joint-offer/1"
MOST = 10_000
"""Records in one package."""
UNDER_ONE = 1000
"""Records under one entry: whoever looks at one reads the commitments of all its parts."""
LOOKED_AT = 500


class Busy(GateError):
    """Another fetch, or a withdrawal, came between; nothing was delivered."""


class NoSuchNumber(GateError):
    """A fetch that says it has more than was ever delivered."""


@dataclass(frozen=True, slots=True)
class Given:
    """One record as a partner gets it: `mark` is what it is told under."""

    number: int
    mark: str
    entry: str
    is_again: bool
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Package:
    """The encrypted bytes, how many records they hold, and the number that goes into the next fetch."""

    content: bytes
    records: int
    upto: int


def deliver(part: Part, after: int | None = None, most: int = MOST, upto: int | None = None) -> Package:
    """The next records of a part, after the last number that the partner has (None: what it said last).

    With `upto` only what was delivered before comes again, as far as that number.
    The entries are durable before this returns.  Raises Refused for a partner that ended, or whose key did;
    NoSuchNumber, Busy.
    """
    part = Part.objects.select_related("partner", "promotion").get(pk=part.pk)
    if not part.is_live():
        raise Refused("this partner gets nothing any more", CLAUSE)
    if not part.partner.has_key():
        raise Refused("the key of this partner is over; give us another, and ask again", CLAUSE)
    numbers = _unsure(part, _acknowledge(part, after), upto)
    unsure = set(numbers)
    marking = salted_hmac("troth.apps.offers", part.pk.hex, algorithm="sha256").digest()

    def mark_of(row: Any) -> str:
        return hmac.digest(marking, row.pk.bytes, "sha256").hex()[:32]

    coming = chain(_again(numbers), _new(part) if upto is None else ())
    handed = disclose_each(
        coming, part.promotion.fields(), to=RECIPIENT, purpose=PURPOSE, by=SYSTEM,
        country=part.partner.country, given=part, most=most, reference=mark_of,
        beside=lambda each: _note(part, each, numbers), under_one=UNDER_ONE,
    )  # fmt: skip
    records = [
        Given(numbers[one.row.pk], one.reference, one.entry, one.row.pk in unsure, one.values)
        for one in handed
    ]
    upto = upto or max((each.number for each in records), default=part.last_number)
    return Package(_sealed(part, records, upto), len(records), upto)


def _sealed(part: Part, records: list[Given], upto: int) -> bytes:
    """A zip under age: the records, and our signature over their hash, which the public log's key checks."""
    names = dict(zip(part.promotion.fields(), part.promotion.named(), strict=True))
    told = {
        "format": FORMAT, "part": part.reference, "offer": part.promotion.title, "upto": upto,
        "withdrawn": list(part.endings.values_list("handle", flat=True)),
        "records": [
            {
                "number": one.number, "mark": one.mark, "entry": one.entry, "again": one.is_again,
                "values": {names[name]: value for name, value in one.values.items()},
            }
            for one in records
        ],
    }  # fmt: skip
    content, made = json.dumps(told, ensure_ascii=False).encode(), io.BytesIO()
    note = log.signer(log.origin(log.current())).sign_manifest(hashlib.sha256(content).digest())
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.writestr("records.json", content)
        packed.writestr("records.json.signed", note)
    return encrypted(made.getvalue(), part.partner.key)


def _acknowledge(part: Part, after: int | None) -> int:
    if after is None:
        return part.acknowledged
    if not 0 <= after <= part.last_number:
        raise NoSuchNumber(f"no record was delivered under number {after}")
    if after > part.acknowledged:
        Part.objects.filter(pk=part.pk, acknowledged__lt=after).update(acknowledged=after)
    return after


def _unsure(part: Part, after: int, upto: int | None) -> dict[UUID, int]:
    """By row, the number of what the partner may not have got."""
    found = Delivery.objects.filter(part=part, position__gt=after, is_again=False).exclude(row_id=None)
    if upto is not None:
        found = found.filter(position__lte=upto)
    return dict(found.order_by("position").values_list("row_id", "position"))


def _again(numbers: dict[UUID, int]) -> Iterator[Interest]:
    wanted = list(numbers)
    for start in range(0, len(wanted), LOOKED_AT):
        part = wanted[start : start + LOOKED_AT]
        found = {row.pk: row for row in Interest.objects.filter(pk__in=part, withdrawn_at=None)}
        yield from (found[pk] for pk in part if pk in found)


def _new(part: Part) -> Iterator[Interest]:
    """Interests that were never delivered to this part, the oldest first."""
    had = Delivery.objects.filter(part=part).exclude(row_id=None).values("row_id")
    found = Interest.objects.filter(promotion=part.promotion_id, withdrawn_at=None).exclude(pk__in=had)
    last = UUID(int=0)
    while rows := list(found.order_by("pk").filter(pk__gt=last)[:LOOKED_AT]):
        last = rows[-1].pk
        yield from rows


def _note(part: Part, handed: list[Record], numbers: dict[UUID, int]) -> None:
    """Number what is delivered.  Whoever fetched or withdrew meanwhile changed the part's row: then nothing leaves."""
    again, new = set(numbers), [one.row.pk for one in handed if one.row.pk not in numbers]
    mine = Part.objects.filter(
        pk=part.pk, last_number=part.last_number, withdrawals=part.withdrawals, partner__ended_at=None
    )
    if not mine.update(last_number=F("last_number") + len(new)):
        raise Busy("another fetch or a withdrawal came between; ask again")
    numbers |= {pk: part.last_number + n for n, pk in enumerate(new, 1)}
    bulk.insert(
        Delivery, desk_of(RECIPIENT), {"part_id": part.pk, "at": timezone.now()},
        ("id", "position", "entry", "about_id", "row_id", "handle", "is_again"),
        [
            (
                uuid7(), numbers[one.row.pk], one.entry, one.row.owner_id, one.row.pk, one.reference,
                one.row.pk in again,
            )
            for one in handed
        ],
    )  # fmt: skip
