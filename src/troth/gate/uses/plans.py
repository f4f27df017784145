"""What a use may do with a row: worked out once for each model, version of the statement and set of grounds."""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from troth.engine.policy import Permit, Policy

from ..keystore import keys
from ..published import statement
from . import envelopes
from .actor import EACH, Each, Ground, Row

NO_GROUNDS: frozenset[str] = frozenset()


@cache
def _ground_set(name: str) -> frozenset[str]:
    return frozenset({name})


class Plan:
    """The clause by which each field of such a row may be read, and which of them the statement permits once."""

    __slots__ = ("converts", "once", "permitted", "place")

    def __init__(
        self, model: Any, version: str, permitted: Mapping[str, str], once: frozenset[str], deployment: UUID
    ) -> None:
        self.permitted = permitted
        self.once = once
        self.place = envelopes.places(model.seal_label, version, deployment)
        self.converts = bool(model.converted())


@lru_cache(maxsize=4096)
def _plan(
    model: Any,
    version: str,
    policy: Policy | None,
    purpose: str,
    role: str,
    grounds: frozenset[str],
    unreached: frozenset[str],
    deployment: UUID,
) -> Plan:
    """INVARIANT: nothing but what is named here decides, and a policy never changes: so one plan does for many uses."""
    permitted, once = dict[str, str](), set[str]()
    for seal in model.seals.values() if policy else ():
        held = NO_GROUNDS if seal.category in unreached else grounds
        decision = policy.decide("use", seal.category, purpose, role, held)  # type: ignore[union-attr]
        if isinstance(decision, Permit):
            permitted[seal.name] = decision.clause
            if decision.once:
                once.add(seal.name)
    return Plan(model, version, permitted, frozenset(once), deployment)


class Plans:
    """The plans of one use."""

    def __init__(self, purpose: str, role: str, given: Ground | Each | None) -> None:
        self._purpose, self._role, self._given = purpose, role, given
        self._made: dict[tuple[type, str, frozenset[str]], Plan] = {}

    def of(self, row: Row) -> Plan:
        """What may be done with a row."""
        key = (type(row), row.collected_under, self.grounds(row))
        return self._made.get(key) or self._make(*key)

    def grounds(self, row: Row) -> frozenset[str]:
        """The names of the grounds that hold for this row: checked here, never taken on the caller's word."""
        ground: Any = self._given
        if ground is None:
            return NO_GROUNDS
        if ground is EACH:
            name = getattr(row, "ground", None)
            return _ground_set(name) if name is not None and row.is_live() else NO_GROUNDS  # type: ignore[attr-defined]
        return _ground_set(ground.ground) if ground.is_live() and ground.covers(row) else NO_GROUNDS

    def grounds_for(self, row: Row, category: str) -> frozenset[str]:
        """Those of them that reach as far as this category."""
        return self.grounds(row) if self._reaches(category) else NO_GROUNDS

    def _reaches(self, category: str) -> bool:
        reaches = getattr(self._given, "covers_category", None)
        return reaches is None or bool(reaches(category))

    def _make(self, model: Any, version: str, grounds: frozenset[str]) -> Plan:
        unreached = NO_GROUNDS
        if hasattr(self._given, "covers_category"):
            categories = {seal.category for seal in model.seals.values()}
            unreached = frozenset(each for each in categories if not self._reaches(each))
        plan = self._made[model, version, grounds] = _plan(
            model,
            version,
            statement.policy(version),
            self._purpose,
            self._role,
            grounds,
            unreached,
            keys.deployment(),
        )
        return plan
