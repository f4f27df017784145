"""Signed notes, verifier keys, and Ed25519 against RFC 8032 and another implementation."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.ledger.log import ORIGIN, SEED, vectors
from troth.engine.ledger import Checkpoint, NoteError, VerifierKey, open_checkpoint, verify_note
from troth.engine.ledger.ed25519 import ORDER, P, decode, verify
from troth.engine.ledger.note import signature_line, unb64
from troth.engine.ledger.sign import Signer, new_seed

RFC8032 = vectors("ledger-rfc8032.json")
NOTES = vectors("ledger-note.json")
SIGNER = Signer(ORIGIN, SEED)
HEAD = SIGNER.sign(9, bytes(32))


@pytest.mark.parametrize("case", RFC8032["valid"], ids=lambda case: case["name"])
def test_the_signatures_of_rfc_8032_are_accepted(case: dict[str, str]) -> None:
    public, message, signature = (bytes.fromhex(case[part]) for part in ("public", "message", "signature"))
    assert verify(public, message, signature)
    assert not verify(public, message + b"x", signature)
    assert Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["seed"])).sign(message) == signature


@pytest.mark.parametrize("case", RFC8032["invalid"], ids=lambda case: case["name"])
def test_signatures_and_keys_of_bad_form_are_refused(case: dict[str, str]) -> None:
    assert not verify(*(bytes.fromhex(case[part]) for part in ("public", "message", "signature")))


@given(st.binary(max_size=40), st.binary(max_size=20), st.binary(max_size=70))
def test_no_input_makes_the_check_crash(public: bytes, message: bytes, signature: bytes) -> None:
    assert not verify(public, message, signature)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=50), st.integers(0, 32 * 8 + 64 * 8 - 1))
@settings(max_examples=60, deadline=None)
def test_it_agrees_with_another_implementation(seed: bytes, message: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert verify(public, message, signature)
    flipped = (int.from_bytes(public + signature, "big") ^ 1 << bit).to_bytes(96, "big")
    assert verify(flipped[:32], message, flipped[32:]) == accepted(flipped[:32], message, flipped[32:])


def accepted(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def test_a_point_has_one_encoding() -> None:
    found = [y for y in range(19) if decode(y.to_bytes(32, "little"))]
    assert {0, 1, 3} <= set(found)
    assert not any(decode((P + y).to_bytes(32, "little")) for y in range(19))
    assert not decode((1 | 1 << 255).to_bytes(32, "little"))


@given(st.binary(max_size=50))
@settings(max_examples=20, deadline=None)
def test_s_beyond_the_order_is_refused(message: bytes) -> None:
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    signature = private.sign(message)
    s = int.from_bytes(signature[32:], "little") + ORDER
    assert not verify(SIGNER.key.public, message, signature[:32] + s.to_bytes(32, "little"))


def test_the_note_of_the_c2sp_page_is_accepted() -> None:
    case = NOTES["c2sp"]
    assert verify_note(case["note"], VerifierKey.parse(case["vkey"])) == case["text"]


def test_a_head_has_the_bytes_of_its_vector() -> None:
    case = NOTES["checkpoint"]
    signer = Signer(case["origin"], bytes.fromhex(case["seed"]))
    assert str(signer.key) == case["vkey"]
    assert signer.sign(case["size"], bytes.fromhex(case["root"])) == case["note"]
    head = Checkpoint(case["origin"], case["size"], bytes.fromhex(case["root"]))
    assert open_checkpoint(case["note"], VerifierKey.parse(case["vkey"])) == head


def test_every_single_byte_edit_of_a_head_is_found() -> None:
    whole = HEAD.encode()
    for at in range(len(whole)):
        for value in (whole[at] ^ 1, whole[at] ^ 0x80, 0x0A, 0x20):
            if value == whole[at]:
                continue
            changed = whole[:at] + bytes([value]) + whole[at + 1 :]
            try:
                text = changed.decode()
            except UnicodeDecodeError:
                continue
            with pytest.raises(NoteError):
                open_checkpoint(text, SIGNER.key)


def test_cut_and_padded_heads_are_refused() -> None:
    for text in [HEAD[:at] for at in range(len(HEAD))] + [HEAD + "\n", HEAD + "x", "\n" + HEAD, HEAD * 2]:
        with pytest.raises(NoteError):
            open_checkpoint(text, SIGNER.key)


def test_a_witness_may_sign_too_but_not_alone() -> None:
    witness = Signer("witness.example", new_seed())
    line = witness.sign(9, bytes(32)).split("\n\n")[1]
    assert open_checkpoint(HEAD + line, SIGNER.key).size == 9
    with pytest.raises(NoteError, match="no signature by"):
        open_checkpoint(HEAD.split("\n\n")[0] + "\n\n" + line, SIGNER.key)


def test_a_second_wrong_signature_of_the_same_key_spoils_the_note() -> None:
    line = SIGNER.sign(8, bytes(32)).split("\n\n")[1]
    with pytest.raises(NoteError, match="is wrong"):
        open_checkpoint(HEAD + line, SIGNER.key)


def test_a_head_of_another_log_is_refused_though_the_key_signed_it() -> None:
    text = Checkpoint("troth.example/log/2", 9, bytes(32)).text()
    signature = Ed25519PrivateKey.from_private_bytes(SEED).sign(text.encode())
    with pytest.raises(NoteError, match="the checkpoint is of"):
        open_checkpoint(f"{text}\n{signature_line(SIGNER.key, signature)}", SIGNER.key)


def test_base64_has_one_spelling() -> None:
    assert unb64("AAA=") == b"\0\0"
    for text in ("AAB=", "AAA", "AAA=\n", "A A A=", "AA-_", "AAA==", "=", "é"):
        with pytest.raises(NoteError):
            unb64(text)


@pytest.mark.parametrize("text", NOTES["bad_texts"])
def test_texts_that_are_no_checkpoint_are_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


@pytest.mark.parametrize("vkey", NOTES["bad_vkeys"])
def test_malformed_verifier_keys_are_refused(vkey: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(vkey)


@given(st.text())
def test_no_text_makes_the_readers_crash(text: str) -> None:
    for read in (VerifierKey.parse, Checkpoint.parse, lambda note: open_checkpoint(note, SIGNER.key)):
        with pytest.raises(NoteError):
            read(text)


def test_a_signer_refuses_a_bad_name_and_a_short_key() -> None:
    with pytest.raises(NoteError):
        Signer("two words", SEED)
    with pytest.raises(NoteError):
        Signer(ORIGIN, SEED[:31])
