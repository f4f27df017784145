"""The sample's own offer: for whoever looked at prices; one visitor answered it."""

from datetime import timedelta

from django.utils import timezone

from troth.gate.ids import uuid7

from . import flows
from .models import OwnOffer

TITLE = "An hour with one of us"
TEXT = (
    "You looked at what we cost. One of us shows you around for an hour, with your own questions, and you need not buy "
    "anything afterwards."
)
VISITOR = {"name": "Nadia Farouk", "email": "nadia@farouk-bindery.example", "phone": "+1 202 555 0137"}
DAYS = timedelta(days=60)


def fill() -> None:
    """One offer, shown to whoever viewed the page of services, and one answer to it."""
    if OwnOffer.objects.exists():
        return
    now = timezone.now()
    made = flows.offer(TITLE, TEXT, "viewed:services", now, now + DAYS)
    flows.answer(made, uuid7().hex, VISITOR, made.digest(), None)
