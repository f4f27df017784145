"""The cast: Alice (a customer), Bob (her colleague), Charlie (another customer), Dana (staff), Victor (a visitor)."""

from typing import Any

import pytest

from troth.accounts.models import StaffMember
from troth.accounts.staff import appoint
from troth.apps.enquiries import flows
from troth.apps.enquiries.models import Enquiry
from troth.gate.ids import uuid7
from troth.gate.uses import SYSTEM, Actor, using

stores = pytest.mark.django_db(databases=["default", "keys"])
durable = pytest.mark.django_db(databases=["default", "keys"], transaction=True)

ALICE = {
    "name": "Alice Archer", "company": "Archer Pottery", "address": "1 Kiln Lane", "phone": "+12025550101",
    "email": "alice@archer.example", "message": "Which of your services would you begin with?",
}  # fmt: skip
CHARLIE = {**ALICE, "name": "Charlie Chen", "company": "Chen & Daughters", "email": "charlie@chen.example"}


def enquiry_of(values: dict[str, str] = ALICE, topic: str = "Services", row_id: str = "") -> Enquiry:
    """An enquiry sent through the gate, as the contact page sends it."""
    with using("answering-enquiries", by=SYSTEM, at="contact-us"):
        sent = flows.send_enquiry(row_id or uuid7().hex, dict(values), topic)
    assert sent is not None
    found: Enquiry = Enquiry.objects.get(pk=sent.pk)
    return found


def staff(role: str = "sales", email: str = "dana@iplum.example", password: str | None = None) -> StaffMember:
    """Dana, in the role a test needs."""
    return appoint("Dana Novak", email, role, "CZ", password)


def acting(member: StaffMember) -> Actor:
    """A member of staff as the gate sees them."""
    return Actor(member.role, member.owner_id, member.country)


def link_in(body: str) -> str:
    """The private link in a message."""
    return next(word for word in body.split() if "/enquiries/open/" in word)


def values_of(**changes: Any) -> dict[str, Any]:
    """Alice's form, with changes."""
    return {**ALICE, "topic": "Services", **changes}
