"""The cards of the first page: few figures, each with a page of its own behind it."""

from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpRequest

from troth.gate.registry import own_card
from troth.gate.subjects import limits
from troth.gate.subjects.foresee import foresee
from troth.gate.uses.history import history, mine

from . import shown

TAKEN, SENT = 2, 4
LOOKED_AT = 50
"""Entries among which the last use by somebody else is looked for: one's own work stands between them."""


def held(request: HttpRequest, subject: UUID) -> dict[str, Any]:
    """What we hold, counted and not opened."""
    seen = foresee(subject)
    lines = [*seen.goes, *seen.shared, *seen.stays]
    return {"lines": lines, "total": sum(line.count for line in lines)}


def uses(request: HttpRequest, subject: UUID) -> dict[str, Any]:
    """How often others used it, and the last time; that our systems wrote down what came in is no use."""
    entries = mine().exclude(recipient=shown.OWN_LOOK).exclude(recipient="system", kind=TAKEN)
    last = next((used for used in history(entries[:LOOKED_AT]) if used.act != "acted"), None)
    return {"total": entries.count(), "last": shown.use(last) if last else None}


def received(request: HttpRequest, subject: UUID) -> dict[str, Any]:
    """Who outside got something."""
    counted = mine().filter(kind=SENT).order_by().values("recipient", "country").annotate(times=Count("pk"))
    lines = [
        {"who": shown.role(each["recipient"]), "country": each["country"], "times": each["times"]}
        for each in counted
    ]
    return {"lines": sorted(lines, key=lambda line: (-line["times"], line["who"], line["country"]))}


def choices(request: HttpRequest, subject: UUID) -> dict[str, Any]:
    """The limits in force."""
    return {"limits": [limit_line(each) for each in limits.of(subject)]}


def limit_line(limit: limits.Limit) -> dict[str, Any]:
    """One limit, in words."""
    return {
        "id": limit.pk, "is_all": limit.kind == limits.Limit.Kind.RESTRICTION, "since": limit.since,
        "purpose": shown.purpose(limit.purpose) if limit.purpose else "",
    }  # fmt: skip


def register() -> None:
    """Put them on the page; requests stand between them."""
    own_card(10, "privacy/card_held.html", held)
    own_card(20, "privacy/card_uses.html", uses)
    own_card(30, "privacy/card_received.html", received)
    own_card(50, "privacy/card_choices.html", choices)
