"""A forgotten password: a mailed code, no way around the second step, and nothing that tells who has an account."""

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from tests.accounts.conftest import ADDRESS, PASS_PHRASE, browser, code_of, set_up_app, sign_in
from tests.cast import durable, staff
from tests.gate.at_the_prompt import tables_holding
from troth.accounts import addresses, security
from troth.accounts.models import StaffMember, User
from troth.accounts.people.models import Person
from troth.gate.outbound.models import Message
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, using

pytestmark = durable

RESET, CODE, NEW = (f"/accounts/password/reset/{end}" for end in ("", "code/", "new/"))
SECURITY = "/account/security/"
STRANGER = "nobody@iplum.example"
BETTER = "lamp tractor oblique fennel"


@pytest.fixture
def dana() -> StaffMember:
    return staff(email=ADDRESS, password=PASS_PHRASE)


def ask(client: Client, address: str = ADDRESS) -> Any:
    return client.post(RESET, {"email": address})


def mailed_code(owner: Any) -> str:
    with using("sending-mail", by=SYSTEM):
        body = Message.objects.filter(owner=owner).latest("due_at").body
    found = re.search(r"^ {4}(\S+)$", body, re.MULTILINE)
    assert found, body
    return found.group(1)


def choose(client: Client, password: str = BETTER) -> Any:
    return client.post(NEW, {"password1": password, "password2": password})


def bare(answer: Any) -> tuple[int, str, str]:
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())
    return answer.status_code, answer.get("Location", ""), text


def test_a_code_has_eight_letters_out_of_twenty_and_is_another_each_time(dana: StaffMember) -> None:
    codes = set()
    for _ in range(3):
        cache.clear()
        ask(browser())
        codes.add(mailed_code(dana.owner_id))
    assert len(codes) == 3
    assert all(
        re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-?[BCDFGHJKLMNPQRSTVWXZ]{4}", code) for code in codes
    ), codes


def test_a_code_from_the_mail_opens_the_way_to_a_new_password(dana: StaffMember) -> None:
    client, elsewhere = browser(), browser()
    sign_in(elsewhere)
    assert ask(client)["Location"] == CODE
    assert client.post(CODE, {"code": mailed_code(dana.owner_id).lower()})["Location"] == NEW
    assert choose(client)["Location"] == "/accounts/password/reset/done/"
    assert elsewhere.get("/account/security/").status_code == 302
    assert sign_in(browser()).status_code == 200 and sign_in(browser(), password=BETTER).status_code == 302
    with using("sending-mail", by=SYSTEM):
        last = Message.objects.filter(owner=dana.owner_id).order_by("due_at").values_list("pk", flat=True)
        assert "new password was set" in Message.objects.get(pk=list(last)[-1]).body


def test_it_signs_nobody_in_and_the_second_step_stays(dana: StaffMember) -> None:
    first, client = browser(), browser()
    sign_in(first)
    secret = set_up_app(first)
    ask(client)
    client.post(CODE, {"code": mailed_code(dana.owner_id)})
    choose(client)
    assert "_auth_user_id" not in client.session
    assert "/2fa/authenticate" in sign_in(client, password=BETTER)["Location"]
    assert "/accounts/login/" in client.get("/office/")["Location"]
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "_auth_user_id" not in client.session
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert "_auth_user_id" in client.session


def test_a_stranger_and_a_member_see_the_same_pages_to_the_end(dana: StaffMember) -> None:
    walks = []
    for address in (ADDRESS, STRANGER):
        client = browser()
        steps = [bare(client.get(RESET)), bare(ask(client, address)), bare(client.get(CODE))]
        steps += [bare(client.post(CODE, {"code": "BCDF-GHJK"})) for _ in range(3)]
        steps.append(bare(client.get(NEW)))
        walks.append(steps)
        cache.clear()
    assert walks[0] == walks[1]


def test_only_the_member_gets_a_message_and_no_table_holds_the_stranger(dana: StaffMember) -> None:
    ask(browser(), STRANGER)
    assert not Message.objects.exists() and tables_holding(STRANGER.encode()) == []
    ask(browser())
    assert Message.objects.filter(owner=dana.owner_id).count() == 1
    assert tables_holding(ADDRESS.encode()) == [] == tables_holding(mailed_code(dana.owner_id).encode())
    held = repr(cache._cache).lower()  # type: ignore[attr-defined]
    assert "iplum.example" not in held


def test_both_take_the_same_time(dana: StaffMember, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(security, "SAME_FOR_ALL", 5.0)
    monkeypatch.setattr(security.time, "sleep", waited.append)
    for address in (ADDRESS, STRANGER):
        for page in (ask, lambda client, typed: sign_in(client, typed, "wrong wrong wrong")):
            begun = time.monotonic()
            page(browser(), address)
            took = time.monotonic() - begun
            assert 5.0 <= waited.pop() + took <= 5.5 + took
    assert sign_in(browser()).status_code == 302 and waited == []


def test_no_password_is_hashed_before_the_code_was_right(
    dana: StaffMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *_: pytest.fail("hashed"))
    for address in (ADDRESS, STRANGER):
        assert ask(browser(), address).status_code == 302


@pytest.mark.parametrize("wrong", ["BCDF-GHJK", "", "0"])
def test_three_wrong_codes_end_it(dana: StaffMember, wrong: str) -> None:
    client = browser()
    ask(client)
    code = mailed_code(dana.owner_id)
    for _ in range(3):
        client.post(CODE, {"code": wrong})
    assert client.post(CODE, {"code": code})["Location"] == "/accounts/login/"
    assert choose(client)["Location"] == RESET
    assert sign_in(browser()).status_code == 302


def test_the_code_of_one_browser_opens_nothing_in_another(dana: StaffMember) -> None:
    asked, other = browser(), browser()
    ask(asked)
    code = mailed_code(dana.owner_id)
    assert other.post(CODE, {"code": code})["Location"] == "/accounts/login/"
    ask(other, STRANGER)
    assert other.post(CODE, {"code": code}).status_code == 200


def test_a_code_works_once(dana: StaffMember) -> None:
    client = browser()
    ask(client)
    code = mailed_code(dana.owner_id)
    client.post(CODE, {"code": code})
    choose(client)
    assert client.post(CODE, {"code": code})["Location"] == "/accounts/login/"
    assert choose(client, "another lamp oblique fennel")["Location"] == RESET


def test_after_ten_minutes_the_code_is_over(dana: StaffMember, monkeypatch: pytest.MonkeyPatch) -> None:
    client, real = browser(), time.time
    ask(client)
    code = mailed_code(dana.owner_id)
    at = "allauth.account.internal.flows.code_verification.time.time"
    monkeypatch.setattr(at, lambda: real() + 601)
    assert client.post(CODE, {"code": code})["Location"] == "/accounts/login/"


def test_asking_again_and_again_is_slowed_down_for_both(dana: StaffMember) -> None:
    tried = {}
    for address in (ADDRESS, STRANGER):
        tried[address] = [ask(browser(), address).status_code for _ in range(7)]
        cache.clear()
    assert tried[ADDRESS] == tried[STRANGER] and tried[ADDRESS][0] == 302 and tried[ADDRESS][-1] == 429


def test_the_new_password_is_held_to_the_rules(dana: StaffMember) -> None:
    client = browser()
    ask(client)
    client.post(CODE, {"code": mailed_code(dana.owner_id)})
    page = choose(client, "dana dana dana dana").content.decode()
    assert "your name" in page and User.objects.get().check_password(PASS_PHRASE)


def test_somebody_inactive_is_a_stranger(dana: StaffMember) -> None:
    User.objects.update(is_active=False)
    assert ask(browser())["Location"] == CODE and not Message.objects.exists()


@pytest.mark.parametrize(
    "typed", ["", "dana", "dana@", "a@b.example\nBcc: x@y.example", "x" * 400 + "@b.example"]
)
def test_what_is_no_address_breaks_nothing(dana: StaffMember, typed: str) -> None:
    assert ask(browser(), typed).status_code in (200, 302)
    assert not Message.objects.exists()


def test_the_code_lies_sealed_in_the_session(dana: StaffMember) -> None:
    client = browser()
    ask(client)
    code = mailed_code(dana.owner_id)
    assert code not in Session.objects.get().session_data and tables_holding(code.encode()) == []


def test_closed_accounts_are_told_so_after_the_right_password_only(dana: StaffMember) -> None:
    User.objects.update(is_active=False)
    client = browser()
    assert sign_in(client)["Location"] == "/accounts/login/"
    assert "closed" in client.get("/accounts/login/").content.decode()
    assert "closed" not in sign_in(browser(), password="wrong wrong wrong").content.decode()


def test_a_customer_gets_the_code_and_their_own_words_are_refused_too() -> None:
    subject = DataSubject.begin(Kind.PERSON)
    user = User.objects.create_user(subject, addresses.register("alice@archer.example"), PASS_PHRASE)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    with using("running-an-account", by=SYSTEM, at="registration"):
        Person(
            owner=subject, user=user, notice_hash="x", name="Alice Archer", email="alice@archer.example"
        ).save(force_insert=True)
    client = browser()
    ask(client, "Alice@Archer.example")
    client.post(CODE, {"code": mailed_code(subject.pk)})
    assert "your name" in choose(client, "archer lamp tractor fennel").content.decode()
    assert choose(client).status_code == 302
    assert sign_in(browser(), "alice@archer.example", BETTER)["Location"] in (SECURITY, "/account/")
