"""Tiles and entry bundles of C2SP tlog-tiles (https://c2sp.org/tlog-tiles), and growing a tree by them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from troth.engine.ledger.errors import TileError
from troth.engine.ledger.tree import EMPTY, HASH, fold

SPAN = 8
"""Levels of the tree that one tile spans."""
WIDTH = 1 << SPAN
"""Hashes in a full tile, entries in a full bundle."""
_FULL = WIDTH * HASH

Reader = Callable[[int, int, int], bytes]
"""`read(level, index, width)`: the first `width` hashes of a tile.  Raises LookupError when it has none.
A store may keep one growing tile for each place, since a narrower tile is the beginning of a wider one."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile: `data` holds 1 to 256 hashes of 32 bytes."""

    level: int
    index: int
    data: bytes

    @property
    def width(self) -> int:
        """How many hashes it holds."""
        return len(self.data) // HASH


@dataclass(frozen=True, slots=True)
class Extension:
    """A grown tree: its size and root, and the tiles that are new or wider than before (final form only)."""

    size: int
    root: bytes
    tiles: tuple[Tile, ...]


def extend(size: int, read: Reader, leaf_hashes: Sequence[bytes], root: bytes | None = None) -> Extension:
    """Append leaf hashes to a tree of `size` leaves.

    With `root` (the last checkpoint's), the tiles read must be that tree's: a damaged tile stops the log here
    instead of being signed into a fork.  Raises TileError when a tile is missing, short or not of that tree.
    """
    fresh, level = b"".join(leaf_hashes), 0
    if len(fresh) != HASH * len(leaf_hashes):
        raise TileError("a leaf hash has 32 bytes")
    tiles: list[Tile] = []
    before: list[bytes] = []
    after: list[bytes] = []
    while fresh or size >> SPAN * level:
        index, held = divmod(size >> SPAN * level, WIDTH)
        tail = read_tile(read, level, index, held) if held else b""
        data = tail + fresh
        pieces = [data[at : at + _FULL] for at in range(0, len(data), _FULL)]
        if fresh:
            tiles.extend(Tile(level, index + at, piece) for at, piece in enumerate(pieces))
        before.append(tail)
        after.append(pieces.pop() if len(data) % _FULL else b"")
        fresh = b"".join([fold(piece) for piece in pieces])
        level += 1
    if root is not None and root_of_tails(before) != root:
        raise TileError(
            f"the tiles are not those of the checkpoint at size {size}; run fsck before appending"
        )
    return Extension(size + len(leaf_hashes), root_of_tails(after), tuple(tiles))


def root_of_tails(tails: Sequence[bytes]) -> bytes:
    """Root of the tree whose partial tile at each level, from level 0, is given (empty for none)."""
    carry = b""
    for tail in tails:
        if tail or carry:
            carry = fold(tail + carry)
    return carry or EMPTY


def read_tile(read: Reader, level: int, index: int, width: int) -> bytes:
    """A tile of exactly `width` hashes.  Raises TileError when it is missing or of another length."""
    try:
        data = read(level, index, width)
    except LookupError:
        raise TileError(f"{tile_path(level, index, width)} is missing") from None
    if len(data) != width * HASH:
        raise TileError(f"{tile_path(level, index, width)} has {len(data)} bytes, not {width * HASH}")
    return data


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Path under the log's prefix, such as `tile/0/x001/x234/067.p/8`."""
    return f"tile/{level}/{_numbered(index, width)}"


def bundle_path(index: int, width: int = WIDTH) -> str:
    """Path of an entry bundle under the log's prefix, such as `tile/entries/000.p/8`."""
    return f"tile/entries/{_numbered(index, width)}"


def parse_path(path: str) -> tuple[int | None, int, int]:
    """(level, index, width) of a tile path; level None for an entry bundle.

    Raises TileError for any other path, and for one that `tile_path` would spell differently.
    """
    parts = path.split("/")
    partial = ".p" if len(parts) > 3 and parts[-2].endswith(".p") else ""
    digits = "".join(part.removeprefix("x") for part in (parts[2:-1] if partial else parts[2:]))
    digits = digits.removesuffix(partial)
    width = parts[-1] if partial else str(WIDTH)
    level = parts[1] if len(parts) > 2 else ""
    if all(_is_number(text) for text in (digits, width)) and (level == "entries" or _is_number(level)):
        found = (None if level == "entries" else int(level), int(digits), int(width))
        if 1 <= found[2] <= WIDTH and (found[0] or 0) < 64 and path == _spelled(*found):
            return found
    raise TileError("not the path of a tile or entry bundle")


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """An entry bundle: each entry after its length, two bytes big end first.  TileError over 65,535 bytes."""
    try:
        return b"".join([part for entry in entries for part in (len(entry).to_bytes(2, "big"), entry)])
    except OverflowError:
        raise TileError("an entry is longer than 65,535 bytes") from None


def decode_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle.  Raises TileError when it ends inside one."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise TileError(f"the bundle ends inside its entry {len(entries)}")
        entries.append(data[at + 2 : end])
        at = end
    return entries


def _numbered(index: int, width: int) -> str:
    digits = f"{index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return path if width == WIDTH else f"{path}.p/{width}"


def _spelled(level: int | None, index: int, width: int) -> str:
    return bundle_path(index, width) if level is None else tile_path(level, index, width)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 21
