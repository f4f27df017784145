"""A company's own security: what it chooses holds at once, is never laxer than the floor, and locks nobody out unseen."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.accounts.conftest import PLACE, browser, set_up_app, sign_in
from tests.accounts.devices import Device
from tests.accounts.registering import BOB, company_page, join, mails, person_of, place_of, register
from tests.cast import ALICE, CHARLIE, durable
from tests.plugins.tickets import key_behind
from troth.accounts import sessions
from troth.accounts.binding import bindings
from troth.accounts.levels import choosing, held
from troth.accounts.levels.admitting import Coming, Factor
from troth.accounts.levels.law import Values, effective, is_stricter, strictest
from troth.accounts.levels.models import Choice
from troth.accounts.levels.orders import Fewer, Networks, Words, Wrong, is_in
from troth.accounts.levels.table import LEVELS, SETTINGS
from troth.accounts.models import SignIn
from troth.accounts.people.companies import NotNow
from troth.gate.errors import Refused
from troth.gate.journal.models import Entry

OWNER = ALICE["email"]
HERE = Coming(PLACE, Factor.PASSWORD, False)
NETS = [
    "203.0.113.0/24",
    "203.0.113.64/26",
    "198.51.100.0/24",
    "2001:db8::/32",
    "203.0.113.77/32",
    "0.0.0.0/0",
]


def values_of(row: Any) -> st.SearchStrategy[Any]:
    if isinstance(row.order, Words):
        return st.sampled_from(list(row.order.meanings))
    if isinstance(row.order, Fewer):
        return st.integers(row.order.least, row.order.most)
    return st.none() | st.lists(st.sampled_from(NETS), unique=True)


ALL = {key: values_of(row) for key, row in SETTINGS.items()}
APART = st.fixed_dictionaries({}, optional=ALL)


@given(st.fixed_dictionaries(ALL), st.sampled_from(["", *LEVELS]), APART)
def test_what_holds_is_never_laxer_than_the_floor_the_level_or_what_was_chosen(
    floor: Values, level: str, apart: Values
) -> None:
    holds = effective(floor, level, apart)
    named = {key: row.of_level(level) for key, row in SETTINGS.items()} if level else {}
    for asked in (floor, named, apart):
        assert not [key for key in asked if is_stricter(key, asked[key], holds[key])]
    # Nobody comes from an address that one of the lists keeps out.
    for address in ("203.0.113.77", "203.0.113.200", "198.51.100.9", "192.0.2.1", "2001:db8::1"):
        lists = [each["networks"] for each in (floor, apart) if "networks" in each]
        assert is_in(address, holds["networks"]) == all(is_in(address, each) for each in lists)


@given(APART, APART)
def test_of_two_companies_the_strictest_holds_whichever_comes_first(one: Values, other: Values) -> None:
    floor = {key: row.floor for key, row in SETTINGS.items()}
    first, second = effective(floor, "basic", one), effective(floor, "", other)
    both = strictest([first, second])
    assert dict(both) == dict(strictest([second, first]))
    assert not [key for key in SETTINGS if is_stricter(key, first[key], both[key])]


def test_each_level_is_stricter_than_the_one_before() -> None:
    for key, row in SETTINGS.items():
        for laxer, stricter in zip(row.values, row.values[1:], strict=False):
            assert not is_stricter(key, laxer, stricter), key


@pytest.mark.parametrize(
    "text", ["203.0.113.7/24", "office", "203.0.113.0/33", "\n".join(["192.0.2.1"] * 51)]
)
def test_what_is_no_network_is_none(text: str) -> None:
    with pytest.raises(Wrong):
        Networks().read(text)
    assert Networks().read(" 192.0.2.1 ,2001:db8::/32\n\n") == ["192.0.2.1/32", "2001:db8::/32"]
    assert is_in("::ffff:192.0.2.1", ["192.0.2.0/24"]) and not is_in("not an address", ["0.0.0.0/0"])


# -- with a company


@pytest.fixture
def alice() -> Client:
    return register()


def choose(level: str = "basic", coming: Coming = HERE, by: str = OWNER, **apart: Any) -> None:
    choosing.choose(place_of(by), level, apart, coming)


def page_of(client: Client, address: str = OWNER, what: str = "security/") -> str:
    return company_page(address) + what


def sent(level: str, **apart: str) -> dict[str, str]:
    return {"level": level, **apart}


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


@durable
def test_an_owner_sees_the_levels_chooses_and_sees_what_changes_before_it_does(alice: Client) -> None:
    bob = join(alice)
    page = page_of(alice)
    shown = words(alice.get(page))
    assert "has chosen nothing yet" in shown and all(row.says in shown for row in SETTINGS.values())
    asked = alice.post(
        page + "change/", sent("standard", second_factor="", sessions="3", networks="203.0.113.0/24")
    )
    # The level asks owners for a second step, which Alice has not set up.
    assert asked.status_code == 422 and "would lock you out" in words(asked)
    asked = alice.post(page + "change/", sent("basic", sessions="3", idle="30", alerts="owners"))
    told = words(asked)
    assert "<del>60 minutes</del>" in told and "<ins>30 minutes</ins>" in told and "3 sessions" in told
    assert not Choice.objects.exists()
    entries = Entry.objects.count()
    answer = alice.post(page + "save/", sent("basic", sessions="3", idle="30", alerts="owners"))
    assert answer.status_code == 302 and Entry.objects.count() > entries
    assert held.of_person(person_of(BOB).owner_id)["idle"] == 30
    subject, letter = mails(OWNER)[-1]
    assert "security was changed" in subject and "30 minutes (before: 60 minutes)" in letter
    shown = words(alice.get(page))
    assert (
        "level <strong>Basic</strong>" in shown
        and "with 3 settings apart" in shown
        and ALICE["name"] in shown
    )
    # Whoever does not manage the company sees and changes nothing, and another company not even that it is there.
    charlie = register(
        {**CHARLIE, "message": ""} and {key: CHARLIE[key] for key in ("name", "company", "email")}
    )
    for client, status in ((bob, 403), (charlie, 404), (browser(), 302)):
        assert client.get(page).status_code == status
        assert client.post(page + "save/", sent("high")).status_code == status
        assert client.post(page + "try/", {}).status_code == status
    assert Choice.objects.count() == 1


@durable
def test_a_choice_needs_a_fresh_sign_and_is_looked_at_again_when_it_is_made(alice: Client) -> None:
    page = page_of(alice)
    session = alice.session
    session["account_authentication_methods"] = []
    session.save()
    for path in ("change/", "save/"):
        answer = alice.post(page + path, sent("basic", idle="30"))
        assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
    assert not Choice.objects.exists()
    alice = register_again()
    for bad in (
        {"idle": "90"}, {"idle": "4"}, {"idle": "-1"}, {"networks": "192.0.2.0/24"}, {"networks": "x"},
        {"longest": "13"}, {"export": "signed-in"}, {"level": "none"}, {"level": "high"}, {"support": "never"},
    ):  # fmt: skip
        answer = alice.post(page + "save/", {**sent("basic"), **bad})
        assert answer.status_code == 422, bad
    assert not Choice.objects.exists()


def register_again() -> Client:
    client = browser()
    sign_in(client, OWNER)
    return client


@durable
def test_who_would_be_locked_out_is_told_by_the_flow_too_and_a_member_may_not_choose(alice: Client) -> None:
    join(alice)
    with pytest.raises(NotNow, match="lock you out"):
        choose(networks=["192.0.2.0/24"])
    with pytest.raises(NotNow, match="must be named"):
        choose("high", Coming(PLACE, Factor.PASSKEY, True))
    with pytest.raises(Refused):
        choose(by=BOB)
    assert not Choice.objects.exists()


@durable
def test_whoever_comes_from_elsewhere_is_kept_out_can_see_to_it_and_can_leave(alice: Client) -> None:
    bob, away = join(alice), browser()
    away.defaults["REMOTE_ADDR"] = "198.51.100.9"
    sign_in(away, BOB)
    assert away.get("/account/").status_code == 200
    choose(networks=["203.0.113.0/24"])
    assert alice.get("/account/").status_code == 200 and bob.get("/account/").status_code == 200
    for path in ("/account/", "/account/privacy/", "/workspaces/", company_page(OWNER)):
        answer = away.get(path)
        assert answer.status_code in (403, 404) and "Bob" not in words(answer)
    shown = words(away.get("/account/"))
    assert "not let in" in shown and "Archer Pottery" in shown and "only from its own networks" in shown
    assert away.get("/account/security/").status_code == 200
    assert "Baptiste" not in words(away.get("/"))
    customer = company_page(OWNER).split("/")[-2]
    assert away.post(f"/account/people/{customer}/leave/").status_code == 302
    assert away.get("/account/").status_code == 200
    assert alice.get("/account/").status_code == 200


@durable
def test_a_second_step_is_asked_for_at_once_and_not_given_up_again(alice: Client) -> None:
    bob = join(alice)
    with pytest.raises(NotNow, match="lock you out"):
        choose(second_factor="everybody")
    alices = Authenticator.objects.create(
        user=person_of(OWNER).user, type=Authenticator.Type.TOTP, data={"secret": "sealed"}
    )
    choose(second_factor="everybody", coming=Coming(PLACE, Factor.CODE, True))
    assert alice.get("/account/").status_code == 200
    shown = bob.get("/account/")
    assert shown.status_code == 403 and "asks for a second step" in words(shown)
    assert bob.get("/accounts/2fa/totp/activate/").status_code in (200, 302)
    from allauth.mfa.adapter import get_adapter

    assert not get_adapter().can_delete_authenticator(alices)
    # For managers alone Bob, who is none, is let in again.
    choose(second_factor="managers", coming=Coming(PLACE, Factor.CODE, True))
    assert bob.get("/account/").status_code == 200
    assert not get_adapter().can_delete_authenticator(alices)


@durable
def test_where_only_passkeys_open_a_password_does_not(alice: Client) -> None:
    bob = join(alice)
    choose(passkeys="yes", coming=Coming(PLACE, Factor.PASSKEY, True))
    assert "by passkey only" in words(bob.get("/account/"))
    session = bob.session
    methods = session["account_authentication_methods"]
    session["account_authentication_methods"] = [*methods, {"method": "mfa", "type": "webauthn", "at": 0}]
    session.save()
    assert bob.get("/account/").status_code == 200


@durable
def test_where_the_device_is_asked_for_a_session_that_is_not_bound_shows_nothing(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob, device = join(alice), Device()
    with pytest.raises(NotNow, match="lock you out"):
        choose(device="needed")
    choose(device="needed", coming=Coming(PLACE, Factor.PASSWORD, False, True))
    # A browser gets a minute for it; then Bob's, which cannot, is kept out until he signs in with one that can.
    assert bob.get("/account/").status_code == 200
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(seconds=bindings.BINDING + 1))
    shown = bob.get("/account/")
    assert shown.status_code == 403 and "by a key which device it is on" in words(shown)
    assert bob.get("/account/security/").status_code == 200
    bob.post("/accounts/logout/")
    monkeypatch.setattr(timezone, "now", real)
    assert device.register(bob, sign_in(bob, BOB)).status_code == 200
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(seconds=bindings.BINDING + 1))
    assert bob.get("/account/").status_code == 200


@durable
def test_times_and_numbers_of_sessions_hold_for_those_that_are_open(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bobs = [join(alice), *(browser() for _ in range(3))]
    for client in bobs[1:]:
        sign_in(client, BOB)
    assert all(client.get("/account/").status_code == 200 for client in bobs)
    choose(sessions=2, idle=15, longest=8, moves=1, grace=5)
    assert [client.get("/account/").status_code for client in bobs] == [302, 302, 200, 200]
    newest = bobs[-1]
    values = held.of_session(sessions.kept_as(key_behind(newest.cookies["__Host-session"].value) or ""))
    assert (values["moves"], values["grace"], values["longest"]) == (1, 5, 8)
    before = newest.cookies["__Host-session"].value
    real = __import__("time").time
    monkeypatch.setattr("time.time", lambda: real() + 61)
    newest.get("/account/")
    assert newest.cookies["__Host-session"].value != before
    assert bobs[2].get("/account/").status_code == 200
    monkeypatch.setattr("time.time", lambda: real() + 14 * 60)
    assert newest.get("/account/").status_code == 200
    # Being there is noted every five minutes: who was noted now is away from now on.
    monkeypatch.setattr("time.time", lambda: real() + 14 * 60 + 15 * 60 + 5)
    assert newest.get("/account/").status_code == 302
    assert alice.get("/account/").status_code == 302


@durable
def test_owners_who_want_to_be_warned_are_and_learn_no_more_than_that(alice: Client) -> None:
    join(alice)
    choose(alerts="owners")
    client = browser()
    client.defaults["HTTP_USER_AGENT"] = (
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    )
    sign_in(client, BOB)
    subject, letter = mails(OWNER)[-1]
    assert subject == "A warning about your company" and "not seen" in letter
    assert BOB not in letter and PLACE not in letter
    assert "had not been used for it before" in mails(BOB)[-1][1]


@durable
def test_a_floor_raised_above_a_choice_holds_at_once_and_its_owners_are_told_once(
    alice: Client, settings: Any
) -> None:
    join(alice)
    choose(idle=30, sessions=4)
    settings.TROTH_FLOOR = {"idle": 20, "sessions": 10, "trash": 14}
    assert held.of_company(place_of(OWNER).customer_id)["idle"] == 20
    assert choosing.tell_of_floor() == 1 and choosing.tell_of_floor() == 0
    subject, letter = mails(OWNER)[-1]
    assert "floor of security was raised" in subject
    assert "20 minutes (before: 30 minutes)" in letter and "14 days" in letter and "sessions" not in letter
    assert all("raised" not in told for told, _ in mails(BOB))
    settings.TROTH_FLOOR = {}
    assert choosing.tell_of_floor() == 0
    assert held.of_company(place_of(OWNER).customer_id)["idle"] == 30


@durable
def test_a_raised_floor_bars_those_too_whose_company_chose_nothing_or_who_have_none(
    alice: Client, settings: Any
) -> None:
    bob, charlie = join(alice), register({key: CHARLIE[key] for key in ("name", "company", "email")})
    place_of(CHARLIE["email"]).delete()
    settings.TROTH_FLOOR = {"second_factor": "managers"}
    shown = words(alice.get("/account/"))
    assert "Archer Pottery" in shown and "asks for a second step" in shown
    assert bob.get("/account/").status_code == 200 and charlie.get("/account/").status_code == 200
    settings.TROTH_FLOOR = {"passkeys": "yes"}
    assert bob.get("/account/").status_code == 403
    shown = words(charlie.get("/account/"))
    assert "by passkey only" in shown and "Leave" not in shown
    settings.TROTH_FLOOR = {}
    assert charlie.get("/account/").status_code == 200


@durable
def test_who_knew_the_password_alone_is_out_when_a_second_step_is_set_up(alice: Client) -> None:
    victor = browser()
    sign_in(victor, OWNER)
    assert victor.get("/account/").status_code == 200
    hers = browser()
    sign_in(hers, OWNER)
    set_up_app(hers)
    assert hers.get("/account/").status_code == 200 and alice.get("/account/").status_code == 302
    assert victor.get("/account/").status_code == 302


@durable
def test_a_sign_in_can_be_tried_on_paper(alice: Client) -> None:
    join(alice)
    choose(networks=["203.0.113.0/24"], sessions=2, alerts="owners")
    page, bob = page_of(alice), place_of(BOB).pk
    told = {"member": bob, "address": "192.0.2.9", "by": "password", "browser": "known", "device": "any"}
    shown = words(alice.post(page + "try/", told))
    assert "<strong>No.</strong>" in shown and "only from its own networks" in shown
    shown = words(alice.post(page + "try/", {**told, "address": PLACE, "browser": "new"}))
    assert (
        "would be let in" in shown and "company’s owners get a mail" in shown and "2 times at once" in shown
    )
    choose(device="needed", coming=Coming(PLACE, Factor.PASSWORD, False, True))
    here = {**told, "address": PLACE}
    assert "by a key which device it is on, and this one has not" in words(alice.post(page + "try/", here))
    assert "would be let in" in words(alice.post(page + "try/", {**here, "device": "bound"}))
    for wrong in (
        {"address": "nowhere"},
        {"member": place_of(OWNER).owner_id},
        {"by": "charm"},
        {"device": "mine"},
    ):
        assert alice.post(page + "try/", {**told, **wrong}).status_code == 422
    assert not SignIn.objects.filter(owner=person_of(BOB).owner_id, at__gt=timezone.now()).exists()


@durable
def test_in_two_companies_the_strictest_holds_and_leaving_one_ends_its_say(alice: Client) -> None:
    charlie = register({key: CHARLIE[key] for key in ("name", "company", "email")})
    from tests.accounts.registering import invite, link_to

    invite(alice, OWNER, CHARLIE["email"])
    charlie.get(link_to(CHARLIE["email"]))
    charlie.post("/join/")
    person = person_of(CHARLIE["email"]).owner_id
    choose(idle=20)
    own = next(row for row in place_of_all(person) if row.customer_id != place_of(OWNER).customer_id)
    choosing.choose(own, "basic", {"idle": 40, "sessions": 3}, HERE)
    holds = held.of_person(person)
    assert (holds["idle"], holds["sessions"]) == (20, 3)
    assert held.of_person(person_of(OWNER).owner_id)["idle"] == 20


def place_of_all(person: Any) -> list[Any]:
    from troth.accounts.people.models import Membership

    return list(Membership.objects.filter(owner=person))
