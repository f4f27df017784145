"""The tree against RFC 6962 as written and against the published reference vectors."""

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.ledger.log import naive_consistency, naive_path, naive_root, vectors
from troth.engine.ledger import (
    EMPTY,
    ProofError,
    TileError,
    extend,
    is_consistent,
    is_included,
    leaf_hash,
    path_in,
    prove_consistency,
    prove_inclusion,
    root_from_path,
    root_of,
)

REFERENCE = vectors("ledger-rfc6962.json")
LEAVES = [bytes.fromhex(leaf) for leaf in REFERENCE["leaves"]]
ROOTS = [bytes.fromhex(root) for root in REFERENCE["roots"]]


class Tree:
    def __init__(self, leaves: list[bytes], *groups: int) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.leaves: list[bytes] = []
        self.root = EMPTY
        for group in (*groups, len(leaves)):
            self.add(leaves[len(self.leaves) : group])

    def add(self, leaves: list[bytes]) -> None:
        grown = extend(len(self.leaves), self.read, [leaf_hash(leaf) for leaf in leaves], self.root)
        self.leaves += leaves
        self.tiles.update({(tile.level, tile.index): tile.data for tile in grown.tiles})
        self.root = grown.root
        assert grown.size == len(self.leaves)

    def read(self, level: int, index: int, width: int) -> bytes:
        return self.tiles[level, index][: 32 * width]


def numbered(size: int) -> list[bytes]:
    return [at.to_bytes(4, "big") for at in range(size)]


BIG = Tree(numbered(66_000), 1, 255, 256, 257, 65_535, 65_536)


def test_the_reference_trees_have_the_published_roots() -> None:
    assert [Tree(LEAVES[:size]).root for size in range(1, 9)] == ROOTS
    assert EMPTY.hex() == REFERENCE["empty"]


@pytest.mark.parametrize("proof", REFERENCE["inclusion"])
def test_the_published_inclusion_proofs_are_made_and_accepted(proof: dict[str, Any]) -> None:
    index, size, path = proof["index"], proof["size"], [bytes.fromhex(node) for node in proof["path"]]
    tree = Tree(LEAVES[:size])
    assert list(prove_inclusion(index, size, tree.read)) == path
    assert is_included(leaf_hash(LEAVES[index]), index, size, path, ROOTS[size - 1])


@pytest.mark.parametrize("proof", REFERENCE["consistency"])
def test_the_published_consistency_proofs_are_made_and_accepted(proof: dict[str, Any]) -> None:
    old, new, path = proof["old"], proof["new"], [bytes.fromhex(node) for node in proof["path"]]
    tree = Tree(LEAVES[:new])
    assert list(prove_consistency(old, new, tree.read)) == path
    assert is_consistent(old, ROOTS[old - 1], new, ROOTS[new - 1], path)


@given(st.integers(1, 600), st.data())
@settings(max_examples=60, deadline=None)
def test_any_tree_and_inclusion_path_equals_the_rfcs_recursion(size: int, data: st.DataObject) -> None:
    leaves = numbered(size)
    tree = Tree(leaves, *sorted(data.draw(st.lists(st.integers(0, size), max_size=4))))
    index = data.draw(st.integers(0, size - 1))
    path = prove_inclusion(index, size, tree.read)
    assert tree.root == naive_root(leaves) == root_of(size, tree.read)
    assert list(path) == naive_path(index, leaves)
    assert path == path_in(b"".join(map(leaf_hash, leaves)), index)
    assert root_from_path(leaf_hash(leaves[index]), index, size, path) == tree.root


@given(st.integers(1, 600), st.data())
@settings(max_examples=60, deadline=None)
def test_any_consistency_proof_equals_the_rfcs_recursion(new: int, data: st.DataObject) -> None:
    leaves = numbered(new)
    tree = Tree(leaves)
    old = data.draw(st.integers(1, new))
    path = prove_consistency(old, new, tree.read)
    assert list(path) == naive_consistency(old, leaves)
    assert is_consistent(old, naive_root(leaves[:old]), new, tree.root, path)


@given(st.integers(0, 65_999), st.integers(1, 66_000))
@settings(max_examples=60, deadline=None)
def test_proofs_hold_across_three_levels_of_tiles(index: int, old: int) -> None:
    path = prove_inclusion(index, 66_000, BIG.read)
    assert is_included(leaf_hash(BIG.leaves[index]), index, 66_000, path, BIG.root)
    proof = prove_consistency(old, 66_000, BIG.read)
    assert is_consistent(old, root_of(old, BIG.read), 66_000, BIG.root, proof)


@given(st.integers(1, 300), st.data())
@settings(max_examples=80, deadline=None)
def test_a_changed_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    tree = Tree(numbered(size))
    index = data.draw(st.integers(0, size - 1))
    path = list(prove_inclusion(index, size, tree.read))
    start = leaf_hash(tree.leaves[index])
    changes: list[tuple[int, int, list[bytes]]] = [
        (index + 1, size, path), (index - 1, size, path), (index, 0, path), (index, size, [*path, EMPTY]),
        (index, size, [EMPTY, *path]), (index, size, [*path, b""]),
    ]  # fmt: skip
    if path:
        at, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
        flipped = (int.from_bytes(path[at], "big") ^ 1 << bit).to_bytes(32, "big")
        changes += [(index, size, path[:-1]), (index, size, [*path[:at], flipped, *path[at + 1 :]])]
    assert not any(is_included(start, i, s, p, tree.root) for i, s, p in changes)
    assert not is_included(os.urandom(32), index, size, path, tree.root)


@given(st.integers(2, 300), st.data())
@settings(max_examples=80, deadline=None)
def test_a_changed_consistency_proof_is_refused(new: int, data: st.DataObject) -> None:
    tree = Tree(numbered(new))
    old = data.draw(st.integers(1, new - 1))
    path = list(prove_consistency(old, new, tree.read))
    first, last = root_of(old, tree.read), tree.root
    at, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
    flipped = (int.from_bytes(path[at], "big") ^ 1 << bit).to_bytes(32, "big")
    bad = [
        [],
        path[:-1],
        [*path, EMPTY],
        [EMPTY, *path],
        [*path[:at], flipped, *path[at + 1 :]],
        [*path, b"x"],
    ]
    assert not any(is_consistent(old, first, new, last, proof) for proof in bad)
    assert not is_consistent(old, EMPTY, new, last, path)
    assert not is_consistent(old, first, new, EMPTY, path)
    assert not is_consistent(new, last, old, first, path)


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_a_proof_from_outside_the_tree_is_refused(old: int, new: int) -> None:
    with pytest.raises(ProofError):
        prove_consistency(old, new, BIG.read)
    with pytest.raises(ProofError):
        prove_inclusion(max(old, -1), 0, BIG.read)
    with pytest.raises(ProofError):
        path_in(b"", 0)


def test_the_empty_tree_begins_every_tree_and_nothing_else_does() -> None:
    assert is_consistent(0, EMPTY, 5, ROOTS[4], [])
    assert not is_consistent(0, ROOTS[0], 5, ROOTS[4], [])
    assert not is_consistent(0, EMPTY, 5, ROOTS[4], [EMPTY])
    assert is_consistent(5, ROOTS[4], 5, ROOTS[4], [])
    assert not is_consistent(5, ROOTS[4], 5, ROOTS[4], [EMPTY])
    assert not is_consistent(5, ROOTS[3], 5, ROOTS[4], [])


def test_a_damaged_tile_stops_the_log_instead_of_being_signed() -> None:
    tree = Tree(numbered(300))
    for place in list(tree.tiles):
        if place == (0, 0):
            continue  # full and behind the frontier: fsck's part, an append does not read it
        whole = tree.tiles[place]
        tree.tiles[place] = bytes([whole[0] ^ 1]) + whole[1:]
        with pytest.raises(TileError, match="run fsck"):
            tree.add([b"next"])
        tree.tiles[place] = whole[:-32]
        with pytest.raises(TileError, match="bytes, not"):
            tree.add([b"next"])
        del tree.tiles[place]
        with pytest.raises(TileError, match="is missing"):
            tree.add([b"next"])
        tree.tiles[place] = whole


def test_only_grown_tiles_are_written_and_a_full_one_only_once() -> None:
    tree = Tree(numbered(254))
    grown = extend(254, tree.read, [leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")])
    assert [(tile.level, tile.index, tile.width) for tile in grown.tiles] == [
        (0, 0, 256),
        (0, 1, 1),
        (1, 0, 1),
    ]
    assert extend(254, tree.read, []).tiles == ()
    with pytest.raises(TileError):
        extend(254, tree.read, [b"short"])
