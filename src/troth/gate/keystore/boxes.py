"""Sealed boxes and keyed hashes for what belongs to no data subject: session blobs, tickets, one-time secrets.

No Django here: settings read their secret through this module before Django is set up.
"""

import base64
import hashlib
import hmac
import secrets
from functools import cache
from pathlib import Path
from uuid import UUID

from troth.engine.seal import XAES_256_GCM, Cipher, KeyFile, context

from .beginning import is_begun

_NOBODY = UUID(int=0)


@cache
def _cipher(folder: str) -> Cipher:
    return Cipher(KeyFile(Path(folder)).named_key("session"), 1, XAES_256_GCM)


def _place(name: str) -> bytes:
    return context(_NOBODY, f"box:{name}", None, _NOBODY, _NOBODY)


def seal_text(folder: str | Path, name: str, text: str) -> str:
    """Seal a text for the named kind of box; the result is URL-safe base64."""
    sealed = _cipher(str(folder)).seal(text.encode(), _place(name))
    return base64.urlsafe_b64encode(sealed).decode("ascii")


def open_text(folder: str | Path, name: str, sealed: str) -> str:
    """The text of a box.  Raises SealBroken."""
    raw = base64.urlsafe_b64decode(sealed.encode("ascii"))
    return _cipher(str(folder)).open(raw, _place(name)).decode()


@cache
def _hash_key(folder: str, name: str) -> bytes:
    root = KeyFile(Path(folder)).named_key("session")
    return hmac.digest(root, b"troth-keyed-1\0" + name.encode(), "sha256")


def keyed(folder: str | Path, name: str, data: bytes) -> bytes:
    """The HMAC-SHA256 of some bytes, under a key that this install has for the named use alone."""
    return hmac.digest(_hash_key(str(folder), name), data, "sha256")


def django_secret(folder: Path) -> str:
    """Django's SECRET_KEY from the key folder; a throw-away one where there are no keys yet (lint, the first start)."""
    if not is_begun(folder):
        return secrets.token_urlsafe(48)
    return hashlib.sha256(b"troth-django-1" + KeyFile(folder).named_key("links")).hexdigest()
