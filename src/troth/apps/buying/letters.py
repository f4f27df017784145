"""Letters about an order, to everybody who may buy for the company."""

from django.conf import settings
from django.urls import reverse

from troth.accounts.people import notices
from troth.accounts.people.models import MANAGERS, Membership, Role

from .models import Order

BUYERS = (*MANAGERS, Role.BILLING)
"""Who may buy for a company."""


def tell(order: Order, subject: str, text: str) -> None:
    """Put a letter for each of them into the outbox, with the address of the order's page below it.

    Inside an act of the caller's.
    """
    page = settings.TROTH_BASE_URLS["company"] + reverse("order", "troth.config.urls", args=[order.pk])
    buyers = Membership.objects.filter(customer=order.owner_id, role__in=BUYERS)
    for who in buyers.values_list("owner_id", flat=True):
        notices.put(who, subject, f"{text}\n\n{page}\n")


def tell_outcome(order: Order) -> None:
    """That there is an answer about whether the order can be paid: which, stands on its page."""
    tell(
        order,
        "Your order was looked at",
        "There is an answer about your order. It stands on its page, with the reasons and with what you can do next:",
    )
