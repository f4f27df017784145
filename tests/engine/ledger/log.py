"""A small log in memory, and the tree as RFC 6962's own recursion has it: the reference for the tests."""

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from troth.engine.ledger import (
    EMPTY,
    Built,
    Kind,
    Place,
    Receipt,
    build_entry,
    canonical,
    extend,
    leaf_hash,
    make_receipt,
    origin_leaf,
    prove_inclusion,
)
from troth.engine.ledger.sign import Signer

VECTORS = Path(__file__).resolve().parents[3] / "spec" / "vectors"
ORIGIN = "troth.example/log/1"
SEED = bytes(range(32))
POLICY = sha256(b"statement").digest()


def vectors(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def naive_root(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = _split(len(leaves))
    return sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


def naive_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*naive_path(index, leaves[:split]), naive_root(leaves[split:])]
    return [*naive_path(index - split, leaves[split:]), naive_root(leaves[:split])]


def naive_consistency(old: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    split = _split(len(leaves))
    if old <= split:
        return [*naive_consistency(old, leaves[:split], whole), naive_root(leaves[split:])]
    return [*naive_consistency(old - split, leaves[split:], False), naive_root(leaves[:split])]


def _split(size: int) -> int:
    split = 1
    while split * 2 < size:
        split *= 2
    return split


class Log:
    """What the gate keeps in tables: leaves, the newest tile of each place, and the signed heads."""

    def __init__(self, origin: str = ORIGIN) -> None:
        self.signer = Signer(origin, SEED)
        self.vkey = str(self.signer.key)
        self.leaves: list[bytes] = []
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.root = EMPTY
        self.add([origin_leaf(POLICY, 494_000)])

    def add(self, leaves: Sequence[bytes]) -> str:
        grown = extend(len(self.leaves), self.read, [leaf_hash(leaf) for leaf in leaves], self.root)
        self.tiles.update({(tile.level, tile.index): tile.data for tile in grown.tiles})
        self.leaves.extend(leaves)
        self.root = grown.root
        return self.note()

    def note(self) -> str:
        return self.signer.sign(len(self.leaves), self.root)

    def read(self, level: int, index: int, width: int) -> bytes:
        return self.tiles[level, index][: 32 * width]

    def rows(self) -> Iterator[tuple[int, bytes]]:
        return iter(list(enumerate(self.leaves)))

    def receipt(self, index: int, built: Built, salt: bytes, detail: bytes, entry: str) -> Receipt:
        size = len(self.leaves)
        place = Place(index, size, prove_inclusion(index, size, self.read), self.note())
        return make_receipt(ORIGIN, entry, built.leaf, built.commitments, salt, detail).placed(place)


def built_for(entry: str, *names: str) -> tuple[Built, list[bytes]]:
    details = [canonical({"entry": entry, "fields": ["contact.email"], "subject": name}) for name in names]
    return build_entry(Kind.USE, POLICY, "answering-enquiries", "staff", 494_001, details), details


def grown_log(size: int) -> Log:
    log = Log()
    log.add([built_for(f"entry-{at}", "alice")[0].leaf for at in range(1, size)])
    return log
