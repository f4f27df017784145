"""The laws of epoch keys: when one is born and when it dies. Source: spec/keys.md, section "Epochs".

A backup of the key store dies with the epoch key its data keys were wrapped under: an erasure executes by
day 30, a key dies by day 45, so 75 days after a request nothing that was ever copied can be opened.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PERIOD = timedelta(days=7)
DIES_AFTER = timedelta(days=40)
DIES_BY = timedelta(days=45)
_CLOCK_SLACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch: its number and when its key was created (UTC). Numbers grow; they are not consecutive."""

    number: int
    created: datetime


def next_number(now: datetime, newest: int) -> int:
    """The number of an epoch begun now: the day since 1970, or one more than the newest if that is greater.

    The day keeps numbers apart when a folder was restored that lacks the latest epochs.
    """
    return max(newest + 1, (now - datetime(1970, 1, 1, tzinfo=UTC)).days)


def due(now: datetime, newest: Epoch | None) -> bool:
    """Whether it is time to begin an epoch: none yet, a week old, or created under a clock that was ahead."""
    return newest is None or now - newest.created >= PERIOD or newest.created - now > _CLOCK_SLACK


def mortal(now: datetime, epochs: Iterable[Epoch], in_use: Collection[int]) -> tuple[int, ...]:
    """The epochs to destroy now: old enough, not the newest, and wrapping no live data key (`in_use`)."""
    known = sorted(epochs, key=lambda epoch: epoch.number)
    return tuple(e.number for e in known[:-1] if now - e.created >= DIES_AFTER and e.number not in in_use)


def overdue(now: datetime, epochs: Iterable[Epoch]) -> tuple[int, ...]:
    """The epochs older than 45 days that still live: a broken promise and an alarm."""
    return tuple(sorted(e.number for e in epochs if now - e.created > DIES_BY))
