"""The Merkle tree of RFC 6962: hashing, and checking proofs.  Generating proofs is `proof`'s work.

A run of hashes is held as one `bytes`, 32 for each, since that is what a tile is and what hashes fastest.
"""

from collections.abc import Sequence
from hashlib import sha256

from troth.engine.ledger.errors import ProofError

HASH = 32
EMPTY = sha256(b"").digest()
"""Root of the tree without leaves (RFC 6962, 2.1)."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of one entry: SHA-256(0x00 || data) (RFC 6962, 2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 || left || right) (RFC 6962, 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: bytes) -> bytes:
    """Root over a run of concatenated hashes; `EMPTY` for none.

    Pairing from the left and letting an odd last one rise unchanged gives the same tree as RFC 6962's split
    at the largest power of two.  The last hash may therefore be the root of an incomplete subtree.
    """
    if not hashes:
        return EMPTY
    while (length := len(hashes)) > HASH:
        even = length - length % 64
        pairs = [sha256(b"\x01" + hashes[at : at + 64]).digest() for at in range(0, even, 64)]
        if even < length:
            pairs.append(hashes[even:])
        hashes = b"".join(pairs)
    return hashes


def root_from_path(start: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Root of the tree of `size` leaves with leaf hash `start` at `index`, by its path (RFC 9162, 2.1.3.2).

    Raises ProofError when index, size and the path's length do not fit together.
    """
    if not 0 <= index < size:
        raise ProofError(f"index {index} is outside a tree of {size}")
    here, last, result = index, size - 1, start
    for sibling in _hashes(path):
        if last == 0:
            raise ProofError(f"the path is too long for index {index} of {size}")
        if here & 1 or here == last:
            result = node_hash(sibling, result)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        here, last = here >> 1, last >> 1
    if last:
        raise ProofError(f"the path is too short for index {index} of {size}")
    return result


def is_included(start: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path proves that leaf hash `start` stands at `index` in the tree of that size and root."""
    try:
        return root_from_path(start, index, size, path) == root
    except ProofError:
        return False


def is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the tree of `new` leaves begins with that of `old` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return not path and old_root == EMPTY
    try:
        return _roots(old, old_root, new, path) == (old_root, new_root)
    except ProofError:
        return False


def _roots(old: int, old_root: bytes, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    # A tree of a power of two is a node of every larger tree, so its own root need not be sent.
    nodes = _hashes([old_root, *path] if old & (old - 1) == 0 else path)
    if not nodes:
        raise ProofError(f"the consistency proof from {old} to {new} is empty")
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    older = newer = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            raise ProofError(f"the consistency proof from {old} to {new} is too long")
        if here & 1 or here == last:
            older, newer = node_hash(node, older), node_hash(node, newer)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            newer = node_hash(newer, node)
        here, last = here >> 1, last >> 1
    if last:
        raise ProofError(f"the consistency proof from {old} to {new} is too short")
    return older, newer


def _hashes(path: Sequence[bytes]) -> Sequence[bytes]:
    if any(len(node) != HASH for node in path):
        raise ProofError("a proof holds 32-byte hashes only")
    return path
