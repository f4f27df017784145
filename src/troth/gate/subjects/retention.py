"""The statement's `keep` rules, run for every model from its declarations.

`Privacy.keep` maps an event of the statement to the column that dates it; `Privacy.on_expire` is "erase-owner" where
the row's subject exists for this row alone, else the row is deleted.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from ..published import statement
from ..registry import serves
from ..uses import SYSTEM
from .erase import erase
from .models import PersonalModel
from .register import personal_models, privacy

BATCH = 200
PURPOSE = serves("keeping-to-retention")


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
    dated = privacy(model, "keep", {})
    policy, found = statement.current(), []
    for seal in model.seals.values():
        keep = policy.keeps(seal.category)
        if keep is not None and keep.event in dated:
            found.append((dated[keep.event], keep.amount, keep.unit))
    day = datetime(2000, 1, 1)
    return min(found, key=lambda rule: kept_until(day, rule[1], rule[2])) if found else None


def end_expired() -> int:
    """Erase or delete every row past its time; returns how many."""
    return sum(_end(model) for model in personal_models())


def _end(model: type[PersonalModel]) -> int:
    rule = keep_rule(model)
    if rule is None:
        return 0
    column, amount, unit = rule
    now = timezone.now()
    # Months differ in length: the query takes the shortest they can be, the loop decides.
    shortest = now - timedelta(days=amount * {"days": 1, "weeks": 7, "months": 28, "years": 365}[unit])
    ended = 0
    for row in model.objects.filter(**{f"{column}__lte": shortest}).order_by(column)[:BATCH]:
        if kept_until(getattr(row, column), amount, unit) > now:
            continue
        if privacy(model, "on_expire", "") == "erase-owner":
            erase(row.owner_id.hex, SYSTEM, PURPOSE)
        else:
            with transaction.atomic():
                row.delete()
        ended += 1
    return ended
