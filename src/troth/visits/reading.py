"""Who may look at what was done on our pages, for which purpose, and under which item each column stands.

clause: use.operate
"""

from troth.accounts.models import Role
from troth.engine.policy import Permit
from troth.gate.published import statement
from troth.gate.registry import serves
from troth.gate.subjects.register import items

from .models import Event

PURPOSE = serves("operating-and-improving")

READERS = (Role.SALES, Role.ADMINISTRATOR, Role.OWNER)
"""Staff who may look at counts."""

CATEGORY = {item.field: item.category for item in items(Event) if item.category}
"""The item of the statement under which a column of an event is kept."""


def allowed(role: str) -> dict[str, str]:
    """The columns of an event that the statement lets a role count by, and the clause that does."""
    policy = statement.current()
    told = {name: policy.decide("use", CATEGORY[name], PURPOSE, role) for name in sorted(CATEGORY)}
    return {name: answer.clause for name, answer in told.items() if isinstance(answer, Permit)}
