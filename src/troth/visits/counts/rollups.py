"""The counts of each day, made when it is over, while it lasts as often as somebody looks, and anew when it changes.

clause: use.operate.  A count holds what may be shown and no more, so that it may stay when the events of its day go;
decision 0034 says for how long, and what becomes of it when a trail is forgotten.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, islice, starmap
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from troth.gate.uses import SYSTEM, using

from ..models import Batch, Day, Event
from ..reading import PURPOSE, midnight, opened
from .models import Count, CountedDay
from .reports import COLUMNS, REPORTS, Seen
from .tally import Also, Key, Tally, shown

AGE = timedelta(minutes=1)
"""How old counts of today may be when they are shown."""
SETTLED = timedelta(minutes=1)
"""After its end a day gets no more events, but for those that say so (`troth.visits.changes`)."""
KEPT = 760
"""Days that counts are kept for: two years, and the month before."""
PATIENCE = 1.0
"""Seconds that a look counts days that are not counted yet; the rest is left to the job."""
MOST_OF_ONE = 5000
"""Things done by one visitor on one day that are counted, the first ones: nobody does more, but a program could."""
AT_ONCE = 60.0
"""Seconds that the job counts before it comes round again."""

COUNTED = (*COLUMNS, "alias")
NEEDED = frozenset({"path", "at", "alias"})
"""Columns without which nothing is counted."""
ROW = ("site", "alias", *COLUMNS)
FIGURES = ("times", "visitors", "visits", "noted", "ms")


_ALSO: list[Callable[[], Also | None]] = []


def also_count(build: Callable[[], Also | None]) -> None:
    """Have lines of another app counted with those of the reports; `build` is asked anew for each day."""
    _ALSO.append(build)


def today() -> date:
    """Of the clock, in UTC."""
    return datetime.now(UTC).date()


def walk(which: Q, columns: frozenset[str]) -> Iterator[tuple[str, bytes | None, list[Seen]]]:
    """(site, alias, what was done) of each visitor in some events; whoever has no alias is alone at each of them."""
    found = Event.objects.filter(which, is_bot=False).order_by("site", "alias", "at", "pk")
    rows = found.values_list(*ROW).iterator(chunk_size=5000)
    blank = {name: None if name.endswith("_ms") else "" for name in COLUMNS if name not in columns}
    for (site, alias), group in groupby(rows, lambda row: (row[0], row[1] and bytes(row[1]))):
        told = ({**dict(zip(COLUMNS, row[2:], strict=True)), **blank} for row in group)
        if alias is not None:
            yield site, alias, list(islice(told, MOST_OF_ONE))
        else:
            yield from ((site, None, [each]) for each in told)


def count_events(
    day: Day, columns: frozenset[str], only: tuple[str, str] | None = None
) -> dict[Key, list[int]]:
    """The lines of a day, as far as they may be shown; of the visits with `only` in them, where it is given."""
    tally = Tally(only, [also for build in _ALSO if (also := build())])
    for site, alias, seen in walk(_which(day, only), columns):
        tally.add(site, alias, seen)
    return shown(tally.found)


def _which(day: Day, only: tuple[str, str] | None) -> Q:
    """The events of a day; of those who have `only` in a column, where it is found in one as it is shown."""
    of_day = Q(owner=day.owner_id)
    if only is None or REPORTS[only[0]].label is not None:
        return of_day
    has = Q(**{REPORTS[only[0]].column: only[1]})
    visitors = Event.objects.filter(of_day, has).values("alias")
    return of_day & (Q(alias__in=visitors) | Q(alias=None) & has)


def count(day: Day) -> None:
    """Count a day anew, as one use by our systems, on record."""
    now, date_of = timezone.now(), day.began_at.date()
    # The row is there before the events are read, so that a change meanwhile has a place to be noted.
    known, _ = CountedDay.objects.get_or_create(day=date_of, defaults={"made_at": day.began_at, "changes": 1})
    batches = _batches(day)
    with using(PURPOSE, by=SYSTEM) as use:
        held, columns = opened(use, date_of, date_of, COUNTED)
        if not held or not columns >= NEEDED:
            return
        found = count_events(day, columns)
    with transaction.atomic():
        mark = CountedDay.objects.select_for_update().get(pk=known.pk)
        if mark.made_at > now:  # somebody else counted later
            return
        mark.made_at, mark.batches, mark.seen = now, batches, known.changes
        mark.save(update_fields=("made_at", "batches", "seen"))
        Count.objects.filter(day=date_of).delete()
        Count.objects.bulk_create(starmap(_row(date_of), found.items()), batch_size=500)


def _row(day: date) -> Any:
    def row(key: Key, figures: list[int]) -> Count:
        site, report, label = key
        return Count(
            day=day, site=site, report=report, label=label, **dict(zip(FIGURES, figures, strict=True))
        )

    return row


def _batches(day: Day) -> int:
    number: int = Batch.objects.filter(owner=day.owner_id).count()
    return number


def due(first: date, last: date, age: timedelta = AGE) -> list[Day]:
    """Days whose counts are missing, or not of now, the newest first."""
    days = Day.objects.filter(began_at__range=(midnight(first), midnight(last))).order_by("-began_at")
    known = {each.day: each for each in CountedDay.objects.filter(day__range=(first, last))}
    return [day for day in days if _is_due(day, known.get(day.began_at.date()), age)]


def _is_due(day: Day, known: CountedDay | None, age: timedelta) -> bool:
    if known is None or known.seen != known.changes:
        return True
    now, over = timezone.now(), day.began_at + timedelta(days=1) + SETTLED
    if known.made_at >= over or now - known.made_at < age:
        return False
    if known.batches == _batches(day):  # nothing came since: the counts are of now
        CountedDay.objects.filter(pk=known.pk, seen=F("changes")).update(made_at=now)
        return False
    return True


def bring_up(first: date, last: date) -> int:
    """Count what is missing of some days, for no longer than a reader waits; returns how many are still to be counted."""
    return _count_until(due(first, last), PATIENCE)


def _count_until(waiting: list[Day], seconds: float) -> int:
    until = time.monotonic() + seconds
    while waiting and time.monotonic() < until:
        count(waiting.pop(0))
    return len(waiting)


def count_due() -> int:
    """The job: count what is missing, and delete counts that are too old; returns how many days were counted."""
    last = today()
    CountedDay.objects.filter(day__lt=last - timedelta(days=KEPT)).delete()
    Count.objects.filter(day__lt=last - timedelta(days=KEPT)).delete()
    waiting = due(last - timedelta(days=KEPT), last, AGE / 2)
    number = len(waiting)
    return number - _count_until(waiting, AT_ONCE)


def change(days: set[date]) -> None:
    """Events of some days changed: they are counted anew at the next look, as far as it waits, or by the job."""
    CountedDay.objects.filter(day__in=days).update(changes=F("changes") + 1)


def change_all() -> None:
    """What is counted changed: each day whose events are there is counted anew."""
    CountedDay.objects.update(changes=F("changes") + 1)
