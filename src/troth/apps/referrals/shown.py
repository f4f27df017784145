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
    sums = rewards.annotate(total=Sum("cents")).order_by("currency").values_list("currency", "total")
    return {
        "sent": Referral.objects.filter(owner=subject).count(),
        "visited": Referrer.objects.filter(owner=subject).values_list("visits", flat=True).first() or 0,
        "joined": Reward.objects.filter(owner=subject).count(),
        "credits": [f"{total / 100:.2f} {currency}" for currency, total in sums if total],
        "link": letters.visit_link(code) if code else "",
    }


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
