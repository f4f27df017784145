"""`disclose_each`: many records to one recipient at once, each with an entry of its own.

INVARIANT: every entry is durable before a value is returned.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import transaction

from troth.engine.ledger import Kind
from troth.engine.policy import Permit

from ..errors import GateError
from ..journal import writing
from ..published import statement
from .actor import Actor, Ground, Row
from .doors import _act
from .outward import hash_of
from .use import Use

TOGETHER = 200
"""Rows whose keys are fetched in one query."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of many that are handed over together: its row, its entry, what leaves."""

    row: Any
    entry: str
    values: Mapping[str, Any]


def disclose_each(
    rows: Iterable[Row],
    fields: Sequence[str],
    *,
    to: str,
    purpose: str,
    by: Actor,
    country: str,
    given: Ground,
    reference: Callable[[Any], str],
    beside: Callable[[list[Record]], None],
    most: int,
) -> list[Record]:
    """Hand the named fields of rows, `most` at the most, to one recipient: an entry for each, all durable at once.

    Left out is what the ground does not cover, what the statement of its row does not share, and what its owner limits.
    `beside` runs in the transaction of the entries: what it raises undoes them, and nothing leaves.  Raises GateError
    inside an act, and for what is shared once.
    """
    if _act.get() is not None:
        raise GateError("a disclosure cannot be part of an act: it cannot be rolled back")
    batch = _Batch(Use(purpose, Actor(to, None, country), given), tuple(fields), by, reference)
    coming = iter(rows)
    while len(batch.handed) < most and (part := list(islice(coming, TOGETHER))):
        batch.use.preload(row.owner_id for row in part)
        for row in part[: most - len(batch.handed)]:
            batch.add(row)
    if batch.handed:
        with transaction.atomic(durable=True):
            beside(batch.handed)
            writing.insert(batch.entries)
    return batch.handed


class _Batch:
    """Records to be handed over together, each with the entry that names it."""

    def __init__(self, use: Use, fields: tuple[str, ...], by: Actor, reference: Callable[[Any], str]) -> None:
        self.use, self.fields, self.by, self.reference = use, fields, by, reference
        self.handed: list[Record] = []
        self.entries: list[writing.Row] = []
        self._version = bytes.fromhex(use.policy.version)
        self._shared: dict[Any, tuple[dict[str, str], writing.Facts] | None] = {}

    def add(self, row: Row) -> None:
        """Take a row along, if it may be handed over."""
        key = (type(row), row.collected_under, self.use.plans.grounds(row))
        if key not in self._shared:
            clauses = _shared(self.use, row, self.fields)
            self._shared[key] = (
                (clauses, self.use._facts(Kind.DISCLOSE, set(clauses.values()))) if clauses else None
            )
        shared, owner = self._shared[key], row.owner_id.hex
        if shared is None or not self.use.holds(owner):
            return
        clauses, facts = shared
        opened = self.use.open_all(row)
        values = {name: opened.get(name) for name in self.fields}
        entry = writing.new_id()
        detail: dict[str, Any] = {
            "disclosed": clauses, "country": self.use.by.country, "sent": hash_of(values), "by": self.by.role,
            "reference": self.reference(row),
        }  # fmt: skip
        details = [(owner, self.use.cipher(owner), detail)]
        self.entries.append(writing.build(entry, facts, details, self._version))
        self.handed.append(Record(row, entry, values))


def _shared(use: Use, row: Row, fields: Sequence[str]) -> dict[str, str] | None:
    """The clause for each category of a row, or None where one of them is not shared."""
    policy, found = statement.policy(row.collected_under), dict[str, str]()
    if policy is None:
        return None
    for name in fields:
        category = type(row).seals[name].category  # type: ignore[attr-defined]
        grounds = use.plans.grounds_for(row, category)
        decision = policy.decide("share", category, use.purpose, use.by.role, grounds)
        if not isinstance(decision, Permit):
            return None
        if decision.once:
            raise GateError("what is shared once is not handed over with others")
        found[category] = decision.clause
    return found
