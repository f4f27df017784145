"""Registration: who gets an account, what it holds, and what an onlooker can learn from it."""

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from tests.accounts.conftest import ADDRESS, PASS_PHRASE, browser, sign_in
from tests.accounts.registering import (
    AS_ALICE,
    AS_CHARLIE,
    CODE,
    REGISTER,
    ask,
    code_to,
    mails,
    person_of,
    register,
    submission,
    wrong,
)  # fmt: skip
from tests.cast import ALICE, durable, enquiry_of, staff
from troth.accounts.models import AddressHandle, User
from troth.accounts.people import registering
from troth.accounts.people.jobs import tidy
from troth.accounts.people.models import Customer, Membership, Person
from troth.apps.enquiries.models import Enquiry
from troth.gate.codes import codes
from troth.gate.codes.models import MailedCode
from troth.gate.journal.models import Entry
from troth.gate.outbound.models import Message
from troth.gate.published import statement
from troth.gate.subjects.erase import erase, purge
from troth.gate.subjects.models import DataSubject
from troth.gate.uses import SYSTEM, OwnData, using
from troth.gate.uses.actor import Actor

pytestmark = durable


@pytest.fixture
def victor() -> Client:
    return browser()


def test_it_works(victor: Client) -> None:
    page = victor.get(REGISTER).content.decode()
    assert registering.notice() in page and "We ask for this so that we know whom we are talking to." in page
    assert ask(victor)["Location"] == CODE
    assert not Membership.objects.exists() and not AddressHandle.objects.exists()
    assert victor.post(CODE, {"code": code_to(ALICE["email"])})["Location"] == "/account/"
    account = victor.get("/account/").content.decode()
    assert ALICE["name"] in account and "Owner of Archer Pottery" in account
    person = person_of(ALICE["email"])
    with using("showing-own-data", by=Actor("data-subject", person.owner_id), given=OwnData(person.owner_id)):
        held = {name: getattr(person, name) for name in AS_ALICE}
    assert held == AS_ALICE
    assert EmailAddress.objects.get(user=person.user).verified and person.user.is_active


def test_a_new_browser_signs_in_with_what_was_registered(victor: Client) -> None:
    register()
    assert sign_in(victor, ALICE["email"])["Location"] == "/account/"
    assert sign_in(browser(), ALICE["email"], "another pass phrase altogether").status_code == 200


def test_no_table_holds_an_address_or_a_name_in_clear() -> None:
    register()
    for row in [*User.objects.all(), *EmailAddress.objects.all(), *AddressHandle.objects.all()]:
        assert "archer" not in repr(row.__dict__).casefold()
    for person in Person.objects.all():
        assert "archer" not in repr(person.__dict__).casefold()
    assert all(b"Archer" not in bytes(row.sealed) for row in Customer.objects.all())


def test_the_notice_is_the_clauses_own_and_its_hash_is_kept() -> None:
    register()
    clause = next(c for c in statement.document().clauses if c.id == "security.credentials")
    assert registering.notice() in " ".join(clause.prose.split())
    assert "Added" not in registering.notice()
    told = hashlib.sha256(registering.notice().encode()).hexdigest()
    assert person_of(ALICE["email"]).notice_hash == told


def test_without_a_password_one_is_led_to_a_passkey(victor: Client) -> None:
    ask(victor, "")
    assert "webauthn" in victor.post(CODE, {"code": code_to(ALICE["email"])})["Location"]
    assert not person_of(ALICE["email"]).user.has_usable_password()


def test_what_was_sent_before_under_the_address_is_the_persons_own() -> None:
    mine, others = enquiry_of(), enquiry_of(values={**ALICE, "email": "charlie@chen.example"})
    before = mine.owner_id
    register()
    person = person_of(ALICE["email"])
    assert Enquiry.objects.get(pk=mine.pk).owner_id == person.owner_id
    assert Enquiry.objects.get(pk=others.pk).owner_id == others.owner_id
    assert not DataSubject.objects.filter(pk=before).exists()
    assert Person.objects.get(pk=person.pk).is_gathered


def test_the_link_in_an_old_mail_is_no_key_to_an_account(victor: Client) -> None:
    mine = enquiry_of()
    link = re.search(r"/enquiries/open/\S+/", mails(ALICE["email"])[0][1])
    assert link
    victor.get(link[0])
    assert victor.get(f"/enquiries/{mine.pk}/").status_code == 200
    alice = register()
    assert "/accounts/login/" in victor.get(link[0])["Location"]
    for path in ("", "delete/"):
        assert victor.get(f"/enquiries/{mine.pk}/{path}").status_code == 404
        assert browser().get(f"/enquiries/{mine.pk}/{path}").status_code == 404
    assert victor.post(f"/enquiries/{mine.pk}/delete/").status_code == 404
    assert ALICE["message"] in alice.get(f"/enquiries/{mine.pk}/").content.decode()
    assert Enquiry.objects.exists()
    alice.post(f"/enquiries/{mine.pk}/delete/")
    assert Person.objects.exists() and not Enquiry.objects.exists()


# -- nobody learns who is registered


def outcome(address: str) -> tuple[list[tuple[int, str]], int, int]:
    """What a browser sees that registers an address and then guesses; how often the hasher ran; how many mails."""
    client, seen, hashed = browser(), [], [0]
    before = Message.objects.count()
    real = registering.make_password

    def counting(*args: Any, **kwargs: Any) -> str:
        hashed[0] += 1
        return real(*args, **kwargs)

    registering.make_password = counting
    try:
        answers = [ask(client, email=address), client.get(CODE)]
        answers += [client.post(CODE, {"code": wrong(code_to(address))}) for _ in range(8)]
    finally:
        registering.make_password = real
    for answer in answers:
        text = re.sub(r'(value|content)="([^"]{30,}|\d{8})"', "", answer.content.decode())
        seen.append((answer.status_code, text + answer.get("Location", "")))
    return seen, hashed[0], Message.objects.count() - before


def test_a_known_address_answers_like_an_unknown_one() -> None:
    register()
    staff(email=ADDRESS)
    unknown = outcome("nobody@elsewhere.example")
    assert outcome(ALICE["email"]) == unknown
    assert outcome(ADDRESS) == unknown
    assert unknown[1:] == (1, 1)


def test_only_the_mail_tells_of_an_account_that_is_there(victor: Client) -> None:
    alice = register()
    ask(victor, name="Mallory", company="Mallory")
    assert "has an account already" in mails(ALICE["email"])[-1][1]
    told = victor.post(CODE, {"code": code_to(ALICE["email"])})
    assert told.status_code == 409 and "You have an account already" in told.content.decode()
    assert "_auth_user_id" not in victor.session
    assert Person.objects.count() == 1 == Customer.objects.count()
    assert ALICE["name"] in alice.get("/account/").content.decode()


def test_nobody_takes_an_address_by_registering_it_first(victor: Client) -> None:
    """Mallory begins under Alice's address and waits; Alice registers; Mallory has nothing."""
    mallory = browser()
    ask(mallory, "somebody waits here for long", name="Mallory")
    theirs = Person.objects.get().owner_id
    register()
    assert not DataSubject.objects.filter(pk=theirs).exists()
    assert sign_in(victor, ALICE["email"], "somebody waits here for long").status_code == 200
    assert mallory.get(CODE)["Location"] == REGISTER
    with using("signing-in", by=SYSTEM):
        assert person_of(ALICE["email"]).name == ALICE["name"]


def test_of_two_who_prove_an_address_at_once_the_second_is_told(victor: Client) -> None:
    ask(victor)
    first = Person.objects.get()
    code = MailedCode.objects.get(owner=first.owner_id).pk
    digits = code_to(ALICE["email"])
    second = browser()
    ask(second)
    with using("signing-in", by=SYSTEM):
        registering._claim(Person.objects.exclude(pk=first.pk).get().user, ALICE["email"])
    with pytest.raises(registering.Taken):
        registering.finish(first, code, digits)
    assert not Person.objects.filter(pk=first.pk).exists()


# -- codes


def test_seven_wrong_codes_end_it_and_a_new_one_works(victor: Client) -> None:
    ask(victor)
    right = code_to(ALICE["email"])
    for _ in range(7):
        assert victor.post(CODE, {"code": wrong(right)}).status_code == 422
    assert victor.post(CODE, {"code": right}).status_code == 422
    assert victor.post("/register/again/")["Location"] == CODE
    assert victor.post(CODE, {"code": code_to(ALICE["email"])}).status_code == 302


def test_an_old_code_opens_nothing(victor: Client) -> None:
    ask(victor)
    MailedCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert victor.post(CODE, {"code": code_to(ALICE["email"])}).status_code == 422
    assert not AddressHandle.objects.exists()


def test_somebody_elses_code_opens_nothing(victor: Client) -> None:
    ask(victor)
    charlie = browser()
    ask(charlie, **AS_CHARLIE)
    assert victor.post(CODE, {"code": code_to("charlie@chen.example")}).status_code == 422
    assert not AddressHandle.objects.exists()


def test_a_code_for_another_act_opens_nothing(victor: Client) -> None:
    ask(victor)
    person = Person.objects.get()
    with using("signing-in", by=SYSTEM), registering.act():
        other = codes.send("erase", person.owner_id, ALICE["email"])
    with pytest.raises(codes.CodeRefused):
        registering.finish(person, other, code_to(ALICE["email"]))
    session = victor.session
    session["registration"] = {**session["registration"], "code": other.hex}
    session.save()
    assert victor.post(CODE, {"code": code_to(ALICE["email"])}).status_code == 422


def test_a_code_is_good_once_and_in_one_browser(victor: Client) -> None:
    ask(victor)
    digits = code_to(ALICE["email"])
    assert browser().post(CODE, {"code": digits})["Location"] == REGISTER
    assert victor.post(CODE, {"code": digits}).status_code == 302
    assert victor.post(CODE, {"code": digits})["Location"] == REGISTER


def test_pages_of_a_registration_that_was_not_begun_lead_to_its_beginning(victor: Client) -> None:
    assert victor.get(CODE)["Location"] == REGISTER
    assert victor.post("/register/again/")["Location"] == REGISTER


# -- what is left


def test_an_unfinished_registration_leaves_nothing_after_a_day(victor: Client) -> None:
    ask(victor)
    subject = Person.objects.get().owner_id
    tidy()
    assert Person.objects.exists()
    Person.objects.update(made_at=timezone.now() - timedelta(days=1))
    tidy()
    purge()
    assert not Person.objects.exists() and not User.objects.exists() and not MailedCode.objects.exists()
    assert not DataSubject.objects.filter(pk=subject).exists() and not Message.objects.exists()
    assert victor.get(CODE)["Location"] == REGISTER


def test_tidying_touches_no_account() -> None:
    alice = register()
    Person.objects.update(made_at=timezone.now() - timedelta(days=900))
    tidy()
    assert alice.get("/account/").status_code == 200


def test_a_crash_before_the_enquiries_were_joined_is_made_good() -> None:
    register()
    mine = enquiry_of()
    Person.objects.update(is_gathered=False)
    tidy()
    assert Enquiry.objects.get(pk=mine.pk).owner_id == person_of(ALICE["email"]).owner_id


def test_whoever_is_erased_may_come_back_and_nothing_returns(victor: Client) -> None:
    alice = register()
    person = person_of(ALICE["email"])
    first, page = person.owner_id, Customer.objects.get().pk
    alice.post(f"/account/people/{page}/close/", {"name": ALICE["company"]})
    erase(first.hex, SYSTEM)
    purge()
    assert "/accounts/login/" in alice.get("/account/")["Location"]
    assert sign_in(victor, ALICE["email"]).status_code == 200
    assert not Person.objects.exists() and not User.objects.exists() and not Membership.objects.exists()
    again = register({**AS_ALICE, "name": "Alice Anew"}, "quite another phrase to keep")
    account = again.get("/account/").content.decode()
    assert "Alice Anew" in account and ALICE["name"] not in account
    assert person_of(ALICE["email"]).owner_id != first
    assert sign_in(browser(), ALICE["email"]).status_code == 200


# -- bad input


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Alice\r\nBcc: eve@evil.example"}, "one line"),
        ({"company": "Archer\nSubject: x"}, "one line"),
        ({"name": "Alice \u202eevil"}, "hidden marks"),
        ({"name": ""}, "fill in"),
        ({"company": ""}, "fill in"),
        ({"email": "no address"}, "valid email"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, ""),
        ({"name": "x" * 121}, "120"),
        ({"phone": "call me"}, "telephone number"),
        ({"address": "4111 1111 1111 1111"}, "card number"),
        ({"password": "short"}, "Too short"),
        ({"password": "Archer Pottery Archer Pottery"}, "part of your name"),
        ({"submission": "forged"}, "open for too long"),
    ],
)
def test_bad_input_is_refused_at_the_field_and_not_kept(
    victor: Client, changes: dict[str, str], words: str
) -> None:
    page = victor.get(REGISTER)
    answer = victor.post(
        REGISTER, {**AS_ALICE, "password": PASS_PHRASE, "submission": submission(page), **changes}
    )
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not Person.objects.exists() and not Message.objects.exists()
    assert PASS_PHRASE not in answer.content.decode()


def test_long_names_pass_through_every_page() -> None:
    name, company = "Wilhelmina " + "Featherstonehaugh-" * 6, "C" * 160
    alice = register({**AS_ALICE, "name": name[:120], "company": company})
    assert name[:120] in alice.get("/account/").content.decode()
    assert company in alice.get(f"/account/people/{Customer.objects.get().pk}/").content.decode()


def test_a_name_is_shown_as_text() -> None:
    alice = register({**AS_ALICE, "name": "<b>Alice</b>", "company": '"><script>x</script>'})
    page = alice.get("/account/").content.decode()
    assert "<b>Alice" not in page and "<script>x" not in page


def test_the_uses_are_on_record_under_their_clauses() -> None:
    register()
    collected = Entry.objects.filter(kind=2, purpose="running-an-account")
    assert "collect.contact" in " ".join(collected.values_list("clauses", flat=True))


def test_somebody_signed_in_does_not_register_again() -> None:
    assert register().get(REGISTER)["Location"] == "/account/"


def test_a_visitor_has_no_account_page(victor: Client) -> None:
    for path in (
        "/account/",
        "/account/email/",
        "/account/email/code/",
        "/account/people/",
        "/account/confirm/",
    ):
        assert "/accounts/login/" in victor.get(path)["Location"]


def test_staff_have_no_account_page_and_are_not_sent_in_a_circle_for_it(
    dana_at: Client, settings: Any
) -> None:
    settings.TROTH_SECOND_FACTOR = False
    staff(email=ADDRESS, password=PASS_PHRASE)
    sign_in(dana_at)
    answer = dana_at.get("/account/")
    assert answer.status_code == 403 and "signed in as staff" in answer.content.decode()


def test_a_person_does_not_open_the_office() -> None:
    alice = register()
    for path in ("/office/", "/office/enquiries/", "/office/mail/"):
        assert alice.get(path).status_code == 403


def test_a_visitor_without_a_cookie_gets_no_session(victor: Client) -> None:
    victor.get("/")
    assert "__Host-session" not in victor.cookies
