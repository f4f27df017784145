"""What staff see of visits: counts over some days, beside the days before, and by what was viewed or said.

clause: use.operate.  Nobody stands in a count.  Visitors are counted by the day, since an alias lasts no longer
(navigation.anonymous); over more days they are the sum.  A line that fewer than `FEWEST` visitors of any one day make up
is not shown by its name, nor can the counts be narrowed to it: five days of one visitor look like five visitors.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum

from troth.gate.uses import Actor, using
from troth.visits.models import Day, Event, What
from troth.visits.reading import CATEGORY, PURPOSE, allowed

FEWEST = 5
"""Visitors of one day whom a line needs to be shown."""
MOST_DAYS = 90
"""Days that one look covers; nothing is kept for longer."""
MOST_LINES = 10
"""Lines of a report on the page; the CSV has all of them."""


@dataclass(frozen=True, slots=True)
class Report:
    """A table of counts: its title, the head of its first column, the column of `Event` and what is counted."""

    title: str
    head: str
    column: str
    what: tuple[What, ...] = (What.VIEW,)
    figure: str = "Views"


REPORTS = {
    "pages": Report("Pages", "Page", "path"),
    "referrers": Report("Where visitors came from", "Page", "referrer"),
    "campaigns": Report("Campaigns", "Campaign", "campaign"),
    "links": Report(
        "Links clicked and files fetched", "Where to", "target", (What.LINK, What.DOWNLOAD), "Times"
    ),
    "browsers": Report("Browsers", "Browser", "browser"),
    "systems": Report("Systems and devices", "System", "system"),
    "languages": Report("Languages", "Language", "language"),
    "slow": Report("Slow pages", "Page", "path", (What.VIEW,), "Load (ms)"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in UTC, both ends among them; narrowed to one line of a report where `by` names it."""

    first: date
    last: date
    by: str = ""
    to: str = ""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> "Period":
        """As many days, right before these."""
        return Period(
            self.first - timedelta(days=self.days), self.first - timedelta(days=1), self.by, self.to
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a report."""

    label: str
    value: int
    visitors: int


@dataclass(frozen=True, slots=True)
class Counted:
    """All that one look shows.  `by_day` has (day, visitors, views); `reports` the lines, and how much was left out."""

    by_day: list[tuple[date, int, int]]
    now: dict[str, float]
    earlier: dict[str, float]
    reports: dict[str, tuple[list[Line], int]]
    is_too_few: bool = False


def look(period: Period, by: Actor, names: Iterable[str] = tuple(REPORTS)) -> Counted:
    """Count, as one use by whoever looks, on record with each day that was looked at."""
    both = Period(period.before().first, period.last)
    with using(PURPOSE, by=by) as use:
        rows = list(Day.objects.filter(began_at__gte=_from(both.first), began_at__lt=_until(both.last)))
        use.preload(row.owner_id for row in rows)
        days = {row.owner_id: row.began_at.date() for row in rows if use.holds(row.owner_id.hex)}
        columns = _allowed(by.role)
        for owner in days:
            for column, clause in columns.items():
                use.note(owner.hex, CATEGORY[column], clause)
        counted = {name: REPORTS[name] for name in names if REPORTS[name].column in columns}
        return _count(period, days, counted) if "path" in columns else Counted([], {}, {}, {})


def _allowed(role: str) -> dict[str, str]:
    """The columns that are counted by here, as far as the statement lets them be, and the clause that does."""
    columns = {report.column for report in REPORTS.values()} | {"alias", "at", "load_ms", "read_ms"}
    return {name: clause for name, clause in allowed(role).items() if name in columns}


def _from(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _until(day: date) -> datetime:
    return _from(day + timedelta(days=1))


def _events(period: Period, days: dict[Any, date]) -> "QuerySet[Event]":
    owners = [owner for owner, day in days.items() if period.first <= day <= period.last]
    found: QuerySet[Event] = Event.objects.filter(owner__in=owners, is_bot=False).order_by()
    return found.filter(**{REPORTS[period.by].column: period.to}) if period.by else found


def _count(period: Period, days: dict[Any, date], reports: dict[str, Report]) -> Counted:
    events, earlier = _events(period, days), _events(period.before(), days)
    if period.by and not _is_many(events, REPORTS[period.by].column):
        return Counted([], {}, {}, {}, is_too_few=True)
    found = {each["owner"]: each for each in _daily(events)}
    at = {day: found.get(owner, {}) for owner, day in days.items()}
    asked = [period.first + timedelta(days=n) for n in range(period.days)]
    by_day = [(day, at.get(day, {}).get("visitors", 0), at.get(day, {}).get("views", 0)) for day in asked]
    is_hidden = period.before().first < datetime.now(UTC).date() - timedelta(days=MOST_DAYS)  # partly deleted
    if period.by:  # a day of a single line, and the time before, can be as small as a line that is not shown
        by_day = [each if each[1] >= FEWEST else (each[0], 0, 0) for each in by_day]
        is_hidden = is_hidden or not _is_many(earlier, REPORTS[period.by].column)
    tables = {name: _lines(events, report, name) for name, report in reports.items()}
    return Counted(by_day, _figures(events), {} if is_hidden else _figures(earlier), tables)


def _is_many(events: "QuerySet[Event]", column: str) -> bool:
    per_day = events.values(column, "owner").annotate(visitors=Count("alias", distinct=True))
    return any(each["visitors"] >= FEWEST for each in per_day)


def _daily(events: "QuerySet[Event]") -> Any:
    views = events.filter(what=What.VIEW).values("owner")
    return views.annotate(views=Count("pk"), visitors=Count("alias", distinct=True))


def _figures(events: "QuerySet[Event]") -> dict[str, float]:
    """Visitors, views, views a visitor, how many viewed one page alone (percent), seconds read a visitor."""
    daily = list(_daily(events))
    visitors, views = sum(each["visitors"] for each in daily), sum(each["views"] for each in daily)
    seen = events.filter(what=What.VIEW).exclude(alias=None)
    each_one = seen.values("owner", "alias").annotate(number=Count("pk"))
    single, numbered = each_one.filter(number=1).count(), seen.count()
    read = events.filter(what=What.READ).exclude(alias=None).aggregate(ms=Sum("read_ms"))["ms"] or 0
    return {
        "visitors": visitors,
        "views": views,
        "views_each": round(numbered / visitors, 1) if visitors else 0,
        "bounce": round(100 * single / visitors) if visitors else 0,
        "seconds": round(read / 1000 / visitors) if visitors else 0,
    }


def _lines(events: "QuerySet[Event]", report: Report, name: str) -> tuple[list[Line], int]:
    """The lines of a report, the largest first, and how many times were left out with those that are too small."""
    rows = events.filter(what__in=report.what).exclude(**{report.column: ""})
    if name == "slow":
        rows = rows.exclude(load_ms=None)
    told = rows.values(report.column, "owner").annotate(
        times=Count("pk"), visitors=Count("alias", distinct=True), ms=Sum("load_ms")
    )
    days = defaultdict[str, list[tuple[int, int, int]]](list)
    for each in told:
        days[each[report.column]].append((each["times"], each["visitors"], each["ms"] or 0))
    lines, left_out = list[Line](), 0
    for label, of_day in days.items():
        times = sum(each[0] for each in of_day)
        if max(each[1] for each in of_day) < FEWEST:
            left_out += times
            continue
        value = round(sum(each[2] for each in of_day) / times) if name == "slow" else times
        lines.append(Line(label, value, sum(each[1] for each in of_day)))
    return sorted(lines, key=lambda line: (-line.value, line.label)), left_out


def table(report: Report, lines: list[Line], left_out: int) -> str:
    """A report as CSV.  A label that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow((report.head, report.figure, "Visitors, counted by the day"))
    for line in lines:
        label = f"'{line.label}" if line.label[:1] in "=+-@\t\r" else line.label
        writer.writerow((label, line.value, line.visitors))
    if left_out:
        writer.writerow((f"fewer than {FEWEST} visitors on each day", left_out, ""))
    return out.getvalue()
