"""Entries of what the gate's own rooms do to whole subjects: merge, hand over, limit, erase."""

from collections.abc import Mapping, Sequence

from troth.engine.ledger import Json, Kind
from troth.engine.seal import Cipher

from ..journal import writing
from ..published import statement
from .actor import Actor

CLAUSE = "rights.ninety-days"


def enter(
    kind: Kind,
    purpose: str,
    by: Actor,
    details: Sequence[tuple[str, Cipher, Mapping[str, Json]]],
    clause: str = CLAUSE,
) -> str:
    """Write an entry in the transaction that is open; returns its id.  `details`: (subject in hex, cipher, detail)."""
    policy = statement.current()
    facts = writing.Facts(
        kind=kind, purpose=purpose, top=policy.purposes[purpose].top, clauses=(clause,), recipient=by.role,
        version=statement.under(), country=by.country,
    )  # fmt: skip
    row = writing.build(writing.new_id(), facts, details, bytes.fromhex(policy.version))
    writing.insert([row])
    return row.id
