"""Receipts: one spelling, one person."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.ledger.log import ORIGIN, Log, built_for, vectors
from troth.engine.ledger import (
    ProofError,
    Receipt,
    ReceiptError,
    make_receipt,
    read_consistency,
    write_consistency,
)

CASE = vectors("ledger-receipt.json")
LOG = Log()
BUILT, DETAILS = built_for("entry-1", "alice", "bob", "charlie")
LOG.add([BUILT.leaf])
ALICE = LOG.receipt(1, BUILT, BUILT.parts[0].salt, DETAILS[0], "entry-1")


def test_a_receipt_reads_back() -> None:
    assert Receipt.from_json(ALICE.to_json()) == ALICE
    assert Receipt.from_json(ALICE.to_json() + "\n") == ALICE
    early = make_receipt(ORIGIN, "entry-1", BUILT.leaf, BUILT.commitments, BUILT.parts[1].salt, DETAILS[1])
    assert Receipt.from_json(early.to_json()) == early


def test_the_receipt_of_the_vector_is_read_and_spelled_the_same() -> None:
    assert Receipt.from_json(CASE["receipt"]).to_json() == CASE["receipt"]


@pytest.mark.parametrize("text", CASE["bad_receipts"])
def test_bad_receipts_are_refused(text: str) -> None:
    with pytest.raises(ReceiptError):
        Receipt.from_json(text)


def test_a_receipt_shows_nobody_else() -> None:
    text = ALICE.to_json()
    assert "alice" in text
    assert "bob" not in text
    assert "charlie" not in text
    assert not any(part.salt.hex() in text for part in BUILT.parts[1:])


def test_another_spelling_of_the_same_receipt_is_refused() -> None:
    data = json.loads(ALICE.to_json())
    for text in (json.dumps(data), json.dumps(data, indent=2, sort_keys=True), ALICE.to_json() + "\n\n"):
        with pytest.raises(ReceiptError):
            Receipt.from_json(text)


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)
def test_no_json_makes_the_reader_crash(data: object) -> None:
    whole = json.loads(ALICE.to_json())
    texts = [json.dumps(data)] + [
        json.dumps({**whole, name: data}, indent=1, sort_keys=True) for name in whole
    ]
    for text in texts:
        try:
            Receipt.from_json(text)
        except ReceiptError:
            continue
        assert json.loads(text) == {**whole, "origin": data} or json.loads(text) == {**whole, "log": None}


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": ' + "9" * 5000 + "}", "", "NaN", "1e999", "\ud800"])
def test_hostile_json_is_refused(text: str) -> None:
    with pytest.raises(ReceiptError):
        Receipt.from_json(text)


def test_a_consistency_file_reads_back() -> None:
    path = (bytes(32), bytes(range(32)))
    assert read_consistency(write_consistency(7, path)) == (7, path)
    assert write_consistency(7, path) == CASE["consistency"]


@pytest.mark.parametrize(
    "text", ["", "old 1", "old 01\n", "new 1\n", "old 1\nAA=\n", "old 1\n\n", "old 1\n" * 200]
)
def test_a_malformed_consistency_file_is_refused(text: str) -> None:
    with pytest.raises(ProofError):
        read_consistency(text)
