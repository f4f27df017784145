"""Who is told when what was done on a day that may have been counted is changed: a trail forgotten, a late batch."""

from collections.abc import Callable, Iterable
from datetime import date

_TOLD: list[Callable[[set[date]], None]] = []


def on_change(tell: Callable[[set[date]], None]) -> None:
    """Have a function told of days whose events change; it runs in the transaction that changes them."""
    _TOLD.append(tell)


def changed(days: Iterable[date]) -> None:
    """Say that events of some days, in UTC, were deleted, or came after their day was over."""
    for tell in _TOLD:
        tell(set(days))
