"""What staff see of visits: counts over some days, beside the days before, and by what was viewed or said.

clause: use.operate.  Nobody stands in a count.  Visitors are counted by the day, since an alias lasts no longer
(navigation.anonymous); over more days they are the sum.  What is narrowed to one line of a report is counted from the
events of the visits in which it occurs; everything else was counted before (`rollups.py`).
"""

import csv
import io
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Sum

from troth.gate.uses import Actor, using
from troth.visits.counts import rollups
from troth.visits.counts.models import Count, CountedDay
from troth.visits.counts.periods import Period
from troth.visits.counts.reports import FEWEST, REPORTS, Report
from troth.visits.counts.rollups import COUNTED, NEEDED
from troth.visits.counts.tally import ALL, MS, NOTED, TIMES, VISITORS, VISITS, Figures
from troth.visits.models import Day
from troth.visits.reading import PURPOSE, opened

from . import narrowing

AT_ONCE = 5.0
"""Seconds that a narrowed look reads events, from the newest day on; the page says how many days it left out."""

Lines = dict[str, dict[str, Figures]]
"""By report and label; "" is what has no name."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a report.  `share` is of bounces or slow loads in percent, `seconds` a visit or a view was read."""

    label: str
    value: int
    visitors: int
    earlier: int | None
    share: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Counted:
    """All that one look shows.  `by_day` has (day, visitors, views); `reports` the lines, and how much was left out."""

    by_day: list[tuple[date, int, int]] = field(default_factory=list)
    before: list[int] = field(default_factory=list)
    """Visitors of each of the days before; none where they cannot be told."""
    now: dict[str, float] = field(default_factory=dict)
    earlier: dict[str, float] = field(default_factory=dict)
    reports: dict[str, tuple[list[Line], int]] = field(default_factory=dict)
    is_too_few: bool = False
    as_of: datetime | None = None
    waiting: int = 0
    unread_days: int = 0


def look(period: Period, by: Actor, names: Iterable[str] = tuple(REPORTS)) -> Counted:
    """Count, as one use by whoever looks, on record with each day that was looked at."""
    waiting = rollups.bring_up(period.before().first, period.last)
    with using(PURPOSE, by=by) as use:
        days, columns = opened(use, period.before().first, period.last, COUNTED)
        if not columns >= NEEDED:
            return Counted()
        found, unread_days = _narrowed(period, days, columns) if period.by else (_all(period), 0)
    if period.by and not any(day >= period.first for day in found.daily):
        return Counted(is_too_few=True, unread_days=unread_days)
    before = found.before if period.has_all_before() and not unread_days else {}
    reports = {name: REPORTS[name] for name in names if REPORTS[name].column in columns}
    newest = CountedDay.objects.filter(day__range=(period.first, period.last)).order_by("-day").first()
    return Counted(
        _by_day(period, found.daily),
        [visitors for _, visitors, _ in _by_day(period.before(), found.daily)] if before else [],
        _totals(found.now),
        _totals(before) if before else {},
        {name: _report(name, report, found.now, before) for name, report in reports.items()},
        as_of=newest.made_at if newest and not period.by else None,
        waiting=waiting,
        unread_days=unread_days,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """The lines of some days and of those before, and (visitors, views) of each day."""

    now: Lines = field(default_factory=lambda: defaultdict(dict))
    before: Lines = field(default_factory=lambda: defaultdict(dict))
    daily: dict[date, tuple[int, int]] = field(default_factory=dict)

    def add(self, lines: Lines, report: str, label: str, figures: Figures) -> None:
        """Put figures to those of a line."""
        told = lines[report].get(label, [0] * len(figures))
        lines[report][label] = [a + b for a, b in zip(told, figures, strict=True)]


def _all(period: Period) -> _Found:
    """All lines, out of what was counted before."""
    found, before = _Found(), period.before()
    rows = Count.objects.filter(day__range=(before.first, period.last)).order_by()
    rows = rows.filter(site=period.site) if period.site else rows
    sums = [Sum(name) for name in rollups.FIGURES]
    for lines, part in ((found.now, period), (found.before, before)):
        of_part = rows.filter(day__range=(part.first, part.last))
        for report, label, *figures in of_part.values_list("report", "label").annotate(*sums):
            found.add(lines, report, label, figures)
    daily = rows.filter(report=ALL).values_list("day").annotate(Sum("visitors"), Sum("times"))
    found.daily.update({day: (visitors, views) for day, visitors, views in daily})
    return found


def _narrowed(period: Period, days: list[Day], columns: frozenset[str]) -> tuple[_Found, int]:
    """What is narrowed to a line, counted from the events, and how many of the oldest days were left out.

    A day on which it may not be told stands as none.
    """
    found, may_tell, until = _Found(), narrowing.rule(period), time.monotonic() + AT_ONCE
    for number, day in enumerate(reversed(days)):
        if number and time.monotonic() > until:
            return found, len(days) - number
        at = day.began_at.date()
        counted = rollups.count_events(day, columns, (period.by, period.to))
        totals = {
            site: each for (site, report, _), each in counted.items()
            if report == ALL and site == (period.site or site) and may_tell(at, site, each)
        }  # fmt: skip
        if not totals:
            continue
        found.daily[at] = (
            sum(each[VISITORS] for each in totals.values()),
            sum(each[TIMES] for each in totals.values()),
        )
        kept = {key: each for key, each in counted.items() if key[0] in totals}
        for (_, report, label), figures in kept.items():
            found.add(found.now if at >= period.first else found.before, report, label, figures)
    return found, 0


def _by_day(period: Period, daily: dict[date, tuple[int, int]]) -> list[tuple[date, int, int]]:
    asked = [period.first + timedelta(days=n) for n in range(period.days)]
    return [(day, *daily.get(day, (0, 0))) for day in asked]


def _totals(found: Lines) -> dict[str, float]:
    """Visitors, visits, views, views a visit, how many visits had one view alone (percent), seconds read a visit."""
    total = found.get(ALL, {}).get("", [0] * 5)
    visits = total[VISITS]
    return {
        "visitors": total[VISITORS],
        "visits": visits,
        "views": total[TIMES],
        "bounce": round(100 * total[NOTED] / visits) if visits else 0,
        "seconds": round(total[MS] / 1000 / visits) if visits else 0,
    }


def _report(name: str, report: Report, now: Lines, before: Lines) -> tuple[list[Line], int]:
    """The lines of a report, the largest first, and how many times were left out with those that are too small."""
    found, earlier = now.get(name, {}), before.get(name, {})
    lines = [
        Line(
            label, _value(name, each), each[VISITORS], _value(name, earlier[label]) if label in earlier else None,
            round(100 * each[NOTED] / each[TIMES]) if each[TIMES] else 0,
            round(each[MS] / 1000 / each[TIMES]) if each[TIMES] else 0,
        )
        for label, each in found.items() if label
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (-line.value, line.label)), found.get("", [0])[TIMES]


def _value(name: str, figures: Figures) -> int:
    return round(figures[MS] / max(1, figures[TIMES])) if name == "slow" else figures[TIMES]


def table(report: Report, lines: list[Line], left_out: int) -> str:
    """A report as CSV.  A label that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow((report.head, report.figure, "Visitors, counted by the day", f"{report.figure}, before"))
    for line in lines:
        label = f"'{line.label}" if line.label[:1] in "=+-@\t\r" else line.label
        writer.writerow((label, line.value, line.visitors, "" if line.earlier is None else line.earlier))
    if left_out:
        writer.writerow((f"fewer than {FEWEST} visitors on each day", left_out, "", ""))
    return out.getvalue()
