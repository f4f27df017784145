"""How long the rows of a model are kept: at the longest (`keep`), and at the shortest (`keep ... at least`).

`Privacy.keep` maps an event of the statement to the column that dates it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max

from troth.engine.policy import Keep

from ..published import statement
from .models import PersonalModel
from .register import privacy

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


def floors(model: type[PersonalModel], names: Iterable[str] | None = None) -> list[Rule]:
    """The legal holds on what a model's rows say, or on some of its sealed fields: it is kept until each is over."""
    dated, policy = privacy(model, "keep", {}), statement.current()
    seals = model.seals if names is None else [name for name in names if name in model.seals]
    holds = {policy.holds(model.seals[name].category) for name in seals}
    return [(dated[hold.event], hold) for hold in holds if hold is not None and hold.event in dated]


def last_end(rows: Any, rule: Rule) -> datetime | None:
    """When the youngest of some rows has been kept as long as a rule says; None where the event was for none."""
    column, keep = rule
    youngest = rows.order_by().aggregate(youngest=Max(column))["youngest"]
    return None if youngest is None else kept_until(youngest, keep.amount, keep.unit)
