"""May this be done? One look-up in the table, then a scan of that cell's few alternatives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .facts import (
    Category,
    ClauseFacts,
    Collected,
    Derivation,
    Facts,
    Ground,
    Inform,
    Keep,
    Limit,
    Place,
    Promise,
    Purpose,
    Recipient,
)

NO_GROUNDS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Permit:
    """Allowed; `clause` says so. With `once`, at most one such use for each data subject, ever."""

    clause: str
    once: bool = False


@dataclass(frozen=True, slots=True)
class Deny:
    """Refused; `clause` is the one that denies, or whose ground is missing, or that comes nearest."""

    reason: str
    clause: str | None


Decision = Permit | Deny
Cell = tuple[str, str, str, str]
"""(action, category, purpose, recipient); for the action `collect` the third part is the place."""

Alternative = tuple[frozenset[str], tuple[frozenset[str], ...], Decision]
"""(grounds it needs, groups of grounds any of which undo it, the answer)."""

Pair = tuple[str, str]
# INVARIANT: the last alternative of every cell needs nothing and is a `Deny`, so a scan always ends there.
Row = dict[Pair, tuple[Alternative, ...]]
"""The cells of one action and category, by purpose and recipient.  A row may be that of several categories."""

Table = Mapping[str, Mapping[str, Row]]
"""The rows, by action and category."""


class Policy:
    """A compiled statement. It never changes; a new statement is a new policy."""

    __slots__ = (
        "_collected",
        "_held",
        "_kept",
        "_nearest",
        "_rows",
        "categories",
        "clauses",
        "derivations",
        "grounds",
        "informs",
        "limits",
        "places",
        "practices",
        "promises",
        "purposes",
        "recipients",
        "version",
    )

    version: str
    categories: Mapping[str, Category]
    purposes: Mapping[str, Purpose]
    recipients: Mapping[str, Recipient]
    grounds: Mapping[str, Ground]
    places: Mapping[str, Place]
    clauses: Mapping[str, ClauseFacts]
    promises: Mapping[str, Promise]
    limits: tuple[Limit, ...]
    informs: tuple[Inform, ...]
    derivations: tuple[Derivation, ...]
    practices: frozenset[str]

    def __init__(self, version: str, table: Table, facts: Facts) -> None:
        self.version = version
        self._rows = table
        self._nearest = _nearest_clauses(facts.clauses)
        self._collected, self._kept, self._held = dict(facts.collected), dict(facts.kept), dict(facts.held)
        for name in ("categories", "purposes", "recipients", "grounds", "places", "clauses", "promises"):
            setattr(self, name, MappingProxyType(dict(getattr(facts, name))))
        self.limits, self.informs = facts.limits, facts.informs
        self.derivations, self.practices = facts.derivations, facts.practices

    def decide(
        self, action: str, category: str, purpose: str, recipient: str, grounds: frozenset[str] = NO_GROUNDS
    ) -> Decision:
        """Whether `recipient` may do `action` with `category` for `purpose`, given the `grounds` that hold.

        For the action `collect`, `purpose` is the place. Names the statement does not know are denied.
        """
        try:
            cell = self._rows[action][category].get((purpose, recipient), ())
        except KeyError:
            cell = ()
        for needed, undone_by, answer in cell:
            if needed <= grounds and not (undone_by and _any_holds(undone_by, grounds)):
                return answer
        return self._unspoken(action, category, purpose, recipient)

    def alternatives(
        self, action: str, category: str, purpose: str, recipient: str
    ) -> tuple[frozenset[str], ...]:
        """The groups of grounds under which this is permitted; empty when nothing permits it."""
        cell = self._rows.get(action, {}).get(category, {}).get((purpose, recipient), ())
        return tuple(needed for needed, _, answer in cell if isinstance(answer, Permit))

    def cells(self) -> Iterator[Cell]:
        """Every cell that some rule speaks of."""
        for action, rows in self._rows.items():
            for category, row in rows.items():
                for purpose, recipient in row:
                    yield action, category, purpose, recipient

    def collects(self, place: str) -> tuple[Collected, ...]:
        """What `place` asks for, in the statement's order; empty when no clause collects there."""
        return self._collected.get(place, ())

    def keeps(self, category: str) -> Keep | None:
        """How long `category` is kept, by the nearest rule at or above it; None when no rule says."""
        return self._kept.get(category)

    def holds(self, category: str) -> Keep | None:
        """The legal hold on `category` (`keep ... at least`), by the nearest rule at or above it."""
        return self._held.get(category)

    def points(self, clause: str) -> tuple[str, ...]:
        """The places named by the clause's `collect` and `inform` rules; `KeyError` for an unknown clause."""
        return self.clauses[clause].points

    def _unspoken(self, action: str, category: str, purpose: str, recipient: str) -> Deny:
        purposes: Mapping[str, object] = self.places if action == "collect" else self.purposes
        kind = "place" if action == "collect" else "purpose"
        if action not in ("collect", "use", "share", "join"):
            return Deny(f"`{action}` is not an action", None)
        third = (purpose, purposes, kind)
        for name, known, what in (
            (category, self.categories, "category"),
            third,
            (recipient, self.recipients, "recipient"),
        ):
            if name not in known:
                return Deny(f"`{name}` is no {what} of this statement", None)
        return Deny("no clause allows it", self._nearest.get((action, category)))


def decide_under(
    policies: Mapping[str, Policy],
    version: str,
    action: str,
    category: str,
    purpose: str,
    recipient: str,
    grounds: frozenset[str] = NO_GROUNDS,
) -> Decision:
    """The decision of the statement that the data was collected under; an unknown version denies."""
    policy = policies.get(version)
    if policy is None:
        return Deny(f"no statement of version `{version}` is known", None)
    return policy.decide(action, category, purpose, recipient, grounds)


def _any_holds(groups: tuple[frozenset[str], ...], grounds: frozenset[str]) -> bool:
    return any(group <= grounds for group in groups)


def _nearest_clauses(clauses: Mapping[str, ClauseFacts]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for id in sorted(clauses):
        for pair in clauses[id].allowed:
            found.setdefault(pair, id)
    return found
