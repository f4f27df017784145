"""What the gate raises.

INVARIANT: none of these derives from AttributeError, TypeError, KeyError, ValueError, IndexError or LookupError.
Django's templates swallow look-up errors, and a swallowed refusal would print an empty string where the reader
expects "denied".
"""

from troth.engine.seal import Erased, KeyMissing, KeyStoreError, SealBroken, SealError

__all__ = [
    "Erased",
    "GateError",
    "KeyMissing",
    "KeyStoreError",
    "Refused",
    "SealBroken",
    "SealError",
    "SealedError",
]


class GateError(Exception):
    """Base of everything the gate raises; the message never holds personal data."""


class Refused(GateError):
    """The statement does not allow this.  `clause` is the nearest clause: the one that denies, or None."""

    def __init__(self, reason: str, clause: str | None = None) -> None:
        super().__init__(f"{reason} (clause {clause})" if clause else reason)
        self.reason = reason
        self.clause = clause


class SealedError(GateError):
    """A sealed field was touched where no use is open."""
