"""How many requests a key may send, counted in the server's memory (draft-ietf-httpapi-ratelimit-headers-10)."""

import time
from dataclasses import dataclass
from uuid import UUID

from django.core.cache import cache

MOST, SECONDS = 600, 60
POLICY = "requests"


@dataclass(frozen=True, slots=True)
class Standing:
    """How many requests are left, and in how many seconds there are more again; `is_over` for one too many."""

    left: int
    seconds: int
    is_over: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """What an answer says about it."""
        return {
            "RateLimit-Policy": f'"{POLICY}";q={MOST};w={SECONDS}',
            "RateLimit": f'"{POLICY}";r={self.left};t={self.seconds}',
        }


def count(key: UUID) -> Standing:
    """Count one more request of a key."""
    now = time.time()
    window = int(now // SECONDS)
    name = f"workspace-api.{key.hex}.{window}"
    cache.add(name, 0, 2 * SECONDS)
    try:
        asked = cache.incr(name)
    except ValueError:  # the memory was needed for something else meanwhile
        asked = 1
    seconds = max(1, int((window + 1) * SECONDS - now))
    return Standing(max(0, MOST - asked), seconds, asked > MOST)
