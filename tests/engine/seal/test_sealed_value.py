"""Sealed values, row envelopes and wrapped keys: what opens, what is refused, what never shows."""

import copy
import pickle
import random
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.engine.seal import (
    AES_256_GCM,
    XAES_256_GCM,
    Cipher,
    Kek,
    NotSealable,
    SealBroken,
    SealError,
    context,
    contexts,
    epoch_of,
    errors,
    header_of,
    new_dek,
    open_row,
    open_rows,
    padded_size,
    rewrap,
    seal_row,
    unwrap,
    unwrap_cipher,
    wrap,
    wrap_context,
    wrap_contexts,
)

DEPLOYMENT = UUID("6f9d1c36-5a0e-4f55-9d3c-2b4a8e7d1f00")
ENQUIRY, THREAD = "enquiries.enquiry", "enquiries.thread"
both_algorithms = pytest.mark.parametrize("alg", [AES_256_GCM, XAES_256_GCM])
texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
rows = st.dictionaries(texts, st.none() | st.booleans() | numbers | texts)


@dataclass
class Sealed:
    """One sealed row of one subject."""

    fields: dict[str, Any]
    tenant: UUID | None
    subject: UUID
    row: UUID
    dek: bytes
    version: int
    alg: int
    label: str = ENQUIRY

    @property
    def cipher(self) -> Cipher:
        return Cipher(self.dek, self.version, self.alg)

    @property
    def place(self) -> bytes:
        return context(DEPLOYMENT, self.label, self.tenant, self.subject, self.row)

    @property
    def value(self) -> bytes:
        return seal_row(self.cipher, self.fields, self.place)


def row_of(name: str, alg: int = AES_256_GCM) -> Sealed:
    fields = {"contact.name": name, "contact.email": f"{name}@example.org".lower(), "contact.phone": None}
    return Sealed(fields, None, uuid4(), uuid4(), new_dek(), 1, alg)


@both_algorithms
def test_it_works(alg: int) -> None:
    alice = row_of("Alice", alg)
    assert open_row(alice.cipher, alice.value, alice.place) == alice.fields
    assert header_of(alice.value) == (alg, 1)


@both_algorithms
@given(fields=rows)
def test_every_row_of_scalars_comes_back_as_it_was(alg: int, fields: dict[str, Any]) -> None:
    cipher = Cipher(bytes(32), 1, alg)
    opened = open_row(cipher, seal_row(cipher, fields, b"here"), b"here")
    assert [(k, type(v), v) for k, v in sorted(fields.items())] == [
        (k, type(v), v) for k, v in opened.items()
    ]


@both_algorithms
@given(plaintext=st.binary(max_size=300))
def test_every_plaintext_comes_back_whatever_it_ends_with(alg: int, plaintext: bytes) -> None:
    cipher = Cipher(bytes(32), 1, alg)
    for data in (plaintext, plaintext + b"\x80", plaintext + b"\x80\0\0"):
        assert cipher.open(cipher.seal(data, b""), b"") == data


def test_null_empty_zero_false_and_absent_stay_distinct() -> None:
    cipher = Cipher(new_dek(), 1, AES_256_GCM)
    forms: list[dict[str, Any]] = [{"a": None}, {"a": ""}, {"a": 0}, {"a": False}, {}]
    opened = [open_row(cipher, seal_row(cipher, form, b""), b"") for form in forms]
    assert [repr(form) for form in opened] == [repr(form) for form in forms]


@given(st.integers(0, 70_000))
def test_padding_is_small_and_leaves_room_for_the_marker(size: int) -> None:
    padded = padded_size(size)
    assert size < padded <= max(32, 2 * size, size + 1024)
    assert padded % 1024 == 0 if padded > 4096 else padded in (32, 64, 128, 256, 512, 1024, 2048, 4096)


def test_length_shows_only_the_bucket() -> None:
    cipher = Cipher(new_dek(), 1, AES_256_GCM)
    assert len({len(cipher.seal(bytes(size), b"")) for size in range(32)}) == 1


def test_the_same_row_is_never_sealed_to_the_same_bytes() -> None:
    alice = row_of("Alice")
    assert len({alice.value[5:17] for _ in range(1000)}) == 1000


@both_algorithms
def test_no_tampered_value_opens_in_a_thousand_rounds(alg: int) -> None:
    accepted, attempts = [], 0
    for seed in range(1000):
        alice, charlie = row_of("Alice", alg), row_of("Charlie", alg)
        for name, value, cipher, place in tampered(alice, charlie, random.Random(seed)):
            attempts += 1
            try:
                accepted.append((seed, name, open_row(cipher, value, place)))
            except SealBroken:
                continue
    assert (accepted, attempts) == ([], 23_000)


def tampered(
    alice: Sealed, charlie: Sealed, chance: random.Random
) -> Iterator[tuple[str, Any, Cipher, bytes]]:
    """Everything an attacker with the database, but without keys, can put where Alice's value was."""
    value, cipher, place = alice.value, alice.cipher, alice.place
    at = chance.randrange(len(value))
    changed = {
        "a bit flipped": value[:at] + bytes([value[at] ^ 1 << chance.randrange(8)]) + value[at + 1 :],
        "cut": value[:at],
        "head cut": value[at + 1 :],
        "a byte appended": value + chance.randbytes(1),
        "a byte left out": value[:at] + value[at + 1 :],
        "empty": b"",
        "null": None,
        "plaintext bytes": b'{"contact.name":"Mallory"}',
        "plaintext text": '{"contact.name":"Mallory"}',
        "plaintext behind a true header": value[:17] + b'{"contact.name":"Mallory"}'.ljust(48),
        "a number": 7,
        "noise": chance.randbytes(len(value)),
        "Charlie's value": charlie.value,
        "Charlie's nonce before Alice's text": charlie.value[:17] + value[17:],
        "another algorithm": value[:2] + bytes([3 - alice.alg]) + value[3:],
    }
    assert value not in changed.values()
    for name, other in changed.items():
        yield name, other, cipher, place
    yield "row swapped", value, cipher, context(DEPLOYMENT, ENQUIRY, None, alice.subject, charlie.row)
    yield "subject swapped", value, cipher, context(DEPLOYMENT, ENQUIRY, None, charlie.subject, alice.row)
    yield "tenant swapped", value, cipher, context(DEPLOYMENT, ENQUIRY, uuid4(), alice.subject, alice.row)
    yield "label swapped", value, cipher, context(DEPLOYMENT, THREAD, None, alice.subject, alice.row)
    yield "install swapped", value, cipher, context(uuid4(), ENQUIRY, None, alice.subject, alice.row)
    later = Cipher(alice.dek, 2, alice.alg)
    yield "key version swapped", value, later, place
    yield "key version swapped in the header too", value[:3] + b"\0\2" + value[5:], later, place
    yield "another key", value, charlie.cipher, place


def test_parts_of_a_context_cannot_flow_into_each_other() -> None:
    one, two = uuid4(), uuid4()
    places = {
        context(DEPLOYMENT, label, t, one, two) for label in ("a", "ab", "") for t in (None, one, UUID(int=0))
    }
    assert len(places) == 9
    assert contexts(DEPLOYMENT, "a")(None, one, two) == context(DEPLOYMENT, "a", None, one, two)


@pytest.mark.parametrize(
    "value", [b"T\x01", b"T\x01\x01\x00\x01" + bytes(59), b"T\x01\x03" + bytes(99), "T", None]
)
def test_header_of_something_else_is_broken(value: object) -> None:
    with pytest.raises(SealBroken):
        header_of(value)


def test_buffers_of_database_drivers_open_too() -> None:
    alice = row_of("Alice")
    value: Any = memoryview(alice.value)
    assert open_row(alice.cipher, value, alice.place) == alice.fields


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), b"bytes", ["list"], {"a": 1}, uuid4(), "\ud800"]
)
def test_what_an_envelope_cannot_carry_is_refused_by_label_only(value: Any) -> None:
    with pytest.raises(NotSealable, match=r"contact\.name") as caught:
        seal_row(Cipher(new_dek(), 1, AES_256_GCM), {"contact.name": value}, b"")
    assert caught.value.__context__ is None


def test_an_error_carries_no_value_even_in_its_context() -> None:
    cipher = Cipher(new_dek(), 1, AES_256_GCM)
    with pytest.raises(SealBroken) as caught:
        open_row(cipher, cipher.seal(bytes([123, 65, 108, 105, 99, 101]), b""), b"")
    assert caught.value.__context__ is None
    assert "{Alice" not in "".join(traceback.format_exception(caught.value))


def test_refusals_cannot_be_taken_for_an_empty_look_up() -> None:
    swallowed = (AttributeError, TypeError, KeyError, ValueError, IndexError, LookupError, OSError)
    ours = [thing for thing in vars(errors).values() if isinstance(thing, type)]
    assert len(ours) == 9
    assert all(issubclass(thing, SealError) and not issubclass(thing, swallowed) for thing in ours)


@pytest.mark.parametrize("thing", [Cipher(b"k" * 32, 1, 1), Cipher(b"k" * 32, 1, 2), Kek(b"k" * 32)])
def test_keys_show_nothing_and_are_never_copied(thing: Any) -> None:
    assert "kkkk" not in repr(thing) + str(thing)
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leak(thing)


@pytest.mark.parametrize(
    ("dek", "version", "alg"), [(b"short", 1, 1), (bytes(32), 0, 1), (bytes(32), 65536, 1), (bytes(32), 1, 3)]
)
def test_a_cipher_out_of_range_is_refused(dek: bytes, version: int, alg: int) -> None:
    with pytest.raises(ValueError, match=r"32 bytes|algorithm 1 or 2"):
        Cipher(dek, version, alg)


@both_algorithms
def test_one_cipher_serves_many_threads(alg: int) -> None:
    cipher = Cipher(new_dek(), 1, alg)
    values = [cipher.seal(number.to_bytes(2), b"") for number in range(2000)]
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda value: int.from_bytes(cipher.open(value, b"")), values))
    assert opened == list(range(2000))


def test_a_list_of_many_subjects_opens_in_one_call() -> None:
    kek, place_of, key_place = Kek(new_dek()), contexts(DEPLOYMENT, ENQUIRY), wrap_contexts(DEPLOYMENT)
    sealed = [row_of(name) for name in ("Alice", "Bob", "Charlie")]
    stored = [(s, wrap(kek, 5, s.dek, key_place(s.subject.bytes, 1)), s.value) for s in sealed]
    opened = open_rows(
        (
            unwrap_cipher(kek, wrapped, key_place(s.subject.bytes, 1), 1, AES_256_GCM),
            value,
            place_of(None, s.subject, s.row),
        )
        for s, wrapped, value in stored
    )
    assert opened == [s.fields for s in sealed]


def test_a_wrapped_key_moves_to_a_newer_epoch() -> None:
    old, new, dek, place = Kek(new_dek()), Kek(new_dek()), new_dek(), wrap_context(DEPLOYMENT, uuid4(), 1)
    (moved,) = rewrap(old, new, 9, [(wrap(old, 8, dek, place), place)])
    assert (epoch_of(moved), unwrap(new, moved, place)) == (9, dek)
    with pytest.raises(SealBroken):
        unwrap(old, moved, place)


@given(st.data())
def test_a_tampered_wrapped_key_never_opens(data: st.DataObject) -> None:
    kek, subject = Kek(b"k" * 32), UUID(int=1)
    wrapped = wrap(kek, 8, bytes(32), wrap_context(DEPLOYMENT, subject, 1))
    at, bit = data.draw(st.integers(0, len(wrapped) - 1)), data.draw(st.integers(0, 7))
    flipped = wrapped[:at] + bytes([wrapped[at] ^ 1 << bit]) + wrapped[at + 1 :]
    for value, place in (
        (flipped, wrap_context(DEPLOYMENT, subject, 1)),
        (wrapped[:at], wrap_context(DEPLOYMENT, subject, 1)),
        (wrapped, wrap_context(DEPLOYMENT, subject, 2)),
        (wrapped, wrap_context(DEPLOYMENT, UUID(int=2), 1)),
    ):
        with pytest.raises(SealBroken):
            unwrap(kek, value, place)
