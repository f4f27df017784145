"""One enquiry of an account is deleted alone by its owner: it goes for good, and the account stays."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.apps.conftest import Secure
from tests.apps.privacy_people import browser, person
from tests.cast import ALICE, CHARLIE, durable
from tests.gate.test_erasure import kill_at
from troth.accounts.people.models import Person
from troth.apps.enquiries import flows
from troth.apps.enquiries.models import Enquiry, Reply
from troth.gate.errors import GateError
from troth.gate.ids import uuid7
from troth.gate.journal.integrating import integrate
from troth.gate.outbound.receipts import send_receipts
from troth.gate.subjects import erase as erasing
from troth.gate.subjects import holds
from troth.gate.subjects.erase import purge, resume
from troth.gate.subjects.models import DataSubject, Erasure
from troth.gate.subjects.parting import erase_row
from troth.gate.uses import SYSTEM, Actor, OwnData, using
from troth.gate.uses.history import history

pytestmark = durable


def sent_by(who: Person, values: dict[str, str] = ALICE) -> Enquiry:
    """An enquiry of an account, with an answer."""
    with using("answering-enquiries", by=SYSTEM, at="contact-us"):
        made = flows.send_enquiry(uuid7().hex, dict(values), "Services", who.owner_id)
    assert made is not None
    with using("answering-enquiries", by=SYSTEM, given=made, at="staff-desk"):
        flows.answer_enquiry(made, uuid7().hex, "With bowls.", Actor("sales"))
    found: Enquiry = Enquiry.objects.get(pk=made.pk)
    return found


def path_of(enquiry: Enquiry, more: str = "") -> str:
    return f"/enquiries/{enquiry.pk}/{more}"


def acts(who: Person) -> list[str]:
    own = OwnData(who.owner_id)
    with using("showing-own-data", by=Actor("data-subject", who.owner_id), given=own):
        return [used.act for used in history()]


def test_it_goes_alone_with_its_answers_and_the_rest_stays() -> None:
    alice = person()
    first, second = sent_by(alice), sent_by(alice, {**ALICE, "message": "And lids?"})
    own = browser(alice, confirmed=True)
    held = own.get("/account/privacy/held/").content.decode()
    assert path_of(first) in held and "And lids?" in held
    assert path_of(first, "delete/") in own.get(path_of(first)).content.decode()
    page = own.get(path_of(first, "delete/")).content.decode()
    assert "2 messages" in page and "Your account stays" in page and "key of your account" in page
    assert Enquiry.objects.count() == 2
    deleted = own.post(path_of(first, "delete/")).content.decode()
    assert "Your enquiry is deleted" in deleted and "A signed receipt goes" in deleted
    assert list(Enquiry.objects.values_list("pk", flat=True)) == [second.pk]
    assert list(Reply.objects.values_list("enquiry", flat=True)) == [second.pk]
    assert Person.objects.filter(pk=alice.pk).exists() and own.get(path_of(second)).status_code == 200
    assert own.get(path_of(first)).status_code == 404
    assert "deleted" in acts(alice)
    assert "deleted one record for you" in own.get("/account/privacy/uses/").content.decode()


def test_its_receipt_goes_out_and_no_subject_is_left_over() -> None:
    alice = person()
    enquiry, before = sent_by(alice), DataSubject.objects.count()
    flows.delete_enquiry(enquiry, Actor("data-subject", alice.owner_id))
    (erasure,) = Erasure.objects.all()
    assert erasure.state == "purging" and erasure.entry and erasure.rows
    purge()
    integrate()
    assert send_receipts() == 1
    assert DataSubject.objects.filter(pk=alice.owner_id).exists()
    assert DataSubject.objects.count() == before + 1, "the receipt's address waits for its mail"


def test_nobody_else_deletes_it_and_an_open_browser_does_not_either() -> None:
    alice = person()
    enquiry = sent_by(alice)
    for client in (Secure(SERVER_NAME="localhost"), browser(person(CHARLIE), confirmed=True)):
        assert client.get(path_of(enquiry, "delete/")).status_code == 404
        assert client.post(path_of(enquiry, "delete/")).status_code == 404
    stale = browser(alice)
    for answer in (stale.get(path_of(enquiry, "delete/")), stale.post(path_of(enquiry, "delete/"))):
        assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
    assert Enquiry.objects.filter(pk=enquiry.pk).exists()


def test_a_hold_on_the_person_keeps_it_too() -> None:
    alice = person()
    enquiry = sent_by(alice)
    holds.place(alice.owner_id, timezone.now() + timedelta(days=9), Actor("owner"))
    answer = browser(alice, confirmed=True).post(path_of(enquiry, "delete/"))
    assert answer.status_code == 409 and "share.legal" in answer.content.decode()
    assert Enquiry.objects.get(pk=enquiry.pk).owner_id == alice.owner_id and not Erasure.objects.exists()


@pytest.mark.parametrize("step", ["intend_erasure", "destroy"])
def test_a_crash_leaves_an_erasure_that_the_worker_ends(step: str) -> None:
    alice = person()
    enquiry, by = sent_by(alice), Actor("data-subject", alice.owner_id)
    kill_at((erasing.keys, step), lambda: flows.delete_enquiry(enquiry, by))
    assert resume() == 1
    assert not Enquiry.objects.exists() and Person.objects.filter(pk=alice.pk).exists()


def test_deleting_it_twice_begins_nothing_anew() -> None:
    alice = person()
    enquiry = sent_by(alice)
    by = Actor("data-subject", alice.owner_id)
    erase_row(enquiry, by, receipt_to=ALICE["email"])
    with pytest.raises(GateError, match="gone"):
        erase_row(enquiry, by, receipt_to=ALICE["email"])
    assert Erasure.objects.count() == 1
