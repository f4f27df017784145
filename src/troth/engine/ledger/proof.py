"""Generating proofs: from the tiles of a log, or from a short run of hashes held in memory."""

from collections.abc import Sequence

from troth.engine.ledger.errors import ProofError
from troth.engine.ledger.tiles import SPAN, WIDTH, Reader, read_tile
from troth.engine.ledger.tree import EMPTY, HASH, fold, node_hash


def path_in(hashes: bytes, index: int) -> tuple[bytes, ...]:
    """Inclusion path of the hash at `index` in a run of concatenated hashes, lowest sibling first."""
    if not 0 <= index < len(hashes) // HASH:
        raise ProofError(f"index {index} is outside a tree of {len(hashes) // HASH}")
    path = []
    size = len(hashes) // HASH
    for low, high in _siblings(index, size):
        path.append(fold(hashes[low * HASH : high * HASH]))
    return tuple(path)


def prove_inclusion(index: int, size: int, read: Reader) -> tuple[bytes, ...]:
    """Inclusion path of leaf `index` in the tree of `size` leaves (RFC 6962, 2.1.1), lowest sibling first.

    Raises ProofError when the leaf is outside the tree, TileError when a tile is missing.
    """
    if not 0 <= index < size:
        raise ProofError(f"index {index} is outside a tree of {size}")
    tiles = _Tiles(size, read)
    return tuple(tiles.root(low, high) for low, high in _siblings(index, size))


def prove_consistency(old: int, new: int, read: Reader) -> tuple[bytes, ...]:
    """Proof that the tree of `new` leaves begins with the tree of `old` (RFC 6962, 2.1.2).

    Empty for `old` = 0 and `old` = `new`.  Raises ProofError when `old` > `new`, TileError without a tile.
    """
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {new} does not begin with one of {old}")
    if old in (0, new):
        return ()
    tiles = _Tiles(new, read)
    low, high, whole, found = 0, new, True, []
    while old < high:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        if old <= middle:
            found.append(tiles.root(middle, high))
            high = middle
        else:
            found.append(tiles.root(low, middle))
            low, whole = middle, False
    if not whole:
        found.append(tiles.root(low, high))
    return tuple(reversed(found))


def root_of(size: int, read: Reader) -> bytes:
    """Root of the first `size` leaves of the log.  Raises TileError when a tile is missing."""
    return _Tiles(size, read).root(0, size) if size else EMPTY


def _siblings(index: int, size: int) -> Sequence[tuple[int, int]]:
    ranges = []
    for height in range((size - 1).bit_length()):
        low = (index >> height ^ 1) << height
        if low < size:
            ranges.append((low, min(low + (1 << height), size)))
    return ranges


class _Tiles:
    """Roots of ranges of leaves, reading each tile once."""

    def __init__(self, size: int, read: Reader) -> None:
        self._size, self._read = size, read
        self._held: dict[tuple[int, int], bytes] = {}

    def root(self, low: int, high: int) -> bytes:
        # INVARIANT: `low` is a multiple of the smallest power of two >= high - low, so each piece is a node.
        pieces = []
        while low < high:
            height = (high - low).bit_length() - 1
            pieces.append(self._node(low, height))
            low += 1 << height
        result = pieces.pop()
        while pieces:
            result = node_hash(pieces.pop(), result)
        return result

    def _node(self, low: int, height: int) -> bytes:
        level, inner = divmod(height, SPAN)
        index, first = divmod(low >> SPAN * level, WIDTH)
        return fold(self._tile(level, index)[first * HASH : (first + (1 << inner)) * HASH])

    def _tile(self, level: int, index: int) -> bytes:
        held = self._held.get((level, index))
        if held is None:
            width = min(WIDTH, (self._size >> SPAN * level) - index * WIDTH)
            held = self._held[level, index] = read_tile(self._read, level, index, width)
        return held
