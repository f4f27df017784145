"""Data keys wrapped under the key-encryption key of an epoch. Source: spec/keys.md, section "Wrapped key"."""

from collections.abc import Callable, Collection
from os import urandom
from typing import NoReturn
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from troth.engine.seal.errors import SealBroken
from troth.engine.seal.value import DEK_SIZE, Cipher, length_prefixed

_PREFIX = b"K\x01"
_HEADER_SIZE = 6
_UUID_LENGTH, _VERSION_LENGTH = b"\x00\x10", b"\x00\x02"
_NONCE_END = _HEADER_SIZE + 12
_SIZE = _NONCE_END + DEK_SIZE + 16
_BROKEN = "a wrapped key does not open: altered, of another subject or version, or under another epoch key"


class Kek:
    """The key-encryption key of one epoch, ready for use; shows nothing of itself. `key` is 32 bytes."""

    __slots__ = ("decrypt", "encrypt")

    def __init__(self, key: bytes) -> None:
        if len(key) != DEK_SIZE:
            raise ValueError("a key-encryption key has 32 bytes")
        aead = AESGCM(key)
        self.encrypt = aead.encrypt
        self.decrypt = aead.decrypt

    def __repr__(self) -> str:
        return "<Kek>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key-encryption key is never pickled or copied")


def wrap_contexts(deployment: UUID) -> Callable[[bytes, int], bytes]:
    """A fast maker of wrap contexts for a list: call it with (subject's 16 bytes, key version) for each key."""
    prefix = length_prefixed(deployment.bytes) + _UUID_LENGTH

    def make(subject: bytes, dek_version: int) -> bytes:
        return prefix + subject + _VERSION_LENGTH + dek_version.to_bytes(2)

    return make


def wrap_context(deployment: UUID, subject: UUID, dek_version: int) -> bytes:
    """Whose key it is and which of theirs: the additional data of a wrapped key."""
    return wrap_contexts(deployment)(subject.bytes, dek_version)


def wrap(kek: Kek, epoch: int, dek: bytes, context: bytes) -> bytes:
    """`dek` (32 bytes) wrapped under the KEK of `epoch` for the place `context` (see `wrap_context`)."""
    if len(dek) != DEK_SIZE:
        raise ValueError("a data key has 32 bytes")
    header = _PREFIX + epoch.to_bytes(4)
    nonce = urandom(12)
    return header + nonce + kek.encrypt(nonce, dek, context + header)


def unwrap(kek: Kek, wrapped: bytes, context: bytes) -> bytes:
    """The data key. Raises SealBroken for another KEK, subject, version or epoch, or altered bytes."""
    if len(wrapped) != _SIZE or wrapped[:2] != _PREFIX:
        raise SealBroken(_BROKEN)
    try:
        return kek.decrypt(wrapped[6:18], wrapped[18:], context + wrapped[:6])
    except InvalidTag:
        raise SealBroken(_BROKEN) from None


def rewrap(old: Kek, new: Kek, epoch: int, keys: Collection[tuple[bytes, bytes]]) -> list[bytes]:
    """The same data keys under the KEK of a newer `epoch`, given as (wrapped, context); no data is touched.

    Raises SealBroken for any that does not open.
    """
    header, moved = _PREFIX + epoch.to_bytes(4), []
    nonces = urandom(12 * len(keys))
    for at, (wrapped, context) in enumerate(keys):
        dek, nonce = unwrap(old, wrapped, context), nonces[12 * at : 12 * at + 12]
        moved.append(header + nonce + new.encrypt(nonce, dek, context + header))
    return moved


def epoch_of(wrapped: bytes) -> int:
    """The epoch whose KEK a wrapped key needs. Raises SealBroken when it is no wrapped key."""
    if len(wrapped) != _SIZE or wrapped[:2] != _PREFIX:
        raise SealBroken(_BROKEN)
    return int.from_bytes(wrapped[2:6])


def unwrap_cipher(kek: Kek, wrapped: bytes, context: bytes, dek_version: int, alg: int) -> Cipher:
    """The cipher of a wrapped key, without the key passing through the caller. Raises SealBroken."""
    return Cipher(unwrap(kek, wrapped, context), dek_version, alg)
