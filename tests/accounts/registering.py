"""Registering through the pages, as a browser does, with the code out of the mail."""

import re
from typing import Any

from django.test import Client

from tests.accounts.conftest import PASS_PHRASE, browser
from tests.cast import ALICE, CHARLIE
from troth.accounts.people.models import Customer, Membership, Person
from troth.gate.outbound.models import Message
from troth.gate.uses import SYSTEM, using

REGISTER, CODE = "/register/", "/register/code/"
WHO = ("name", "company", "address", "phone", "email")
AS_ALICE = {name: ALICE[name] for name in WHO}
AS_CHARLIE = {name: CHARLIE[name] for name in WHO}
BOB = "bob@archer.example"


def submission(page: Any) -> str:
    found = re.search(r'name="submission" value="([^"]+)"', page.content.decode())
    assert found, page.content.decode()
    return found[1]


def fill_in(client: Client, path: str, values: dict[str, Any], to: str = "") -> Any:
    """Send the form of a page with its hidden field."""
    return client.post(to or path, {**values, "submission": submission(client.get(path))})


def ask(client: Client, password: str = PASS_PHRASE, **changes: Any) -> Any:
    """Send the registration form."""
    return fill_in(client, REGISTER, {**AS_ALICE, "password": password, **changes})


def mails(address: str) -> list[tuple[str, str]]:
    """(subject, text) of everything that went to an address, oldest first."""
    with using("sending-mail", by=SYSTEM):
        rows = [(m.address, m.subject, m.body) for m in Message.objects.order_by("queued_at", "pk")]
    return [(subject, body) for to, subject, body in rows if to == address]


def code_to(address: str) -> str:
    """The digits of the newest code that went to an address."""
    found = re.search(r"^ +(\d{8})$", mails(address)[-1][1], re.MULTILINE)
    assert found
    return found[1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08d}"


def register(values: dict[str, Any] = AS_ALICE, password: str = PASS_PHRASE) -> Client:
    """Somebody's browser, registered and signed in."""
    client = browser()
    assert ask(client, password, **values).status_code == 302
    answer = client.post(CODE, {"code": code_to(values["email"])})
    assert answer.status_code == 302, answer.content.decode()
    return client


def person_of(address: str) -> Person:
    found: Person = Person.objects.lookup(email=address).get(proven_at__isnull=False)
    return found


def company_page(address: str) -> str:
    place = Membership.objects.get(owner=person_of(address).owner_id)
    return f"/account/people/{Customer.objects.get(owner=place.customer_id).pk}/"


def invite(client: Client, owner: str, address: str = BOB, role: str = "member") -> Any:
    page = company_page(owner)
    return fill_in(client, page, {"email": address, "role": role}, page + "invite/")


def link_to(address: str, page: str = "join") -> str:
    """The link to a page in the newest message to an address."""
    found = re.search(rf"https://localhost:\d+(/{page}/\S+/)", mails(address)[-1][1])
    assert found
    return found[1]


def join(
    owner: Client, owner_address: str = ALICE["email"], address: str = BOB, role: str = "member"
) -> Client:
    """Somebody invited by an owner: registered, joined, signed in."""
    assert invite(owner, owner_address, address, role).status_code == 302
    client = browser()
    client.get(link_to(address))
    values = {"name": "Bob Baptiste", "phone": "", "address": "", "password": PASS_PHRASE}
    assert fill_in(client, "/join/", values).status_code == 302
    assert client.post(CODE, {"code": code_to(address)}).status_code == 302
    return client


def place_of(address: str) -> Membership:
    found: Membership = Membership.objects.get(owner=person_of(address).owner_id)
    return found
