"""Counts over the entries, for pages that show numbers and nobody's data."""

from datetime import date, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from troth.engine.ledger import Kind

from ..published import statement
from .models import Entry

USES = (Kind.COLLECT, Kind.USE, Kind.DISCLOSE, Kind.RESTRICTED, Kind.BATCH)
"""What was refused was no use; each proof run plants one such disclosure."""


def by_top_purpose() -> list[tuple[str, int]]:
    """(top purpose, entries), most first."""
    purposes, totals = statement.current().purposes, dict[str, int]()
    rows = Entry.objects.filter(kind__in=USES).order_by().values_list("purpose").annotate(Count("seq"))
    for purpose, number in rows:
        top = purposes[purpose].top if purpose in purposes else purpose
        totals[top] = totals.get(top, 0) + number
    return sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))


def by_day(days: int = 14) -> list[tuple[date, int]]:
    """(day, entries) of the last days, oldest first, with the days on which nothing happened."""
    since = timezone.now().date() - timedelta(days=days - 1)
    rows = Entry.objects.filter(at__date__gte=since, kind__in=USES).order_by()
    counted = dict(rows.annotate(day=TruncDate("at")).values_list("day").annotate(Count("seq")))
    return [(day, counted.get(day, 0)) for day in (since + timedelta(days=n) for n in range(days))]
