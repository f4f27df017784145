"""What one browser's trail holds, shown to whoever holds the number in its cookie, and forgotten at their word.

The trail is found by the number alone: for each day since it was drawn its alias is made anew with the day's secret
(clause navigation.anonymous).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from troth.engine.ledger import Kind
from troth.gate.countries import countries
from troth.gate.published import statement
from troth.gate.registry import serves
from troth.gate.subjects.terms import kept_until
from troth.gate.uses import SYSTEM, act, using
from troth.gate.uses.entering import enter
from troth.visits.changes import changed
from troth.visits.models import Day, Event, What

from . import numbers

SHOWING = serves("showing-own-data")
FORGETTING = serves("answering-requests")
LAST = 20
"""Events that the page shows; the download has all of them."""

FIELDS = ("at", "site", "what", "path", "referrer", "target", "done", "campaign", "browser", "system", "language",
          "country", "load_ms", "read_ms")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trail:
    """A browser's events, and what is said of them.  `kept_until` is None where there is nothing.

    `countries` are those that its addresses were assigned to, by name.
    """

    total: int
    pages: int
    last: list[Event]
    kept_until: datetime | None
    countries: list[str]


def aliases(cookie: str) -> list[bytes]:
    """What stood for a browser on each day since its number was drawn; none for a number that is not ours."""
    number = numbers.number_of(cookie)
    return [] if number is None else aliases_of(number, numbers.LASTS + 1)


def aliases_of(number: bytes, days: int) -> list[bytes]:
    """What stood for a number on each of so many days."""
    since = datetime.now(UTC) - timedelta(days=days)
    with using(SHOWING, by=SYSTEM) as use:
        found = list(Day.objects.filter(began_at__gte=since))
        return [numbers.alias_of(day.secret, number) for day in found if use.is_open_to(day) and day.secret]


def events(cookie: str) -> "QuerySet[Event]":
    """All that this browser did, newest first."""
    found: QuerySet[Event] = Event.objects.filter(alias__in=aliases(cookie)).order_by("-at", "-pk")
    return found


def of(cookie: str) -> Trail:
    """The trail of a browser, to be shown."""
    told = events(cookie)
    newest, rule = told.first(), statement.current().keeps("navigation.pages-viewed")
    ends = kept_until(newest.at, rule.amount, rule.unit) if newest and rule else None
    codes = told.order_by().values_list("country", flat=True).distinct()
    named = sorted(countries().get(code, code) for code in codes if code)
    return Trail(told.count(), told.filter(what=What.VIEW).count(), list(told[:LAST]), ends, named)


def as_data(cookie: str) -> list[dict[str, Any]]:
    """The whole trail, as it is downloaded."""
    return told_of(events(cookie))


def told_of(found: "QuerySet[Event]") -> list[dict[str, Any]]:
    """Events as they are handed out: neither their day nor their alias."""
    rows = found.values(*FIELDS)
    return [{**row, "at": row["at"].isoformat(), "what": What(row["what"]).label} for row in rows]


def forget(cookie: str) -> int:
    """Delete a trail; returns how many events went.  Totals of pages go down with them.

    That it happened is on record, and not whose it was: nobody knows.
    """
    names = aliases(cookie)
    with act():
        owners = Event.objects.filter(alias__in=names).order_by().values_list("owner", flat=True).distinct()
        changed(day.began_at.date() for day in Day.objects.filter(owner__in=list(owners)))
        gone: int = Event.objects.filter(alias__in=names).delete()[0]
        if gone:
            enter(Kind.RESTRICTED, FORGETTING, SYSTEM, [])
    return gone
