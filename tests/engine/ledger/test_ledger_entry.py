"""Leaves, canonical details and commitments."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.ledger.log import POLICY, built_for, vectors
from troth.engine.ledger import (
    Checkpoint,
    DetailError,
    Kind,
    Leaf,
    LeafError,
    ProofError,
    build_entry,
    canonical,
    commit,
    find_part,
    origin_leaf,
    path_in,
    root_from_path,
)
from troth.engine.ledger.tree import fold

CASES = vectors("ledger-leaf.json")
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()
DETAILS = st.dictionaries(
    st.text(), st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
NAMES = st.from_regex(r"([a-z][a-z0-9-]{0,9}(\.[a-z][a-z0-9-]{0,9}){0,2})?", fullmatch=True)


def leaf_of(case: dict[str, Any]) -> Leaf:
    return Leaf(
        Kind(case["kind"]), case["hour"], bytes.fromhex(case["policy"]), case["purpose"], case["recipient"],
        bytes.fromhex(case["root"]),
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES["leaves"])
def test_a_leaf_has_the_bytes_of_its_vector(case: dict[str, Any]) -> None:
    assert leaf_of(case).encode().hex() == case["leaf"]
    assert Leaf.decode(bytes.fromhex(case["leaf"])) == leaf_of(case)


@pytest.mark.parametrize("case", CASES["bad_leaves"])
def test_bytes_that_are_no_leaf_are_refused(case: dict[str, str]) -> None:
    with pytest.raises(LeafError):
        Leaf.decode(bytes.fromhex(case["leaf"]))


@given(st.sampled_from(Kind), st.integers(0, 2**32 - 1), NAMES, NAMES, st.binary(min_size=32, max_size=32))
def test_a_leaf_reads_back(kind: Kind, hour: int, purpose: str, recipient: str, root: bytes) -> None:
    leaf = Leaf(kind, hour, POLICY, purpose, recipient, root)
    assert Leaf.decode(leaf.encode()) == leaf


@given(st.binary(max_size=140))
def test_any_bytes_are_one_leaf_or_refused(data: bytes) -> None:
    try:
        leaf = Leaf.decode(b"\x01\x03" + data)
    except LeafError:
        return
    assert leaf.encode() == b"\x01\x03" + data


@pytest.mark.parametrize("name", ["Upper", "1st", "a b", "a..b", "a.", "ü", "a\n", "x" * 256, "a_b"])
def test_a_name_the_statement_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(LeafError):
        Leaf(Kind.USE, 1, POLICY, name, "", POLICY).encode()


@pytest.mark.parametrize(("hour", "policy"), [(-1, POLICY), (2**32, POLICY), (1, b"short")])
def test_facts_that_do_not_fit_are_refused(hour: int, policy: bytes) -> None:
    with pytest.raises(LeafError):
        Leaf(Kind.USE, hour, policy, "", "", POLICY).encode()


def test_an_origin_names_the_head_it_continues() -> None:
    case = CASES["origin"]
    head = Checkpoint.parse(case["previous"])
    assert origin_leaf(POLICY, case["hour"], head).hex() == case["leaf"]
    assert Leaf.decode(origin_leaf(POLICY, 1)).root == bytes(32)


@pytest.mark.parametrize("case", CASES["canonical"])
def test_a_detail_has_one_spelling(case: dict[str, Any]) -> None:
    assert canonical(case["detail"]) == case["text"].encode()


@given(DETAILS)
@settings(max_examples=50, deadline=None)
def test_a_canonical_detail_reads_back_and_ignores_order(detail: dict[str, Any]) -> None:
    if any(0xD800 <= ord(char) <= 0xDFFF for char in json.dumps(detail, ensure_ascii=False)):
        return
    text = canonical(detail)
    assert json.loads(text) == detail
    assert canonical(dict(reversed(detail.items()))) == text
    assert canonical(json.loads(text)) == text


@pytest.mark.parametrize(
    "detail",
    [{"a": 1.5}, {"a": float("nan")}, {1: "a"}, {"a": {2: "b"}}, {"a": 2**53}, {"a": b"x"}, {"a": "\ud800"},
     {"a": [1, [0.5]]}, {"a": object()}],
)  # fmt: skip
def test_a_detail_without_one_spelling_is_refused(detail: dict[str, Any]) -> None:
    with pytest.raises(DetailError):
        canonical(detail)


@pytest.mark.parametrize("case", CASES["entries"])
def test_commitments_root_and_paths_are_those_of_the_vectors(case: dict[str, Any]) -> None:
    parts = case["parts"]
    commitments = [commit(bytes.fromhex(part["salt"]), part["detail"].encode()) for part in parts]
    assert [commitment.hex() for commitment in commitments] == [part["commitment"] for part in parts]
    run = b"".join(sorted(commitments))
    assert fold(run).hex() == case["root"]
    for part in parts:
        found = find_part(run, bytes.fromhex(part["salt"]), part["detail"].encode())
        assert found.position == part["index"]
        assert [node.hex() for node in path_in(run, found.position)] == part["path"]


@given(st.integers(1, 70))
def test_each_part_of_an_entry_leads_to_the_leafs_root(count: int) -> None:
    names = [f"subject-{at}" for at in range(count)]
    built, details = built_for("an-entry", *names)
    root = Leaf.decode(built.leaf).root
    for part, detail in zip(built.parts, details, strict=True):
        assert commit(part.salt, detail) == part.commitment
        assert find_part(built.commitments, part.salt, detail) == part
        assert root_from_path(part.commitment, part.position, count, built.path(part)) == root


def test_positions_say_nothing_about_the_order_of_subjects() -> None:
    firsts = {built_for("an-entry", "alice", "bob", "charlie")[0].parts[0].position for _ in range(60)}
    assert firsts == {0, 1, 2}


def test_the_same_detail_twice_gives_two_commitments() -> None:
    built, _ = built_for("an-entry", "alice", "alice")
    assert built.commitments[:32] != built.commitments[32:]


def test_an_entry_without_detail_or_with_a_foreign_one_is_refused() -> None:
    with pytest.raises(DetailError):
        build_entry(Kind.USE, POLICY, "", "", 1, [])
    built, (detail,) = built_for("an-entry", "alice")
    with pytest.raises(ProofError):
        find_part(built.commitments, built.parts[0].salt, detail + b" ")
    with pytest.raises(DetailError):
        commit(b"short", detail)
