"""From the company host to the community: one session leads to another, once, in one browser, and ends it."""

import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from tests.accounts.conftest import PLACE, sign_in
from tests.accounts.registering import BOB, join, person_of, place_of, register
from tests.apps.conftest import Secure
from tests.apps.privacy_people import browser, person
from tests.cast import ALICE, CHARLIE, durable, staff
from tests.plugins.tickets import key_behind
from troth.accounts import sessions, signins
from troth.accounts.binding import bindings
from troth.accounts.jobs import end_expired
from troth.accounts.levels import choosing
from troth.accounts.levels.admitting import Coming, Factor
from troth.accounts.models import Binding, Crossing, SignIn
from troth.accounts.people.models import Person

pytestmark = [durable, pytest.mark.filterwarnings("ignore:No directory at:UserWarning")]
ASK, ARRIVE, LEAVE, CROSS = "/sign-in/", "/sign-in/arrive/", "/sign-out/", "/account/community/"


def there() -> Client:
    """A browser's half on the community host: cookies belong to one host."""
    return Secure(SERVER_NAME="community.localhost")


@pytest.fixture
def alice() -> Person:
    return person()


def asked(client: Client, back: str = "") -> str:
    """Press "Sign in" on the community host: what the company host is asked."""
    sent = client.get(ASK, {"next": back} if back else {})
    assert sent.status_code == 302 and urlsplit(sent["Location"]).path == CROSS
    assert urlsplit(sent["Location"]).hostname == "localhost"
    return parse_qs(urlsplit(sent["Location"]).query)["asked"][0]


def code(hers: Client, wish: str) -> str:
    """Press "Go on" on the company host: the code with which one is sent back."""
    page = hers.get(CROSS, {"asked": wish})
    assert page.status_code == 200 and "Go on" in page.content.decode()
    assert "form-action 'self' https://community.localhost" in page["Content-Security-Policy"]
    sent = hers.post(CROSS, {"asked": wish})
    assert urlsplit(sent["Location"]).hostname == "community.localhost"
    return parse_qs(urlsplit(sent["Location"]).query)["code"][0]


def crossed(hers: Client, client: Client, back: str = "") -> Any:
    return client.get(ARRIVE, {"code": code(hers, asked(client, back))})


def is_in(client: Client) -> bool:
    """Whether the browser is signed in on the host it looks at: then it is not sent to sign in."""
    return bool(client.get(ASK)["Location"] == "/")


def test_whoever_is_signed_in_goes_on_and_comes_back_to_where_they_were(alice: Person) -> None:
    client = there()
    arrived = crossed(browser(alice), client, "/boards/?page=2")
    assert arrived["Location"] == "/boards/?page=2" and is_in(client)
    first, second = SignIn.objects.order_by("at")
    assert second.came_from_id == first.pk and first.session != second.session
    assert client.cookies["__Host-session"].value != browser(alice).cookies["__Host-session"].value


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example", "ftp://elsewhere.example", "https:///x"]
)
def test_nobody_is_sent_elsewhere(alice: Person, back: str) -> None:
    assert crossed(browser(alice), there(), back)["Location"] == "/"


def test_a_code_works_once(alice: Person) -> None:
    hers, client = browser(alice), there()
    wish = asked(client)
    used = code(hers, wish)
    secret = client.session["crossing"]
    assert client.get(ARRIVE, {"code": used}).status_code == 302
    again = there()
    again.get(ASK)
    session = again.session
    session["crossing"] = secret
    session.save()
    assert again.get(ARRIVE, {"code": used}).status_code == 403 and not is_in(again)


@pytest.mark.parametrize("seconds", [61, -5], ids=["late", "clock set back"])
def test_a_code_works_for_a_minute(alice: Person, seconds: int) -> None:
    hers, client = browser(alice), there()
    used = code(hers, asked(client))
    Crossing.objects.update(made_at=timezone.now() - timedelta(seconds=seconds))
    assert client.get(ARRIVE, {"code": used}).status_code == 403 and not is_in(client)


def test_charlies_code_signs_alices_browser_in_as_nobody() -> None:
    """Login CSRF: somebody brings another person's browser their own code, so that it writes as them."""
    charlies, hers = there(), there()
    used = code(browser(person(CHARLIE)), asked(charlies))
    asked(hers)
    assert hers.get(ARRIVE, {"code": used}).status_code == 403 and not is_in(hers)
    assert charlies.get(ARRIVE, {"code": used}).status_code == 403, "and it is spent"
    assert there().get(ARRIVE, {"code": used}).status_code == 403


@pytest.mark.parametrize("wish", ["", "x", "A" * 64, "0" * 63, "0" * 65])
def test_what_no_browser_asked_gets_no_code(alice: Person, wish: str) -> None:
    hers = browser(alice)
    for answer in (hers.get(CROSS, {"asked": wish}), hers.post(CROSS, {"asked": wish})):
        assert answer.status_code == 302 and "code" not in answer["Location"]
    assert not Crossing.objects.exists()


def test_victor_is_asked_to_sign_in_and_dana_stays_where_she_works(settings: Any) -> None:
    settings.TROTH_SECOND_FACTOR, victor, dana = False, Secure(SERVER_NAME="localhost"), staff("support")
    assert "/accounts/login/?next=" in victor.get(CROSS, {"asked": "0" * 64})["Location"]
    for answer in (
        browser(dana).get(CROSS, {"asked": "0" * 64}),
        browser(dana).post(CROSS, {"asked": "0" * 64}),
    ):
        assert answer.status_code == 403 and "in the office" in answer.content.decode()
    assert not Crossing.objects.exists()


def test_signing_out_here_or_there_is_signing_out_of_both(alice: Person) -> None:
    hers, client = browser(alice), there()
    crossed(hers, client)
    hers.post("/accounts/logout/")
    assert not is_in(client)
    hers, client = browser(alice), there()
    crossed(hers, client)
    assert client.get(LEAVE).status_code == 405
    assert "cache" in client.post(LEAVE)["Clear-Site-Data"] and not is_in(client)
    assert hers.get("/account/").status_code == 302, "signed out of the company host too"


def test_a_session_that_was_ended_takes_the_other_along_and_lets_no_code_through(alice: Person) -> None:
    hers, client, late = browser(alice), there(), there()
    crossed(hers, client)
    used = code(hers, asked(late))
    signins.end_one(alice.owner_id, SignIn.objects.get(came_from=None).pk)
    assert not is_in(client)
    assert late.get(ARRIVE, {"code": used}).status_code == 403 and not is_in(late)
    assert not SignIn.objects.filter(ended_at=None).exists()


def test_a_copied_ticket_of_the_first_session_ends_the_other_too(alice: Person) -> None:
    hers, client, thief = browser(alice), there(), Secure(SERVER_NAME="localhost")
    crossed(hers, client)
    assert hers.get("/account/").status_code == 200 and is_in(client)
    thief.cookies["__Host-session"] = hers.cookies["__Host-session"].value
    assert thief.get("/account/").status_code == 302
    assert not is_in(client) and hers.get("/account/").status_code == 302
    assert SignIn.objects.get(came_from=None).was_copied


def test_the_ticket_of_a_session_that_began_here_moves_too(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = there()
    crossed(browser(alice), client)
    first, now = client.cookies["__Host-session"].value, time.time()
    assert is_in(client)
    monkeypatch.setattr(time, "time", lambda: now + 301)
    assert is_in(client) and client.cookies["__Host-session"].value != first and is_in(client)
    monkeypatch.setattr(time, "time", lambda: now + 320)
    thief = there()
    for name, cookie in client.cookies.items():
        thief.cookies[name] = cookie.value
    thief.cookies["__Host-session"] = first
    assert not is_in(thief) and not is_in(client), "an old ticket ends it here as anywhere"


def test_the_hours_of_a_session_count_from_the_first_sign_in(alice: Person) -> None:
    hers, client = browser(alice), there()
    session = hers.session
    session["session.began"] -= 12 * 3600 - 20
    session.save()
    crossed(hers, client)
    assert client.session["session.began"] == session["session.began"]
    session = client.session
    session["session.began"] -= 30
    session.save()
    assert not is_in(client)


def test_codes_that_nobody_brought_go(alice: Person) -> None:
    code(browser(alice), asked(there()))
    end_expired()
    assert Crossing.objects.count() == 1
    Crossing.objects.update(made_at=timezone.now() - timedelta(minutes=2))
    end_expired()
    assert not Crossing.objects.exists()


def test_where_one_session_is_all_that_is_let_crossing_ends_none(alice: Person, settings: Any) -> None:
    settings.TROTH_FLOOR = {"sessions": 1}
    hers, client = browser(alice), there()
    assert crossed(hers, client).status_code == 302 and is_in(client)
    assert hers.get("/account/").status_code == 200
    assert SignIn.objects.filter(ended_at=None).count() == 2


def test_cookies_of_the_company_host_pass_no_wall_on_the_community_host() -> None:
    bob = join(register())
    choosing.choose(
        place_of(ALICE["email"]), "basic", {"passkeys": "yes"}, Coming(PLACE, Factor.PASSKEY, True)
    )
    assert bob.get("/account/").status_code == 403 and bob.get(CROSS).status_code == 403
    thief = there()
    for name, cookie in bob.cookies.items():
        thief.cookies[name] = cookie.value
    assert not is_in(thief)
    # No browser does that: the session has ended, and its owner was told.
    assert SignIn.objects.get(owner=person_of(BOB).owner_id).was_copied
    sign_in(bob, BOB)
    # Who came by passkey goes on, and is not asked for one again there.
    session = bob.session
    methods = session["account_authentication_methods"]
    session["account_authentication_methods"] = [*methods, {"method": "mfa", "type": "webauthn", "at": 0}]
    session.save()
    client = there()
    assert crossed(bob, client)["Location"] == "/" and is_in(client)


def test_from_a_session_that_is_bound_to_a_key_one_crosses_after_confirming_who_one_is(alice: Person) -> None:
    """What begins on the other side is bound to nothing yet: who copied the cookies gets no session there by them."""
    hers, client = browser(alice), there()
    secret = asked(client)
    page = f"{CROSS}?{urlencode({'asked': secret})}"
    assert hers.get(page).status_code == 200
    kept = sessions.kept_as(key_behind(hers.cookies["__Host-session"].value) or "")
    bound = Binding.objects.create(session_id=kept, algorithm="ES256", public=b"", since=int(time.time()))
    hers.cookies[bindings.COOKIE] = bindings.proven(bound.pk)
    for answer in (hers.get(page), hers.post(CROSS, {"asked": secret})):
        assert answer.status_code == 302 and secret in answer["Location"]
        assert "/confirm" in answer["Location"] or "/reauthenticate" in answer["Location"]
    assert not Crossing.objects.exists()
