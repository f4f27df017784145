"""Which offer of ours a reader is shown, and why.

clause: use.personalise.  An offer for everybody uses nothing of anybody.  Any other asks its rule, which looks at the
trail of this browser, or at whoever connected it, on record; a browser that wants to be nobody is no case of it.
"""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from troth.gate.registry import AUDIENCES, READERS, Reader

from .models import OwnOffer

BLOCK = "offer"
EVERYBODY = "We show it to everybody who looks at this page, and used nothing of yours for it."


def live() -> "QuerySet[OwnOffer]":
    """Offers of today, the newest first."""
    now = timezone.now()
    rows: QuerySet[OwnOffer] = OwnOffer.objects.filter(ended_at=None, begins_at__lte=now, ends_at__gt=now)
    return rows


def part(request: HttpRequest) -> dict[str, Any] | None:
    """The one offer that the front page shows this reader; None for none, or where they turned it off."""
    offers = list(live())
    if not offers or not READERS:
        return None
    reader = READERS[0](request)
    if not reader.is_on(BLOCK):
        return None
    return next((shown for offer in offers if (shown := _shown(offer, reader))), None)


def _shown(offer: OwnOffer, reader: Reader) -> dict[str, Any] | None:
    if not offer.shown_to:
        return {"offer": offer, "why": EVERYBODY, "clause": "", "block": BLOCK}
    name, _, case = offer.shown_to.partition(":")
    rule = AUDIENCES.get(name)
    if rule is None or not rule.holds(reader, case):
        return None
    return {"offer": offer, "why": rule.why(reader, case), "clause": "use.personalise", "block": BLOCK}


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """The rules whom an offer can be shown to, each with its cases, as a form lists them."""
    return [
        (rule.label, [(f"{rule.name}:{case}", label) for case, label in rule.cases()])
        for rule in AUDIENCES.values()
    ]


def label(shown_to: str) -> str:
    """A rule and its case in words."""
    name, _, case = shown_to.partition(":")
    rule = AUDIENCES.get(name)
    return f"{rule.label}: {dict(rule.cases()).get(case, case)}" if rule else "Everybody"
