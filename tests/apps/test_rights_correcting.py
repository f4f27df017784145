"""A correction by request: the privacy officer writes what its person asked for, and everybody concerned learns of it."""

import re
from pathlib import Path

import pytest
from django.test import Client

from tests.apps.conftest import Secure
from tests.apps.privacy_people import browser, person
from tests.apps.rights_people import (
    again,
    asked,
    carried_out,
    mails,
    page_of,
    prove,
    proven,
    submission,
)  # fmt: skip
from tests.cast import ALICE, CHARLIE, durable, enquiry_of
from troth.accounts.people import flows as people
from troth.accounts.people.models import Person
from troth.apps.enquiries.models import Enquiry
from troth.apps.rights import correcting
from troth.apps.rights.models import Request
from troth.gate.errors import GateError
from troth.gate.ids import uuid7
from troth.gate.outbound.mail import deliver_due, enqueue
from troth.gate.subjects.erase import erase
from troth.gate.subjects.models import PersonalModel
from troth.gate.telling import confirming, sending
from troth.gate.telling.models import Correction, Told
from troth.gate.telling.telling import corrected
from troth.gate.uses import SYSTEM, Actor, OwnData, act, using
from troth.gate.uses.history import history

pytestmark = durable
OFFICE, NEW = "/office/requests/", "+12025550177"
OFFICER = Actor("privacy-officer")


@pytest.fixture(autouse=True)
def files_of_its_own(tmp_path: Path, settings) -> None:  # type: ignore[no-untyped-def]
    settings.TROTH_HOME = tmp_path


def path_of(row: Request, target: PersonalModel, name: str) -> str:
    return f"{OFFICE}{row.number}/correct/{target.pk}/{name}/"


def correct(client: Client, row: Request, target: PersonalModel, name: str, value: str, **more: str):  # type: ignore[no-untyped-def]
    """Fill in the officer's form of one field."""
    path = path_of(row, target, name)
    return client.post(path, {"submission": submission(client, path), name: value, **more})


def value(target: PersonalModel, name: str) -> str:
    by, own = Actor("data-subject", target.owner_id), OwnData(target.owner_id)
    with using("showing-own-data", by=by, given=own):
        return str(getattr(type(target).objects.get(pk=target.pk), name))


def test_a_correction_of_somebody_without_an_account_from_the_form_to_the_answer(
    sign_in, victor: Client
) -> None:  # type: ignore[no-untyped-def]
    enquiry = enquiry_of()
    deliver_due()
    row, officer = (
        proven(victor, "correction", text="I am Alice Archer-Bell now."),
        sign_in("privacy-officer"),
    )
    assert "Correct something" in officer.get(f"{OFFICE}{row.number}/").content.decode()
    chosen = officer.get(f"{OFFICE}{row.number}/correct/").content.decode()
    assert path_of(row, enquiry, "name") in chosen and "Alice Archer" not in chosen
    assert 'value="Alice Archer"' in officer.get(path_of(row, enquiry, "name")).content.decode()
    assert correct(officer, row, enquiry, "name", "Alice Archer-Bell").status_code == 302
    assert value(enquiry, "name") == "Alice Archer-Bell"
    assert again(row).state == "closing" and again(row).outcome == "done"
    assert "We corrected it: Name (enquiry," in mails(row)[-1] and "Archer-Bell" not in mails(row)[-1]
    carried_out()
    assert again(row).state == "done"
    page = victor.get(page_of(row)).content.decode()
    assert re.search(r"<strong>Name</strong> was corrected by the privacy officer", page)
    assert "Alice Archer" not in page.replace("Alice Archer-Bell", "")


def test_who_had_the_old_value_is_told_and_the_page_shows_who_confirmed(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry = enquiry_of()
    deliver_due()
    row, officer = proven(victor, "correction"), sign_in("privacy-officer")
    correct(officer, row, enquiry, "email", "alice@new-kiln.example")
    assert "will be told within a day" in victor.get(page_of(row)).content.decode()
    (told,) = Told.objects.filter(owner=enquiry.owner_id)
    assert (told.recipient, told.category) == ("mail-carrier", "contact.email")
    sending.tell()
    deliver_due()
    sending.tell()
    assert "has not confirmed yet" in victor.get(page_of(row)).content.decode()
    assert confirming.confirm(Told.objects.get(pk=told.pk))
    page = victor.get(page_of(row)).content.decode()
    assert "Postbox Relay" in page and "confirmed that it uses it no more" in page
    assert "confirmed that it uses it no more" in officer.get(f"{OFFICE}{row.number}/").content.decode()
    assert Enquiry.objects.lookup(email="alice@new-kiln.example").exists()


def test_the_use_is_on_the_persons_record_with_role_and_clause(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry = enquiry_of()
    row, officer = proven(victor, "correction"), sign_in("privacy-officer")
    correct(officer, row, enquiry, "phone", NEW)
    with using(
        "showing-own-data", by=Actor("data-subject", enquiry.owner_id), given=OwnData(enquiry.owner_id)
    ):
        made = next(used for used in history() if used.role == "privacy-officer" and used.taken)
    assert (made.taken, made.place, made.purpose) == (
        ("contact.phone",), "request-desk", "answering-requests",
    )  # fmt: skip
    assert "rights.update" in made.clauses
    assert Correction.objects.get(owner=enquiry.owner_id).role == "privacy-officer"


def test_several_things_are_corrected_one_by_one_before_the_answer(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry = enquiry_of()
    row, officer = proven(victor, "correction"), sign_in("privacy-officer")
    correct(officer, row, enquiry, "phone", NEW, is_more="on")
    assert again(row).state == "progress" and "Phone number" in mails(row)[-1]
    correct(officer, row, enquiry, "address", "")
    assert again(row).state == "closing" and value(enquiry, "address") == "None"
    assert correct_again(officer, row, enquiry) == NEW


def correct_again(officer: Client, row: Request, enquiry: Enquiry) -> str:
    """Once the answer is on its way nothing more is corrected."""
    correct(officer, row, enquiry, "phone", "+12025550188")
    return value(enquiry, "phone")


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("phone", "call me", "not a telephone number"),
        ("name", "", "fill in"),
        ("email", "no address", "valid email"),
        ("name", "4111 1111 1111 1111", "card number"),
        ("company", "Archer\r\nBcc: all@b.example", "one line"),
        ("phone", ALICE["phone"], "what we hold already"),
    ],
)
def test_a_new_value_is_checked_as_where_people_give_it_themselves(
    sign_in, victor: Client, name: str, typed: str, words: str
) -> None:  # type: ignore[no-untyped-def]
    enquiry = enquiry_of()
    row, officer = proven(victor, "correction"), sign_in("privacy-officer")
    answer = correct(officer, row, enquiry, name, typed)
    assert answer.status_code == 422 and words in answer.content.decode()
    assert value(enquiry, name) == ALICE[name] and not Correction.objects.exists()
    assert again(row).state == "proven"


def test_nothing_of_anybody_else_and_nothing_before_the_proof_can_be_corrected(
    sign_in, victor: Client
) -> None:  # type: ignore[no-untyped-def]
    alice, charlie = enquiry_of(), enquiry_of(CHARLIE)
    row, officer = asked(victor, "correction"), sign_in("privacy-officer")
    assert officer.get(path_of(row, alice, "phone")).status_code == 404
    assert officer.get(f"{OFFICE}{row.number}/correct/").status_code == 302
    prove(victor, row)
    row = again(row)
    assert officer.get(path_of(row, charlie, "phone")).status_code == 404
    for name in ("message", "topic", "owner", "nonsense"):
        assert officer.get(path_of(row, alice, name)).status_code == 404
    place = correcting.find(row, alice.pk, "phone")
    assert place is not None
    erase(alice.owner_id.hex, SYSTEM)
    with pytest.raises(GateError, match="erased"):
        correcting.correct(row, place, "phone", NEW, OFFICER, uuid7().hex)


def test_other_roles_and_kinds_of_request_reach_no_correction(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry = enquiry_of()
    access, row = proven(victor, "access"), proven(Secure(SERVER_NAME="localhost"), "correction")
    for role in ("sales", "support", "administrator", "owner"):
        client = sign_in(role)
        for path in (f"{OFFICE}{row.number}/correct/", path_of(row, enquiry, "phone")):
            assert client.get(path).status_code == 403 and client.post(path).status_code in (403, 405)
    officer = sign_in("privacy-officer")
    assert officer.get(path_of(access, enquiry, "phone")).status_code == 404
    assert value(enquiry, "phone") == ALICE["phone"]


def test_of_an_account_all_but_the_address_one_signs_in_with(sign_in) -> None:  # type: ignore[no-untyped-def]
    alice = person()
    own, officer = browser(alice), sign_in("privacy-officer")
    row = asked(own, "correction")
    assert officer.get(path_of(row, alice, "email")).status_code == 404
    assert correct(officer, row, alice, "phone", NEW).status_code == 302
    assert value(Person.objects.get(pk=alice.pk), "phone") == NEW
    page = own.get(page_of(row)).content.decode()
    assert "was corrected by the privacy officer" in page
    history_page = own.get("/account/privacy/correct/phone/").content.decode()
    assert "was corrected by the privacy officer" in history_page and "Request desk" in history_page


def test_a_second_press_corrects_and_tells_once(victor: Client) -> None:
    enquiry = enquiry_of()
    row, pressed = proven(victor, "correction"), uuid7().hex
    place = correcting.find(row, enquiry.pk, "phone")
    assert place is not None
    for _ in range(2):
        assert correcting.correct(row, place, "phone", NEW, OFFICER, pressed)
    assert Correction.objects.count() == 1 and sum("We corrected it" in text for text in mails(row)) == 1


# -- what may be called done


def close(client: Client, row: Request, **told: str):  # type: ignore[no-untyped-def]
    path = f"{OFFICE}{row.number}/"
    sent = {"submission": submission(client, path), "text": "It is done.", "outcome": "done", **told}
    return client.post(path + "close/", sent)


def test_a_correction_that_changed_nothing_is_not_done_without_a_reason(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry_of()
    row, officer = proven(victor, "correction"), sign_in("privacy-officer")
    refused = close(officer, row)
    assert refused.status_code == 422 and "nothing was corrected" in refused.content.decode()
    assert again(row).state == "proven"
    assert close(officer, row, reason="It says so already.").status_code == 302
    assert "It says so already." in mails(row)[-1] and again(row).state == "closing"


def test_a_deletion_is_not_done_while_something_is_there(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry = enquiry_of()
    row, officer = proven(victor, "deletion"), sign_in("privacy-officer")
    for told in ({}, {"reason": "Trust us."}):
        refused = close(officer, row, **told)
        assert refused.status_code == 422 and "1 × Enquiry" in refused.content.decode()
    assert again(row).state == "proven" and Enquiry.objects.filter(pk=enquiry.pk).exists()
    assert close(officer, row, outcome="refused", clause="share.legal").status_code == 302
    assert again(row).outcome == "refused"


def test_access_is_not_done_without_an_archive_or_a_reason(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry_of()
    row, officer = proven(victor), sign_in("privacy-officer")
    refused = close(officer, row)
    assert refused.status_code == 422 and "no archive was made" in refused.content.decode()
    assert close(officer, row, reason="We sent it on paper, as you asked.").status_code == 302


def test_what_nobody_proved_is_never_done(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    row, officer = asked(victor, "deletion"), sign_in("privacy-officer")
    refused = close(officer, row, reason="x")
    assert refused.status_code == 422 and "not proven who asks" in refused.content.decode()


# -- corrections on one's own pages


def test_ones_own_pages_show_who_had_the_old_value_and_who_confirmed() -> None:
    alice = person()
    own, charlie = browser(alice), browser(person(CHARLIE))
    with using("sending-mail", by=SYSTEM, at="outgoing-mail"), act():
        enqueue(alice.owner_id, ALICE["email"], "Welcome", "Welcome.")
    deliver_due()
    with people.as_themselves(alice), act():
        corrected(alice.owner_id, "contact.email", Actor("data-subject", alice.owner_id), alice)
    people.correct(alice, {"phone": NEW})
    phone = own.get("/account/privacy/correct/phone/").content.decode()
    assert "was corrected by you" in phone and "Nobody outside had the old value" in phone
    assert "was corrected" not in own.get("/account/privacy/correct/address/").content.decode()
    received = own.get("/account/privacy/received/").content.decode()
    assert "E-mail address</strong> was corrected by you" in received and "will be told" in received
    (told,) = Told.objects.filter(owner=alice.owner_id)
    assert confirming.confirm(told)
    received = own.get("/account/privacy/received/").content.decode()
    assert re.search(r"Postbox Relay.*confirmed that it uses it no more", received)
    assert "was corrected" not in charlie.get("/account/privacy/received/").content.decode()
