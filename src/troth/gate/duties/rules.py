"""The fixed list of whom a duty can cover, and what the statement lets a duty be for.

A rule is registered by whoever owns its rows.  It says the same twice: as a query, by which records are found, and of
one row, by which the gate checks each record before it leaves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from troth.engine.policy import Permit, Policy

from ..published import statement
from ..subjects.models import PersonalModel

GROUND = "duty"


@dataclass(frozen=True, slots=True)
class Said:
    """What a provider reports of one record; `values` are what its answer proposes, by field.

    `id` is the report's own, chosen by the provider: sent again, it is the same report.
    """

    id: UUID
    outcome: str
    note: str
    values: dict[str, str]


class NotSo(Exception):
    """A report that cannot be taken as it is; its text says why, and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Under:
    """The duty that a report is made under: its id, its provider, the fields it may have."""

    duty: UUID
    recipient: str
    fields: tuple[str, ...]


Take = Callable[[Under, Any, Said], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """Whom a duty covers.  `take` keeps a report on one of its rows; False when that report was kept before."""

    name: str
    label: str
    purpose: str
    model: type[PersonalModel]
    rows: Callable[[], "QuerySet[Any]"]
    covers: Callable[[Any], bool]
    outcomes: dict[str, str]
    take: Take | None = None

    @property
    def fields(self) -> dict[str, str]:
        """By category, the field of a row that holds it."""
        return {seal.category: name for name, seal in self.model.seals.items()}


RULES: dict[str, Rule] = {}


def rule(made: Rule) -> None:
    """Put a rule on the list."""
    RULES[made.name] = made


@cache
def purposes(policy: Policy) -> dict[tuple[str, str], str]:
    """By (recipient, purpose), the clause under which data is shared on a duty, and on nothing less."""
    found: dict[tuple[str, str], str] = {}
    for action, category, purpose, recipient in policy.cells():
        if action == "share" and frozenset({GROUND}) in policy.alternatives(
            action, category, purpose, recipient
        ):
            decision = policy.decide(action, category, purpose, recipient, frozenset({GROUND}))
            if isinstance(decision, Permit):
                found[recipient, purpose] = decision.clause
    return found


def recipients() -> list[str]:
    """Recipients that are given data on a duty only."""
    return sorted({recipient for recipient, _ in purposes(statement.current())})
