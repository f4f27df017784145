"""The leaf: the public bytes of one entry, format version 1.  Specification: spec/ledger.md, section 1."""

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256

from troth.engine.ledger.errors import LeafError
from troth.engine.ledger.note import Checkpoint

VERSION = 1
_FIXED = 38  # version, kind, hour, policy
_HOURS = 1 << 32
_NAME = re.compile(rb"(?:[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)*)?")


class Kind(IntEnum):
    """What sort of act an entry records; coarse, since anybody may read it."""

    ORIGIN = 1
    COLLECT = 2
    USE = 3
    DISCLOSE = 4
    REFUSE = 5
    RESTRICTED = 6  # legal record, incident and erasure share it, so that the log tells none of them apart
    STATEMENT = 7
    BATCH = 8


_HEADS = {kind: bytes((VERSION, kind)) for kind in Kind}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry's public facts.

    `hour` counts whole hours since 1970-01-01T00:00Z; `policy` is the SHA-256 of the statement that decided;
    `purpose` is the top node of the purpose, `recipient` the recipient class, both names of the statement or
    empty; `root` is the Merkle root over the entry's commitments.
    """

    kind: Kind
    hour: int
    policy: bytes
    purpose: str
    recipient: str
    root: bytes

    def encode(self) -> bytes:
        """The leaf's bytes.  Raises LeafError when a fact does not fit the format."""
        return encode_leaf(self.kind, self.hour, self.policy, self.purpose, self.recipient, self.root)

    @staticmethod
    def decode(data: bytes) -> "Leaf":
        """Read a leaf; accepts exactly what `encode` writes.  Raises LeafError otherwise."""
        if not data or data[0] != VERSION:
            raise LeafError("not a leaf of format version 1")
        purpose, at = _unpacked(data, _FIXED)
        recipient, at = _unpacked(data, at)
        if len(data) != at + 32:
            raise LeafError(f"a leaf of {len(data)} bytes should have {at + 32}")
        try:
            kind = Kind(data[1])
        except ValueError:
            raise LeafError(f"kind {data[1]} is unknown in format version 1") from None
        return Leaf(kind, int.from_bytes(data[2:6], "big"), data[6:38], purpose, recipient, data[at:])


def encode_leaf(kind: Kind, hour: int, policy: bytes, purpose: str, recipient: str, root: bytes) -> bytes:
    """`Leaf(...).encode()` without the object in between, for the path of every request."""
    if not 0 <= hour < _HOURS:
        raise LeafError(f"hour `{hour}` does not fit 32 bits; count hours since 1970")
    if len(policy) != 32 or len(root) != 32:
        raise LeafError("policy version and root are 32 bytes each")
    return _HEADS[kind] + hour.to_bytes(4, "big") + policy + _packed(purpose) + _packed(recipient) + root


def origin_leaf(policy: bytes, hour: int, previous: Checkpoint | None = None) -> bytes:
    """The first leaf of a log.

    Its root is zero for the first log, else SHA-256(0x03 || text of the previous log's last checkpoint), so
    that a log begun after a restore says which history it continues.
    """
    root = bytes(32) if previous is None else sha256(b"\x03" + previous.text().encode()).digest()
    return Leaf(Kind.ORIGIN, hour, policy, "", "", root).encode()


@lru_cache(maxsize=4096)
def _packed(name: str) -> bytes:
    data = name.encode()
    if len(data) > 255 or not _NAME.fullmatch(data):
        raise LeafError(f"`{name[:40]}` is no name for a leaf; use a purpose or recipient of the statement")
    return bytes((len(data),)) + data


def _unpacked(data: bytes, at: int) -> tuple[str, int]:
    end = at + 1 + (data[at] if at < len(data) else 0)
    name = data[at + 1 : end]
    if end > len(data) or at >= len(data) or not _NAME.fullmatch(name):
        raise LeafError(f"no purpose or recipient name at byte {at}")
    return name.decode("ascii"), end
