"""The statement's `keep` rules, run for every model from its declarations.

`Privacy.keep` maps an event of the statement to the column that dates it; of several categories under one event the
shortest time counts, of several events the first that is over. `Privacy.on_expire` is "erase-owner" where the row's
subject exists for this row alone; else, and where the subject is more by now, the row is deleted with what hangs on it.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from troth.engine.ledger import Kind
from troth.engine.policy import Keep

from ..published import statement
from ..registry import serves
from ..schedule.models import Lease
from ..uses import SYSTEM
from ..uses.entering import enter
from . import holds
from .erase import erase
from .models import DataSubject, PersonalModel
from .models import Kind as Subject
from .obstacles import Obstructed
from .register import personal_models, privacy, touching

log = logging.getLogger("troth.retention")

BATCH = 200
PURPOSE = serves("keeping-to-retention")
JOB = "retention"
LEAP = timedelta(days=2)
"""A longer time between two runs is a leap of the clock, or a stop that nobody should be surprised by."""

STEADY = timedelta(hours=1)
"""How long the clock must go on evenly after a leap before anything is ended by it."""

ANCHOR = "account"
"""Rows that are this ground make their owner more than the rows it sent: an account, a company."""

Rule = tuple[str, Keep]
"""The column that dates the rows, and how long they are kept."""


def kept_until(start: datetime, amount: int, unit: str) -> datetime:
    """The end of a `keep` rule, calendar-true: a month after 31 January is the last day of February."""
    if unit in ("days", "weeks"):
        return start + timedelta(**{unit: amount})
    months = start.month - 1 + amount * (12 if unit == "years" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    for day in (start.day, 30, 29, 28):
        try:
            return start.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has a 28th day")


def keep_rule(model: type[PersonalModel]) -> tuple[str, int, str] | None:
    """(column that dates the rows, amount, unit): the shortest `keep` among the model's categories."""
    rules = keep_rules(model)
    return (rules[0][0], rules[0][1].amount, rules[0][1].unit) if rules else None


def keep_clause(model: type[PersonalModel]) -> str:
    """The clause of that rule; blank when there is none."""
    rules = keep_rules(model)
    return rules[0][1].clause if rules else ""


def keep_rules(model: type[PersonalModel]) -> list[Rule]:
    """For each column that dates the rows the shortest `keep` of those that count from it; the shortest first."""
    dated, policy = privacy(model, "keep", {}), statement.current()
    kept = (policy.keeps(seal.category) for seal in model.seals.values())
    found = [(dated[keep.event], keep) for keep in kept if keep is not None and keep.event in dated]
    shortest: dict[str, Keep] = {}
    for column, keep in sorted(found, key=_length):
        shortest.setdefault(column, keep)
    return list(shortest.items())


def _length(rule: Rule) -> datetime:
    return kept_until(datetime(2000, 1, 1), rule[1].amount, rule[1].unit)


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
    return [_survey(model, rule) for model in personal_models() for rule in keep_rules(model)]


def _survey(model: type[PersonalModel], rule: Rule) -> Due:
    column, keep = rule
    past, kept = 0, 0
    for rows in _expired(model, rule):
        free = _free(rows)
        past, kept = past + len(free), kept + len(rows) - len(free)
    oldest = model.objects.exclude(**{column: None}).order_by(column).values_list(column, flat=True)
    now = timezone.now()
    later = oldest.filter(**{f"{column}__gt": _latest(keep)})
    ahead = (end for start in later[:BATCH] if (end := kept_until(start, keep.amount, keep.unit)) > now)
    name = str(privacy(model, "title", model._meta.verbose_name)).capitalize()
    return Due(model._meta.label, name, keep.clause, keep.amount, keep.unit, past, kept, next(ahead, None))


def end_expired(progress: Callable[[str, int], None] = lambda title, count: None) -> int:
    """Erase or delete every row past its time, unless a hold keeps it; returns how many.

    `progress` is told the model and the count so far, as it goes.
    """
    return sum(_end(model, rule, progress) for model in personal_models() for rule in keep_rules(model))


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


def _end(model: type[PersonalModel], rule: Rule, progress: Callable[[str, int], None]) -> int:
    ended = 0
    for rows in _expired(model, rule):
        for row in _free(rows):
            ended += _end_row(model, row)
            progress(model._meta.label, ended)
    if ended:
        with transaction.atomic():
            enter(Kind.RESTRICTED, PURPOSE, SYSTEM, [], rule[1].clause)
    return ended


def _end_row(model: type[PersonalModel], row: PersonalModel) -> bool:
    if privacy(model, "on_expire", "") == "erase-owner" and _stands_alone(model, row):
        try:
            erase(row.owner_id.hex, SYSTEM, PURPOSE)
        except Obstructed:
            return False
        return True
    with transaction.atomic():
        for other, link in _dependents(model):
            rows = other.objects.filter(**{link: row})
            rows._raw_delete(rows.db)
        row.delete()
    return True


def _stands_alone(model: type[PersonalModel], row: PersonalModel) -> bool:
    """Whether the row's owner exists for this row: no account, no staff, and no other row that has a time of its own."""
    others = [other for other, field in touching(row.owner_id) if field == "owner" and other is not model]
    if any(not privacy(m, "kept_with_owner", False) or getattr(m, "ground", "") == ANCHOR for m in others):
        return False
    is_person = DataSubject.objects.filter(pk=row.owner_id, kind=Subject.PERSON).exists()
    return is_person and model.objects.filter(owner=row.owner_id).count() == 1


def _dependents(model: type[PersonalModel]) -> list[tuple[type[PersonalModel], str]]:
    """Rows that make no sense without one of this model: (model, link)."""
    return [
        (other, field.name)
        for other in personal_models()
        for field in other._meta.concrete_fields
        if field.related_model is model and not field.null
    ]


def _expired(model: type[PersonalModel], rule: Rule) -> Iterator[list[PersonalModel]]:
    """Rows past their time, in batches by age.  What is skipped stays, so each batch begins behind the last one."""
    column, keep = rule
    now, after = timezone.now(), None
    while True:
        rows = model.objects.filter(**{f"{column}__lte": _latest(keep)}).order_by(column, "pk")
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


def _free(rows: list[PersonalModel]) -> list[PersonalModel]:
    """Those that no legal hold keeps."""
    kept = holds.held({row.owner_id.hex for row in rows})
    return [row for row in rows if row.owner_id.hex not in kept]
