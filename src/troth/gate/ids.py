"""Row and subject identifiers, made before the insert so that the sealed value can be bound to them."""

import secrets
import threading
import time
import uuid
from datetime import UTC, datetime


def made_at(id: uuid.UUID) -> datetime | None:
    """When an id was made, to the millisecond; None for one that does not tell."""
    return datetime.fromtimestamp((id.int >> 80) / 1000, UTC) if id.version == 7 else None


_lock = threading.Lock()
_last = (0, 0)
"""Millisecond and random part of the id before, in this process."""


def uuid7() -> uuid.UUID:
    """A time-ordered UUID (RFC 9562 section 5.7): 48 bits of milliseconds, 74 random bits.

    Of two made by one process in the same millisecond the second is greater, by a random step (section 6.2, method 2).
    """
    global _last
    with _lock:
        now = (time.time_ns() // 1_000_000, secrets.randbits(73))
        if now[0] <= _last[0]:
            now = (_last[0], _last[1] + 1 + secrets.randbits(32))
        _last = now
    at, random = now
    high, low = random >> 62, random & (1 << 62) - 1
    return uuid.UUID(int=at << 80 | 0x7 << 76 | high << 64 | 0x2 << 62 | low)
