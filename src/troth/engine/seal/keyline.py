"""One key as one line of text, bound to its install by a check. Source: spec/keys.md, section "Key file"."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from os import urandom
from uuid import UUID

KEY_SIZE = 32
_MAGIC, _LOCKED = "troth-key-1", "troth-locked-key-1"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_CHECK_SIZE = 16


class BadLine(Exception):
    """The line is no key of this install; the text says in what way."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as it lies in a file. `secret` never shows in a repr.

    It is the key's 32 bytes, or where a key service keeps the key that locks it (`is_locked`), what that gave for them.
    """

    name: str
    deployment: UUID
    created: datetime
    secret: bytes = field(repr=False)
    is_locked: bool = False


def make_key(name: str, deployment: UUID, now: datetime) -> StoredKey:
    """A fresh random key. `now` is aware and kept to the second."""
    return StoredKey(name, deployment, now.astimezone(UTC).replace(microsecond=0), urandom(KEY_SIZE))


def key_line(key: StoredKey, deployment_key: bytes) -> bytes:
    """The file content of `key`; the check is made with the deployment key."""
    magic = _LOCKED if key.is_locked else _MAGIC
    body = f"{magic} {key.name} {key.deployment} {key.created.strftime(_TIME)} "
    body += urlsafe_b64encode(key.secret).decode()
    return f"{body} {_check(body, deployment_key)}\n".encode()


def read_key_line(line: bytes, name: str, deployment_key: bytes | None = None) -> StoredKey:
    """Read what `key_line` wrote; without a deployment key it is checked with its own. Raises BadLine."""
    try:
        body, check = line.decode("ascii").removesuffix("\n").rsplit(" ", 1)
        magic, found, deployment, created, secret = body.split(" ")
        key = StoredKey(
            found,
            UUID(deployment),
            datetime.strptime(created, _TIME).replace(tzinfo=UTC),
            urlsafe_b64decode(secret),
            magic == _LOCKED,
        )
    except ValueError:
        raise BadLine("is cut short or no key file") from None
    is_whole = bool(key.secret) if key.is_locked else magic == _MAGIC and len(key.secret) == KEY_SIZE
    if not is_whole or not line.endswith(b"\n"):
        raise BadLine("is cut short or no key file")
    if found != name:
        raise BadLine(f"holds the key `{found}`")
    if not hmac.compare_digest(check, _check(body, deployment_key or key.secret)):
        raise BadLine("is altered or belongs to another install")
    return key


def _check(body: str, deployment_key: bytes) -> str:
    return hmac.digest(deployment_key, body.encode(), "sha256")[:_CHECK_SIZE].hex()
