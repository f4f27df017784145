"""The reports: what a line of each is, out of a visit or of one event in it, and what its figures say."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from troth.gate.countries import countries

from ..models import What

FEWEST = 5
"""Visitors of one day whom a line needs to be shown by its name (decision 0033)."""
SLOW = 2500
"""Milliseconds from which a page is slow to load."""
DIRECT = "none told"

Seen = dict[str, Any]
"""An event by the names of its columns, as far as the statement lets them be counted."""


@dataclass(frozen=True, slots=True)
class Report:
    """A table of counts: its title, the head of its first column, what is counted, and which lines an event stands in.

    A line of a report whose `what` is empty is of a visit, and found in its first view.
    """

    title: str
    head: str
    column: str
    what: tuple[What, ...] = (What.VIEW,)
    figure: str = "Views"
    label: Callable[[Seen], str] | None = None

    def label_of(self, seen: Seen) -> str:
        """The line in which an event stands; blank for none."""
        return str(self.label(seen) if self.label else seen[self.column])


def _of_visits(title: str, head: str, column: str, label: Callable[[Seen], str] | None = None) -> Report:
    return Report(title, head, column, (), "Visits", label)


def _system(seen: Seen) -> str:
    return str(seen["system"]).partition(", ")[0]


def _device(seen: Seen) -> str:
    return str(seen["system"]).partition(", ")[2]


def _broken(seen: Seen) -> str:
    return f"{seen['referrer']} → {seen['path']}"[:200] if seen["referrer"] else ""


def _country(seen: Seen) -> str:
    return countries().get(seen["country"], "")


REPORTS = {
    "pages": Report("Pages", "Page", "path"),
    "entries": _of_visits("Entry pages", "First page", "path"),
    "exits": _of_visits("Exit pages", "Last page", "path"),
    "referrers": _of_visits(
        "Where visitors came from", "Page", "referrer", lambda seen: seen["referrer"] or DIRECT
    ),
    "campaigns": _of_visits("Campaigns", "Campaign", "campaign"),
    "countries": _of_visits("Countries", "Country", "country", _country),
    "browsers": _of_visits("Browsers", "Browser", "browser"),
    "systems": _of_visits("Systems", "System", "system", _system),
    "devices": _of_visits("Devices", "Device", "system", _device),
    "languages": _of_visits("Languages", "Language", "language"),
    "links": Report("Links clicked", "Where to", "target", (What.LINK,), "Clicks"),
    "downloads": Report("Files fetched", "File", "target", (What.DOWNLOAD,), "Times"),
    "begun": Report("Forms begun", "On the page", "path", (What.FORM_BEGUN,), "Times"),
    "sent": Report("Forms sent", "On the page", "path", (What.FORM_SENT,), "Times"),
    "done": Report("Other things done", "What", "done", (What.OTHER,), "Times"),
    "slow": Report("Slow pages", "Page", "path", (), "Load (ms)"),
    "errors": Report("Errors on a page", "Page", "path", (What.ERROR,), "Errors"),
    "missing": Report("Pages not found", "Page", "path", (What.MISSING,), "Times"),
    "broken": Report("Broken links", "On, and where to", "referrer", (What.MISSING,), "Times", _broken),
}

SECTIONS = (
    ("Pages", ("pages", "entries", "exits")),
    ("Where from", ("referrers", "campaigns", "countries")),
    ("Browsers", ("browsers", "systems", "devices", "languages")),
    ("What was done", ("links", "downloads", "begun", "sent", "done")),
    ("What went wrong", ("slow", "errors", "missing", "broken")),
)
"""In the order in which they are shown."""

OF_VISITS = ("referrers", "campaigns", "countries", "browsers", "systems", "devices", "languages")
"""What is the same for a whole visit, and found in its first view."""
OF_EVENTS = {
    what: tuple(name for name, report in REPORTS.items() if what in report.what)
    for what in (
        What.LINK,
        What.DOWNLOAD,
        What.FORM_BEGUN,
        What.FORM_SENT,
        What.OTHER,
        What.ERROR,
        What.MISSING,
    )
}

COLUMNS = ("what", "at", *sorted({report.column for report in REPORTS.values()} | {"load_ms", "read_ms"}))
"""The columns of an event that are counted by, `what` and `at` before all others; its site and alias beside them."""
