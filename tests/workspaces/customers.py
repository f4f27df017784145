"""Customers with people and a workspace, as the pages leave them; and their browsers."""

import re
from typing import Any

from django.test import Client

from tests.accounts.registering import link_to, mails
from tests.apps.privacy_people import ALICE, BOB, CHARLIE, browser, person
from troth.accounts.people.models import Customer, Membership, Person, Role
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, using
from troth.workspaces import flows
from troth.workspaces.access import Access, find
from troth.workspaces.models import Workspace

LEDGER = "Kiln Ledger"


def customer(values: dict[str, str] = ALICE) -> Person:
    """Somebody with an account and a company of which they are the owner."""
    row = person(values)
    company = DataSubject.begin(Kind.CUSTOMER)
    with using("running-an-account", by=SYSTEM, at="registration"):
        Customer(owner=company, name=values["company"]).save(force_insert=True)
    Membership(owner_id=row.owner_id, customer_id=company.pk, role=Role.OWNER).save(force_insert=True)
    return row


def colleague(of: Person, values: dict[str, str] = BOB) -> Person:
    """Somebody else of the same company."""
    row = person(values)
    place = Membership.objects.get(owner=of.owner_id)
    Membership(owner_id=row.owner_id, customer_id=place.customer_id, role=Role.MEMBER).save(force_insert=True)
    return row


def workspace(of: Person, name: str = LEDGER) -> Access:
    """A workspace of their company, as they enter it."""
    place = Membership.objects.get(owner=of.owner_id)
    made = flows.begin(place, name, accepts=True)
    return access(of, made)


def access(who: Person, to: Workspace) -> Access:
    """Somebody's way into a workspace.  Fails when there is none."""
    found = find(Workspace.objects.get(pk=to.pk), who.owner_id)
    assert found is not None
    return found


def at(to: Access, page: str = "") -> str:
    """The address of a page of the workspace."""
    return f"/workspaces/{to.workspace.owner_id}/{page}"


def submission(page: Any) -> str:
    """The hidden field of a form of the statement's."""
    found = re.findall(r'name="submission" value="([^"]+)"', page.content.decode())
    assert found, page.content.decode()
    return str(found[-1])


def offer(client: Client, to: Access, address: str, **more: str) -> Any:
    """Fill in the form that lets somebody in."""
    page = at(to, "people/")
    told = {"email": address, "right": "view", "submission": submission(client.get(page)), **more}
    return client.post(page + "offer/", told)


def accept(client: Client, address: str) -> Any:
    """Follow the link of the newest offer to an address and press the button."""
    assert client.get(link_to(address, "workspaces/offers"))["Location"] == "/workspaces/offer/"
    return client.post("/workspaces/offer/")


__all__ = [
    "ALICE", "BOB", "CHARLIE", "LEDGER", "accept", "access", "at", "browser", "colleague", "customer", "mails", "offer",
    "person", "submission", "workspace",
]  # fmt: skip
