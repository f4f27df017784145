"""Legal holds: what the law wants kept is neither erased nor ended by its time, for as long as the hold says.

A hold names a clause and a day, never a person or a case: the case is on paper, with whoever placed it.  Placing one is
on record in the log, without a part of the subject's, since telling may be forbidden (clause share.legal).
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from troth.engine.ledger import Kind

from ..errors import GateError
from ..published import statement
from ..registry import serves
from ..uses import Actor
from ..uses.entering import enter
from .merging import MERGINGS
from .models import DataSubject, Erasure, LegalHold
from .obstacles import OBSTACLES, Obstacle
from .register import ENDINGS

CLAUSE = "share.legal"
PURPOSE = serves("complying-with-law")


def place(subject: UUID, until: datetime, by: Actor, clause: str = CLAUSE) -> LegalHold:
    """Keep everything of a subject until a day.  Raises GateError, naming what cannot be."""
    if clause not in statement.current().clauses:
        raise GateError(f"no clause `{clause}` in the statement; a hold rests on one, such as `{CLAUSE}`")
    if until <= timezone.now():
        raise GateError("the day on which the hold ends lies in the past")
    with transaction.atomic():
        if not DataSubject.objects.select_for_update().filter(pk=subject).exists():
            raise GateError("there is no such subject; its data was erased, or never was")
        if Erasure.objects.filter(subject=subject.hex).exists():
            raise GateError("the erasure of this subject has begun, and cannot be stopped")
        hold = LegalHold.objects.create(subject=subject.hex, clause=clause, until=until)
        enter(Kind.RESTRICTED, PURPOSE, by, [], clause)
    return hold


def lift(subject: UUID, by: Actor) -> int:
    """End the holds on a subject; returns how many there were."""
    with transaction.atomic():
        ours = _in_force().filter(subject=subject.hex)
        clauses = sorted(ours.values_list("clause", flat=True))
        ours.update(lifted_at=timezone.now())
        for clause in clauses:
            enter(Kind.RESTRICTED, PURPOSE, by, [], clause)
    return len(clauses)


def held(subjects: Collection[str]) -> set[str]:
    """Those of some subjects (32 hex digits) that a hold keeps now."""
    return set(_in_force().filter(subject__in=subjects).values_list("subject", flat=True))


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
