"""The cookie: a random number, the day it was drawn, and a seal by which we know it as ours.

Nobody can choose the number for a browser: one that we did not draw, or drew for another install, is none.  It is
worth `LASTS` days and is then drawn anew, so that what was done before and after cannot be put together.
"""

import base64
import binascii
import hmac
import secrets
import time
from functools import cache
from hashlib import blake2b, sha256

from django.conf import settings
from django.http import HttpResponse

from troth.visits.models import ALIAS_BYTES

COOKIE = "__Host-visitor"
CHOICE = "__Host-counting"
"""Holds `no` when somebody chose to be counted without a number."""

SWITCHED_OFF = "__Host-not-shown"
"""Holds the names of what somebody turned off on the front page (`personal.BLOCKS`), with dots between them."""

LASTS = 30
"""Days a number lasts."""
CHOICE_LASTS = 365
_DAY = 86_400
_NUMBER, _SEAL = 16, 8


@cache
def _key() -> bytes:
    return sha256(b"troth.navigation.cookie" + str(settings.SECRET_KEY).encode()).digest()


def _sealed(body: bytes) -> bytes:
    return blake2b(body, key=_key(), digest_size=_SEAL).digest()


def today() -> int:
    """Whole days since 1970-01-01 in UTC."""
    return int(time.time()) // _DAY


def draw() -> str:
    """A new number, as the cookie holds it."""
    body = secrets.token_bytes(_NUMBER) + today().to_bytes(3, "big")
    return base64.urlsafe_b64encode(body + _sealed(body)).decode().rstrip("=")


def number_of(cookie: str) -> bytes | None:
    """The number that a cookie holds; None when it is not ours, or is over."""
    if len(cookie) != 36:
        return None
    try:
        raw = base64.b64decode(cookie, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, seal = raw[:-_SEAL], raw[-_SEAL:]
    if not hmac.compare_digest(_sealed(body), seal):
        return None
    drawn = int.from_bytes(body[_NUMBER:], "big")
    return body[:_NUMBER] if 0 <= today() - drawn < LASTS else None


def header(drawn: str) -> str:
    """The value of `Set-Cookie` that gives a browser a number that was drawn."""
    return f"{COOKIE}={drawn}; Path=/; Max-Age={LASTS * _DAY}; Secure; HttpOnly; SameSite=Lax"


def alias_of(secret: str, number: bytes) -> bytes:
    """What stands for a number on the day of a secret (hex)."""
    return blake2b(number, key=bytes.fromhex(secret), digest_size=ALIAS_BYTES).digest()


def set_on(answer: HttpResponse, name: str, value: str, days: int) -> None:
    """Set a cookie of ours; for no days it goes."""
    answer.set_cookie(name, value, max_age=days * _DAY, secure=True, httponly=True, samesite="Lax")
