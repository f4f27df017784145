"""Legal holds: what the law wants kept is neither erased nor ended by its time, for as long as the hold says.

A hold names a clause and a day, and the number of a legal record or none: then the case is on paper, with whoever placed
it.  Placing one is on record in the log, without a part of the subject's, since telling may be forbidden (clause
share.legal).  One that covers some categories or some time leaves the rest to its own time; but a subject's key opens all
of it, so that nothing of a subject that is held in part is erased before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from troth.engine.ledger import Kind

from ..errors import GateError
from ..ids import made_at
from ..published import statement
from ..registry import serves
from ..uses import Actor
from ..uses.entering import enter
from .merging import MERGINGS
from .models import DataSubject, Erasure, LegalHold, PersonalModel
from .obstacles import OBSTACLES, Obstacle
from .register import ENDINGS

CLAUSE = "share.legal"
PURPOSE = serves("complying-with-law")


@dataclass(frozen=True, slots=True)
class Reach:
    """What of a subject a hold keeps: the leaves of some categories (none named: all), made within some time."""

    case: str = ""
    categories: frozenset[str] = frozenset()
    since: datetime | None = None
    before: datetime | None = None


ALL = Reach()


def place(subject: UUID, until: datetime, by: Actor, clause: str = CLAUSE, reach: Reach = ALL) -> LegalHold:
    """Keep what a subject has until a day.  Raises GateError, naming what cannot be."""
    if clause not in statement.current().clauses:
        raise GateError(f"no clause `{clause}` in the statement; a hold rests on one, such as `{CLAUSE}`")
    if until <= timezone.now():
        raise GateError("the day on which the hold ends lies in the past")
    with transaction.atomic():
        if not DataSubject.objects.select_for_update().filter(pk=subject).exists():
            raise GateError("there is no such subject; its data was erased, or never was")
        if Erasure.objects.filter(subject=subject.hex).exists():
            raise GateError("the erasure of this subject has begun, and cannot be stopped")
        hold = LegalHold.objects.create(
            subject=subject.hex, clause=clause, until=until, case=reach.case,
            categories=" ".join(sorted(reach.categories)), since=reach.since, before=reach.before,
        )  # fmt: skip
        enter(Kind.RESTRICTED, PURPOSE, by, [], clause)
    return hold


def lift(subject: UUID, by: Actor, case: str | None = None) -> int:
    """End the holds on a subject, or those of one legal record; returns how many there were."""
    with transaction.atomic():
        ours = _in_force().filter(subject=subject.hex)
        if case is not None:
            ours = ours.filter(case=case)
        clauses = sorted(ours.values_list("clause", flat=True))
        ours.update(lifted_at=timezone.now())
        for clause in clauses:
            enter(Kind.RESTRICTED, PURPOSE, by, [], clause)
    return len(clauses)


def keeps(rows: Sequence[PersonalModel]) -> set[UUID]:
    """The ids of those of some rows that a hold keeps now."""
    found = dict[str, list[LegalHold]]()
    for hold in _in_force().filter(subject__in={row.owner_id.hex for row in rows}):
        found.setdefault(hold.subject, []).append(hold)
    return {row.pk for row in rows if any(_covers(hold, row) for hold in found.get(row.owner_id.hex, ()))}


def _covers(hold: LegalHold, row: PersonalModel) -> bool:
    named, made = frozenset(hold.categories.split()), made_at(row.pk)
    is_named = not named or bool(named & categories_of(row))
    # What does not tell when it was made is kept.
    is_early = made is not None and hold.since is not None and made < hold.since
    is_late = made is not None and hold.before is not None and made >= hold.before
    return is_named and not is_early and not is_late


def categories_of(row: PersonalModel) -> set[str]:
    """What a row tells, by the statement's words; of a stored file it says so itself."""
    own = {seal.category for seal in row.seals.values()}
    return own | {row.category} if hasattr(row, "category") else own


def everybody() -> set[UUID]:
    """All whom a hold keeps now."""
    return {UUID(subject) for subject in _in_force().values_list("subject", flat=True)}


def _in_force() -> QuerySet[LegalHold]:
    return LegalHold.objects.filter(lifted_at=None, until__gt=timezone.now())


def in_the_way(subject: str) -> list[Obstacle]:
    """The holds on a subject (32 hex digits), as what stands in the way of ending anything of theirs."""
    return [
        Obstacle(
            "the law wants this data kept for now",
            "you need do nothing: ask again after that day, or write to us if you think it wrong",
            hold.clause,
            hold.until,
        )
        for hold in _in_force().filter(subject=subject).order_by("until")
    ]


def _end(subject: str) -> None:
    LegalHold.objects.filter(subject=subject).delete()


def _move(one: str, into: str) -> None:
    LegalHold.objects.filter(subject=one).update(subject=into)


OBSTACLES.append(in_the_way)
ENDINGS.append(_end)
MERGINGS.append(_move)
