"""The statement's `keep` rules, run for every model from its declarations.

`Privacy.keep` maps an event of the statement to the column that dates it; `Privacy.on_expire` is "erase-owner" where
the row's subject exists for this row alone; else, and where the subject has other rows by now, the row is deleted
with what hangs on it.
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
from .erase import erase
from .models import LegalHold, PersonalModel
from .obstacles import Obstructed
from .register import personal_models, privacy, touching

log = logging.getLogger("troth.retention")

BATCH = 200
PURPOSE = serves("keeping-to-retention")
JOB = "retention"
LEAP = timedelta(days=2)
"""A longer time between two runs is a leap of the clock, or a stop that nobody should be surprised by."""


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
    found = _shortest(model)
    return (found[0], found[1].amount, found[1].unit) if found else None


def keep_clause(model: type[PersonalModel]) -> str:
    """The clause of that rule; blank when there is none."""
    found = _shortest(model)
    return found[1].clause if found else ""


def _shortest(model: type[PersonalModel]) -> tuple[str, Keep] | None:
    dated, policy, day = privacy(model, "keep", {}), statement.current(), datetime(2000, 1, 1)
    kept = (policy.keeps(seal.category) for seal in model.seals.values())
    found = [(dated[keep.event], keep) for keep in kept if keep is not None and keep.event in dated]
    return min(found, key=lambda rule: kept_until(day, rule[1].amount, rule[1].unit)) if found else None


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
    return [due for model in personal_models() if (due := _survey(model)) is not None]


def _survey(model: type[PersonalModel]) -> Due | None:
    rule = keep_rule(model)
    if rule is None:
        return None
    column, amount, unit = rule
    past, kept = 0, 0
    for rows in _expired(model, rule):
        free = _free(rows)
        past, kept = past + len(free), kept + len(rows) - len(free)
    oldest = model.objects.exclude(**{column: None}).order_by(column).values_list(column, flat=True)
    ahead = (
        kept_until(start, amount, unit)
        for start in oldest.filter(**{f"{column}__gt": _latest(amount, unit)})[:1]
    )
    name = str(privacy(model, "title", model._meta.verbose_name)).capitalize()
    return Due(model._meta.label, name, keep_clause(model), amount, unit, past, kept, next(ahead, None))


def end_expired(progress: Callable[[str, int], None] = lambda title, count: None) -> int:
    """Erase or delete every row past its time, unless a hold keeps it; returns how many.

    `progress` is told the model and the count so far, as it goes.
    """
    return sum(_end(model, progress) for model in personal_models())


def run_when_steady() -> int:
    """The job: nothing is ended in the first run after a leap of the clock, or after a long stop of the worker.

    A clock that is wrong is noticed within the hour that this leaves; `troth doctor` tells of it.
    """
    if leap() is not None:
        log.warning("retention waits an hour: the last run was %s ago", leap())
        return 0
    return end_expired()


def leap() -> timedelta | None:
    """How long ago the last run was, when that is longer than the clock should allow."""
    last = Lease.objects.filter(job=JOB).values_list("last_ran_at", flat=True).first()
    gap = timezone.now() - last if last else timedelta()
    return gap if abs(gap) > LEAP else None


def _end(model: type[PersonalModel], progress: Callable[[str, int], None]) -> int:
    rule, ended = keep_rule(model), 0
    for rows in _expired(model, rule) if rule else ():
        for row in _free(rows):
            ended += _end_row(model, row)
            progress(model._meta.label, ended)
    if ended:
        with transaction.atomic():
            enter(Kind.RESTRICTED, PURPOSE, SYSTEM, [], keep_clause(model))
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
    """Whether the row's owner exists for this row: nothing else of theirs but what hangs on it, and their mail."""
    hanging = {model, *(other for other, _ in _dependents(model))}
    others = [m for m, field in touching(row.owner_id) if field == "owner" and m not in hanging]
    if any(m._meta.app_label != "outbound" for m in others):
        return False
    return bool(model.objects.filter(owner=row.owner_id).count() == 1)


def _dependents(model: type[PersonalModel]) -> list[tuple[type[PersonalModel], str]]:
    """Rows that make no sense without one of this model: (model, link)."""
    return [
        (other, field.name)
        for other in personal_models()
        for field in other._meta.concrete_fields
        if field.related_model is model and not field.null
    ]


def _expired(model: type[PersonalModel], rule: tuple[str, int, str]) -> Iterator[list[PersonalModel]]:
    """Rows past their time, in batches by age.  What is skipped stays, so each batch begins behind the last one."""
    column, amount, unit = rule
    now, after = timezone.now(), None
    while True:
        rows = model.objects.filter(**{f"{column}__lte": _latest(amount, unit)}).order_by(column, "pk")
        if after is not None:
            rows = rows.filter(Q(**{f"{column}__gt": after[0]}) | Q(**{column: after[0], "pk__gt": after[1]}))
        batch = list(rows[:BATCH])
        if not batch:
            return
        after = (getattr(batch[-1], column), batch[-1].pk)
        yield [row for row in batch if kept_until(getattr(row, column), amount, unit) <= now]


def _latest(amount: int, unit: str) -> datetime:
    # Months differ in length: the query takes the shortest they can be, `_expired` decides.
    return timezone.now() - timedelta(days=amount * {"days": 1, "weeks": 7, "months": 28, "years": 365}[unit])


def _free(rows: list[PersonalModel]) -> list[PersonalModel]:
    """Those that no legal hold keeps."""
    kept = _held({row.owner_id.hex for row in rows})
    return [row for row in rows if row.owner_id.hex not in kept]


def _held(subjects: set[str]) -> set[str]:
    found = LegalHold.objects.filter(subject__in=subjects, lifted_at=None, until__gt=timezone.now())
    return set(found.values_list("subject", flat=True))
