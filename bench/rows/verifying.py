"""Checking a whole log, beside a bare loop of the same number of SHA-256 calls over the same number of bytes."""

from hashlib import sha256
from itertools import repeat

from troth.engine.ledger import Kind, Leaf, extend, fsck, leaf_hash, origin_leaf
from troth.engine.ledger.sign import Signer

from ..method import Contender, by_turns
from ..report import Section, Target

BARE, FULL = "a bare loop of the same SHA-256 calls", "full verify of the log"
POLICY = sha256(b"a statement").digest()
GROWTH = 10_000


def rows(rounds: int, size: int) -> list[Section]:
    """A log in memory of `size` entries with its tiles and signed head."""
    leaves = _leaves(size)
    hashed = [b"\x00" + leaf for leaf in leaves]
    node = b"\x01" + bytes(64)

    def bare() -> None:
        for data in hashed:
            sha256(data).digest()
        for data in repeat(node, size - 1):
            sha256(data).digest()

    tiles, note, vkey = _log(leaves)

    def full() -> None:
        findings = fsck(
            enumerate(leaves), lambda level, index, width: tiles[level, index][: width * 32], note, vkey
        )
        assert not findings, findings[:3]

    found = by_turns([Contender(BARE, bare, size), Contender(FULL, full, size)], rounds)
    share = 100 / found[FULL].cpu_ratio(found[BARE])
    rate = f"{1 / found[FULL].wall:,.0f} entries a second from memory; reading them from a table is not in it"
    target = Target("CPU: percent of the bare loop's speed", share, 50, at_most=False, form=".0f")
    return [Section(f"Full verify of {size:,} entries", "an entry", list(found.values()), [target], [rate])]


def _leaves(size: int) -> list[bytes]:
    purposes = ("providing-what-was-requested", "improving-the-services", "keeping-the-services-safe")
    recipients = ("sales", "support", "system", "visitor")
    made = [origin_leaf(POLICY, 480_000)]
    for number in range(1, size):
        root = number.to_bytes(32)
        leaf = Leaf(
            Kind.USE, 480_000 + number // 500, POLICY, purposes[number % 3], recipients[number % 4], root
        )
        made.append(leaf.encode())
    return made


def _log(leaves: list[bytes]) -> tuple[dict[tuple[int, int], bytes], str, str]:
    tiles: dict[tuple[int, int], bytes] = {}
    size, root = 0, None
    for start in range(0, len(leaves), GROWTH):
        hashes = [leaf_hash(leaf) for leaf in leaves[start : start + GROWTH]]
        grown = extend(size, lambda level, index, width: tiles[level, index][: width * 32], hashes, root)
        tiles.update({(tile.level, tile.index): tile.data for tile in grown.tiles})
        size, root = grown.size, grown.root
    signer = Signer("bench.example/log/1", bytes(32))
    assert root is not None
    return tiles, signer.sign(size, root), str(signer.key)
