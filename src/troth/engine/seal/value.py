"""The sealed value: bytes that only the subject's own key opens, and only in the place they were sealed for.

Source: spec/sealed-value.md, sections "Sealed value", "Context" and "Padding".
"""

from collections.abc import Callable
from functools import cache
from os import urandom
from typing import NamedTuple, NoReturn
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from troth.engine.seal.errors import SealBroken
from troth.engine.seal.xaes import Xaes256Gcm

AES_256_GCM = 1
"""For subjects that seal few values (a person): 96-bit random nonce, fewer than 2**28 values a key."""
XAES_256_GCM = 2
"""For subjects that seal in bulk (a workspace, a period): 192-bit random nonce, no practical limit."""
DEK_SIZE = 32
HEADER_SIZE = 5
LAST_VERSION = 0xFFFF

_NONCE_SIZES = {AES_256_GCM: 12, XAES_256_GCM: 24}
_SMALLEST, _POWERS_UP_TO, _STEP = 32, 4096, 1024
_LEAST_BODY = _SMALLEST + 16  # the smallest padded plaintext and the tag
_MARKER = b"\x80"
_UUID_LENGTH = b"\x00\x10"
_NO_TENANT = b"\x00\x00"


class Header(NamedTuple):
    """What a sealed value says of itself before it is opened."""

    alg: int
    dek_version: int


def new_dek() -> bytes:
    """32 random bytes: the key of one data subject."""
    return urandom(DEK_SIZE)


def length_prefixed(part: bytes) -> bytes:
    """`part` behind its length in two bytes, so that no two lists of parts give the same bytes."""
    return len(part).to_bytes(2) + part


def contexts(deployment: UUID, label: str) -> Callable[[UUID | None, UUID, UUID], bytes]:
    """A fast maker of contexts for one model: call it with (tenant, subject, row) for each row of a list."""
    prefix = length_prefixed(deployment.bytes) + length_prefixed(label.encode())
    without = prefix + _NO_TENANT + _UUID_LENGTH

    def make(tenant: UUID | None, subject: UUID, row: UUID) -> bytes:
        middle = without if tenant is None else prefix + _UUID_LENGTH + tenant.bytes + _UUID_LENGTH
        return middle + subject.int.to_bytes(16) + _UUID_LENGTH + row.int.to_bytes(16)

    return make


def context(deployment: UUID, label: str, tenant: UUID | None, subject: UUID, row: UUID) -> bytes:
    """The place a value belongs to, as additional data: install, model label, tenant, subject and row.

    `label` is the stable seal label of the model, not its Django name; `tenant` is None outside workspaces.
    """
    return contexts(deployment, label)(tenant, subject, row)


def header_of(value: object) -> Header:
    """Algorithm and key version of a sealed value, to choose the key by. Raises SealBroken."""
    data = value if type(value) is bytes else _as_bytes(value)
    nonce_size = _NONCE_SIZES.get(data[2]) if len(data) > HEADER_SIZE and data[:2] == b"T\x01" else None
    if nonce_size is None or len(data) < HEADER_SIZE + nonce_size + _LEAST_BODY:
        _broken()
    return Header(data[2], int.from_bytes(data[3:5]))


def padded_size(size: int) -> int:
    """Bytes that `size` bytes of plaintext take when padded: 32, 64, ... 4096, then multiples of 1024."""
    if size < _SMALLEST:
        return _SMALLEST
    if size < _POWERS_UP_TO:
        return 1 << size.bit_length()
    return (size // _STEP + 1) * _STEP


class Cipher:
    """Seals and opens under one data key. Safe to share between threads; shows nothing of the key.

    `dek` is 32 bytes; `dek_version` 1 to 65535 counts the subject's keys; `alg` is fixed for a key version.
    Raises ValueError when one of them is out of range.
    """

    __slots__ = ("_aead", "_header", "_split")

    def __init__(self, dek: bytes, dek_version: int, alg: int) -> None:
        if len(dek) != DEK_SIZE:
            raise ValueError("a data key has 32 bytes")
        self._header, self._split = _header(alg, dek_version)
        self._aead: AESGCM | Xaes256Gcm = AESGCM(dek) if alg == AES_256_GCM else Xaes256Gcm(dek)

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """The sealed value of `plaintext` for the place `aad` (see `context`)."""
        header = self._header
        nonce = urandom(self._split - HEADER_SIZE)
        padded = (plaintext + _MARKER).ljust(padded_size(len(plaintext)), b"\0")
        return header + nonce + self._aead.encrypt(nonce, padded, aad + header)

    def open(self, value: bytes, aad: bytes) -> bytes:
        """The plaintext. Raises SealBroken for anything that was not sealed by this key for this place."""
        if type(value) is not bytes:
            value = _as_bytes(value)
        header, split = self._header, self._split
        if value[:HEADER_SIZE] != header or len(value) < split + _LEAST_BODY:
            _broken()
        try:
            padded = self._aead.decrypt(value[HEADER_SIZE:split], value[split:], aad + header)
        except InvalidTag:
            raise SealBroken(_BROKEN) from None
        marked = padded.rstrip(b"\0")
        if marked[-1:] != _MARKER:
            _broken()
        return marked[:-1]

    @property
    def alg(self) -> int:
        """The algorithm this key version seals with."""
        return self._header[2]

    @property
    def dek_version(self) -> int:
        """Which of the subject's keys this is."""
        return int.from_bytes(self._header[3:])

    def __repr__(self) -> str:
        return f"<Cipher alg {self.alg}, key version {self.dek_version}>"

    def __reduce__(self) -> NoReturn:
        # A pickled cipher would carry the key into caches, sessions and task queues.
        raise TypeError("a cipher is never pickled or copied")


@cache
def _header(alg: int, dek_version: int) -> tuple[bytes, int]:
    """The five bytes before the nonce, and where the nonce ends."""
    nonce_size = _NONCE_SIZES.get(alg)
    if nonce_size is None or not 1 <= dek_version <= LAST_VERSION:
        raise ValueError("a cipher needs algorithm 1 or 2 and a key version from 1 to 65535")
    return b"T\x01" + bytes((alg,)) + dek_version.to_bytes(2), HEADER_SIZE + nonce_size


_BROKEN = "a sealed value does not open: altered, cut, moved, sealed under another key, or never sealed"


def _broken() -> NoReturn:
    raise SealBroken(_BROKEN)


def _as_bytes(value: object) -> bytes:
    """Buffers as some database drivers hand them over; text or a number in a sealed column is broken."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    _broken()
