"""Sessions: seen, ended, and dead at the next request (ASVS 7.2.4, 7.4.1, 7.4.2, 7.4.3, 7.5.1, 7.5.2, 14.3.1)."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as live
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.accounts.conftest import ADDRESS, AGENT, PASS_PHRASE, PLACE, Secure, browser, set_up_app, sign_in
from tests.cast import durable, staff
from tests.gate.at_the_prompt import tables_holding
from tests.plugins.tickets import DEVICE, key_behind
from troth.accounts import sessions
from troth.accounts.jobs import end_expired
from troth.accounts.models import SignIn, StaffMember, User
from troth.accounts.signins import named
from troth.gate.errors import SealedError
from troth.gate.outbound.models import Message
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM, using

pytestmark = durable

SECURITY, LOGOUT = "/account/security/", "/accounts/logout/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LATER_FIREFOX = FIREFOX.replace("140.0", "141.0")
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"


@pytest.fixture
def dana() -> StaffMember:
    return staff(email=ADDRESS, password=PASS_PHRASE)


def with_browser(agent: str = AGENT) -> Client:
    client = Secure(SERVER_NAME="localhost", HTTP_USER_AGENT=agent, REMOTE_ADDR=PLACE)
    assert sign_in(client).status_code == 302
    return client


def confirm(client: Client, path: str) -> Any:
    """Press a button that asks for the password first, and give it."""
    asked = client.post(path)
    assert asked.status_code == 302 and "/accounts/reauthenticate/" in asked["Location"]
    return client.post(asked["Location"], {"password": PASS_PHRASE})


def is_in(client: Client) -> bool:
    return client.get(SECURITY).status_code == 200


def key(client: Client) -> str:
    return str(client.cookies[live.SESSION_COOKIE_NAME].value)


def kept(client: Client) -> str:
    """What the tables hold of the key of a client's session."""
    return sessions.kept_as(key_behind(key(client)) or "")


def mails(owner: Any, word: str = "") -> list[str]:
    with using("sending-mail", by=SYSTEM):
        return [m.subject for m in Message.objects.filter(owner=owner) if word in m.subject + m.body]


def test_each_sign_in_is_noted_and_what_it_tells_is_sealed(dana: StaffMember) -> None:
    with_browser()
    row = SignIn.objects.get()
    assert row.owner_id == dana.owner_id and row.ended_at is None
    assert (row.seen_at.minute, row.seen_at.second) == (0, 0)
    with pytest.raises(SealedError):
        row.browser  # noqa: B018 - reading it is the test
    assert tables_holding(AGENT.encode()) == [] == tables_holding(PLACE.encode())
    with using("signing-in", by=SYSTEM):
        assert (row.browser, row.address) == (AGENT, PLACE)


def test_no_table_holds_the_key_of_a_session(dana: StaffMember) -> None:
    client = with_browser()
    inner, token = key_behind(key(client)), key(client).rpartition(".")[2]
    assert inner and tables_holding(inner.encode()) == [] == tables_holding(token.encode())
    assert is_in(client) and Session.objects.filter(session_key=kept(client)).exists()
    for stolen in (inner, kept(client), f"v1.{inner}"):
        thief = browser()
        thief.cookies[live.SESSION_COOKIE_NAME] = stolen
        thief.cookies[DEVICE] = client.cookies[DEVICE].value
        assert not is_in(thief)
    assert is_in(client)


def test_the_page_lists_this_session_and_the_others(dana: StaffMember) -> None:
    here, there = with_browser(FIREFOX), with_browser(CHROME)
    page = re.sub(r"\s+", " ", here.get(SECURITY).content.decode())
    assert "Firefox on Linux</strong> · this session" in page and "Chrome on Windows</strong></p>" in page
    assert page.count(PLACE) == 2 and "End all others" in page
    assert is_in(there)


def test_ending_another_session_asks_who_is_there_and_kills_it(dana: StaffMember) -> None:
    here, there = with_browser(), with_browser(CHROME)
    row = SignIn.objects.get(session=kept(there))
    assert is_in(there)
    assert confirm(here, f"{SECURITY}{row.pk}/end/")["Location"] == SECURITY
    assert not is_in(there) and is_in(here)
    assert not Session.objects.filter(session_key=row.session).exists()
    row.refresh_from_db()
    assert row.ended_at is not None


def test_all_others_end_with_one_press(dana: StaffMember) -> None:
    here, others = with_browser(), [with_browser(CHROME), with_browser(FIREFOX)]
    assert confirm(here, f"{SECURITY}end-others/").status_code == 302
    assert [is_in(other) for other in others] == [False, False] and is_in(here)
    assert "nowhere else" in here.get(SECURITY).content.decode()


def test_nobody_ends_or_sees_a_session_of_somebody_else(dana: StaffMember) -> None:
    with_browser(CHROME)
    hers = SignIn.objects.get()
    staff(email="charlie@iplum.example", password=PASS_PHRASE)
    charlie, victor = browser(), browser()
    sign_in(charlie, "charlie@iplum.example")
    assert "Chrome" not in charlie.get(SECURITY).content.decode()
    assert confirm(charlie, f"{SECURITY}{hers.pk}/end/").status_code == 404
    for path in (f"{SECURITY}{hers.pk}/end/", f"{SECURITY}end-others/"):
        assert "/accounts/login/" in victor.post(path)["Location"]
        assert charlie.get(path).status_code == 405
    assert "/accounts/login/" in victor.get(SECURITY)["Location"]
    hers.refresh_from_db()
    assert hers.ended_at is None


def test_signing_out_kills_the_session_here_and_clears_the_browser_there(dana: StaffMember) -> None:
    client = with_browser()
    stolen = key(client)
    answer = client.post(LOGOUT)
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    thief = browser()
    thief.cookies[live.SESSION_COOKIE_NAME] = stolen
    assert not is_in(thief) and SignIn.objects.get().ended_at is not None


def test_signing_in_and_confirming_each_bring_a_new_key(dana: StaffMember) -> None:
    client = browser()
    sign_in(client, password="wrong wrong wrong")
    client.post("/accounts/password/reset/", {"email": "nobody@elsewhere.example"})
    before = key(client)
    sign_in(client)
    signed_in = key(client)
    client.post("/accounts/reauthenticate/", {"password": PASS_PHRASE})
    assert len({before, signed_in, key(client)}) == 3
    for old in (before, signed_in):
        thief = browser()
        thief.cookies[live.SESSION_COOKIE_NAME] = old
        assert not is_in(thief)
    assert SignIn.objects.get().session == kept(client) and is_in(client)


def test_a_changed_password_ends_every_other_session_and_says_so(dana: StaffMember) -> None:
    here, there = with_browser(), with_browser(CHROME)
    new = "lamp tractor oblique fennel"
    here.post("/accounts/password/change/", {"oldpassword": PASS_PHRASE, "password1": new, "password2": new})
    assert Session.objects.count() == 1 and is_in(here) and not is_in(there)
    assert mails(dana.owner_id, "password of your account was changed")


def test_a_wrong_present_password_changes_nothing(dana: StaffMember) -> None:
    here, new = with_browser(), "lamp tractor oblique fennel"
    for told in ("horse battery staple", "", new):
        fields = {"oldpassword": told, "password1": new, "password2": new}
        answer = here.post("/accounts/password/change/", fields)
        assert answer.status_code == 200 and new not in answer.content.decode()
    other = {"oldpassword": PASS_PHRASE, "password1": new, "password2": new + "s"}
    assert here.post("/accounts/password/change/", other).status_code == 200
    dana.user.refresh_from_db()
    assert dana.user.check_password(PASS_PHRASE)


@pytest.mark.parametrize(("page", "kinds"), [
    ("/accounts/login/", {"login": "username email", "password": "current-password"}),
    ("/accounts/password/change/", {"oldpassword": "current-password", "password1": "new-password"}),
    ("/register/", {"password": "new-password", "email": "username email"}),
])  # fmt: skip
def test_fields_of_passwords_show_nothing_and_say_what_they_are_for(
    dana: StaffMember, page: str, kinds: dict[str, str]
) -> None:
    client = with_browser() if "change" in page else browser()
    inputs = {}
    for field in re.findall(r"<input[^>]*>", client.get(page).content.decode()):
        told = dict(re.findall(r'([a-z]+)="([^"]*)"', field))
        inputs[told.get("name", "")] = told
    for name, kind in kinds.items():
        assert set(inputs[name]["autocomplete"].split()) & set(kind.split()), (name, inputs[name])
        assert ("password" in kind) == (inputs[name]["type"] == "password")
        assert "onpaste" not in inputs[name]


def test_somebody_erased_is_signed_out_everywhere_and_leaves_no_row(dana: StaffMember) -> None:
    here, there = with_browser(), with_browser(CHROME)
    erase(dana.owner_id.hex, SYSTEM)
    assert not Session.objects.exists() and not SignIn.objects.exists() and not User.objects.exists()
    assert not is_in(here) and not is_in(there)


def test_whoever_is_no_longer_active_has_no_session(dana: StaffMember) -> None:
    client = with_browser()
    User.objects.update(is_active=False)
    assert not is_in(client)


def at(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """The clock of the house, moved."""
    real = time.time
    monkeypatch.setattr("troth.accounts.sessions.time.time", lambda: real() + seconds)


def test_an_hour_away_ends_a_session(dana: StaffMember, monkeypatch: pytest.MonkeyPatch) -> None:
    client = with_browser()
    at(monkeypatch, live.TROTH_SESSION_IDLE - 30)
    assert is_in(client)
    monkeypatch.undo()
    at(monkeypatch, 2 * live.TROTH_SESSION_IDLE)
    assert not is_in(client) and SignIn.objects.get().ended_at is not None


def test_twelve_hours_end_a_session_however_busy_it_is(
    dana: StaffMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = with_browser()
    for hours in range(1, 25):
        at(monkeypatch, hours * 1800 - 60)
        assert is_in(client)
        monkeypatch.undo()
    at(monkeypatch, live.SESSION_COOKIE_AGE + 60)
    assert not is_in(client)


def test_a_clock_set_back_two_days_revives_no_session(
    dana: StaffMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = with_browser()
    at(monkeypatch, -2 * 86_400)
    assert not is_in(client)


def test_being_there_is_noted_to_the_hour(dana: StaffMember) -> None:
    client = with_browser()
    long_ago = timezone.now() - timedelta(hours=3)
    SignIn.objects.update(seen_at=long_ago)
    session = client.session
    session[sessions.SEEN] -= 2 * sessions.TOUCH
    session.save()
    assert is_in(client)
    assert timezone.now() - SignIn.objects.get().seen_at < timedelta(hours=1)


def test_sessions_that_ran_out_are_swept(dana: StaffMember) -> None:
    client = with_browser()
    Session.objects.update(expire_date=timezone.now() - timedelta(minutes=1))
    end_expired()
    assert not Session.objects.exists() and SignIn.objects.get().ended_at is not None and not is_in(client)


def test_an_unknown_browser_is_told_of_and_a_known_one_is_not(dana: StaffMember) -> None:
    with_browser(FIREFOX)
    assert mails(dana.owner_id, "new browser") == []
    with_browser(LATER_FIREFOX)
    assert mails(dana.owner_id, "new browser") == []
    with_browser(CHROME)
    assert mails(dana.owner_id, "Chrome on Windows") == ["A sign-in from a new browser"]
    with_browser(CHROME)
    assert len(mails(dana.owner_id, "new browser")) == 1


def test_the_alert_says_where_to_go_and_not_from_where_it_was(dana: StaffMember) -> None:
    with_browser(FIREFOX), with_browser(CHROME)
    with using("sending-mail", by=SYSTEM):
        body = Message.objects.get(owner=dana.owner_id).body
    assert f"https://localhost:{live.TROTH_PORT}{SECURITY}" in body and PLACE not in body
    assert "handle.invalid" not in body


def test_a_new_second_factor_is_told_of_and_so_is_its_end(dana: StaffMember) -> None:
    client = with_browser()
    set_up_app(client)
    assert mails(dana.owner_id, "authenticator app was added")
    client.post("/accounts/2fa/totp/deactivate/")
    assert mails(dana.owner_id, "authenticator app was removed")


@pytest.mark.parametrize("path", ["totp/activate/", "webauthn/add/", "recovery-codes/generate/"])
def test_a_second_factor_is_touched_by_nobody_who_has_not_confirmed(dana: StaffMember, path: str) -> None:
    client = with_browser()
    assert "/accounts/reauthenticate/" in client.get(f"/accounts/2fa/{path}")["Location"]


def test_after_a_changed_factor_the_page_offers_to_end_the_others(dana: StaffMember) -> None:
    client = with_browser()
    set_up_app(client)
    assert f'href="{SECURITY}">End all other sessions' in client.get("/accounts/2fa/").content.decode()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"), (CHROME, "Chrome on Windows"), ("", "A browser that did not say which"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari on an iPhone"),
        ("curl/8.1", "curl/8.1"),
    ],
)  # fmt: skip
def test_a_browser_is_named_in_words(agent: str, name: str) -> None:
    assert named(agent) == name


def test_what_a_browser_calls_itself_is_shown_as_text(dana: StaffMember) -> None:
    client = with_browser("<script>alert(1)</script>" + "x" * 500)
    page = client.get(SECURITY).content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_the_sample_switcher_is_noted_and_alarms_nobody(dana: StaffMember) -> None:
    from django.contrib.auth import login
    from django.test import RequestFactory

    for agent in (FIREFOX, CHROME):
        request = RequestFactory().get("/", HTTP_USER_AGENT=agent)
        request.session = sessions.SessionStore()
        login(request, dana.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert SignIn.objects.count() == 2 and mails(dana.owner_id) == []


def test_the_way_to_change_a_password_is_where_password_managers_look(dana: StaffMember) -> None:
    client = with_browser()
    assert client.get("/.well-known/change-password")["Location"] == "/accounts/password/change/"
    assert browser().get("/.well-known/change-password").status_code == 302
