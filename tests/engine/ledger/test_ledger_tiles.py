"""Paths and bundles as C2SP tlog-tiles has them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.ledger.log import vectors
from troth.engine.ledger import TileError, bundle_path, decode_bundle, encode_bundle, parse_path, tile_path

WIDTHS = st.integers(1, 256)


@pytest.mark.parametrize("case", vectors("ledger-tiles.json")["paths"])
def test_paths_are_spelled_as_the_vectors_say(case: dict[str, Any]) -> None:
    level, index, width = case["level"], case["index"], case["width"]
    path = bundle_path(index, width) if level is None else tile_path(level, index, width)
    assert path == case["path"]
    assert parse_path(path) == (level, index, width)


@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 10**15), WIDTHS)
def test_a_path_reads_back(level: int | None, index: int, width: int) -> None:
    path = bundle_path(index, width) if level is None else tile_path(level, index, width)
    assert parse_path(path) == (level, index, width)


@pytest.mark.parametrize("path", vectors("ledger-tiles.json")["bad_paths"])
def test_any_other_spelling_is_refused(path: str) -> None:
    with pytest.raises(TileError):
        parse_path(path)


@given(st.text(alphabet="tile/0123456789xp.entrs-", max_size=40))
def test_a_path_is_read_only_if_it_is_spelled_back_the_same(path: str) -> None:
    try:
        level, index, width = parse_path(path)
    except TileError:
        return
    assert path == (bundle_path(index, width) if level is None else tile_path(level, index, width))


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_reads_back(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == entries


def test_a_bundle_is_length_and_bytes() -> None:
    case = vectors("ledger-tiles.json")["bundle"]
    assert encode_bundle([bytes.fromhex(entry) for entry in case["entries"]]).hex() == case["bytes"]


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x05abc", b"\x00\x01a\x00"])
def test_a_bundle_cut_short_is_refused(data: bytes) -> None:
    with pytest.raises(TileError):
        decode_bundle(data)
    with pytest.raises(TileError):
        encode_bundle([bytes(65_536)])
