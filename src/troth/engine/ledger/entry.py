"""Building an entry: a salted commitment for each subject, the leaf over them.  spec/ledger.md, 2."""

import json
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from troth.engine.ledger.errors import DetailError, ProofError
from troth.engine.ledger.leaf import Kind, encode_leaf
from troth.engine.ledger.proof import path_in
from troth.engine.ledger.tree import HASH, fold

SALT = 32
Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]
_LARGEST = (1 << 53) - 1  # beyond it, readers that hold numbers as doubles see another value
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class Part(NamedTuple):
    """One subject's part of an entry: seal `salt` with the detail.  `position` is the commitment's place."""

    salt: bytes
    commitment: bytes
    position: int


class Built(NamedTuple):
    """A new entry: the leaf, all commitments in order (32 bytes each), a part for each detail as given."""

    leaf: bytes
    commitments: bytes
    parts: tuple[Part, ...]

    def path(self, part: Part) -> tuple[bytes, ...]:
        """Path from the part's commitment to the leaf's root."""
        return path_in(self.commitments, part.position)


def canonical(detail: Mapping[str, Json]) -> bytes:
    """The one spelling of a detail: keys sorted by code point, no spaces, UTF-8, no floats.

    Raises DetailError for a float, a key that is no text, an integer beyond 53 bits, and text that is not
    Unicode.
    """
    _check(detail)
    try:
        return _ENCODER.encode(detail).encode()
    except UnicodeEncodeError:
        raise DetailError("a text of the detail holds a lone surrogate; it has no UTF-8 form") from None


def commit(salt: bytes, detail: bytes) -> bytes:
    """The commitment: SHA-256(0x02 || salt || detail).  `salt` has 32 random bytes, else DetailError."""
    if len(salt) != SALT:
        raise DetailError(f"a salt has {SALT} bytes, not {len(salt)}")
    return sha256(b"\x02" + salt + detail).digest()


def build_entry(
    kind: Kind, policy: bytes, purpose: str, recipient: str, hour: int, details: Sequence[bytes]
) -> Built:
    """Make an entry of one canonical detail for each subject touched, or of the operator's own.

    Salts come from the operating system.  Commitments stand sorted, so that a position says nothing about its
    subject.
    Raises DetailError without details, LeafError when a fact does not fit a leaf.
    """
    if not details:
        raise DetailError(
            "an entry needs at least one detail; give the operator's when no subject is touched"
        )
    drawn = os.urandom(SALT * len(details))
    salts = [drawn[at : at + SALT] for at in range(0, len(drawn), SALT)]
    made = [sha256(b"\x02" + salt + detail).digest() for salt, detail in zip(salts, details, strict=True)]
    ordered = sorted(made)
    places = {commitment: index for index, commitment in enumerate(ordered)}
    commitments = b"".join(ordered)
    parts = tuple(map(Part, salts, made, map(places.__getitem__, made)))
    leaf = encode_leaf(kind, hour, policy, purpose, recipient, fold(commitments))
    return Built(leaf, commitments, parts)


def find_part(commitments: bytes, salt: bytes, detail: bytes) -> Part:
    """The part of an entry that salt and detail belong to.  Raises ProofError when they belong to none."""
    commitment = commit(salt, detail)
    for index in range(len(commitments) // HASH):
        if commitments[index * HASH : (index + 1) * HASH] == commitment:
            return Part(salt, commitment, index)
    raise ProofError("salt and detail are not committed to in this entry")


def _check(value: object) -> None:
    if isinstance(value, str) or value is None:
        return
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            raise DetailError("an integer of the detail is beyond 53 bits; write it as text")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise DetailError("a key of the detail is no text")
            if not isinstance(inner, str):
                _check(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check(inner)
    else:
        raise DetailError(
            f"a detail holds no `{type(value).__name__}`; use text, integers, lists and dictionaries"
        )
