"""What went wrong in this request, even if somebody caught it.

Templates and broad `except` clauses swallow exceptions; the middleware asks here before it lets an answer leave.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_faults: ContextVar[list[Exception] | None] = ContextVar("troth_faults", default=None)


def begin() -> list[Exception]:
    """Start a clean list for one request."""
    faults: list[Exception] = []
    _faults.set(faults)
    return faults


def end() -> None:
    """Stop listening (the request is over)."""
    _faults.set(None)


def note(fault: Exception) -> None:
    """Remember a fault, when a request is listening."""
    faults = _faults.get()
    if faults is not None:
        faults.append(fault)


@contextmanager
def wanted() -> Iterator[None]:
    """A control tries what must be refused: within the block a refusal is no fault of the request that asked for it."""
    listening = _faults.set(None)
    try:
        yield
    finally:
        _faults.reset(listening)
