"""One's own account: corrected, moved to another address, confirmed, erased; and the control on what is asked for."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.test import Client
from django.utils import timezone

from tests.accounts.conftest import PASS_PHRASE, browser, sign_in
from tests.accounts.registering import (
    AS_ALICE,
    AS_CHARLIE,
    BOB,
    ask,
    code_to,
    fill_in,
    join,
    mails,
    person_of,
    place_of,
    register,
    wrong,
)  # fmt: skip
from tests.cast import ALICE, CHARLIE, durable
from troth.accounts.adapter import MFAAdapter
from troth.accounts.models import AddressHandle, User
from troth.accounts.people import controls, flows
from troth.accounts.people.forms import RegistrationForm
from troth.accounts.people.jobs import tidy
from troth.accounts.people.models import Customer, NewAddress, Person
from troth.gate.collection import CollectionForm
from troth.gate.errors import GateError
from troth.gate.journal.models import Entry
from troth.gate.proving.answers import Finding
from troth.gate.subjects.erase import erase, purge
from troth.gate.subjects.find import of_address
from troth.gate.telling.models import Correction
from troth.gate.uses import SYSTEM, Actor, OwnData, using

pytestmark = durable
NEW = "alice@new-kiln.example"


@pytest.fixture
def alice() -> Client:
    return register()


def held(person: Person) -> dict[str, str]:
    row = Person.objects.get(pk=person.pk)
    with using("showing-own-data", by=Actor("data-subject", row.owner_id), given=OwnData(row.owner_id)):
        return {name: getattr(row, name) for name in AS_ALICE}


# -- correcting


def test_what_is_corrected_is_written_told_and_on_record(alice: Client) -> None:
    person = person_of(ALICE["email"])
    wanted = {"name": "Alice Baker", "phone": "+12025550199", "address": ALICE["address"]}
    assert flows.correct(person, wanted) == ["name", "phone"]
    assert held(person) == {**AS_ALICE, **wanted}
    assert set(Correction.objects.values_list("category", flat=True)) == {"contact.name", "contact.phone"}
    entry = Entry.objects.filter(recipient="data-subject", kind=2).latest("seq")
    assert "rights.update" in entry.clauses


def test_what_is_the_same_changes_nothing(alice: Client) -> None:
    assert flows.correct(person_of(ALICE["email"]), {"name": ALICE["name"]}) == []
    assert not Correction.objects.exists()


def test_an_emptied_item_is_gone(alice: Client) -> None:
    person = person_of(ALICE["email"])
    assert flows.correct(person, {"phone": ""}) == ["phone"]
    assert not held(person)["phone"]


def test_the_address_that_signs_in_is_not_corrected_like_the_rest(alice: Client) -> None:
    with pytest.raises(GateError):
        flows.correct(person_of(ALICE["email"]), {"email": "eve@evil.example"})


def test_an_owner_who_corrects_the_company_renames_it_and_a_member_does_not(alice: Client) -> None:
    join(alice)
    flows.correct(person_of(BOB), {"company": "Bobs"})
    assert "Archer Pottery" in alice.get("/account/").content.decode()
    flows.correct(person_of(ALICE["email"]), {"company": "Archer Kilns"})
    assert "Owner of Archer Kilns" in alice.get("/account/").content.decode()
    assert Customer.objects.count() == 1


def test_nobody_corrects_somebody_else(alice: Client) -> None:
    register(AS_CHARLIE)
    charlie, other = person_of(CHARLIE["email"]), person_of(ALICE["email"])
    flows.correct(charlie, {"name": "Charlie Changed"})
    assert held(other)["name"] == ALICE["name"]


# -- another address


def move(client: Client, to: str = NEW) -> Any:
    assert fill_in(client, "/account/email/", {"email": to})["Location"] == "/account/email/code/"
    return client.post("/account/email/code/", {"code": code_to(to)})


def test_an_account_moves_to_another_address(alice: Client) -> None:
    assert move(alice)["Location"] == "/account/"
    assert held(person_of(NEW))["email"] == NEW and AddressHandle.objects.count() == 1
    assert sign_in(browser(), NEW)["Location"] == "/account/"
    assert sign_in(browser(), ALICE["email"]).status_code == 200
    told = [subject for subject, _ in mails(ALICE["email"])]
    assert told[-2:] == ["Somebody asked to move your account", "Your account has moved"]
    assert all(NEW not in body for _, body in mails(ALICE["email"]))
    assert Correction.objects.get().category == "contact.email" and not NewAddress.objects.exists()


def test_somebody_else_may_register_the_old_address(alice: Client) -> None:
    move(alice)
    register({**AS_CHARLIE, "email": ALICE["email"]})
    assert held(person_of(ALICE["email"]))["name"] == CHARLIE["name"]
    assert held(person_of(NEW))["name"] == ALICE["name"]


def test_until_the_code_is_typed_the_account_stays(alice: Client) -> None:
    fill_in(alice, "/account/email/", {"email": NEW})
    for _ in range(7):
        assert alice.post("/account/email/code/", {"code": wrong(code_to(NEW))}).status_code == 422
    assert alice.post("/account/email/code/", {"code": code_to(NEW)}).status_code == 422
    assert held(person_of(ALICE["email"]))["email"] == ALICE["email"]
    assert sign_in(browser(), NEW).status_code == 200


def test_who_only_wishes_for_an_address_is_not_found_under_it(alice: Client) -> None:
    fill_in(alice, "/account/email/", {"email": NEW})
    assert NewAddress.objects.exists() and of_address(NEW) == set()
    assert of_address(ALICE["email"]) == {person_of(ALICE["email"]).owner_id}


def test_the_code_of_an_earlier_wish_does_not_move_to_the_later_address(alice: Client) -> None:
    fill_in(alice, "/account/email/", {"email": NEW})
    first = code_to(NEW)
    fill_in(alice, "/account/email/", {"email": "eve@evil.example"})
    assert alice.post("/account/email/code/", {"code": first}).status_code == 422
    assert not Person.objects.lookup(email="eve@evil.example").exists()


def test_an_address_with_an_account_takes_no_other_and_only_its_mail_tells(alice: Client) -> None:
    register(AS_CHARLIE)
    first = fill_in(alice, "/account/email/", {"email": CHARLIE["email"]})
    unknown = fill_in(alice, "/account/email/", {"email": "nobody@elsewhere.example"})
    assert (first.status_code, first["Location"]) == (unknown.status_code, unknown["Location"])
    moved = move(alice, CHARLIE["email"])
    assert moved["Location"] == "/account/email/"
    assert "has an account of its own" in mails(CHARLIE["email"])[-1][1]
    assert held(person_of(ALICE["email"]))["email"] == ALICE["email"]
    assert held(person_of(CHARLIE["email"]))["name"] == CHARLIE["name"]


def test_moving_wants_a_fresh_sign_in(alice: Client) -> None:
    session = alice.session
    session["account_authentication_methods"][-1]["at"] -= 601
    session.save()
    assert "/accounts/reauthenticate/" in alice.get("/account/email/")["Location"]
    assert "/accounts/reauthenticate/" in alice.post("/account/email/code/", {"code": "1"})["Location"]


def test_a_wish_to_move_is_forgotten_after_a_day(alice: Client) -> None:
    fill_in(alice, "/account/email/", {"email": NEW})
    NewAddress.objects.update(made_at=timezone.now() - timedelta(days=1))
    tidy()
    assert not NewAddress.objects.exists()
    assert alice.get("/account/email/code/")["Location"] == "/account/email/"


# -- confirming without password or passkey


def without_anything() -> Client:
    alice = register(password="")
    confirm_later(alice)
    return alice


def confirm_later(client: Client) -> None:
    """As if the sign-in were older than ten minutes."""
    session = client.session
    session["account_authentication_methods"] = []
    session.save()


def test_whoever_has_neither_password_nor_passkey_confirms_by_a_code() -> None:
    alice = without_anything()
    assert alice.get("/account/email/")["Location"].startswith("/account/confirm/?next=")
    sent = alice.post("/account/confirm/send/", {"next": "/account/email/"})
    assert sent["Location"] == "/account/confirm/?next=%2Faccount%2Femail%2F"
    digits = code_to(ALICE["email"])
    assert alice.post("/account/confirm/", {"code": wrong(digits)}).status_code == 422
    assert alice.get("/account/email/").status_code == 302
    assert (
        alice.post("/account/confirm/", {"code": digits, "next": "/account/email/"})["Location"]
        == "/account/email/"
    )
    assert alice.get("/account/email/").status_code == 200


@pytest.mark.parametrize(
    "new", ["/accounts/2fa/webauthn/add/", "/accounts/2fa/totp/activate/", "/accounts/password/set/"]
)
def test_nobody_finds_a_browser_open_and_keeps_a_way_in(new: str) -> None:
    alice = without_anything()
    for answer in (alice.get(new), alice.post(new, {"name": "mine", "code": "0", "password1": PASS_PHRASE})):
        assert answer["Location"].startswith("/account/confirm/?next="), answer["Location"]
    user = person_of(ALICE["email"]).user
    assert not user.has_usable_password() and not Authenticator.objects.filter(user=user).exists()


def test_confirming_leads_to_no_other_site() -> None:
    alice = without_anything()
    alice.post("/account/confirm/send/")
    answer = alice.post(
        "/account/confirm/", {"code": code_to(ALICE["email"]), "next": "https://evil.example/"}
    )
    assert answer["Location"] == "/account/"


@pytest.mark.parametrize("has", ["password", "passkey", "app"])
def test_whoever_has_something_better_is_not_confirmed_by_a_mailed_code(has: str) -> None:
    """An open session and the mailbox together are less than what the person signs in with."""
    alice = without_anything()
    alice.post("/account/confirm/send/")
    digits, user = code_to(ALICE["email"]), person_of(ALICE["email"]).user
    if has == "app":
        TOTP.activate(user, generate_totp_secret())
    elif has == "passkey":
        webauthn.WebAuthn.add(user, "Laptop", {})
    else:
        user.set_password(PASS_PHRASE)
        user.save()
        alice.force_login(user)
        confirm_later(alice)
    letters = len(mails(ALICE["email"]))
    for answer in (
        alice.get("/account/confirm/"),
        alice.post("/account/confirm/send/", {"next": "/account/email/"}),
        alice.post("/account/confirm/", {"code": digits, "next": "/account/email/"}),
    ):
        assert "reauthenticate/" in answer["Location"], answer["Location"]
    assert alice.get("/account/email/").status_code == 302 and len(mails(ALICE["email"])) == letters


def test_a_code_for_registering_confirms_nothing() -> None:
    alice = without_anything()
    assert alice.post("/account/confirm/", {"code": code_to(ALICE["email"])}).status_code == 422


# -- the end


def test_with_an_erased_person_go_login_place_and_sessions(alice: Client) -> None:
    bob = join(alice)
    other, subject = browser(), person_of(BOB).owner_id
    sign_in(other, BOB)
    erase(subject.hex, SYSTEM)
    purge()
    for client in (bob, other):
        assert "/accounts/login/" in client.get("/account/")["Location"]
    assert sign_in(browser(), BOB).status_code == 200
    assert User.objects.count() == 1 == AddressHandle.objects.count()
    assert place_of(ALICE["email"]).role == "owner"


def test_a_mail_of_the_sign_in_library_finds_the_person(alice: Client, rf: Any) -> None:
    user = person_of(ALICE["email"]).user
    said = {"user": user, "ip": "203.0.113.77", "user_agent": "x", "timestamp": "now"}
    with request_context(rf.get("/", HTTP_HOST="localhost")):
        get_adapter().send_mail("account/email/password_changed", user.email, said)
    subject, body = mails(ALICE["email"])[-1]
    assert "assword" in subject + body and "handle.invalid" not in body


def test_somebody_unproven_is_nobody_to_the_pages(rf: Any) -> None:
    client = browser()
    ask(client)
    client.force_login(User.objects.get())
    assert "/accounts/login/" in client.get("/account/")["Location"]


# -- the control


def answer() -> Finding:
    return controls.forms_ask_for_nothing_else()


def test_both_forms_are_looked_at_and_kept() -> None:
    found = answer()
    assert found.status == "kept", found
    assert "contact-us" in found.evidence and "registration" in found.evidence


@pytest.fixture
def planted() -> Iterator[Any]:
    """Puts one more form at a place, as a careless change would; takes it away again."""
    made: list[type[CollectionForm]] = []

    def plant(**fields: Any) -> None:
        made.append(type("Planted", (RegistrationForm,), fields))

    yield plant
    made.clear()
    import gc

    gc.collect()


@pytest.mark.parametrize("name", ["birthday", "password_again", "message"])
def test_a_field_the_statement_does_not_collect_breaks_it(planted: Any, name: str) -> None:
    planted(**{name: forms.CharField()})
    found = answer()
    assert found.status == "broken" and f"`{name}` is not collected there" in found.evidence


def test_a_field_that_hides_its_reason_breaks_it(planted: Any) -> None:
    def build(self: Any, *args: Any, **kwargs: Any) -> None:
        RegistrationForm.__init__(self, *args, **kwargs)
        self.fields["phone"].why = ""
        self.fields["address"].required = True

    planted(__init__=build)
    evidence = answer().evidence
    assert "`phone` does not say why" in evidence and "`address` is required" in evidence


def test_every_item_of_the_clause_has_its_field_and_why_line_on_the_page() -> None:
    page = browser().get("/register/").content.decode()
    for name in AS_ALICE:
        assert re.search(rf'name="{name}"', page)
    assert page.count('class="why"') == len(AS_ALICE) + 1
    assert PASS_PHRASE not in page


def test_a_passkey_that_is_not_accepted_leads_back_with_the_words(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: Any) -> None:
        raise MFAAdapter().validation_error("incorrect_code")

    monkeypatch.setattr(webauthn, "parse_authentication_response", refuse)
    user = person_of(ALICE["email"]).user
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={})
    path, data = "/accounts/2fa/webauthn/reauthenticate/", {"credential": '{"id": "of another"}'}
    answer = alice.post(path, {**data, "next": "/account/email/"})
    assert answer["Location"] == f"{path}?next=%2Faccount%2Femail%2F"
    assert "was not accepted" in alice.get("/account/").content.decode()
    assert "/accounts/login/" in browser().post(path, data)["Location"]
