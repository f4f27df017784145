"""The statement's `keep` rules, run for every model from its declarations.

Of several categories under one event the
shortest time counts, of several events the first that is over. `Privacy.on_expire` is "erase-owner" where the row's
subject exists for this row alone; else, and where the subject is more by now, the row is deleted with what hangs on it.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone

from troth.engine.ledger import Kind
from troth.engine.policy import Keep

from ..errors import GateError, SealError
from ..registry import serves
from ..schedule.models import Lease
from ..uses import SYSTEM
from ..uses.entering import enter
from . import holds, statutory
from .erase import lock, try_to_erase
from .models import DataSubject, PersonalModel
from .models import Kind as Subject
from .register import personal_models, privacy, title, touching
from .terms import Rule, keep_clause, keep_rule, kept_until, rules_of_all

__all__ = ["end_expired", "keep_clause", "keep_rule", "kept_until", "run_when_steady", "survey"]

log = logging.getLogger("troth.retention")

BATCH = 200
PURPOSE = serves("keeping-to-retention")
JOB = "retention"
LEAP = timedelta(days=2)
"""A longer time between two runs is a leap of the clock, or a stop that nobody should be surprised by."""

STEADY = timedelta(hours=1)
"""How long the clock must go on evenly after a leap before anything is ended by it."""

ENDING = (Subject.PERSON, Subject.WORKSPACE, Subject.INVITEE, Subject.PERIOD, Subject.MATTER, Subject.STAFF)
"""Kinds of subject that exist for the sake of what they sent or keep here, or get from here, and so may end with it."""

ANCHOR = "account"
"""Rows that are this ground make their owner more than the rows it sent: an account, a company."""


@dataclass(frozen=True, slots=True)
class Due:
    """What one rule has to do: rows past their time, rows that a legal hold keeps all the same, the next day due."""

    model: str
    title: str
    clause: str
    amount: int
    unit: str
    past: int
    held: int
    next_on: datetime | None


def survey() -> list[Due]:
    """What a run would end, rule by rule; opens nothing and changes nothing."""
    return [_survey(model, rule, whose) for model in personal_models() for rule, whose in rules_of_all(model)]


def _survey(model: type[PersonalModel], rule: Rule, whose: Q) -> Due:
    column, keep = rule
    past, kept = 0, 0
    for rows in _expired(model, rule, whose):
        free = _free(model, rows)
        past, kept = past + len(free), kept + len(rows) - len(free)
    dated = model.every.filter(whose).exclude(**{column: None})
    oldest = dated.order_by(column).values_list(column, flat=True)
    now = timezone.now()
    later = oldest.filter(**{f"{column}__gt": _latest(keep)})
    ahead = (end for start in later[:BATCH] if (end := kept_until(start, keep.amount, keep.unit)) > now)
    return Due(
        model._meta.label, title(model), keep.clause, keep.amount, keep.unit, past, kept, next(ahead, None)
    )


def end_expired(progress: Callable[[str, int], None] = lambda title, count: None) -> int:
    """Erase or delete every row past its time, unless a hold keeps it; returns how many.

    `progress` is told the model and the count so far, as it goes.
    """
    return sum(
        _end(model, rule, whose, progress)
        for model in personal_models()
        for rule, whose in rules_of_all(model)
    )


def run_when_steady() -> int:
    """The job: nothing is ended in the hour after a leap of the clock, or after a long stop of the worker.

    A clock that is wrong is noticed within the hour that this leaves: `troth doctor` tells of it.
    """
    if (gap := leap()) is not None:
        Lease.objects.filter(job=JOB).update(leapt_at=timezone.now())
        log.warning("retention waits an hour: the clock says that the last run was %s ago", gap)
        return 0
    return 0 if waits() else end_expired()


def leap() -> timedelta | None:
    """How long ago the last run was, when that is longer than a right clock and a running worker allow."""
    last = Lease.objects.filter(job=JOB).values_list("last_ran_at", flat=True).first()
    gap = timezone.now() - last if last else timedelta()
    return gap if abs(gap) > LEAP else None


def waits() -> bool:
    """Whether the clock leapt less than an hour ago."""
    since = leapt_at()
    return since is not None and abs(timezone.now() - since) < STEADY


def leapt_at() -> datetime | None:
    """When a run last found that the clock had leapt."""
    return Lease.objects.filter(job=JOB).values_list("leapt_at", flat=True).first()


def _end(model: type[PersonalModel], rule: Rule, whose: Q, progress: Callable[[str, int], None]) -> int:
    ended = 0
    for rows in _expired(model, rule, whose):
        before = ended
        try:
            for row in _free(model, rows):
                if _try_to_end(model, row):
                    ended += 1
                    progress(model._meta.label, ended)
        finally:
            # Whatever stops the run: what it ended by then is on record.
            if ended > before:
                with transaction.atomic():
                    enter(Kind.RESTRICTED, PURPOSE, SYSTEM, [], rule[1].clause)
    return ended


def _try_to_end(model: type[PersonalModel], row: PersonalModel) -> bool:
    """End one of many: whether it went.  The others do not wait for it; it is tried again at the next run."""
    try:
        is_alone = privacy(model, "on_expire", "") == "erase-owner" and _stands_alone(model, row)
        # A hold on something else of theirs keeps the key, and with it the subject; the row goes all the same.
        if is_alone and not holds.in_the_way(row.owner_id.hex):
            return try_to_erase(row.owner_id.hex, SYSTEM, PURPOSE)
        return _delete(model, row)
    except (DatabaseError, GateError, SealError) as error:
        log.error("a row of %s past its time cannot be ended: %s", model._meta.label, type(error).__name__)
        return False


def _delete(model: type[PersonalModel], row: PersonalModel) -> bool:
    with transaction.atomic():
        lock(row.owner_id.hex)
        if not _free(model, [row]):  # a hold was placed since the batch was read
            return False
        for other, link in _dependents(model):
            rows = other.every.filter(**{link: row})
            rows._raw_delete(rows.db)
        row.delete()
    return True


def _stands_alone(model: type[PersonalModel], row: PersonalModel) -> bool:
    """Whether the row's owner exists for this row: no account, no staff, and no other row that has a time of its own."""
    others = [other for other, field in touching(row.owner_id) if field == "owner" and other is not model]
    if any(not privacy(m, "kept_with_owner", False) or getattr(m, "ground", "") == ANCHOR for m in others):
        return False
    may_end = DataSubject.objects.filter(pk=row.owner_id, kind__in=ENDING).exists()
    return may_end and model.every.filter(owner=row.owner_id).count() == 1


def _dependents(model: type[PersonalModel]) -> list[tuple[type[PersonalModel], str]]:
    """Rows that make no sense without one of this model: (model, link)."""
    return [
        (other, field.name)
        for other in personal_models()
        for field in other._meta.concrete_fields
        if field.related_model is model and not field.null
    ]


def _expired(model: type[PersonalModel], rule: Rule, whose: Q) -> Iterator[list[PersonalModel]]:
    """Rows past their time, in batches by age.  What is skipped stays, so each batch begins behind the last one."""
    column, keep = rule
    now, after = timezone.now(), None
    while True:
        rows = model.every.filter(whose, **{f"{column}__lte": _latest(keep)}).order_by(column, "pk")
        if after is not None:
            rows = rows.filter(Q(**{f"{column}__gt": after[0]}) | Q(**{column: after[0], "pk__gt": after[1]}))
        batch = list(rows[:BATCH])
        if not batch:
            return
        after = (getattr(batch[-1], column), batch[-1].pk)
        yield [row for row in batch if kept_until(getattr(row, column), keep.amount, keep.unit) <= now]


def _latest(keep: Keep) -> datetime:
    # Months differ in length: the query takes the shortest they can be, `_expired` decides.
    days = {"days": 1, "weeks": 7, "months": 28, "years": 365}[keep.unit]
    return timezone.now() - timedelta(days=keep.amount * days)


def _free(model: type[PersonalModel], rows: list[PersonalModel]) -> list[PersonalModel]:
    """Those that no legal hold keeps, neither one that somebody placed nor one of the statement's."""
    kept = holds.keeps(rows)
    return [row for row in rows if row.pk not in kept and not statutory.keeps(model, row)]
