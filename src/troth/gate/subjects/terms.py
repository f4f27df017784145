"""How long the rows of a model are kept: at the longest (`keep`), and at the shortest (`keep ... at least`).

`Privacy.keep` maps an event of the statement to the column that dates it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Q

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


def keep_rule(model: type[PersonalModel], version: str = "") -> tuple[str, int, str] | None:
    """(column that dates the rows, amount, unit): the shortest `keep` among the model's categories.

    `version` is the one that a row was collected under; the one in force when it is blank.
    """
    rules = keep_rules(model, version)
    return (rules[0][0], rules[0][1].amount, rules[0][1].unit) if rules else None


def keep_clause(model: type[PersonalModel], version: str = "") -> str:
    """The clause of that rule; blank when there is none."""
    rules = keep_rules(model, version)
    return rules[0][1].clause if rules else ""


def keep_rules(model: type[PersonalModel], version: str = "") -> list[Rule]:
    """For each column that dates the rows the shortest `keep` of those that count from it; the shortest first.

    A version that was never published here has no rules of its own: those in force count.
    """
    dated, policy = privacy(model, "keep", {}), statement.current()
    if version:
        policy = statement.policy(version) or policy
    kept = (policy.keeps(seal.category) for seal in model.seals.values())
    found = [(dated[keep.event], keep) for keep in kept if keep is not None and keep.event in dated]
    shortest: dict[str, Keep] = {}
    for column, keep in sorted(found, key=_length):
        shortest.setdefault(column, keep)
    return list(shortest.items())


def rules_of_all(model: type[PersonalModel]) -> list[tuple[Rule, Q]]:
    """Every rule with the rows it counts for: what was collected under an earlier version keeps to that one's rules."""
    now, found, apart = keep_rules(model), list[tuple[Rule, Q]](), list[str]()
    for version in statement.earlier():
        rules = keep_rules(model, version)
        if [_terms(rule) for rule in rules] != [_terms(rule) for rule in now]:
            apart.append(version)
            found += [(rule, Q(collected_under=version)) for rule in rules]
    others = ~Q(collected_under__in=apart) if apart else Q()
    return [*((rule, others) for rule in now), *found]


def _terms(rule: Rule) -> tuple[str, int, str]:
    return rule[0], rule[1].amount, rule[1].unit


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
