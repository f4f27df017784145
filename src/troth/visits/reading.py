"""Who may look at what was done on our pages, for which purpose, and under which item each column stands.

clause: use.operate
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from troth.accounts.models import Role
from troth.engine.policy import Permit
from troth.gate.published import statement
from troth.gate.registry import serves
from troth.gate.subjects.register import items
from troth.gate.uses import Use

from .models import Day, Event

PURPOSE = serves("operating-and-improving")

READERS = (Role.SALES, Role.ADMINISTRATOR, Role.OWNER)
"""Staff who may look at counts."""

CATEGORY = {item.field: item.category for item in items(Event) if item.category}
"""The item of the statement under which a column of an event is kept."""


def opened(use: Use, first: date, last: date, columns: Iterable[str]) -> tuple[list[Day], frozenset[str]]:
    """The days whose events are there, and which of some columns may be counted by; each is noted in the use."""
    ends = midnight(first), midnight(last)
    rows = list(Day.objects.filter(began_at__range=ends).order_by("began_at"))
    use.preload(row.owner_id for row in rows)
    days = [row for row in rows if use.holds(row.owner_id.hex)]
    wanted = set(columns)
    told = {name: clause for name, clause in allowed(use.by.role).items() if name in wanted}
    for day in days:
        for name, clause in told.items():
            use.note(day.owner_id.hex, CATEGORY[name], clause)
    return days, frozenset(told) | {"what"}


def midnight(day: date) -> datetime:
    """The moment with which a day begins, in UTC."""
    return datetime.combine(day, time(), UTC)


def allowed(role: str) -> dict[str, str]:
    """The columns of an event that the statement lets a role count by, and the clause that does."""
    policy = statement.current()
    told = {name: policy.decide("use", CATEGORY[name], PURPOSE, role) for name in sorted(CATEGORY)}
    return {name: answer.clause for name, answer in told.items() if isinstance(answer, Permit)}
