"""What pages show of referrals: numbers, and nobody."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Sum

from . import flows, letters
from .models import Invitee, Mark, Referral, Referrer, Reward


def programme(subject: UUID) -> dict[str, Any]:
    """What came of somebody's referrals.  Whether a message went out shows nowhere: it would tell who is known here."""
    code = flows.code_of(subject)
    rewards = Reward.objects.filter(owner=subject).order_by().values("currency")
    sums = rewards.annotate(all=Sum("cents"), spent=Sum("used")).order_by("currency")
    known = list(sums.values_list("currency", "all", "spent"))
    return {
        "sent": Referral.objects.filter(owner=subject).count(),
        "visited": Referrer.objects.filter(owner=subject).values_list("visits", flat=True).first() or 0,
        "joined": Reward.objects.filter(owner=subject).count(),
        "credits": [_sum(total - spent, currency) for currency, total, spent in known if total > spent],
        "used": [_sum(spent, currency) for currency, _, spent in known if spent],
        "link": letters.visit_link(code) if code else "",
    }


def _sum(cents: int, currency: str) -> str:
    return f"{cents / 100:.2f} {currency}"


def office() -> dict[str, Any]:
    """How many invitations are in which state, and those of which nobody knows whether they arrived."""
    counted = dict(Mark.objects.order_by().values_list("state").annotate(Count("pk")))
    states = [
        {"state": value, "label": label, "count": counted.get(value, 0)}
        for value, label in Mark.State.choices
    ]
    unknown = Mark.objects.filter(state=Mark.State.UNKNOWN)
    return {
        "states": states,
        "waiting": Invitee.objects.filter(state=Invitee.State.WAITING).count(),
        "asked_not_to": Mark.objects.filter(asked_not_to=True).count(),
        "unknown": [{"id": mark.pk.hex[:8], "made_on": mark.made_on} for mark in unknown[:100]],
    }
