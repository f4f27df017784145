"""`disclose_each`: many records to one recipient at once, each with its own part of an entry.

An entry has a part for each record under it: a commitment with a salt of its own, and what is sealed for whom the
record is about.  Of two records of one subject the second goes under another entry: an entry has one part a subject
(spec/ledger.md, 2).
INVARIANT: every entry is durable before a value is returned.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import transaction

from troth.engine.ledger import Kind
from troth.engine.policy import Permit
from troth.engine.seal import Cipher

from ..errors import GateError
from ..journal import writing
from ..published import statement
from .actor import Actor, Ground, Row
from .doors import _act
from .outward import hash_of
from .plans import Plan
from .use import Use

TOGETHER = 500
"""Rows whose keys are fetched in one query."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of many that are handed over together: its row, its entry, what the recipient knows it by, and what
    leaves.
    """

    row: Any
    entry: str
    reference: str
    values: Mapping[str, Any]


@dataclass(slots=True)
class _Entry:
    """An entry that is being filled: whose parts it has."""

    facts: writing.Facts
    id: str
    subjects: set[str]
    details: list[tuple[str, Cipher, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class _Shared:
    """What is the same for all rows of one model, version and set of grounds."""

    clauses: dict[str, str]
    facts: writing.Facts
    plan: Plan


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
    under_one: int = 1,
) -> list[Record]:
    """Hand the named fields of rows, `most` at the most, to one recipient, all durable at once.

    Each is on record with its clauses, hash and reference, `under_one` of them at the most under one entry.

    Left out is what the ground does not cover, what the statement of its row does not share, and what its owner limits.
    `beside` runs in the transaction of the entries: what it raises undoes them, and nothing leaves.  Raises GateError
    inside an act, and for what is shared once.
    """
    if _act.get() is not None:
        raise GateError("a disclosure cannot be part of an act: it cannot be rolled back")
    batch = _Batch(Use(purpose, Actor(to, None, country), given), tuple(fields), by, reference, under_one)
    coming = iter(rows)
    while part := list(islice(coming, min(TOGETHER, most - len(batch.handed)))):
        batch.use.preload(row.owner_id for row in part)
        for row in part:
            batch.add(row)
    if batch.handed:
        with transaction.atomic(durable=True):
            beside(batch.handed)
            writing.insert(batch.entries())
    return batch.handed


class _Batch:
    """Records to be handed over together, each with the entry that it stands under."""

    def __init__(
        self, use: Use, fields: tuple[str, ...], by: Actor, reference: Callable[[Any], str], under_one: int
    ) -> None:
        self.use, self.fields, self.by, self.reference, self.under_one = use, fields, by, reference, under_one
        self.handed: list[Record] = []
        self._open: dict[writing.Facts, list[_Entry]] = {}
        self._full: list[_Entry] = []
        self._known: dict[Any, _Shared | None] = {}

    def add(self, row: Row) -> None:
        """Take a row along, if it may be handed over."""
        key = (type(row), row.collected_under, self.use.plans.grounds(row))
        if key not in self._known:
            self._known[key] = self._share(row)
        shared, owner = self._known[key], row.owner_id.hex
        if shared is None or not self.use.holds(owner):
            return
        opened = self.use._unseal(row, owner, shared.plan) if row.sealed is not None else {}
        values = {name: opened.get(name) for name in self.fields}
        reference = self.reference(row)
        detail: dict[str, Any] = {
            "disclosed": shared.clauses, "country": self.use.by.country, "sent": hash_of(values), "by": self.by.role,
            "reference": reference,
        }  # fmt: skip
        entry = self._entry_for(shared.facts, owner)
        entry.subjects.add(owner)
        entry.details.append((owner, self.use.cipher(owner), detail))
        self.handed.append(Record(row, entry.id, reference, values))

    def _share(self, row: Row) -> _Shared | None:
        clauses = _shared(self.use, row, self.fields)
        if not clauses:
            return None
        facts = self.use._facts(Kind.DISCLOSE, set(clauses.values()))
        return _Shared(clauses, facts, self.use.plans.of(row))

    def _entry_for(self, facts: writing.Facts, owner: str) -> _Entry:
        """The first entry of these facts that has room, and no part of the same subject."""
        waiting = self._open.setdefault(facts, [])
        for entry in waiting:
            if owner not in entry.subjects:
                break
        else:
            entry = _Entry(facts, writing.new_id(), set(), [])
            waiting.append(entry)
        if len(entry.details) + 1 == self.under_one:
            waiting.remove(entry)
            self._full.append(entry)
        return entry

    def entries(self) -> list[writing.Row]:
        """All of them, each with a part for every record under it."""
        version = bytes.fromhex(self.use.policy.version)
        found = [*self._full, *(entry for waiting in self._open.values() for entry in waiting)]
        return [writing.build(each.id, each.facts, each.details, version) for each in found]


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
