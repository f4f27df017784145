"""The sample's joint offer: telephones for small offices, with a partner that is as invented as we are."""

from datetime import timedelta

import pyrage
from django.utils import timezone

from troth.accounts.people.sample import find
from troth.gate.ids import uuid7

from . import flows, partners
from .flows import Wanted
from .models import Promotion

PARTNER = {
    "name": "Kestrel Handsets", "country": "US", "statement": "https://kestrel-handsets.example/privacy",
    "desk": "privacy@kestrel-handsets.example",
}  # fmt: skip
TITLE = "Two desk phones, half price"
TEXT = (
    "Kestrel Handsets makes desk phones that need a socket and nothing else. Together with them we offer our "
    "Customers two for the price of one, set up for your numbers before they are sent.\n\n"
    "Show interest here, and somebody at Kestrel writes to you about models and delivery. "
    "Your plan with us stays as it is."
)
GETS = ("contact.name", "contact.company", "contact.email")
DAYS = timedelta(days=90)


def fill() -> None:
    """One offer, in which Alice is interested.  Nobody holds the sample partner's secret key."""
    if Promotion.objects.exists():
        return
    key = str(pyrage.x25519.Identity.generate().to_public())
    partner = partners.register({**PARTNER, "key": key})
    made = flows.promote(Wanted(TITLE, TEXT, GETS, [partner], timezone.now() + DAYS))
    if alice := find("alice"):
        with flows.as_owner(alice.owner_id):
            given = {"name": alice.name, "company": alice.company, "email": alice.email}
        flows.show_interest(alice.owner_id, made, uuid7().hex, given, made.digest())
