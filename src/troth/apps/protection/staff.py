"""What staff open: counted by the hour, beside what the same person opened in the last two weeks.

The ledger knows who opened how much; nothing is counted beside it, and no entry is opened.
"""

import time
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from statistics import fmean, pstdev
from uuid import UUID

from django.utils import timezone

from troth.accounts.models import Role
from troth.gate import watch
from troth.gate.journal.models import Entry, Share

from . import measures

OPENED = watch.reports("opened", f"{__name__}:heard")
REFUSED = watch.reports("use-refused", f"{__name__}:heard")
CANARY = watch.reports("canary-opened", f"{__name__}:heard")

DAYS, SPREADS = timedelta(days=14), 3
LEAST_HOURS = 5
"""Hours of work that must lie behind somebody before there is anything to compare with."""
LASTS = 3600.0
_STAFF = frozenset(Role.values)
_lines: dict[str, tuple[float, float]] = {}


def heard(role: str, subject: UUID | None, owners: Collection[str], is_refused: bool) -> None:
    """A use ended: what staff opened, what was refused to them, and whoever opened what is nobody's."""
    who = subject.hex if subject else ""
    if role in _STAFF:
        if is_refused:
            watch.saw(REFUSED, account=who)
        elif others := tuple(owner for owner in owners if owner != who):
            watch.saw(OPENED, account=who, each=others)
    if role != "system" and not measures.memory.canaries.isdisjoint(owners):
        watch.saw(CANARY, account=who or "0" * 32)


def is_unlike(account: str, number: int) -> bool:
    """Whether so many people in an hour are out of line with somebody's own hours."""
    now = time.monotonic()
    known = _lines.get(account)
    if known is None or now - known[0] > LASTS:
        known = _lines[account] = (now, _line(account))
    return number > known[1]


def _line(account: str) -> float:
    """Above which number an hour is none of theirs; nothing is above it where there is too little to compare with."""
    now = timezone.now()
    mine = Share.objects.filter(subject=account).values("entry")
    made = Entry.objects.filter(id__in=mine, at__gt=now - DAYS, at__lt=now - timedelta(hours=1))
    hours = Counter[object]()
    for at, subjects in made.order_by().values_list("at", "subjects"):
        hours[at.replace(minute=0, second=0, microsecond=0)] += max(0, subjects - 1)
    if len(hours) < LEAST_HOURS:
        return float("inf")
    return fmean(hours.values()) + SPREADS * pstdev(hours.values())
