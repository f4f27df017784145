"""A consistency proof as a file: the lines `old SIZE`, then one base64 hash a line.  See spec/receipt.md.

It is the body of a C2SP tlog-witness request up to its empty line.
"""

import re
from collections.abc import Sequence

from troth.engine.ledger.errors import NoteError, ProofError
from troth.engine.ledger.note import b64, unb64
from troth.engine.ledger.tree import HASH

_FIRST = re.compile(r"old (0|[1-9][0-9]{0,18})")
_MOST = 126


def write_consistency(old: int, path: Sequence[bytes]) -> str:
    """The file for a proof from a tree of `old` leaves."""
    return "".join(f"{line}\n" for line in (f"old {old}", *map(b64, path)))


def read_consistency(text: str) -> tuple[int, tuple[bytes, ...]]:
    """(old size, path) of a file.  Raises ProofError when malformed."""
    first, *rest = text.split("\n")
    found = _FIRST.fullmatch(first)
    if not found or not rest or rest.pop() or len(rest) > _MOST:
        raise ProofError("a consistency proof is a line `old SIZE`, then one base64 hash a line")
    try:
        path = tuple(map(unb64, rest))
    except NoteError as error:
        raise ProofError(f"a hash of the consistency proof is {error}") from None
    if any(len(node) != HASH for node in path):
        raise ProofError("a hash of the consistency proof has not 32 bytes")
    return int(found[1]), path
