"""What the office sees of alarms and measures; addresses and what was tried are opened inside the use that shows them."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from troth.gate.watch.nets import Net
from troth.gate.watch.rules import rules

from . import measures
from .models import Alarm, Measure

DAYS, LATEST = 30, 100
DONE = {
    "slow": "slowed the net down", "challenge": "had a code asked for at sign-in", "block-net": "blocked the net",
    "block-family": "stopped the session", "block-account": "stopped the account", "page": "wrote to the administrators",
}  # fmt: skip
BY_HAND = ("Blocked by hand", "Somebody of the office did it, for the reason below.")


def by_day(days: int) -> list[tuple[date, int]]:
    """(day, alarms) of the last days, oldest first."""
    since = timezone.now().date() - timedelta(days=days - 1)
    rows = Alarm.objects.filter(at__date__gte=since).order_by()
    counted = dict(rows.annotate(day=TruncDate("at")).values_list("day").annotate(Count("pk")))
    return [(day, counted.get(day, 0)) for day in (since + timedelta(days=n) for n in range(days))]


def columns() -> list[dict[str, Any]]:
    """Alarms a day, as a plot."""
    counted = by_day(DAYS)
    most = max(number for _, number in counted) or 1
    return [{"label": f"{day:%-d %b}", "value": n, "percent": round(100 * n / most)} for day, n in counted]


def named(rule: str) -> tuple[str, str]:
    """What a rule is called, and why it is one."""
    return next(((each.title, each.why) for each in rules() if each.id == rule), BY_HAND)


def alarms(rule: str = "") -> list[dict[str, Any]]:
    """The latest alarms, of one rule or of all; inside a use."""
    rows = Alarm.objects.filter(rule=rule) if rule else Alarm.objects.all()
    return [_alarm(row) for row in rows.prefetch_related("measures")[:LATEST]]


def _alarm(row: Alarm) -> dict[str, Any]:
    title, why = named(row.rule)
    now = timezone.now()
    return {
        "title": title, "why": why, "at": row.at, "from": row.address, "tried": row.tried,
        "did": [DONE[word] for word in row.did.split()],
        "measures": [one(each) for each in row.measures.all() if each.until > now],
    }  # fmt: skip


def standing() -> list[dict[str, Any]]:
    """What is done just now, the longest first."""
    return [one(each) for each in measures.live()]


def one(row: Measure) -> dict[str, Any]:
    """A measure in words; a net by its numbers, a session or an account by neither name nor number."""
    is_net = row.kind == Measure.Kind.NET
    what = str(Net.unpacked(bytes(row.target), row.bits)) if is_net else f"One {row.get_kind_display()}"
    return {
        "pk": row.pk, "what": what, "done": row.get_act_display(), "until": row.until,
        "title": named(row.alarm.rule)[0], "is_block": row.act == Measure.Act.BLOCK,
    }  # fmt: skip


def counts() -> list[tuple[str, str, int]]:
    """(rule, title, alarms of the last 30 days) of every rule that fired."""
    since = timezone.now() - timedelta(days=DAYS)
    found = Alarm.objects.filter(at__gt=since).order_by().values_list("rule").annotate(Count("pk"))
    return sorted(((rule, named(rule)[0], number) for rule, number in found), key=lambda each: -each[2])
