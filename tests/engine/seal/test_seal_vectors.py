"""The code against the vectors of spec/sealed-value.md and spec/keys.md."""

from datetime import UTC, datetime
from hashlib import shake_128
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from troth.engine.seal import (
    EMAIL,
    TEXT,
    Cipher,
    Kek,
    KeyFile,
    SealBroken,
    blind_index,
    context,
    epoch_of,
    escrow_header,
    header_of,
    open_escrow,
    open_row,
    padded_size,
    phone_normaliser,
    read_tombstones,
    seal_escrow,
    seal_row,
    unwrap,
    value,
    wrap,
    wrap_context,
    wrapping,
)
from troth.engine.seal.xaes import Xaes256Gcm


def test_xaes_reproduces_the_published_vectors(value_vectors: Any) -> None:
    for case in value_vectors["xaes_256_gcm"]["vectors"]:
        aead, nonce = Xaes256Gcm(bytes.fromhex(case["key"])), bytes.fromhex(case["nonce"])
        sealed = aead.encrypt(nonce, case["plaintext"].encode(), case["aad"].encode())
        assert (aead.derive(nonce).hex(), sealed.hex()) == (case["derived"], case["ciphertext"])
        assert aead.decrypt(nonce, sealed, case["aad"].encode()) == case["plaintext"].encode()


def test_xaes_reproduces_the_published_accumulated_hash(value_vectors: Any) -> None:
    stream, at, sealed = shake_128().digest(10_000 * 600), 0, shake_128()

    def take(size: int) -> bytes:
        nonlocal at
        at += size
        return stream[at - size : at]

    for _ in range(10_000):
        key, nonce, data, aad = take(32), take(24), take(take(1)[0]), take(take(1)[0])
        sealed.update(Xaes256Gcm(key).encrypt(nonce, data, aad))
    assert sealed.hexdigest(32) == value_vectors["xaes_256_gcm"]["accumulated_10000"]


def test_sealed_rows_open_and_are_made_again_byte_for_byte(
    value_vectors: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment, label = UUID(value_vectors["deployment"]), value_vectors["label"]
    subject, row = UUID(value_vectors["subject"]), UUID(value_vectors["row"])
    for case in value_vectors["values"]:
        tenant = case["tenant"] and UUID(case["tenant"])
        place = context(deployment, label, tenant, subject, row)
        cipher = Cipher(bytes.fromhex(case["dek"]), case["dek_version"], case["alg"])
        sealed = bytes.fromhex(case["value"])
        assert place.hex() == case["context"]
        assert header_of(sealed) == (case["alg"], case["dek_version"])
        assert open_row(cipher, sealed, place) == case["fields"]
        monkeypatch.setattr(value, "urandom", lambda _, nonce=case["nonce"]: bytes.fromhex(nonce))
        assert seal_row(cipher, case["fields"], place) == sealed


def test_broken_vectors_are_refused(value_vectors: Any) -> None:
    broken = value_vectors["broken"]
    cipher = Cipher(bytes.fromhex(broken["dek"]), broken["dek_version"], broken["alg"])
    place = bytes.fromhex(broken["context"])
    for case in broken["values"]:
        with pytest.raises(SealBroken):
            open_row(cipher, bytes.fromhex(case["value"]), place)
            pytest.fail(case["name"])


def test_padding_follows_the_table(value_vectors: Any) -> None:
    assert [[size, padded_size(size)] for size, _ in value_vectors["padding"]] == value_vectors["padding"]


def test_wrapped_key_opens_and_is_made_again(key_vectors: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    case = key_vectors["wrapped_key"]
    place = wrap_context(UUID(key_vectors["deployment"]), UUID(case["subject"]), case["dek_version"])
    kek, wrapped = Kek(bytes.fromhex(case["kek"])), bytes.fromhex(case["wrapped"])
    assert place.hex() == case["context"]
    assert (epoch_of(wrapped), unwrap(kek, wrapped, place).hex()) == (case["epoch"], case["dek"])
    monkeypatch.setattr(wrapping, "urandom", lambda _: bytes.fromhex(case["nonce"]))
    assert wrap(kek, case["epoch"], bytes.fromhex(case["dek"]), place) == wrapped


def test_blind_indexes_match(key_vectors: Any) -> None:
    key = bytes.fromhex(key_vectors["blind_index"]["key"])
    for case in key_vectors["blind_index"]["indexes"]:
        rules = {"text/1": TEXT, "email/1": EMAIL, "phone/1": phone_normaliser(case.get("region"))}
        rule = rules[case["normaliser"]]
        assert rule.apply(case["value"]) == case["normal"]
        assert blind_index(key, case["label"], case["value"], rule).hex() == case["index"]


def test_key_files_read(key_vectors: Any, tmp_path: Path) -> None:
    case = key_vectors["key_files"]
    files = {name: text.encode() for name, text in case["files"].items()}
    keys = KeyFile.restore(tmp_path / "keys", files, expected=case["check_value"])
    (epoch,) = keys.epochs()
    assert (keys.deployment, epoch.number) == (UUID(key_vectors["deployment"]), 20655)
    kek = Kek(bytes.fromhex(case["epoch_secret"]))
    assert unwrap(keys.kek(20655), wrap(kek, 20655, bytes(32), b""), b"") == bytes(32)


def test_index_keys_are_derived_from_the_root(
    key_vectors: Any, keys: KeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = key_vectors["blind_index"]
    monkeypatch.setattr("troth.engine.seal.keyline.urandom", lambda _: bytes.fromhex(case["root"]))
    assert keys.index_key(case["field"], keys.begin_index_epoch()).hex() == case["key"]


def test_tombstones_read(key_vectors: Any, tmp_path: Path) -> None:
    case = key_vectors["tombstones"]
    (tmp_path / "journal").write_text(case["journal"])
    tombstones = read_tombstones(tmp_path / "journal", bytes.fromhex(case["key"]))
    assert tombstones.head == case["head"]
    assert all(UUID(subject) in tombstones for subject in case["subjects"])


def test_escrow_opens(key_vectors: Any) -> None:
    case = key_vectors["escrow"]
    blob = bytes.fromhex(case["blob"])
    assert escrow_header(blob).created == datetime.fromisoformat(case["created"])
    assert escrow_header(blob).recipient == case["recipient"]
    assert open_escrow(case["private"], blob) == {name: text.encode() for name, text in case["files"].items()}
    ours = seal_escrow(
        case["public"], {"a": b"b"}, deployment=UUID(case["deployment"]), now=datetime.now(UTC)
    )
    assert open_escrow(case["private"], ours) == {"a": b"b"}
