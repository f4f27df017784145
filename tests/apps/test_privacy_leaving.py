"""Erasing oneself, as the person sees it, and whatever somebody tries instead."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.apps.privacy_people import ALICE, BOB, browser, person
from tests.apps.test_privacy import text
from tests.cast import durable, enquiry_of
from troth.accounts.models import User
from troth.accounts.people.models import Person
from troth.gate.keystore import keys
from troth.gate.outbound.models import Message
from troth.gate.subjects import obstacles
from troth.gate.subjects.erase import purge
from troth.gate.subjects.merging import merge
from troth.gate.subjects.models import Erasure
from troth.gate.subjects.obstacles import Obstacle
from troth.gate.uses import SYSTEM

pytestmark = durable

ERASE = "/account/privacy/erase/"
TYPED = {"email": ALICE["email"]}
HOLD = Obstacle("an order of a court keeps this", "wait until it ends", "share.legal")


@pytest.fixture
def held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something stands in the way of every erasure."""
    monkeypatch.setattr(obstacles, "OBSTACLES", [lambda subject: [HOLD]])


def test_the_page_says_what_goes_what_stays_and_what_is_shared() -> None:
    alice, enquiry = person(), enquiry_of()
    merge(enquiry.owner_id, alice.owner_id, SYSTEM)
    page = text(browser(alice, confirmed=True), "own-erase")
    assert "Enquiry" in page and "goes now" in page and "Record of uses" in page
    assert "backups" in page and "What stays" in page and ALICE["email"] not in page


def test_it_works() -> None:
    alice, bob, enquiry = person(), person(BOB), enquiry_of()
    merge(enquiry.owner_id, alice.owner_id, SYSTEM)
    hers, elsewhere, his = browser(alice, confirmed=True), browser(alice), browser(bob)
    answer = hers.post(ERASE, TYPED)
    assert answer.status_code == 302 and answer["Location"] == reverse("own-erased")
    after = hers.get(answer["Location"]).content.decode()
    assert "It is erased" in after and "signed receipt" in after and ALICE["email"] not in after
    assert not keys.is_whole(alice.owner_id.hex) and not Person.objects.filter(pk=alice.pk).exists()
    assert not User.objects.filter(pk=alice.user_id).exists()
    for client in (hers, elsewhere):
        assert "/accounts/login/" in client.get("/account/privacy/")["Location"]
    assert "Bob Baker" in text(his, "own-held")


def test_the_receipt_goes_to_the_address_when_the_purge_is_done() -> None:
    alice = person()
    browser(alice, confirmed=True).post(ERASE, TYPED)
    assert Erasure.objects.exclude(subject="").get(subject=alice.owner_id.hex).farewell
    before = Message.objects.count()
    purge()
    assert Erasure.objects.filter(state=Erasure.State.DONE).exists() and Message.objects.count() >= before


@pytest.mark.parametrize("typed", ["", "alice", "bob@archer.example", "alice@archer.example.org", "x" * 300])
def test_another_address_erases_nothing(typed: str) -> None:
    alice = person()
    answer = browser(alice, confirmed=True).post(ERASE, {"email": typed})
    assert answer.status_code == 422 and keys.is_whole(alice.owner_id.hex)


def test_the_address_may_be_typed_in_capitals() -> None:
    alice = person()
    assert browser(alice, confirmed=True).post(ERASE, {"email": " ALICE@Archer.Example "}).status_code == 302
    assert not keys.is_whole(alice.owner_id.hex)


def test_without_a_confirmed_sign_in_the_way_leads_there() -> None:
    alice = person()
    hers = browser(alice)
    for answer in (hers.get(ERASE), hers.post(ERASE, TYPED)):
        assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
    assert keys.is_whole(alice.owner_id.hex)


def test_what_stands_in_the_way_is_named_with_what_to_do(held_up: None) -> None:
    alice = person()
    hers = browser(alice, confirmed=True)
    page = text(hers, "own-erase")
    assert "An order of a court keeps this" in page and "Wait until it ends" in page
    assert "Erase everything about me" not in page
    assert hers.post(ERASE, TYPED).status_code == 409 and keys.is_whole(alice.owner_id.hex)


def test_the_form_sent_again_finds_nobody() -> None:
    alice = person()
    hers = browser(alice, confirmed=True)
    hers.post(ERASE, TYPED)
    assert "/accounts/login/" in hers.post(ERASE, TYPED)["Location"]
    assert Erasure.objects.filter(subject=alice.owner_id.hex).count() == 1


def test_two_browsers_that_erase_at_once_make_one_erasure(monkeypatch: pytest.MonkeyPatch) -> None:
    alice = person()
    first, second = browser(alice, confirmed=True), browser(alice, confirmed=True)
    real, answers = obstacles.of, []

    def meanwhile(subject: str) -> Any:
        monkeypatch.setattr(obstacles, "of", real)
        answers.append(second.post(ERASE, TYPED))
        return real(subject)

    monkeypatch.setattr(obstacles, "of", meanwhile)
    answers.append(first.post(ERASE, TYPED))
    assert [answer.status_code < 500 for answer in answers] == [True, True]
    assert Erasure.objects.filter(subject=alice.owner_id.hex).count() == 1
    assert not Person.objects.filter(pk=alice.pk).exists()


def test_anybody_may_see_the_page_afterwards_since_it_says_nothing(victor: Client) -> None:
    assert victor.get(reverse("own-erased")).status_code == 200
