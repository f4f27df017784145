"""The escrow: the key folder's content, sealed to a recovery key that lies offline.

Source: spec/keys.md, section "Escrow". The copy is rewritten each time, so it forgets destroyed epochs as
the folder does.
"""

import hmac
import json
from base64 import b32decode, b32encode, b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from troth.engine.seal.errors import EscrowBroken
from troth.engine.seal.keyfolder import replace

_MAGIC = "troth-escrow-1"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_PUBLIC, _PRIVATE = "troth-recovery-public-1:", "troth-recovery-private-1:"
_CHECK_SIZE = 3  # 35 bytes are 56 base32 digits without padding
_KEY_SIZE = 32
_HEADER_END, _LONGEST_HEADER = b"\n\n", 400


@dataclass(frozen=True, slots=True)
class RecoveryKey:
    """A pair: `public` stays with the install, `private` is printed and kept offline."""

    public: str
    private: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EscrowHeader:
    """What an escrow says of itself unopened. It is proven only when the escrow is opened."""

    deployment: UUID
    created: datetime
    recipient: str


def make_recovery_key() -> RecoveryKey:
    """A fresh recovery key pair."""
    secret = X25519PrivateKey.generate()
    public = secret.public_key().public_bytes_raw()
    return RecoveryKey(_spell(_PUBLIC, public), _spell(_PRIVATE, secret.private_bytes_raw()))


def seal_escrow(
    recovery_public: str, files: Mapping[str, bytes], *, deployment: UUID, now: datetime
) -> bytes:
    """Seal {file name: content} to the recovery key. Raises EscrowBroken when the key is misspelt."""
    public = _read_key(_PUBLIC, recovery_public)
    one_time = X25519PrivateKey.generate()
    created = now.astimezone(UTC).strftime(_TIME)
    lines = (_MAGIC, f"deployment {deployment}", f"created {created}", f"recipient {_fingerprint(public)}")
    head = "\n".join(lines).encode() + _HEADER_END + one_time.public_key().public_bytes_raw()
    key, nonce = _agree(one_time, public, head[-_KEY_SIZE:], public)
    payload = {name: b64encode(content).decode() for name, content in files.items()}
    return head + AESGCM(key).encrypt(nonce, json.dumps(payload, sort_keys=True).encode(), head)


def open_escrow(recovery_private: str, blob: bytes) -> dict[str, bytes]:
    """The files. Raises EscrowBroken for another recovery key, altered bytes or a misspelt key."""
    secret = X25519PrivateKey.from_private_bytes(_read_key(_PRIVATE, recovery_private))
    public = secret.public_key().public_bytes_raw()
    header = escrow_header(blob)
    if header.recipient != _fingerprint(public):
        raise EscrowBroken(f"the escrow is sealed to the recovery key `{header.recipient}`: bring that one")
    end = blob.index(_HEADER_END) + len(_HEADER_END) + _KEY_SIZE
    one_time = blob[end - _KEY_SIZE : end]
    try:
        key, nonce = _agree(secret, one_time, one_time, public)
        payload = json.loads(AESGCM(key).decrypt(nonce, blob[end:], blob[:end]))
        return {name: b64decode(content, validate=True) for name, content in payload.items()}
    except (InvalidTag, ValueError):
        raise EscrowBroken("the escrow does not open: it was altered or cut, bring another copy") from None


def escrow_header(blob: bytes) -> EscrowHeader:
    """Install, date and recovery key of an escrow, without opening it: `doctor` reads its age here.

    Raises EscrowBroken when it is no escrow.
    """
    try:
        text, end, _ = blob[:_LONGEST_HEADER].partition(_HEADER_END)
        magic, deployment, created, recipient = text.decode().split("\n")
        if magic != _MAGIC or not end:
            raise ValueError(magic)
        moment = datetime.strptime(created, f"created {_TIME}").replace(tzinfo=UTC)
        return EscrowHeader(UUID(_after("deployment ", deployment)), moment, _after("recipient ", recipient))
    except ValueError:
        raise EscrowBroken("the file is no escrow: bring the one that `troth keys escrow` wrote") from None


def write_escrow(path: Path, blob: bytes) -> None:
    """Put the escrow in the place of the one before (0600), durable. Raises EscrowBroken."""
    try:
        replace(path, blob)
    except OSError as error:
        reason = f"escrow `{path}` cannot be written ({error.strerror}): the one before stays"
        raise EscrowBroken(reason) from None


def _agree(secret: X25519PrivateKey, peer: bytes, one_time: bytes, recipient: bytes) -> tuple[bytes, bytes]:
    """Key and nonce of one escrow; both are used once, for the one-time key is fresh."""
    shared = secret.exchange(X25519PublicKey.from_public_bytes(peer))
    okm = HKDF(SHA256(), _KEY_SIZE + 12, salt=one_time + recipient, info=_MAGIC.encode()).derive(shared)
    return okm[:_KEY_SIZE], okm[_KEY_SIZE:]


def _spell(prefix: str, key: bytes) -> str:
    return prefix + b32encode(key + _check(prefix, key)).decode().lower()


def _check(prefix: str, key: bytes) -> bytes:
    return sha256(prefix.encode() + key).digest()[:_CHECK_SIZE]


def _read_key(prefix: str, text: str) -> bytes:
    try:
        data = b32decode(_after(prefix, text.strip().lower()).upper())
    except ValueError:
        data = b""
    key, check = data[:_KEY_SIZE], data[_KEY_SIZE:]
    if len(key) != _KEY_SIZE or not hmac.compare_digest(check, _check(prefix, key)):
        raise EscrowBroken(f"not a recovery key: it begins with `{prefix}` and was copied whole")
    return key


def _fingerprint(public: bytes) -> str:
    return sha256(b"troth-recovery-1" + public).hexdigest()[:16]


def _after(prefix: str, text: str) -> str:
    if not text.startswith(prefix):
        raise ValueError(prefix)
    return text[len(prefix) :]
