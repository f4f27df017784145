"""What is done now: the last half hour, minute by minute, under the same rule as every count.

clause: use.operate.  A line has a name when five visitors of these minutes make it up, so that a quiet site shows its
totals alone.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from troth.gate.uses import Actor, using
from troth.visits.counts.rollups import COUNTED, NEEDED, walk
from troth.visits.counts.tally import ALL, TIMES, VISITORS, Key, Tally, shown
from troth.visits.models import What
from troth.visits.reading import PURPOSE, opened

WINDOW, RIGHT_NOW = 30, 5
"""Minutes that are shown, and those in which a visitor counts as here."""
REPORTS_NOW = ("pages", "referrers", "campaigns", "devices")


@dataclass(frozen=True, slots=True)
class Now:
    """`minutes` has the views of each minute, the oldest first; `lines` (label, times) of each report."""

    at: datetime
    minutes: list[int] = field(default_factory=list)
    visitors: int = 0
    here: int = 0
    lines: dict[str, list[tuple[str, int]]] = field(default_factory=dict)


def look(by: Actor) -> Now:
    """The last half hour, as one use on record."""
    now = datetime.now(UTC)
    since, recent = now - timedelta(minutes=WINDOW), now - timedelta(minutes=RIGHT_NOW)
    with using(PURPOSE, by=by) as use:
        days, columns = opened(use, since.date(), now.date(), COUNTED)
        if not columns >= NEEDED:
            return Now(now)
        minutes, here, found = Counter[int](), 0, list[dict[Key, list[int]]]()
        for day in days:
            tally = Tally()
            for site, alias, seen in walk(Q(owner=day.owner_id, at__gte=since), columns):
                views = [each["at"] for each in seen if each["what"] == What.VIEW]
                minutes.update(max(0, int((now - at).total_seconds() // 60)) for at in views)
                here += bool(alias and seen[-1]["at"] >= recent)
                tally.add(site, alias, seen)
            found.append(tally.found)
    whole = sum(each[VISITORS] for told in found for key, each in told.items() if key[1] == ALL)
    drawn = [minutes.get(ago, 0) for ago in range(WINDOW - 1, -1, -1)]
    return Now(now, drawn, whole, here, _lines(found))


def _lines(found: list[dict[Key, list[int]]]) -> dict[str, list[tuple[str, int]]]:
    sums = defaultdict[str, Counter[str]](Counter)
    for told in found:
        for (_, report, label), figures in shown(told).items():
            if report in REPORTS_NOW and label:
                sums[report][label] += figures[TIMES]
    return {report: sums[report].most_common(10) for report in REPORTS_NOW}
