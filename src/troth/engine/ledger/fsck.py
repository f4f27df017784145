"""Checking a whole log: entries against tiles, tiles against those above, the top against the signed head.

It streams: one tile of each level is in memory, whatever the log's size.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, islice

from troth.engine.ledger.errors import LeafError, NoteError, TileError
from troth.engine.ledger.leaf import Kind, Leaf
from troth.engine.ledger.note import Checkpoint, VerifierKey, open_checkpoint
from troth.engine.ledger.tiles import SPAN, WIDTH, Reader, read_tile, root_of_tails, tile_path
from troth.engine.ledger.tree import EMPTY, HASH, fold

_MOST_SHAPES = 1 << 16
_ORIGIN = bytes((1, Kind.ORIGIN))
_NONE = bytes(HASH)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a log.  `index` is the first entry it touches, None for the log as a whole."""

    index: int | None
    problem: str

    def __str__(self) -> str:
        return self.problem if self.index is None else f"entry {self.index}: {self.problem}"


def fsck(
    entries: Iterable[tuple[int, bytes]], read: Reader, note: str, vkey: str,
    published: Sequence[str] = (), most: int = 100,
) -> list[Finding]:  # fmt: skip
    """Check a log against its signed head `note`; an empty list means that all of it holds.

    `entries` gives (index, leaf) in the order of the index.  `published` are signed heads seen earlier (kept
    by a witness, mailed, printed): the log must still begin with each, so a history cut or rewritten and
    signed anew is found.  Stops after `most` findings.
    """
    findings: list[Finding] = []
    try:
        key = VerifierKey.parse(vkey)
        head = open_checkpoint(note, key)
    except NoteError as error:
        return [Finding(None, f"the head: {error}")]
    older = _published(published, key, head, findings)
    walk = _Walk(read, head, older, findings)
    rows = _Rows(entries, findings)
    for index in range(-(-head.size // WIDTH)):
        if len(findings) >= most:
            return findings[:most]
        walk.tile(index, rows.take(index * WIDTH, min(WIDTH, head.size - index * WIDTH)))
    rows.end(head.size)
    walk.end()
    return findings[:most]


def _published(
    notes: Sequence[str], key: VerifierKey, head: Checkpoint, findings: list[Finding]
) -> dict[int, set[bytes]]:
    older: dict[int, set[bytes]] = {}
    for note in notes:
        try:
            found = open_checkpoint(note, key)
        except NoteError as error:
            findings.append(Finding(None, f"a published head: {error}"))
            continue
        older.setdefault(found.size, set()).add(found.root)
        if found.size > head.size:
            gone = f"cut off: a published head has {found.size} entries, this one {head.size}"
            findings.append(Finding(head.size, gone))
    return older


class _Rows:
    """The stored entries, tile by tile; says which are missing, double or out of order."""

    def __init__(self, entries: Iterable[tuple[int, bytes]], findings: list[Finding]) -> None:
        self._rows: Iterator[tuple[int, bytes]] = iter(entries)
        self._findings = findings
        self._gap = (-1, -1, -1)  # first missing index, the one after the last, place among the findings

    def take(self, start: int, width: int) -> list[bytes | None]:
        chunk = list(islice(self._rows, width))
        if len(chunk) == width:
            indexes, leaves = zip(*chunk, strict=True)
            if indexes == tuple(range(start, start + width)):
                return list(leaves)
        self._rows = chain(chunk, self._rows)
        found = self._search(start, start + width)
        self._note_gaps([index for index in range(start, start + width) if index not in found])
        return [found.get(index) for index in range(start, start + width)]

    def _search(self, start: int, end: int) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        for index, leaf in self._rows:
            if index >= end:
                self._rows = chain([(index, leaf)], self._rows)
                break
            if index < start or index in found:
                self._findings.append(Finding(index, "stored twice or out of order"))
            else:
                found[index] = leaf
        return found

    def _note_gaps(self, missing: Sequence[int]) -> None:
        for index in missing:
            first, end, place = self._gap
            if index != end:
                first, place = index, len(self._findings)
                self._findings.append(Finding(index, ""))
            self._gap = (first, index + 1, place)
            self._findings[place] = Finding(first, f"missing, up to and with entry {index}")

    def end(self, size: int) -> None:
        for index, _ in self._rows:
            self._findings.append(Finding(index, f"stands outside the signed tree of {size} entries"))
            break


class _Walk:
    def __init__(
        self, read: Reader, head: Checkpoint, older: dict[int, set[bytes]], findings: list[Finding]
    ) -> None:
        self._read, self._head, self._older, self._findings = read, head, older, findings
        self._tails: list[bytes] = [b""]  # at each level above 0, the hashes of the tile that is not yet full
        self._starts = [0]
        self._shapes: set[bytes] = set()
        self._compare(0, EMPTY)

    def tile(self, index: int, leaves: Sequence[bytes | None]) -> None:
        start, width = index * WIDTH, len(leaves)
        self._check_shapes(start, leaves)
        hashes = b"".join([_NONE if leaf is None else sha256(b"\x00" + leaf).digest() for leaf in leaves])
        held = self._held(0, index, width)
        if held is None:
            held = hashes
        elif held != hashes:
            for place in _differing(held, hashes):
                if leaves[place] is not None:
                    problem = f"does not hash to its place {place} in {tile_path(0, index, width)}"
                    self._findings.append(Finding(start + place, problem))
        for size in self._older:
            if start < size <= start + width:
                self._compare(size, root_of_tails([held[: (size - start) * HASH], *self._tails[1:]]))
        self._tails[0] = held
        if width == WIDTH:
            self._rise(0)

    def _rise(self, level: int) -> None:
        root, self._tails[level] = fold(self._tails[level]), b""
        if level + 1 == len(self._tails):
            self._tails.append(b"")
            self._starts.append(0)
        self._tails[level + 1] += root
        if len(self._tails[level + 1]) == WIDTH * HASH:
            self._settle(level + 1)
            self._starts[level + 1] += 1
            self._rise(level + 1)

    def _settle(self, level: int) -> None:
        # Its parent was made from what the stored tile says: going on with that keeps one fault one finding.
        index, computed = self._starts[level], self._tails[level]
        held = self._held(level, index, len(computed) // HASH)
        if held is None or held == computed:
            return
        for place in _differing(held, computed):
            path = tile_path(level, index, len(computed) // HASH)
            first = (index * WIDTH + place) << SPAN * level
            last = first + (1 << SPAN * level) - 1
            problem = f"up to entry {last}: the tile below does not hash to place {place} in {path}"
            self._findings.append(Finding(first, problem))
        self._tails[level] = held

    def end(self) -> None:
        for level in range(1, len(self._tails)):
            if self._tails[level]:
                self._settle(level)
        if root_of_tails(self._tails) != self._head.root:
            self._findings.append(
                Finding(None, f"the tree of {self._head.size} entries has not the signed root")
            )

    def _held(self, level: int, index: int, width: int) -> bytes | None:
        try:
            return read_tile(self._read, level, index, width)
        except TileError as error:
            self._findings.append(Finding(index << SPAN * (level + 1), str(error)))
            return None

    def _compare(self, size: int, root: bytes) -> None:
        if self._older.get(size, {root}) != {root}:
            problem = f"rewritten: the first {size} entries are not those of a published head"
            self._findings.append(Finding(None, problem))

    def _check_shapes(self, start: int, leaves: Sequence[bytes | None]) -> None:
        # Only version, kind and names can make a leaf invalid, and they repeat: each set is decoded once.
        shapes = self._shapes
        for place, leaf in enumerate(leaves):
            if leaf is None or (shape := leaf[:2] + leaf[38:-32]) in shapes:
                continue
            try:
                Leaf.decode(leaf)
            except LeafError as error:
                self._findings.append(Finding(start + place, str(error)))
                continue
            if (leaf[:2] == _ORIGIN) != (start + place == 0):
                self._findings.append(Finding(start + place, "the first entry, and only it, is an origin"))
            elif leaf[:2] != _ORIGIN and len(shapes) < _MOST_SHAPES:
                shapes.add(shape)


def _differing(one: bytes, other: bytes) -> list[int]:
    return [at // HASH for at in range(0, len(one), HASH) if one[at : at + HASH] != other[at : at + HASH]]
