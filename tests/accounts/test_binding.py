"""Sessions bound to a device: its browser notices nothing, and its cookies are worth nothing elsewhere."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as live
from django.contrib.sessions.models import Session
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.accounts.conftest import ADDRESS, PASS_PHRASE, browser, sign_in
from tests.accounts.devices import OFFER, Device, text
from tests.cast import durable, staff
from tests.gate.at_the_prompt import beside
from troth.accounts import families
from troth.accounts.binding import bindings, proofs
from troth.accounts.models import Binding, Family, SignIn, StaffMember

pytestmark = durable

SECURITY, REGISTER, REFRESH = "/account/security/", bindings.REGISTER, bindings.REFRESH
OVER = bindings.LASTS + bindings.LATER + 1
NAMES = (live.SESSION_COOKIE_NAME, "__Host-device", bindings.COOKIE)
Later = Callable[[float], None]


@pytest.fixture
def dana() -> StaffMember:
    return staff(email=ADDRESS, password=PASS_PHRASE)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Move the clock of the house on by so many seconds."""
    real, gone = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + gone[0])

    def go(seconds: float) -> None:
        gone[0] += seconds

    return go


@pytest.fixture
def here(dana: StaffMember) -> Client:
    """Dana's browser, before she signs in."""
    return browser()


@pytest.fixture
def device(here: Client) -> Device:
    """The key of Dana's device, to which her session was bound when she signed in."""
    own = Device()
    assert own.register(here, sign_in(here)).status_code == 200
    assert is_in(here), "it shows the third cookie, and the binding holds"
    return own


def is_in(client: Client) -> bool:
    return client.get(SECURITY).status_code == 200


def copy_of(client: Client, *names: str) -> Client:
    """A thief with some cookies of a client."""
    thief = browser()
    for name in names:
        thief.cookies[name] = client.cookies[name].value
    return thief


# -- as a browser sees it


def test_a_sign_in_offers_it_and_a_browser_that_cannot_goes_on_as_before(here: Client, later: Later) -> None:
    answer = sign_in(here)
    page, challenge = Device().offered(answer)
    assert page == REGISTER and len(challenge) > 64
    assert is_in(here) and OFFER not in here.get(SECURITY)
    later(live.TROTH_SESSION_MOVES)
    assert is_in(here) and is_in(here)
    assert not Binding.objects.exists()


def test_nothing_is_offered_to_who_has_not_signed_in(here: Client) -> None:
    assert OFFER not in here.get("/") and OFFER not in sign_in(here, password="a wrong one, quite long")


@pytest.mark.parametrize("algorithm", proofs.ALGORITHMS)
def test_a_session_is_bound_and_lets_in_for_as_long_as_the_device_is_there(
    here: Client, later: Later, algorithm: str
) -> None:
    own = Device(algorithm)
    answer = own.register(here, sign_in(here))
    told = answer.json()
    assert told["session_identifier"] == Binding.objects.get().pk.hex and told["refresh_url"] == REFRESH
    assert told["scope"] == {"include_site": False}
    (bound,) = told["credentials"]
    cookie = answer.cookies[bound["name"]]
    assert bound["type"] == "cookie" and bound["name"].startswith("__Host-")
    assert (cookie["path"], cookie["secure"], cookie["httponly"], cookie["samesite"]) == (
        "/",
        True,
        True,
        "Lax",
    )
    assert not cookie["domain"] and cookie["max-age"] == 600
    assert bound["attributes"] == "Path=/; Secure; HttpOnly; SameSite=Lax"
    for _ in range(3):
        assert is_in(here)
        later(OVER)
        assert not is_in(here)
        assert own.refresh(here).status_code == 200
    assert is_in(here) and Session.objects.count() == 1


def test_a_browser_that_writes_its_headers_without_quotes_is_understood(here: Client, later: Later) -> None:
    chromium = Device(quote="")
    assert chromium.register(here, sign_in(here)).status_code == 200
    later(OVER)
    assert chromium.refresh(here).status_code == 200 and is_in(here)


def test_its_answers_are_kept_by_nobody_and_read_by_no_other_site(here: Client, device: Device) -> None:
    for answer in (device.send(here), device.refresh(here)):
        assert "no-store" in answer["Cache-Control"]
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in answer


def test_the_binding_goes_along_when_somebody_confirms_who_they_are(
    here: Client, device: Device, later: Later
) -> None:
    answer = here.post("/accounts/reauthenticate/", {"password": PASS_PHRASE})
    assert answer.status_code == 302 and OFFER not in answer
    assert Family.objects.count() == 2 and is_in(here)
    later(OVER)
    assert not is_in(here)
    assert device.refresh(here).status_code == 200 and is_in(here)


def test_a_device_can_show_itself_while_the_session_goes_on_under_another_ticket(
    here: Client, device: Device, later: Later
) -> None:
    """Refreshing takes no session: a refusal would end the browser's side of it for good."""
    before = copy_of(here, *NAMES)
    here.post("/accounts/reauthenticate/", {"password": PASS_PHRASE})
    assert device.refresh(before).status_code == 200
    assert device.refresh(browser()).status_code == 200, "from a page that takes no cookies along"
    later(OVER)
    assert device.refresh(here).status_code == 200 and is_in(here)


def test_whoever_follows_a_link_is_asked_for_a_proof_too(here: Client) -> None:
    answer = Device().register(here, sign_in(here))
    assert answer.json()["allowed_refresh_initiators"] == ["*"]


def test_a_browser_that_never_heard_of_its_binding_goes_on_and_can_bind_anew(
    here: Client, later: Later
) -> None:
    """The answer to it was lost on the way."""
    answer = sign_in(here)
    lost = copy_of(here, *NAMES[:2])
    assert Device().register(lost, answer).status_code == 200
    later(60)
    assert is_in(here) and not bindings.is_bound(Binding.objects.get().session_id)
    own = Device()
    assert own.register(here, answer).status_code == 200 and is_in(here)
    later(OVER)
    assert not is_in(here) and own.refresh(here).status_code == 200 and is_in(here)


def test_what_left_before_the_binding_held_is_let_in(here: Client, device: Device, rf: Any) -> None:
    since, cookies = Binding.objects.get().since, {name: here.cookies[name].value for name in NAMES[:2]}
    assert since is not None
    for arrived, is_let_in in (
        (since - 3, True),
        (since + 5, True),
        (since + 11, False),
        (since - 90, False),
    ):
        let = families.look(cookies[NAMES[0]], cookies[NAMES[1]], arrived)
        assert (let.session is not None) == is_let_in, arrived - since
        assert (let.unproven is None) == is_let_in


def test_no_page_puts_a_visitors_session_in_the_place_of_one_that_cannot_show_itself(
    here: Client, device: Device, later: Later
) -> None:
    later(OVER)
    before = {name: here.cookies[name].value for name in NAMES[:2]}
    for page in ("/", "/accounts/login/", "/contact/", "/join/" + "A" * 43 + "/", "/register/"):
        answer = here.get(page)
        assert not set(NAMES) & set(answer.cookies), page
    assert {name: here.cookies[name].value for name in NAMES[:2]} == before
    assert device.refresh(here).status_code == 200 and is_in(here)


def test_signing_out_takes_no_proof(here: Client, device: Device, later: Later) -> None:
    later(OVER)
    answer = here.post("/accounts/logout/")
    assert {name for name in NAMES if answer.cookies[name].value == ""} == set(NAMES)
    assert not SignIn.objects.filter(ended_at=None).exists() and not Binding.objects.exists()
    assert device.send(here).status_code == 401 and not is_in(here)


def test_signing_out_takes_the_third_cookie_along_and_the_key_is_forgotten(
    here: Client, device: Device
) -> None:
    answer = here.post("/accounts/logout/")
    assert answer.cookies[bindings.COOKIE].value == "" and answer.cookies[bindings.COOKIE]["max-age"] == 0
    assert not Binding.objects.exists()
    assert device.send(here).status_code == 401


def test_a_session_that_cannot_show_its_device_is_tried_again_or_ended_to_sign_in_anew(
    here: Client, device: Device, later: Later
) -> None:
    later(OVER)
    shown = here.get(here.get(SECURITY)["Location"])
    page = shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert "did not show its device" in page and "Try again" in page and 'action="/accounts/logout/"' in page
    assert "did not show its device" in sign_in(here).content.decode() and not is_in(here)
    assert SignIn.objects.filter(ended_at=None).count() == 1 and Session.objects.count() == 1
    here.post("/accounts/logout/")
    assert device.send(here).status_code == 401, "so that the browser forgets the old key"
    answer = sign_in(here)
    assert answer.status_code == 302 and OFFER in answer and is_in(here)
    assert SignIn.objects.filter(ended_at=None).count() == 1


def test_what_a_page_keeps_for_a_visitor_is_not_kept_unasked(
    here: Client, device: Device, later: Later
) -> None:
    later(OVER)
    answer = here.post("/accounts/password/reset/", {"email": ADDRESS})
    assert answer.status_code == 409 and "was not kept" in answer.content.decode()
    assert not set(NAMES) & set(answer.cookies) and Session.objects.count() == 1
    assert device.refresh(here).status_code == 200 and is_in(here)


def test_the_page_of_security_says_which_sessions_are_bound(here: Client, device: Device) -> None:
    other = browser()
    sign_in(other)
    page = " ".join(here.get(SECURITY).content.decode().split())
    assert page.count("bound to its device") == 1 and SignIn.objects.filter(ended_at=None).count() == 2


# -- as a thief sees it


def test_an_old_copy_neither_ends_nor_moves_a_session_whose_device_it_does_not_have(
    here: Client, device: Device, later: Later
) -> None:
    thief = copy_of(here, *NAMES[:2])
    for _ in range(2):
        later(live.TROTH_SESSION_MOVES)
        assert device.refresh(here).status_code == 200 and is_in(here) and is_in(here)
    generation = Family.objects.get().generation
    for copied in (thief, copy_of(here, *NAMES[:2])):
        assert not is_in(copied)
    thief.post("/accounts/logout/")
    assert is_in(here) and Family.objects.get().generation == generation
    assert not SignIn.objects.filter(was_copied=True).exists()


def test_the_address_for_refreshing_keeps_no_session_awake(
    here: Client, device: Device, later: Later
) -> None:
    for _ in range(3):
        later(1_500)
        device.send(here)
    assert device.refresh(here).status_code == 200 and not is_in(here)


def test_who_copied_the_cookies_of_a_bound_session_is_nobody(
    here: Client, device: Device, later: Later
) -> None:
    thief = copy_of(here, *NAMES[:2])
    later(bindings.UNDER_WAY + 1)
    answer = thief.get(SECURITY)
    assert answer.status_code == 302 and ADDRESS not in answer.content.decode()
    assert not answer.cookies, "a copy was handed a cookie"
    # Who copied the third one too is served until it is over, and gets no other without the key.
    thief = copy_of(here, *NAMES)
    assert is_in(thief)
    later(OVER)
    assert not is_in(thief)
    own = Device()
    own.session, own.refreshes_at = device.session, REFRESH
    assert own.refresh(thief).status_code == 400 and not is_in(thief)
    for answer in (thief.get(REFRESH), thief.get(REFRESH + "/")):
        assert answer.status_code in (404, 405) and not answer.cookies
    # The owner is not thrown out by any of it.
    assert device.refresh(here).status_code == 200 and is_in(here)


def test_a_thief_binds_no_session_that_is_bound(here: Client, later: Later) -> None:
    answer = sign_in(here)
    first, second = Device(), Device()
    assert first.register(here, answer).status_code == 200 and is_in(here)
    assert second.register(here, answer).status_code == 400
    assert Binding.objects.get().pk.hex == first.session
    assert first.refresh(here).status_code == 200


def test_an_offer_is_for_one_session_and_for_two_minutes(here: Client, later: Later) -> None:
    answer = sign_in(here)
    other = browser()
    sign_in(other)
    assert Device().register(other, answer).status_code == 400
    later(bindings.ASKED_FOR + 1)
    assert Device().register(here, answer).status_code == 400
    later(-bindings.ASKED_FOR - 60)
    assert Device().register(here, answer).status_code == 400
    assert not Binding.objects.exists()


def test_an_answer_is_good_once_and_for_two_minutes(here: Client, device: Device, later: Later) -> None:
    proof = device.proof(device.asked(here))
    assert device.send(here, proof).status_code == 200
    again = device.send(here, proof)
    assert again.status_code == 403 and bindings.COOKIE not in again.cookies
    late = device.proof(device.asked(here))
    later(bindings.ASKED_FOR + 1)
    assert device.send(here, late).status_code == 403


def test_of_several_challenges_the_newest_two_are_open(here: Client, device: Device) -> None:
    oldest, before, newest = (device.asked(here) for _ in range(3))
    assert device.send(here, device.proof(oldest)).status_code == 403
    # The refusal asked once more: a fourth is the newest now, and the third is still open.
    assert device.send(here, device.proof(before)).status_code == 403
    assert device.send(here, device.proof(newest)).status_code in (200, 403)
    assert device.refresh(here).status_code == 200


def test_of_twelve_who_show_one_answer_at_once_one_is_served(here: Client, device: Device) -> None:
    proof = device.proof(device.asked(here))
    answers = beside(lambda: device.send(copy_of(here, *NAMES), proof).status_code, times=12)
    assert sorted(answers) == [200] + [403] * 11


def test_one_device_does_not_answer_for_another_session(here: Client, device: Device, later: Later) -> None:
    other, own = browser(), Device()
    assert own.register(other, sign_in(other)).status_code == 200 and is_in(other)
    assert own.send(here, own.proof(own.asked(other)), session=device.session).status_code == 400
    later(OVER)
    assert own.refresh(here).status_code == 200 and not is_in(here), "it answers for its own session alone"
    assert own.send(here, session="0" * 32).status_code == 401


FORGED: dict[str, Callable[[Device, str], str]] = {
    "signed by nothing": lambda own, asked: own.proof(asked, {"alg": "none"}),
    "no signature": lambda own, asked: own.proof(asked, {"alg": "none"}).rpartition(".")[0] + '."',
    "by the hash of the public key": lambda own, asked: own.proof(asked, {"alg": "HS256"}),
    "another algorithm": lambda own, asked: own.proof(asked, {"alg": "RS256"}),
    "another kind of token": lambda own, asked: own.proof(asked, {"typ": "JWT"}),
    "no kind": lambda own, asked: own.proof(asked, {"typ": None}),
    "what must be understood and is not": lambda own, asked: own.proof(asked, {"crit": ["b64"], "b64": False}),
    "another's key": lambda own, asked: Device().proof(asked),
    "no words": lambda own, asked: own.proof(None),
    "a list of words": lambda own, asked: own.proof([asked]),
    "not a token": lambda own, asked: "yes, it is me",
    "far too long": lambda own, asked: own.proof("x" * 5_000),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_proof_neither_binds_nor_refreshes(here: Client, name: str) -> None:
    answer, own = sign_in(here), Device()
    page, challenge = own.offered(answer)
    forged = FORGED[name](own, challenge)
    assert here.post(page, HTTP_SECURE_SESSION_RESPONSE=forged).status_code == 400
    assert own.register(here, answer).status_code == 200
    told = own.send(here, FORGED[name](own, own.asked(here)))
    assert told.status_code == 400 and not told.cookies
    assert challenge not in told.content.decode()


@pytest.mark.parametrize(
    "key", [Device("RS256", 1024), Device("ES256", curve=ec.SECP384R1())], ids=["short", "curve"]
)
def test_a_key_of_another_kind_or_too_short_binds_nothing(here: Client, key: Device) -> None:
    assert key.register(here, sign_in(here)).status_code == 400
    assert not Binding.objects.exists()


def test_a_private_key_that_comes_along_binds_nothing(here: Client) -> None:
    own, answer = Device(), sign_in(here)
    page, challenge = own.offered(answer)
    told = own.public() | {"d": text(own.key.private_numbers().private_value.to_bytes(32, "big"))}
    shown = own.proof(challenge, {"jwk": told})
    assert here.post(page, HTTP_SECURE_SESSION_RESPONSE=shown).status_code == 400


def test_a_key_that_comes_with_a_refresh_is_not_looked_at(here: Client, device: Device) -> None:
    thief = Device()
    shown = thief.proof(device.asked(here), brings=True)
    assert device.send(here, shown).status_code == 400


@pytest.mark.parametrize("shown", [
    "", "v1", "v1.", "v1.9999999999.", "v2.{rest}", "{all}0", "{all} ", "v1.-1.{mac}", "v1.1{rest}",
])  # fmt: skip
def test_no_other_spelling_of_the_third_cookie_lets_in(
    here: Client, device: Device, later: Later, shown: str
) -> None:
    real = here.cookies[bindings.COOKIE].value
    rest, mac = real.removeprefix("v1."), real.rpartition(".")[2]
    later(bindings.UNDER_WAY + 1)
    assert is_in(here)
    here.cookies[bindings.COOKIE] = shown.format(rest=rest, mac=mac, all=real)
    assert not is_in(here)
    here.cookies[bindings.COOKIE] = real
    assert is_in(here)


def test_a_third_cookie_of_another_session_does_not_help(here: Client, device: Device, later: Later) -> None:
    other, own = browser(), Device()
    own.register(other, sign_in(other))
    assert is_in(other)
    later(bindings.UNDER_WAY + 1)
    here.cookies[bindings.COOKIE] = other.cookies[bindings.COOKIE].value
    assert not is_in(here) and is_in(other)


@pytest.mark.parametrize("days", [-2, 400])
def test_a_clock_that_jumps_revives_no_proof(here: Client, device: Device, later: Later, days: int) -> None:
    later(bindings.UNDER_WAY + 1)
    later(days * 86_400)
    assert not is_in(here)


def test_the_addresses_take_nothing_but_posts_and_tell_a_stranger_nothing(
    here: Client, dana: StaffMember
) -> None:
    for page in (REGISTER, REFRESH):
        assert here.get(page).status_code == 405
        assert here.post(page).status_code == 401
        answer = here.post(page, data=b"{" * 10_000, content_type="application/json")
        assert answer.status_code == 401 and json.loads(answer.content) == {"continue": False}


@given(
    st.text(max_size=300) | st.binary(max_size=200).map(lambda raw: f"{text(raw)}.{text(raw)}.{text(raw)}")
)
def test_whatever_is_shown_is_wrong_and_nothing_worse(shown: str) -> None:
    for asked in (proofs.registering, lambda each: proofs.answering(each, proofs.Key("ES256", b""))):
        with pytest.raises(proofs.Wrong):
            asked(shown)


def test_the_table_holds_no_challenge_and_no_cookie(here: Client, device: Device) -> None:
    challenge = device.asked(here)
    row: Any = Binding.objects.get()
    held = b"".join(bytes(each) for each in (row.public, row.asked, row.asked_before))
    assert challenge.encode() not in held and here.cookies[bindings.COOKIE].value.encode() not in held
    assert len(bytes(row.asked)) == 32
