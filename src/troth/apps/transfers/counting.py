"""The register of transfers: disclosures outside and accesses by staff, counted from the log, each once.

Of an entry about many, each record that was handed over is a disclosure; a list that staff looked at is one access.

Countries, roles and purposes stand in the entries; the categories in their subjects' sealed parts, of which no value
leaves the journal.  Counts stay when a subject is erased.
"""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils import timezone

from troth.accounts.models import Role
from troth.engine.ledger import Kind
from troth.gate.journal.details import categories_of
from troth.gate.journal.models import Entry
from troth.gate.published import statement

from .models import Counted, Tally

BATCH = 500
SETTLED = timedelta(seconds=30)
"""An entry is numbered before it is committed: one that is younger may still have an older neighbour to come."""
ANYWHERE = frozenset({"public", "friend"})
"""Recipients that sit in no country we could know: whoever reads a public page, and a friend somebody named."""
BY_LAW = ("complying-with-law", "protecting-rights")

Key = tuple[date, int, str, str, str, str]


def transfers() -> QuerySet[Entry]:
    """Disclosures, and uses by our staff wherever they sit."""
    by_staff = Q(kind__in=(Kind.USE, Kind.COLLECT), recipient__in=Role.values)
    return Entry.objects.filter(Q(kind=Kind.DISCLOSE) | by_staff)


def count_new() -> int:
    """The job: count what is new in the log; returns how many entries."""
    done = 0
    while batch := _count_batch():
        done += batch
    return done


def _count_batch() -> int:
    with transaction.atomic():
        Counted.objects.get_or_create(pk=1)
        mark = Counted.objects.select_for_update().get(pk=1)
        fresh = transfers().filter(seq__gt=mark.seq, at__lte=timezone.now() - SETTLED)
        rows = list(fresh.order_by("seq")[:BATCH])
        if not rows:
            return 0
        for key, number in _counted(rows).items():
            names: dict[str, Any] = dict(
                zip(("day", "kind", "country", "recipient", "purpose", "category"), key, strict=True)
            )
            row, _ = Tally.objects.get_or_create(**names)
            Tally.objects.filter(pk=row.pk).update(times=F("times") + number)
        Counted.objects.filter(pk=1).update(seq=rows[-1].seq)
    return len(rows)


def _counted(rows: list[Entry]) -> Counter[Key]:
    found, named = Counter[Key](), categories_of([row.id for row in rows])
    for row in rows:
        times = row.subjects if row.kind == Kind.DISCLOSE else 1
        for category in ("", *sorted(named.get(row.id, ()))):
            found[row.at.date(), row.kind, row.country, row.recipient, row.purpose, category] += times
    return found


def missing() -> list[str]:
    """Where the tallies and the log do not add up, by country, recipient and purpose; empty when they do."""
    mark = Counted.objects.filter(pk=1).first()
    names = ("country", "recipient", "purpose")
    held = transfers().filter(seq__lte=mark.seq if mark else 0).order_by()
    logged = Counter[tuple[str, ...]]()
    counted = held.values_list(*names, "kind").annotate(parts=Sum("subjects"), entries=Count("pk"))
    for line in counted:
        logged[line[:3]] += line[4] if line[3] == Kind.DISCLOSE else line[5]
    told = Tally.objects.filter(category="").order_by().values_list(*names).annotate(Sum("times"))
    register = Counter[tuple[str, ...]](
        {(country, recipient, purpose): number for country, recipient, purpose, number in told}
    )
    odd = {key for key in logged.keys() | register.keys() if logged[key] != register[key]}
    return [f"{country or 'nowhere'}, {recipient}, {purpose}" for country, recipient, purpose in sorted(odd)]


def left(to: str, first: date | None, last: date | None) -> QuerySet[Entry]:
    """What left the house, the newest first: to one recipient or all, in some days."""
    rows = Entry.objects.filter(kind=Kind.DISCLOSE).order_by("-seq")
    rows = rows.filter(recipient=to) if to else rows
    rows = rows.filter(at__date__gte=first) if first else rows
    return rows.filter(at__date__lte=last) if last else rows


def between(first: date | None, last: date | None) -> QuerySet[Tally]:
    """The tallies of some days."""
    rows = Tally.objects.all()
    if first:
        rows = rows.filter(day__gte=first)
    return rows.filter(day__lte=last) if last else rows


def top(category: str) -> str:
    """The category that a reader knows: the one above, where there is one of the same kind."""
    found = statement.current().categories.get(category)
    return found.parent if found and found.parent and "." in category else category
