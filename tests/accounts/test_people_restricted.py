"""A company whose member had their data left alone: what is done to their place is done, and they are told."""

import pytest
from django.test import Client

from tests.accounts.registering import BOB, company_page, join, mails, person_of, place_of, register
from tests.cast import ALICE, CHARLIE, durable
from troth.accounts.people import companies
from troth.accounts.people.models import Customer, Membership
from troth.gate.keystore import keys
from troth.gate.outbound.models import Message
from troth.gate.subjects import limits
from troth.gate.uses import SYSTEM, using

pytestmark = durable
OWNER, EVE = ALICE["email"], CHARLIE["email"]


@pytest.fixture
def alice() -> Client:
    """An owner whose colleague Bob restricted the use of his data; another colleague joined after him."""
    owner = register()
    for address in (BOB, EVE):
        join(owner, address=address)
    limits.restrict(person_of(BOB).owner_id, SYSTEM)
    return owner


def done_to_bob(path: str) -> str:
    """Where in the company's pages something is done to Bob."""
    return f"{company_page(OWNER)}members/{place_of(BOB).pk}/{path}/"


def test_his_role_is_changed_and_he_is_told(alice: Client) -> None:
    answer = alice.post(done_to_bob("role"), {"role": "administrator"})
    assert answer.status_code == 302 and place_of(BOB).role == "administrator"
    assert mails(BOB)[-1][0] == "Your role has changed"


def test_the_company_is_handed_over_to_him_and_he_is_told(alice: Client) -> None:
    page = done_to_bob("hand-over")
    assert alice.get(page).status_code == 200 and alice.post(page).status_code == 302
    assert place_of(BOB).role == "owner" and mails(BOB)[-1][0] == "You own a company"


def test_he_is_removed_and_told(alice: Client) -> None:
    assert alice.post(done_to_bob("remove")).status_code == 302
    assert not Membership.objects.filter(owner=person_of(BOB).owner_id).exists()
    assert mails(BOB)[-1][0] == "You have left a company"


def test_the_company_is_closed_and_each_of_its_people_is_told(alice: Client) -> None:
    answer = alice.post(company_page(OWNER) + "close/", {"name": "Archer Pottery"})
    assert answer.status_code == 302 and not Customer.objects.exists()
    assert {mails(address)[-1][0] for address in (BOB, EVE)} == {"A company was closed"}


def test_one_who_is_being_erased_keeps_nobody_from_being_told(alice: Client) -> None:
    bob, eve = person_of(BOB), person_of(EVE)
    keys.intend_erasure(bob.owner_id.hex)
    before = Message.objects.filter(owner=bob.owner_id).count()
    for each in Membership.objects.exclude(owner=person_of(OWNER).owner_id).order_by("since"):
        companies.tell(each, "A company was closed", "Words.")
    assert Message.objects.filter(owner=bob.owner_id).count() == before
    with using("sending-mail", by=SYSTEM):
        assert (
            Message.objects.filter(owner=eve.owner_id).latest("queued_at").subject == "A company was closed"
        )


def test_he_sees_the_pages_of_the_company_himself(alice: Client) -> None:
    bob = join(alice, address="bea@archer.example")
    limits.restrict(person_of("bea@archer.example").owner_id, SYSTEM)
    for page in ("/account/", company_page(OWNER)):
        assert bob.get(page).status_code == 200, page
