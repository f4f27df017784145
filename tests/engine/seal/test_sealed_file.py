"""Sealed files: the vectors of spec/sealed-file.md, every size, and every kind of damage."""

import copy
import io
import json
import pickle
from collections.abc import Iterator
from hashlib import sha256, shake_128
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.engine.seal import FileSealer, SealBroken, file_context, new_file_key, open_file, place_of
from troth.engine.seal.stream import CHUNK

VECTORS = json.loads(
    (Path(__file__).resolve().parents[3] / "spec" / "vectors" / "seal-file.json").read_text(encoding="utf-8")
)
KEY, SEALED = bytes.fromhex(VECTORS["key"]), CHUNK + 16


def place(case: dict[str, Any] = VECTORS) -> bytes:
    return file_context(
        UUID(case.get("deployment", VECTORS["deployment"])), UUID(case.get("row", VECTORS["row"]))
    )


def plain(size: int) -> bytes:
    return shake_128(VECTORS["seed"].encode()).digest(size)


def sealed(content: bytes, step: int = 0) -> bytes:
    sealer, step = FileSealer(KEY, place()), step or len(content) or 1
    pieces = [sealer.feed(content[at : at + step]) for at in range(0, len(content), step)]
    return b"".join(part for piece in [*pieces, sealer.finish()] for part in piece)


def opened(file: bytes, key: bytes = KEY, context: bytes | None = None) -> bytes:
    return b"".join(open_file(key, context or place(), io.BytesIO(file).read))


def damaged(file: bytes, do: list[Any]) -> bytes:
    chunks = [file[at : at + SEALED] for at in range(3, len(file), SEALED)]
    match do:
        case ["flip", at]:
            return file[:at] + bytes([file[at] ^ 1]) + file[at + 1 :]
        case ["cut", at]:
            return file[:at]
        case ["append", more]:
            return file + bytes.fromhex(more)
        case ["swap", one, other]:
            chunks[one], chunks[other] = chunks[other], chunks[one]
        case ["repeat", at]:
            chunks.insert(at, chunks[at])
        case ["drop", at]:
            del chunks[at]
    return file[:3] + b"".join(chunks)


@pytest.mark.parametrize("case", VECTORS["files"], ids=lambda case: str(case["size"]))
def test_a_file_of_the_vectors_is_sealed_to_these_bytes_and_opens(case: dict[str, Any]) -> None:
    file = sealed(plain(case["size"]))
    assert (len(file), sha256(file).hexdigest()) == (case["sealed_size"], case["sha256"])
    assert file.hex() == case.get("sealed", file.hex())
    assert opened(file) == plain(case["size"])


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["why"])
def test_a_broken_file_of_the_vectors_is_refused(case: dict[str, Any]) -> None:
    file = damaged(sealed(plain(case["of"])), case.get("do", []))
    with pytest.raises(SealBroken):
        opened(file, bytes.fromhex(case.get("key", VECTORS["key"])), place(case))


def test_the_context_is_that_of_the_vectors() -> None:
    assert place().hex() == VECTORS["context"]


@given(st.integers(0, 3 * CHUNK), st.integers(1, 2 * CHUNK))
def test_the_pieces_it_comes_in_make_no_difference(size: int, step: int) -> None:
    content = plain(size)
    assert sealed(content, step) == sealed(content)


def test_an_empty_chunk_behind_the_last_full_one_is_refused() -> None:
    sealer = FileSealer(KEY, place())
    parts = sealer.feed(plain(CHUNK + 1))
    sealer._held.clear()
    with pytest.raises(SealBroken):
        opened(b"".join([*parts, *sealer.finish()]))


def test_what_comes_before_the_damage_is_true_and_the_rest_never_comes() -> None:
    file = damaged(sealed(plain(200_000)), ["flip", 3 + 2 * SEALED])

    def read() -> Iterator[bytes]:
        yield from open_file(KEY, place(), io.BytesIO(file).read)

    given_out = b""
    with pytest.raises(SealBroken):
        for chunk in read():
            given_out += chunk
    assert given_out == plain(200_000)[: 2 * CHUNK]


def test_a_cipher_is_never_copied_and_a_key_is_never_used_twice() -> None:
    sealer = FileSealer(new_file_key(), place())
    for make in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            make(sealer)
    assert new_file_key() != new_file_key()


# -- a file that came in several goes


def later_of(case: dict[str, Any]) -> list[tuple[int, bytes]]:
    return [
        (int(first), bytes.fromhex(key)) for first, key in (each.split(":") for each in case["later"].split())
    ]


@pytest.mark.parametrize("case", VECTORS["later"])
def test_a_vector_with_later_keys_is_sealed_so_and_opens(case: dict[str, Any]) -> None:
    content, keys = plain(case["size"]), later_of(case)
    first, key = keys[-1]
    before = b"".join(FileSealer(KEY, place()).feed(content))[: place_of(first)]
    sealer = FileSealer(key, place(), first)
    file = before + b"".join([*sealer.feed(content[first * CHUNK :]), *sealer.finish()])
    assert len(file) == case["sealed_size"] and sha256(file).hexdigest() == case["sha256"]
    assert b"".join(open_file(KEY, place(), io.BytesIO(file).read, later=keys)) == content
    for wrong in ([], keys[:1], [(2, key)]):
        with pytest.raises(SealBroken):
            list(open_file(KEY, place(), io.BytesIO(file).read, later=wrong))


@given(st.integers(1, 4 * CHUNK), st.integers(0, 4))
def test_reading_may_begin_at_any_chunk(size: int, first: int) -> None:
    first = min(first, (size - 1) // CHUNK)
    file = io.BytesIO(sealed(plain(size)))
    file.seek(place_of(first) if first else 0)
    assert b"".join(open_file(KEY, place(), file.read, first=first)) == plain(size)[first * CHUNK :]


def test_a_whole_chunk_that_is_held_back_can_be_settled_and_less_cannot() -> None:
    sealer = FileSealer(KEY, place())
    assert sealer.feed(plain(CHUNK)) == [] and sealer.sealed == 0
    done = sealer.settle()
    assert sealer.sealed == 1 and sealer.settle() == []
    assert sealer.feed(b"x") == [] and sealer.settle() == []
    assert opened(b"".join([*done, *sealer.finish()])) == plain(CHUNK) + b"x"
