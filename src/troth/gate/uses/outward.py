"""`disclose`, `publish` and streams: uses whose values leave before the block that asked for them ends.

INVARIANT: the entry is durable before a value is returned, or before anybody can read what was published.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from django.db import transaction

from troth.engine.ledger import Kind, canonical
from troth.engine.policy import Deny, Permit

from ..errors import GateError, Refused
from ..journal import writing
from ..published import statement
from .actor import Actor, Each, Ground, Row
from .doors import _act, keep
from .use import SPENT, Use


def disclose(
    row: Row,
    fields: Sequence[str],
    *,
    to: str,
    purpose: str,
    by: Actor,
    country: str,
    given: Ground | None = None,
    reference: str = "",
) -> Mapping[str, Any]:
    """Hand the named fields of a row to a recipient outside: what `hand_over` does, for whom the values are enough."""
    return hand_over(
        row, fields, to=to, purpose=purpose, by=by, country=country, given=given, reference=reference
    ).values


@dataclass(frozen=True, slots=True)
class Handed:
    """What a recipient outside was given, and the entry that says so."""

    values: Mapping[str, Any]
    entry: str


def hand_over(
    row: Row,
    fields: Sequence[str],
    *,
    to: str,
    purpose: str,
    by: Actor,
    country: str,
    given: Ground | None = None,
    reference: str = "",
) -> Handed:
    """Disclose the named fields of a row.

    `reference` is what the recipient gets as well, by which it can find the record again: it is told by that when the
    data is corrected or erased.  It holds nothing personal.

    Returns the values, once an entry with the recipient, its country and the hash of what is sent is durable.
    Raises Refused when the statement does not share every one of them, or shares them once and this was done;
    GateError inside an act.
    """
    if _act.get() is not None:
        raise GateError("a disclosure cannot be part of an act: it cannot be rolled back")
    use = Use(purpose, Actor(to, None, country), given)
    owner = row.owner_id.hex if row.owner_id else ""
    clauses = _permitted(use, row, fields, owner, by)
    try:
        opened = use.open_all(row)
    except Refused as refused:
        _refuse(use, owner, by, refused.reason, refused.clause)
    values = {name: opened.get(name) for name in fields}
    detail = {"disclosed": clauses, "country": country, "sent": hash_of(values), "by": by.role}
    if reference:
        detail["reference"] = reference
    if number := getattr(given, "reference", ""):
        detail["ground"] = f"{given.ground} {number}"  # type: ignore[union-attr]
    return Handed(values, _record(use, Kind.DISCLOSE, owner, detail, clauses.values(), row))


def publish(
    row: Row, fields: Sequence[str], *, to: str, purpose: str, by: Actor, given: Ground | None = None
) -> None:
    """Write into the act that is open that the named fields of a row are given to whoever reads our pages.

    Unlike a disclosure it can be part of an act: nothing is returned, and before the act is done no page shows the row,
    so one that rolls back has given nothing to anybody.
    Raises Refused when the statement does not share every one of them, which stays on record; GateError outside an act.
    """
    if _act.get() is None:
        raise GateError("what is published is on record with the act that publishes it; open one")
    use = Use(purpose, Actor(to), given)
    owner = row.owner_id.hex if row.owner_id else ""
    clauses = _permitted(use, row, fields, owner, by)
    try:
        opened = use.open_all(row)
    except Refused as refused:
        _refuse(use, owner, by, refused.reason, refused.clause)
    sent = hash_of({name: opened.get(name) for name in fields})
    detail = {"disclosed": clauses, "country": "", "sent": sent, "by": by.role}
    writing.insert([_entry(use, Kind.DISCLOSE, owner, detail, clauses.values())])


def hash_of(values: Mapping[str, Any]) -> str:
    """What is kept of what is sent."""
    told = {name: None if value is None else str(value) for name, value in values.items()}
    return hashlib.sha256(canonical(told)).hexdigest()


def hand_over_file(
    row: Any, data: bytes, *, to: str, purpose: str, by: Actor, country: str, given: Ground | None = None
) -> str:
    """Enter that a stored file goes to a recipient outside, and what it was by its hash; the entry's id.

    `row` is a `StoredFile`, whose bytes were opened in a use before.  Raises as `hand_over` does.
    """
    if _act.get() is not None:
        raise GateError("a disclosure cannot be part of an act: it cannot be rolled back")
    use, owner = Use(purpose, Actor(to, None, country), given), row.owner_id.hex
    decision = _decided(use, row, row.category)
    if not isinstance(decision, Permit) or decision.once:
        _refuse(use, owner, by, getattr(decision, "reason", SPENT), decision.clause)
    detail = {
        "disclosed": {row.category: decision.clause}, "country": country, "by": by.role,
        "sent": hashlib.sha256(data).hexdigest(),
    }  # fmt: skip
    if number := getattr(given, "reference", ""):
        detail["ground"] = f"{given.ground} {number}"  # type: ignore[union-attr]
    return _record(use, Kind.DISCLOSE, owner, detail, [decision.clause])


def _decided(use: Use, row: Row, category: str) -> Permit | Deny:
    policy = statement.policy(row.collected_under)
    if policy is None:
        return Deny("the statement this row was collected under is not known here", None)
    return policy.decide("share", category, use.purpose, use.by.role, use.plans.grounds_for(row, category))


def _permitted(use: Use, row: Row, fields: Sequence[str], owner: str, by: Actor) -> dict[str, str]:
    """The clause for each category; what may be shared once is counted.  Raises Refused, with the refusal on record."""
    clauses, is_once, purpose, to = dict[str, str](), False, use.purpose, use.by.role
    for name in fields:
        category = type(row).seals[name].category  # type: ignore[attr-defined]
        decision = _decided(use, row, category)
        if not isinstance(decision, Permit):
            _refuse(use, owner, by, decision.reason, decision.clause)
        clauses[category], is_once = decision.clause, is_once or decision.once
    if is_once and not writing.spend((owner, "share", purpose, to)):
        _refuse(use, owner, by, SPENT, next(iter(clauses.values())))
    return clauses


def _refuse(use: Use, owner: str, by: Actor, reason: str, clause: str | None) -> NoReturn:
    _record(use, Kind.REFUSE, owner, {"refused": reason, "by": by.role}, (clause or "",))
    raise Refused(reason, clause)


def _record(
    use: Use, kind: Kind, owner: str, detail: Mapping[str, Any], clauses: Iterable[str], of: Row | None = None
) -> str:
    row, running, noting = (
        _entry(use, kind, owner, detail, clauses), _act.get(), getattr(use.given, "note", None)
    )  # fmt: skip
    if running is not None:
        running.hold(row)
    elif of is None or noting is None:
        writing.committer.commit(row)
    else:
        with transaction.atomic(durable=True):
            # A ground that counts what is disclosed on it does so with the entry, or not at all.
            noting(row.id, of)
            writing.insert([row])
    return row.id


def _entry(
    use: Use, kind: Kind, owner: str, detail: Mapping[str, Any], clauses: Iterable[str]
) -> writing.Row:
    facts = use._facts(kind, set(clauses))
    version = bytes.fromhex(use.policy.version)
    row = writing.build(writing.new_id(), facts, [(owner, use.cipher(owner), detail)], version)
    return replace(row, untold=use.untold_until)


class Stream:
    """An explicit use for an answer that is sent in pieces: all rows and fields are named, and recorded, beforehand."""

    def __init__(
        self,
        purpose: str,
        rows: Sequence[Row],
        fields: Sequence[str],
        *,
        by: Actor,
        given: Ground | Each | None,
    ) -> None:
        if _act.get() is not None:
            raise GateError("a stream cannot begin within an act: its entry would not be durable before it")
        self._use = Use(purpose, by, given)
        try:
            self._use.preload(row.owner_id for row in rows)
            for row in rows:
                for name in fields:
                    self._use.read(row, type(row).seals[name])  # type: ignore[attr-defined]
        finally:
            # A refusal is on record too.
            keep(self._use)
        self._fields = frozenset(fields)

    def read(self, row: Row, name: str) -> Any:
        """A value that was named when the stream began.  Raises Refused for any other."""
        if name not in self._fields or id(row) not in self._use._rows:
            raise Refused("this stream's entry does not cover that value")
        return self._use.read(row, type(row).seals[name])  # type: ignore[attr-defined]

    def close(self) -> None:
        """End the use; Django calls it when the response is closed."""
        self._use.close()
