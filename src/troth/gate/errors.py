"""What the gate raises.

INVARIANT: none of these derives from AttributeError, TypeError, KeyError, ValueError, IndexError or LookupError.
Django's templates swallow look-up errors, and a swallowed refusal would print an empty string where the reader
expects "denied".
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from troth.engine.seal import Erased, KeyMissing, KeyStoreError, SealBroken, SealError

__all__ = [
    "Erased",
    "GateError",
    "KeyMissing",
    "KeyStoreError",
    "Obstacle",
    "Obstructed",
    "Refused",
    "SealBroken",
    "SealError",
    "SealedError",
    "Unfinished",
]


class GateError(Exception):
    """Base of everything the gate raises; the message never holds personal data."""


class Refused(GateError):
    """The statement does not allow this.  `clause` is the nearest clause: the one that denies, or None."""

    def __init__(self, reason: str, clause: str | None = None) -> None:
        super().__init__(f"{reason} (clause {clause})" if clause else reason)
        self.reason = reason
        self.clause = clause


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way of an erasure: one reason, what to do about it, the clause it rests on, and when it ends by
    itself (None: it does not)."""

    reason: str
    advice: str
    clause: str
    until: datetime | None = None


class Obstructed(GateError):
    """An erasure that cannot begin yet.  Nothing of it was done."""

    def __init__(self, obstacles: list[Obstacle]) -> None:
        super().__init__("; ".join(f"{each.reason}: {each.advice}" for each in obstacles))
        self.obstacles = obstacles
        self.reason = obstacles[0].reason
        self.clause = obstacles[0].clause


class Unfinished(GateError):
    """An erasure that is begun for good, and that a store which does not answer keeps from its end.

    The worker ends it as soon as it can (`subjects.erase.resume`); `erasure` is its row.
    """

    def __init__(self, erasure: Any) -> None:
        super().__init__("the erasure is begun, and is finished as soon as our stores answer")
        self.erasure = erasure


class SealedError(GateError):
    """A sealed field was touched where no use is open."""
