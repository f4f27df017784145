"""What went wrong in this request, even if somebody caught it.

Templates and broad `except` clauses swallow exceptions; the middleware asks here before it lets an answer leave.
"""

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
