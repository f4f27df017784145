"""Signing in: closed to strangers, two factors for staff, one answer for everybody who gets it wrong."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from tests.accounts.conftest import (
    ACTIVATE,
    ADDRESS,
    PASS_PHRASE,
    browser,
    code_of,
    say_the_password_again,
    set_up_app,
    sign_in,
)
from tests.cast import durable, enquiry_of, staff
from tests.gate.conftest import Clock, set_clock
from troth.accounts.adapter import AccountAdapter
from troth.accounts.models import Role, StaffMember, User
from troth.gate.outbound.models import Message
from troth.gate.uses import SYSTEM, using

pytestmark = durable
__all__ = ["set_clock"]


def answer(client: Client, address: str, password: str) -> tuple[int, str]:
    """An answer without what differs anyway: the token, and the address typed."""
    got = sign_in(client, address, password)
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", got.content.decode())
    return got.status_code, text.replace(address, "ADDRESS")


def test_a_known_and_an_unknown_address_get_the_same_answer() -> None:
    staff(email=ADDRESS, password=PASS_PHRASE)
    known = answer(browser(), ADDRESS, "a wrong pass phrase")
    unknown = answer(browser(), "nobody@iplum.example", "a wrong pass phrase")
    assert known == unknown and known[0] == 200


def test_a_login_without_a_password_gives_that_answer_too() -> None:
    staff(email=ADDRESS)
    known, unknown = (
        answer(browser(), address, "a wrong pass phrase") for address in (ADDRESS, "x@iplum.example")
    )
    assert known == unknown


def test_both_are_locked_after_the_same_number_of_tries() -> None:
    staff(email=ADDRESS, password=PASS_PHRASE)
    tries = {}
    for number, address in enumerate((ADDRESS, "nobody@iplum.example")):
        client = Client(SERVER_NAME="localhost", REMOTE_ADDR=f"192.0.2.{number}")
        said = [
            client.post(
                "/accounts/login/", {"login": address, "password": "a wrong one"}, secure=True
            ).content
            for _ in range(8)
        ]
        tries[address] = ["Too many" in each.decode() for each in said]
    assert tries[ADDRESS] == tries["nobody@iplum.example"]
    assert tries[ADDRESS][-1] and not tries[ADDRESS][0]


def test_both_cost_the_same_number_of_password_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    staff(email=ADDRESS, password=PASS_PHRASE)
    hashes: list[str] = []
    for name in ("encode", "verify"):
        whole = getattr(Argon2PasswordHasher, name)
        counting = lambda self, *rest, whole=whole, name=name: (hashes.append(name), whole(self, *rest))[1]  # noqa: E731
        monkeypatch.setattr(Argon2PasswordHasher, name, counting)
    sign_in(browser(), ADDRESS, "a wrong pass phrase")
    known = len(hashes)
    sign_in(browser(), "nobody@iplum.example", "a wrong pass phrase")
    assert known == len(hashes) - known == 1, hashes


def test_guessing_is_slowed_down(dana_at: Client) -> None:
    staff(email=ADDRESS, password=PASS_PHRASE)
    for _ in range(12):
        last = sign_in(dana_at, password="guess")
    assert last.status_code == 429 or "oo many" in last.content.decode()
    assert "_auth_user_id" not in dana_at.session


@pytest.mark.parametrize(
    "path", ["signup/", "email/", "password/reset/key/1-2/", "confirm-email/", "social/signup/", "3rdparty/"]
)
def test_no_page_lets_a_stranger_in(dana_at: Client, path: str) -> None:
    for method in (dana_at.get, dana_at.post):
        assert (
            method(f"/accounts/{path}", {"email": "eve@evil.example", "password1": PASS_PHRASE}).status_code
            == 404
        )
    assert not User.objects.exists()


def test_sign_up_stays_closed_should_its_page_be_added(rf: Any) -> None:
    assert get_adapter().is_open_for_signup(rf.get("/")) is False


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("sales", "/office/"),
        ("sales", "/office/enquiries/"),
        ("owner", "/office/mail/"),
        ("owner", "/office/ledger/"),
    ],
)
def test_a_password_alone_opens_no_page_of_the_office(
    dana_at: Client, role: str, path: str, settings: Any
) -> None:
    assert settings.TROTH_SECOND_FACTOR
    enquiry_of()
    staff(role, ADDRESS, PASS_PHRASE)
    sign_in(dana_at)
    assert dana_at.get(path)["Location"] == ACTIVATE


def test_with_both_factors_the_office_opens_and_with_one_the_way_is_asked_for(dana_at: Client) -> None:
    staff(email=ADDRESS, password=PASS_PHRASE)
    sign_in(dana_at)
    set_up_app(dana_at)
    assert dana_at.get("/office/").status_code == 200
    other = browser()
    assert "/2fa/authenticate" in sign_in(other)["Location"]
    assert "/accounts/login/" in other.get("/office/")["Location"]
    assert other.post("/accounts/2fa/authenticate/", {"code": "123456"}).status_code == 200
    assert "/accounts/login/" in other.get("/office/")["Location"]


def test_a_code_of_the_app_is_good_once(dana_at: Client) -> None:
    staff(email=ADDRESS, password=PASS_PHRASE)
    sign_in(dana_at)
    secret = set_up_app(dana_at)
    first, second = browser(), browser()
    code = code_of(secret)
    sign_in(first)
    first.post("/accounts/2fa/authenticate/", {"code": code})
    sign_in(second)
    second.post("/accounts/2fa/authenticate/", {"code": code})
    assert "_auth_user_id" not in second.session


def test_a_recovery_code_is_good_once(dana_at: Client) -> None:
    staff(email=ADDRESS, password=PASS_PHRASE)
    sign_in(dana_at)
    set_up_app(dana_at)
    code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    entered = []
    for _ in range(2):
        client = browser()
        sign_in(client)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        entered.append(client.get("/office/").status_code == 200)
    assert entered == [True, False]


def test_a_wrong_code_sets_nothing_up(dana_at: Client) -> None:
    staff(email=ADDRESS, password=PASS_PHRASE)
    sign_in(dana_at)
    say_the_password_again(dana_at)
    dana_at.get(ACTIVATE)
    assert dana_at.post(ACTIVATE, {"code": "000000"}).status_code == 200
    assert not Authenticator.objects.exists()


def test_somebody_who_is_no_longer_active_is_out_at_once(dana_at: Client, settings: Any) -> None:
    settings.TROTH_SECOND_FACTOR = False
    dana = staff(email=ADDRESS, password=PASS_PHRASE)
    sign_in(dana_at)
    assert dana_at.get("/office/").status_code == 200
    User.objects.filter(pk=dana.user.pk).update(is_active=False)
    assert "/accounts/login/" in dana_at.get("/office/")["Location"]


def test_a_password_has_no_age(dana_at: Client, settings: Any, set_clock: Clock) -> None:
    settings.TROTH_SECOND_FACTOR = False
    staff(email=ADDRESS, password=PASS_PHRASE)
    set_clock(timedelta(days=5 * 365))
    assert sign_in(dana_at)["Location"] == "/office/"
    assert dana_at.get("/office/").status_code == 200


def test_a_login_that_is_no_staff_sees_the_wall(dana_at: Client, settings: Any) -> None:
    settings.TROTH_SECOND_FACTOR = False
    dana = staff(email=ADDRESS, password=PASS_PHRASE)
    sign_in(dana_at)
    StaffMember.objects.filter(pk=dana.pk).delete()
    assert dana_at.get("/office/").status_code == 403


def views(patterns: list[URLPattern | URLResolver], before: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for each in patterns:
        path = before + str(each.pattern)
        found += views(each.url_patterns, path) if isinstance(each, URLResolver) else [(path, each.callback)]
    return found


def test_every_view_of_the_office_says_whom_it_lets_in() -> None:
    office = [
        (path, view)
        for path, view in views(get_resolver("troth.config.urls").url_patterns)
        if path.startswith("office")
    ]
    assert len(office) >= 9
    assert not [path for path, view in office if not hasattr(view, "staff_roles")]
    assert {role for _, view in office for role in view.staff_roles} <= set(Role)


def test_nobody_is_sent_to_another_site_after_signing_in(dana_at: Client) -> None:
    staff(email=ADDRESS, password=PASS_PHRASE)
    got = dana_at.post(
        "/accounts/login/?next=https://evil.example/",
        {"login": ADDRESS, "password": PASS_PHRASE, "next": "https://evil.example/"},
    )
    assert got.status_code == 302 and "evil" not in got["Location"]


def test_a_mail_of_the_library_goes_through_the_outbox(rf: Any) -> None:
    dana = staff(email=ADDRESS, password=PASS_PHRASE)
    said = {"user": dana.user, "ip": "203.0.113.77", "user_agent": "x", "timestamp": "now"}
    with request_context(rf.get("/", HTTP_HOST="localhost")):
        get_adapter().send_mail("account/email/password_changed", dana.user.email, said)
        get_adapter().send_mail("account/email/password_changed", "0" * 32 + "@handle.invalid", said)
    message = Message.objects.get(owner=dana.owner_id)
    with using("sending-mail", by=SYSTEM):
        assert message.address == ADDRESS and "handle.invalid" not in message.body


def test_tries_are_counted_for_a_whole_network_of_version_6() -> None:
    keys = []
    for address in ("2001:db8::1", "2001:db8::2:2", "2001:db8:0:1::1", "203.0.113.7", "203.0.113.8"):
        request = RequestFactory().get("/", REMOTE_ADDR=address)
        with request_context(request):
            keys.append(AccountAdapter(request)._get_login_attempts_cache_key(request, email="a@x.example"))
    assert keys[0] == keys[1] and len(set(keys)) == 4
