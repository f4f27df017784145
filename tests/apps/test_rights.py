"""A request about one's own data, by anybody: asked, proven, carried out; and what an attacker gets."""

import re
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tests.apps.conftest import Secure
from tests.apps.privacy_people import browser, person, set_up_app
from tests.apps.rights_people import (
    ALICES,
    again,
    asked,
    carried_out,
    code_in,
    mails,
    page_of,
    prove,
    proven,
    send,
    submission,
)  # fmt: skip
from tests.cast import ALICE, CHARLIE, durable, enquiry_of
from tests.gate.at_the_prompt import beside
from troth.accounts.people.models import NewAddress, Person
from troth.apps.enquiries.models import Enquiry
from troth.apps.rights import counting, flows, fulfilling
from troth.apps.rights.models import Answered, Covered, Request, RequestMessage
from troth.gate.errors import Refused
from troth.gate.export.models import Export
from troth.gate.export.preparing import prepare_one
from troth.gate.outbound.models import Message
from troth.gate.subjects import limits, obstacles
from troth.gate.subjects.models import DataSubject, Erasure
from troth.gate.subjects.obstacles import Obstacle
from troth.gate.uses import Actor, using

pytestmark = durable


@pytest.fixture(autouse=True)
def files_of_its_own(tmp_path: Path, settings) -> None:  # type: ignore[no-untyped-def]
    settings.TROTH_HOME = tmp_path


def other() -> Client:
    return Secure(SERVER_NAME="localhost")


def test_access_from_the_form_to_the_archive(victor: Client) -> None:
    enquiry_of()
    row = asked(victor)
    assert "Enter the code" in victor.get(page_of(row), follow=True).content.decode()
    assert prove(victor, row).status_code == 302
    while prepare_one():
        pass
    carried_out()
    carried_out()
    row = again(row)
    assert row.state == "done" and row.closed_at and "Your archive is ready" in mails(row)[-1]
    page = victor.get(page_of(row)).content.decode()
    assert "Fetch the archive" in page and row.number in page
    fetched = victor.get(page_of(row, "archive/"))
    assert fetched["Content-Type"] == "application/zip" and b"".join(fetched.streaming_content)[:2] == b"PK"
    assert other().get(page_of(row, "archive/")).status_code == 404


def test_the_archive_of_an_account_wants_a_fresh_sign_in_here_too() -> None:
    alice = person()
    stale, fresh = browser(alice), browser(alice, confirmed=True)
    row = Request.objects.get(number=send(stale, email="")["Location"].split("/")[-2])
    while prepare_one():
        pass
    carried_out()
    asked_again = stale.get(page_of(row, "archive/"))
    assert asked_again.status_code == 302 and "/accounts/reauthenticate/" in asked_again["Location"]
    assert fresh.get(page_of(row, "archive/")).status_code == 200


def test_the_receipt_names_number_and_days_and_holds_the_private_link(victor: Client) -> None:
    enquiry_of()
    row = proven(victor, "correction")
    receipt = mails(row)[1]
    assert row.number in receipt and re.fullmatch(r"R-[2-9A-Z]{4}-[2-9A-Z]{4}", row.number)
    link = re.search(r"https://localhost:\d+(/privacy/request/open/\S+)", receipt)
    assert link is not None
    elsewhere = other()
    assert elsewhere.get(page_of(row)).status_code == 404
    assert elsewhere.get(link[1])["Location"] == page_of(row)
    assert elsewhere.get(page_of(row)).status_code == 200


def test_an_unknown_address_gets_the_same_pages_and_only_its_mail_says_that_nothing_is_held(
    victor: Client,
) -> None:
    enquiry_of()
    seen: dict[str, list[tuple[int, str]]] = {}
    rows = {}
    for address in (ALICES, "nobody@nowhere.example"):
        client, told = other(), []
        answer = send(client, email=address)
        row = rows[address] = Request.objects.get(number=answer["Location"].split("/")[-2])
        for page in (
            answer,
            client.get(page_of(row)),
            client.get(page_of(row, "code/")),
            prove(client, row, "00000000"),
        ):
            text = re.sub(r'value="[^"]+"|open/\S+|\d\d:\d\d', "", page.content.decode()).replace(
                row.number, ""
            )
            told.append((page.status_code, text))
        seen[address] = told
        assert prove(client, row).status_code == 302
    assert seen[ALICES] == seen["nobody@nowhere.example"]
    assert "nothing about you but your requests" in mails(rows["nobody@nowhere.example"])[-1]
    assert not any("nothing about you" in text for text in mails(rows[ALICES]))


def test_somebody_elses_address_gets_a_calm_mail_and_nothing_happens_without_its_code(victor: Client) -> None:
    enquiry = enquiry_of()
    row = asked(victor, "deletion", text="I am Alice, delete it. http://evil.example")
    (mail,) = mails(row)
    assert "you need not do anything" in mail and "Without the code nothing happens" in mail
    assert "evil.example" not in mail and "delet" not in mail.lower()
    for path in ("", "erase/", "archive/"):
        assert victor.get(page_of(row, path), follow=True).content.decode().count("Enquiry") == 0
    assert victor.post(page_of(row, "erase/"), {"word": "delete", "code": "1"}).status_code == 404
    assert victor.post(page_of(row, "write/"), {"text": "x"}).status_code == 404
    carried_out()
    assert Enquiry.objects.filter(pk=enquiry.pk).exists() and again(row).state == "received"
    assert not Covered.objects.exists() and not Export.objects.exists()


def test_deletion_by_a_word_and_a_code(victor: Client) -> None:
    alice, charlie = enquiry_of(), enquiry_of(CHARLIE)
    row = proven(victor, "deletion")
    page = victor.get(page_of(row, "erase/")).content.decode()
    assert "Enquiry" in page and "24 months" in page
    assert victor.post(page_of(row, "erase/"), {"word": "delete", "code": "00000000"}).status_code == 422
    victor.post(page_of(row, "code/send/"))
    right = code_in(mails(row)[-1])
    assert victor.post(page_of(row, "erase/"), {"word": "no", "code": right}).status_code == 422
    assert Enquiry.objects.filter(pk=alice.pk).exists()
    assert victor.post(page_of(row, "erase/"), {"word": "Delete", "code": right}).status_code == 302
    assert not Enquiry.objects.filter(pk=alice.pk).exists() and Enquiry.objects.filter(pk=charlie.pk).exists()
    assert not DataSubject.objects.filter(pk=alice.owner_id).exists()
    assert not Covered.objects.filter(subject=alice.owner_id).exists()
    assert Erasure.objects.exclude(farewell="").count() == 1
    carried_out()
    assert again(row).state == "done" and "We have erased" in mails(row)[-1]


def test_a_second_request_after_the_erasure_is_answered_and_is_no_error(victor: Client) -> None:
    enquiry_of()
    row = proven(victor, "deletion")
    fulfilling.erase_covered(row)
    carried_out()
    second = proven(other(), "access")
    carried_out()
    assert again(second).state == "done" and "nothing about you but your requests" in mails(second)[-1]


def test_an_obstacle_is_told_with_advice_and_keeps_the_request_open(victor: Client, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    one, two = enquiry_of(), enquiry_of()
    stand = [Obstacle("you are the last owner", "hand the company over first", "rights.ninety-days")]
    monkeypatch.setattr(
        obstacles, "OBSTACLES", [lambda subject: stand if subject == one.owner_id.hex else []]
    )
    row = proven(victor, "deletion")
    victor.post(page_of(row, "code/send/"))
    answer = victor.post(page_of(row, "erase/"), {"word": "delete", "code": code_in(mails(row)[-1])})
    assert answer.status_code == 409 and "Hand the company over first" in answer.content.decode()
    carried_out()
    assert Enquiry.objects.filter(pk=one.pk).exists() and not Enquiry.objects.filter(pk=two.pk).exists()
    assert not again(row).is_closed
    stand.clear()
    assert fulfilling.erase_covered(again(row)) == []
    carried_out()
    assert again(row).state == "done"


def test_two_erasures_at_once_end_as_one(victor: Client) -> None:
    enquiry = enquiry_of()
    row = proven(victor, "deletion")
    for given in beside(lambda: fulfilling.erase_covered(again(row)), 2):
        assert given == []
    assert not Enquiry.objects.filter(pk=enquiry.pk).exists() and Erasure.objects.count() == 1
    carried_out()
    assert again(row).state == "done"


def test_restriction_and_objection_stop_uses_at_once(victor: Client) -> None:
    enquiry = enquiry_of()
    row = proven(victor, "restriction")
    with (
        pytest.raises(Refused, match="restricted"),
        using("answering-enquiries", by=Actor("sales"), given=enquiry),
    ):
        assert Enquiry.objects.get(pk=enquiry.pk).email
    carried_out()
    assert again(row).state == "done"
    row = proven(other(), "objection", purpose="personalising")
    assert {each.purpose for each in limits.of(enquiry.owner_id)} == {"", "personalising"}
    assert "personalised" in mails(row)[-1]


def test_an_objection_needs_a_purpose_one_can_object_to(victor: Client) -> None:
    for purpose in ("", "signing-in", "nonsense"):
        assert send(victor, "objection", purpose=purpose).status_code == 422
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": "no address"}, "valid email"),
        ({"email": "a@b.example\r\nBcc: all@b.example"}, ""),
        ({"email": "a@b.example\x85Bcc: all@b.example"}, ""),
        ({"text": "my card is 4111 1111 1111 1111"}, "card number"),
        ({"text": ""}, "fill in"),
        ({"kind": "everything"}, "one of these"),
        ({"kind": ""}, "choose one"),
        ({"submission": "forged"}, "open for too long"),
    ],
)
def test_bad_input_is_refused_and_not_stored(victor: Client, changes: dict[str, str], words: str) -> None:
    sent = {
        "kind": "access",
        "email": ALICES,
        "text": "What do you hold?",
        "submission": submission(victor, "/privacy/request/"),
    }
    answer = victor.post("/privacy/request/", {**sent, **changes})
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not Request.objects.exists() and not Message.objects.exists()


def test_a_second_press_makes_no_second_request(victor: Client) -> None:
    sent = {
        "kind": "access",
        "email": ALICES,
        "text": "x",
        "submission": submission(victor, "/privacy/request/"),
    }
    for _ in range(3):
        assert victor.post("/privacy/request/", sent).status_code == 302
    assert Request.objects.count() == 1 and Message.objects.count() == 1


def test_seven_wrong_codes_end_the_code_and_a_used_one_does_not_come_back(victor: Client) -> None:
    row = asked(victor)
    right = code_in(mails(row)[0])
    for n in range(6):
        assert prove(victor, row, f"{(int(right) + 1 + n) % 10**8:08d}").status_code == 422
    assert prove(victor, row, right).status_code == 422 and again(row).proven_at is None
    victor.post(page_of(row, "code/send/"))
    used = code_in(mails(row)[-1])
    assert prove(victor, row, used).status_code == 302
    with pytest.raises(flows.codes.CodeRefused):
        flows.redeem(again(row), flows.ACT, used)


def test_the_code_of_another_request_or_act_is_refused(victor: Client) -> None:
    one, two = asked(victor), asked(victor, email="victor@nowhere.example")
    mine = code_in(mails(two)[0])
    assert prove(victor, one, mine).status_code == 422
    assert prove(victor, two).status_code == 302
    enquiry_of()
    row = proven(other(), "deletion")
    with pytest.raises(flows.codes.CodeRefused):
        flows.redeem(row, flows.ERASE_ACT, code_in(mails(row)[0]))


def test_numbers_open_nothing_for_anybody_else(victor: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    alice, charlie = person(), person(CHARLIE)
    own = browser(alice)
    row = asked(own, "correction")
    unowned = proven(victor, "correction", email="erin@nowhere.example")
    for client in (other(), browser(charlie), sign_in("sales"), sign_in("privacy-officer"), sign_in("owner")):
        for each in (row, unowned):
            for path in ("", "code/", "erase/", "archive/"):
                assert client.get(page_of(each, path)).status_code == 404
            for path in ("code/", "code/send/", "write/", "erase/", "archive/"):
                assert client.post(page_of(each, path), {"text": "x", "code": "1"}).status_code == 404
    assert own.get(page_of(row)).status_code == 200 and own.get(page_of(unowned)).status_code == 404
    assert victor.get("/privacy/request/open/" + "A" * 43 + "/").status_code == 410


def test_who_is_signed_in_need_not_prove_it_again() -> None:
    alice = person()
    enquiry = enquiry_of()
    own = browser(alice)
    page = own.get("/privacy/request/").content.decode()
    assert 'name="email"' not in page
    row = asked(own, "restriction")
    assert row.identity == "signed in" and row.owner_id == alice.owner_id
    assert limits.of(alice.owner_id) and limits.of(enquiry.owner_id), (
        "the address is proven: the enquiry is theirs"
    )
    assert row.number in own.get("/account/requests/").content.decode()
    assert "Your requests" in own.get("/account/privacy/").content.decode()


def test_a_deletion_by_a_person_leads_to_their_own_page_and_is_counted() -> None:
    alice = person()
    own = browser(alice)
    row = asked(own, "deletion")
    assert "/account/privacy/erase/" in own.get(page_of(row)).content.decode()
    assert own.get(page_of(row, "erase/"))["Location"] == page_of(row)
    counting.count_erased(alice.owner_id.hex)
    counting.count_erased(alice.owner_id.hex)
    assert Answered.objects.count() == 1


def test_an_account_with_a_second_step_is_not_opened_by_mail_alone(victor: Client) -> None:
    alice = person()
    set_up_app(alice)
    row = proven(victor, "deletion")
    assert alice.owner_id not in row.subjects() and "second step" in mails(row)[1]
    Authenticator.objects.all().delete()
    row = proven(other(), "deletion")
    assert alice.owner_id in row.subjects()


def test_an_account_that_only_asks_to_move_to_an_address_is_not_known_by_it(victor: Client) -> None:
    charlie = person(CHARLIE)
    with using("running-an-account", by=Actor("system"), at="account-page"):
        NewAddress(owner_id=charlie.owner_id, email=ALICES).save(force_insert=True)
    row = proven(victor, "deletion")
    assert charlie.owner_id not in row.subjects()
    assert Person.objects.filter(pk=charlie.pk).exists()


def test_another_open_request_under_the_address_is_left_alone(victor: Client) -> None:
    first = asked(other(), "access")
    row = proven(victor, "deletion")
    assert first.owner_id not in row.subjects()


def test_the_thread_goes_both_ways_and_takes_no_card_number(victor: Client) -> None:
    enquiry_of()
    row = proven(victor, "correction")
    sent = {"submission": submission(victor, page_of(row)), "text": "My name has one r."}
    assert victor.post(page_of(row, "write/"), sent).status_code == 302
    assert victor.post(page_of(row, "write/"), sent).status_code == 302
    assert RequestMessage.objects.filter(role="").count() == 1
    assert victor.get(page_of(row)).content.decode().count("My name has one r.") == 1
    card = {"submission": submission(victor, page_of(row)), "text": "4111 1111 1111 1111"}
    refused = victor.post(page_of(row, "write/"), card)
    assert refused.status_code == 422 and RequestMessage.objects.filter(role="").count() == 1


def test_the_foot_of_every_page_leads_here(victor: Client) -> None:
    assert "/privacy/request/" in victor.get("/").content.decode()
    assert ALICE["email"] == ALICES
