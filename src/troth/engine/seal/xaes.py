"""XAES-256-GCM: AES-256-GCM with a 192-bit nonce that may be random for as many values as one likes.

Source: https://c2sp.org/XAES-256-GCM; the steps below carry its names (K1, M1, M2, Kx, Nx).
"""

from threading import Lock

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_SIZE = 24
_M1_M2 = int.from_bytes(b"\x00\x01X\x00" + bytes(12) + b"\x00\x02X\x00" + bytes(12))
_TOP_BIT = 1 << 127
_REDUCTION = 0b10000111
_FOUR_ZEROS = bytes(4)


class Xaes256Gcm:
    """The AEAD for one 256-bit key. Safe to share between threads. Raises InvalidTag as AESGCM does."""

    __slots__ = ("_block", "_lock", "_mask")

    def __init__(self, key: bytes) -> None:
        # INVARIANT: the raw block cipher sees only single blocks of the key derivation, never data.
        self._block = Cipher(algorithms.AES256(key), modes.ECB()).encryptor().update  # noqa: S305
        self._lock = Lock()
        ell = int.from_bytes(self._block(bytes(16)))
        k1 = (ell << 1) & ((1 << 128) - 1)
        if ell & _TOP_BIT:
            k1 ^= _REDUCTION
        self._mask = _M1_M2 ^ (k1 << 128 | k1)

    def derive(self, nonce: bytes) -> bytes:
        """Kx, the AES-256-GCM key for the first 12 of the 24 nonce bytes (steps 3 to 5)."""
        part = _FOUR_ZEROS + nonce[:12]
        blocks = (int.from_bytes(part + part) ^ self._mask).to_bytes(32)
        with self._lock:  # one context, many threads
            return self._block(blocks)

    def encrypt(self, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        """Ciphertext and tag of `data` under a 24-byte nonce."""
        return AESGCM(self.derive(nonce)).encrypt(nonce[12:], data, aad)

    def decrypt(self, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        """The data, or InvalidTag."""
        return AESGCM(self.derive(nonce)).decrypt(nonce[12:], data, aad)
