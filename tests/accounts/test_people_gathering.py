"""What came under an account's address, whenever it came: on its page, in its archive, gone with it."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.accounts.conftest import browser
from tests.accounts.registering import (
    BOB,
    code_to,
    fill_in,
    invite,
    mails,
    person_of,
    register,
)  # fmt: skip
from tests.accounts.test_people_places import confirm_again
from tests.cast import ALICE, CHARLIE, acting, durable, enquiry_of, staff
from troth.accounts.people import gathering
from troth.accounts.people.models import Customer, Invitation, Person
from troth.apps.enquiries import flows as enquiries
from troth.apps.enquiries.models import Enquiry
from troth.apps.rights import flows as requests
from troth.apps.rights.models import Request
from troth.gate.export.models import Part
from troth.gate.ids import uuid7
from troth.gate.subjects import find, limits
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM, Actor, using

pytestmark = durable
OWNER = ALICE["email"]
LATER = {**ALICE, "message": "And which would you end with?"}
HELD = "/account/privacy/held/"


@pytest.fixture
def alice() -> Client:
    return register()


def owner_of(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk).owner_id


def restrict(person: Person) -> None:
    limits.restrict(person.owner_id, Actor("data-subject", person.owner_id))


@pytest.fixture
def no_company(alice: Client) -> Client:
    """Alice may leave: nobody needs her as an owner."""
    erase(Customer.objects.get().owner_id.hex, SYSTEM)
    return alice


@pytest.mark.parametrize("path", ["/account/privacy/", HELD, "/api/v1/me"])
def test_what_was_sent_later_without_signing_in_is_on_the_page(alice: Client, path: str) -> None:
    sent, others = enquiry_of(LATER), enquiry_of(CHARLIE)
    assert alice.get(path).status_code == 200
    assert LATER["message"] in alice.get(HELD).content.decode()
    assert owner_of(sent) == person_of(OWNER).owner_id and owner_of(others) == others.owner_id
    link = re.search(r"/enquiries/open/\S+/", mails(OWNER)[-1][1])
    assert link and "/accounts/login/" in browser().get(link[0])["Location"]


def test_an_open_browser_joins_nothing(alice: Client) -> None:
    sent = enquiry_of(LATER)
    confirm_again(alice)
    assert LATER["message"] not in alice.get(HELD).content.decode()
    assert owner_of(sent) == sent.owner_id


def test_an_archive_and_its_choices_hold_it_too(alice: Client) -> None:
    sent = enquiry_of(LATER)
    assert "Enquiry" in alice.get("/account/privacy/export/new/").content.decode()
    assert owner_of(sent) == person_of(OWNER).owner_id


def test_erase_everything_leaves_nothing_under_the_address(no_company: Client) -> None:
    sent, others = enquiry_of(LATER), enquiry_of(CHARLIE)
    assert erase(person_of(OWNER).owner_id.hex, SYSTEM)
    assert not Enquiry.objects.filter(pk=sent.pk).exists() and Enquiry.objects.filter(pk=others.pk).exists()
    assert find.of_address(OWNER) == set()


def test_the_page_of_an_erasure_counts_it(alice: Client) -> None:
    sent = enquiry_of(LATER)
    assert alice.get("/account/privacy/erase/").status_code == 200
    assert owner_of(sent) == person_of(OWNER).owner_id


def test_an_account_that_moves_has_what_came_under_the_new_address_and_keeps_the_old(alice: Client) -> None:
    mine = enquiry_of(LATER)
    alice.get(HELD)
    new = "alice@kiln.example"
    sent = enquiry_of({**ALICE, "email": new})
    fill_in(alice, "/account/email/", {"email": new})
    assert owner_of(sent) == sent.owner_id
    assert alice.post("/account/email/code/", {"code": code_to(new)}).status_code == 302
    assert owner_of(sent) == owner_of(mine) == person_of(new).owner_id
    after = enquiry_of(LATER)
    alice.get(HELD)
    assert owner_of(after) == after.owner_id


def test_one_who_asks_to_move_to_an_address_has_nothing_of_it(alice: Client) -> None:
    sent = enquiry_of(CHARLIE)
    fill_in(alice, "/account/email/", {"email": CHARLIE["email"]})
    alice.get(HELD)
    assert owner_of(sent) == sent.owner_id


# -- under a restriction


def test_what_is_sent_under_a_restriction_can_be_answered_and_goes_into_the_archive(alice: Client) -> None:
    person = person_of(OWNER)
    restrict(person)
    sent = enquiry_of(LATER)
    alice.get(HELD)
    with using("answering-enquiries", by=acting(staff()), given=sent):
        assert sent.message == LATER["message"]
    fill = {"categories": _offered(alice)}
    assert alice.post("/account/privacy/export/new/", fill).status_code == 302
    assert set(Part.objects.values_list("subject_id", flat=True)) == {person.owner_id, sent.owner_id}


def _offered(client: Client) -> list[str]:
    page = client.get("/account/privacy/export/new/").content.decode()
    return re.findall(r'name="categories" value="([^"]+)"', page)


def test_what_was_sent_under_a_restriction_is_erased_with_the_account(no_company: Client) -> None:
    restrict(person_of(OWNER))
    sent = enquiry_of(LATER)
    erase(person_of(OWNER).owner_id.hex, SYSTEM)
    assert not Enquiry.objects.filter(pk=sent.pk).exists()


def test_it_joins_the_account_when_the_restriction_is_lifted(alice: Client) -> None:
    person = person_of(OWNER)
    restrict(person)
    sent = enquiry_of(LATER)
    for limit in limits.of(person.owner_id):
        limits.lift(person.owner_id, limit.pk, SYSTEM)
    alice.get(HELD)
    assert owner_of(sent) == person.owner_id


# -- requests


def asked() -> Request:
    row, _ = requests.ask(uuid7().hex, "access", "Said in her name by somebody else.", OWNER)
    return row


def test_a_strangers_request_under_the_address_is_not_the_persons() -> None:
    row = asked()
    alice = register()
    for path in (HELD, "/account/privacy/", "/account/"):
        assert "Said in her name" not in alice.get(path).content.decode()
    assert owner_of(row) == row.owner_id != person_of(OWNER).owner_id


def test_one_that_nobody_proved_is_void_once_it_has_ended(alice: Client) -> None:
    row = asked()
    Request.objects.update(state="lapsed", outcome="lapsed", closed_at=row.received_at)
    alice.get(HELD)
    assert not Request.objects.exists() and Person.objects.get().is_gathered


def test_one_that_is_proven_waits_for_its_answer_and_is_then_the_persons(no_company: Client) -> None:
    row = asked()
    requests.prove(row, Request.Identity.CODE)
    no_company.get(HELD)
    assert owner_of(row) == row.owner_id
    Request.objects.update(state="done", outcome="done", closed_at=row.received_at)
    no_company.get(HELD)
    assert owner_of(row) == person_of(OWNER).owner_id


def test_an_erasure_leaves_a_request_that_waits_for_its_answer(no_company: Client) -> None:
    row = asked()
    requests.prove(row, Request.Identity.CODE)
    erase(person_of(OWNER).owner_id.hex, SYSTEM)
    assert Request.objects.filter(pk=row.pk).exists()


# -- what stays apart


def test_an_invitation_stays_one(alice: Client) -> None:
    bob = register({**ALICE_AS_BOB})
    invite(alice, OWNER, BOB)
    bob.get(HELD)
    assert Invitation.objects.count() == 1


ALICE_AS_BOB = {"name": "Bob", "company": "Bob & Sons", "address": "", "phone": "", "email": BOB}


def test_what_is_more_than_a_page_waits_for_is_joined_by_the_worker(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [enquiry_of(LATER) for _ in range(3)]
    person = person_of(OWNER)
    gathering.gather(person, most=2)
    assert not Person.objects.get(pk=person.pk).is_gathered
    gathering.gather(person_of(OWNER))
    assert {owner_of(each) for each in sent} == {person.owner_id}
    assert Person.objects.get(pk=person.pk).is_gathered


# -- the words that go with it


def test_the_mails_about_an_enquiry_say_what_opens_it(alice: Client) -> None:
    person = person_of(OWNER)
    with using("answering-enquiries", by=SYSTEM, at="contact-us"):
        sent = enquiries.send_enquiry(uuid7().hex, dict(LATER), "Services", person.owner_id)
    assert sent is not None
    told = mails(OWNER)[-1][1]
    assert "part of your account" in told and "delete it" not in told and "Whoever has this link" not in told
    link = re.search(r"/enquiries/open/\S+/", told)
    assert link and alice.get(link[0], follow=True).status_code == 200
    assert "/accounts/login/" in browser().get(link[0])["Location"]
    dana = acting(staff())
    with using("answering-enquiries", by=dana, given=sent, at="enquiry-thread"):
        enquiries.answer_enquiry(sent, uuid7().hex, "With the first one.", dana)
    answer = mails(OWNER)[-1][1]
    assert "private link" not in answer and f"/enquiries/{sent.pk}/" in answer
    enquiry_of(CHARLIE)
    assert "Whoever has this link" in mails(CHARLIE["email"])[-1][1]
