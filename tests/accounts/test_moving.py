"""Tickets of sessions: they move, nobody is lost at it, and a copied one ends the session (ASVS 7.2.3, 7.2.4)."""

import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as live
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.views.decorators.cache import cache_control

from scripts.rotate import storm
from tests.accounts.conftest import ADDRESS, AGENT, PASS_PHRASE, browser, sign_in
from tests.cast import durable, staff
from tests.gate.at_the_prompt import beside
from tests.plugins.tickets import DEVICE, key_behind
from troth.accounts import families, moving, sessions, tickets
from troth.accounts.models import Family, SignIn, StaffMember
from troth.accounts.moving import MovingSessions
from troth.gate.journal.models import Entry, Share
from troth.gate.outbound.models import Message
from troth.gate.uses import SYSTEM, using

pytestmark = durable

SECURITY = "/account/security/"
NAME = live.SESSION_COOKIE_NAME
Later = Callable[[float], None]


@pytest.fixture
def dana() -> StaffMember:
    return staff(email=ADDRESS, password=PASS_PHRASE)


@pytest.fixture
def here(dana: StaffMember) -> Client:
    """Dana's browser, signed in, and its first ticket shown."""
    client = browser()
    sign_in(client)
    assert is_in(client)
    return client


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Move the clock of the house on by so many seconds."""
    real, gone = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + gone[0])

    def go(seconds: float) -> None:
        gone[0] += seconds

    return go


def is_in(client: Client) -> bool:
    return client.get(SECURITY).status_code == 200


def ticket(client: Client) -> str:
    return str(client.cookies[NAME].value)


def copy_of(client: Client, shown: str = "", *, device: bool = True) -> Client:
    """A thief with the cookies of a client, or one of them."""
    thief = browser()
    thief.cookies[NAME] = shown or ticket(client)
    if device:
        thief.cookies[DEVICE] = client.cookies[DEVICE].value
    return thief


def moved_on(client: Client, later: Later) -> str:
    """Let the client's ticket move on, and the new one be shown; the old one."""
    old = ticket(client)
    later(live.TROTH_SESSION_MOVES)
    assert is_in(client) and ticket(client) != old
    assert is_in(client)
    return old


def told() -> list[tuple[str, str]]:
    with using("sending-mail", by=SYSTEM):
        return [(mail.subject, mail.body) for mail in Message.objects.all() if "ended" in mail.subject]


# -- how a ticket moves


def test_a_ticket_stays_for_five_minutes_and_then_moves_on(here: Client, later: Later) -> None:
    first = ticket(here)
    later(live.TROTH_SESSION_MOVES - 30)
    assert is_in(here) and ticket(here) == first
    later(60)
    assert is_in(here)
    second = ticket(here)
    assert second != first and second.split(".")[1] == first.split(".")[1]
    assert is_in(here) and ticket(here) == second
    assert (Session.objects.count(), Family.objects.get().generation) == (1, 2)


def test_both_cookies_are_for_this_host_alone_and_out_of_reach_of_scripts(here: Client, later: Later) -> None:
    later(live.TROTH_SESSION_MOVES)
    answer = here.get(SECURITY)
    for name in (NAME, DEVICE):
        cookie = answer.cookies[name]
        assert name.startswith("__Host-") and cookie["path"] == "/" and not cookie["domain"]
        assert cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "Lax"
        assert cookie["max-age"] == live.SESSION_COOKIE_AGE
    assert "Cookie" in answer["Vary"] and "private" in answer["Cache-Control"]
    assert key_behind(ticket(here)) not in str(answer.cookies)


def test_a_visitor_without_a_session_costs_no_look_and_gets_no_cookie(
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    victor = browser()
    victor.get("/accounts/login/")
    with django_assert_num_queries(0):
        answer = victor.get("/accounts/login/")
    assert not {NAME, DEVICE} & set(answer.cookies)


def test_a_request_costs_one_read_for_ticket_and_session_together_and_no_write(here: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert here.get("/.well-known/change-password").status_code == 302
        assert here.get("/contact/").status_code == 200
    told = [each["sql"] for each in asked if "django_session" in each["sql"]]
    assert len(told) == 2 and all("accounts_family" in each for each in told)
    assert all(each["sql"].startswith("SELECT") for each in asked)


def test_an_answer_that_was_lost_costs_nobody_their_session(here: Client, later: Later) -> None:
    old = ticket(here)
    later(live.TROTH_SESSION_MOVES)
    assert is_in(here)
    here.cookies[NAME] = old  # the answer with the new one never came
    later(20 * 60)
    assert is_in(here) and ticket(here) != old
    assert is_in(here) and not told()


@pytest.mark.parametrize("method", ["post", "options"])
def test_an_unsafe_request_moves_nothing(here: Client, later: Later, method: str) -> None:
    later(live.TROTH_SESSION_MOVES)
    assert NAME not in getattr(here, method)("/no/such/page/").cookies


def _stream(request: Any) -> StreamingHttpResponse:
    return StreamingHttpResponse([b"piece"])


@cache_control(public=True)
def _for_all(request: Any) -> HttpResponse:
    return HttpResponse("for all")


def _fails(request: Any) -> HttpResponse:
    return HttpResponse("no", status=503)


def _slowly(request: Any) -> HttpResponse:
    time.go(live.TROTH_SESSION_GRACE + 1)  # type: ignore[attr-defined]
    return HttpResponse("at last")


@pytest.mark.parametrize("view", [_stream, _for_all, _fails, _slowly])
def test_an_answer_that_streams_is_shared_fails_or_took_long_carries_no_ticket(
    here: Client, later: Later, view: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "go", later, raising=False)
    later(live.TROTH_SESSION_MOVES)

    def asked(view: Callable[[Any], Any]) -> Any:
        request = RequestFactory().get("/", HTTP_USER_AGENT=AGENT)
        request.META[moving.ARRIVED] = time.time()
        request.COOKIES = {NAME: ticket(here), DEVICE: here.cookies[DEVICE].value}
        return MovingSessions(view)(request)

    assert NAME not in asked(view).cookies
    assert NAME in asked(lambda _: HttpResponse("yes")).cookies


# -- many at once


def test_twelve_requests_at_once_neither_fork_a_session_nor_lose_it(here: Client, later: Later) -> None:
    for _ in range(3):
        later(live.TROTH_SESSION_MOVES)
        old = ticket(here)
        answers = beside(lambda shown=old: _answer(here, shown), 12)  # type: ignore[misc]
        assert {status for status, _ in answers} == {200}  # type: ignore[misc]
        (new,) = {str(given) for _, given in answers}  # type: ignore[misc]
        assert new != old
        # Twelve show the new one at once, and twelve that were under way still show the old one.
        shown = iter([new, old] * 12)
        answers = beside(lambda each=shown: _answer(here, next(each)), 24)  # type: ignore[misc]
        assert {status for status, _ in answers} == {200}  # type: ignore[misc]
        here.cookies[NAME] = new
    assert (Family.objects.get().generation, Session.objects.count()) == (4, 1) and not told()


def _answer(client: Client, shown: str) -> tuple[int, str | None]:
    """One request by itself: its status, and the ticket that came with it."""
    answer = copy_of(client, shown).get(SECURITY)
    return answer.status_code, answer.cookies[NAME].value if NAME in answer.cookies else None


def test_a_request_that_read_the_family_long_ago_does_not_set_it_back(here: Client, later: Later) -> None:
    stale = Family.objects.get()
    late = tickets.next_of(stale.kin)
    moved_on(here, later), moved_on(here, later)
    assert not families._moves_on(stale, late, int(time.time()))
    assert Family.objects.get().generation == 3 and is_in(here)


def test_of_many_copies_shown_at_once_one_ends_the_session_and_one_mail_goes_out(
    here: Client, later: Later
) -> None:
    old = moved_on(here, later)
    later(live.TROTH_SESSION_GRACE + 1)
    assert {status for status, _ in beside(lambda: _answer(here, old), 12)} == {302}  # type: ignore[misc]
    assert len(told()) == 1 and not is_in(here)


def test_a_request_under_way_when_a_session_moves_to_a_new_family_touches_no_cookie(here: Client) -> None:
    old = ticket(here)
    here.post("/accounts/reauthenticate/", {"password": PASS_PHRASE})
    loser = copy_of(here, old)
    answer = loser.get("/contact/")
    assert answer.status_code == 200 and not {NAME, DEVICE} & set(answer.cookies)
    answer = loser.post("/accounts/password/reset/", {"email": "nobody@elsewhere.example"})
    assert not {NAME, DEVICE} & set(answer.cookies)
    assert is_in(here) and not told()


def test_what_a_request_would_keep_in_a_session_that_ended_meanwhile_is_let_go(here: Client) -> None:
    def ends_here(request: Any) -> HttpResponse:
        request.session["noted"] = "late"
        sessions.end([sessions.kept_as(str(request.session.session_key))])
        return HttpResponse("done")

    request = RequestFactory().get("/")
    request.COOKIES = {NAME: ticket(here), DEVICE: here.cookies[DEVICE].value}
    answer = MovingSessions(ends_here)(request)
    assert answer.status_code == 200 and not answer.cookies and not Session.objects.exists()


# -- copies


def test_an_old_ticket_ends_the_session_for_the_thief_and_for_the_victim(
    here: Client, dana: StaffMember, later: Later, caplog: pytest.LogCaptureFixture
) -> None:
    old = moved_on(here, later)
    entries = Share.objects.filter(subject=dana.owner_id.hex).count()
    later(live.TROTH_SESSION_GRACE + 1)
    thief = copy_of(here, old)
    with caplog.at_level(logging.WARNING, "troth.sessions"):
        answer = thief.get(SECURITY)
    assert answer.status_code == 302 and b"Dana" not in answer.content
    assert not Session.objects.exists() and not Family.objects.exists()
    assert not is_in(here) and not is_in(copy_of(here))
    ((subject, body),) = told()
    assert subject == "We ended one of your sessions" and "old or copied mark of your session" in body
    row = SignIn.objects.get()
    assert row.was_copied and row.ended_at is not None
    assert Share.objects.filter(subject=dana.owner_id.hex).count() > entries and Entry.objects.exists()
    assert [each.getMessage() for each in caplog.records if each.name == "troth.sessions"] == [
        "a session was ended: an old ticket of it was shown, or one without its device"
    ]
    assert old not in caplog.text and ADDRESS not in caplog.text


def test_the_one_before_the_last_is_a_copy_even_at_once(here: Client, later: Later) -> None:
    oldest = moved_on(here, later)
    moved_on(here, later)
    assert not is_in(copy_of(here, oldest)) and not is_in(here) and len(told()) == 1


def test_the_last_one_is_served_for_ten_seconds_and_a_request_is_as_old_as_its_head(
    here: Client, later: Later
) -> None:
    old = moved_on(here, later)
    later(live.TROTH_SESSION_GRACE - 2)
    assert is_in(copy_of(here, old))
    arrived = time.time()
    later(live.TROTH_SESSION_GRACE)
    slow = copy_of(here, old)
    assert slow.get(SECURITY, **{moving.ARRIVED: arrived}).status_code == 200
    assert not is_in(copy_of(here, old)) and not is_in(here)


def test_a_copy_without_the_device_is_let_in_by_no_ticket(here: Client) -> None:
    assert not is_in(copy_of(here, device=False))
    assert not is_in(here) and len(told()) == 1
    assert SignIn.objects.get().was_copied


def test_the_device_of_another_browser_opens_nothing(here: Client) -> None:
    other = browser()
    sign_in(other)
    thief = copy_of(here)
    thief.cookies[DEVICE] = other.cookies[DEVICE].value
    assert not is_in(thief) and not is_in(here) and is_in(other)


def test_an_old_ticket_from_before_a_sign_in_is_known_too(dana: StaffMember, later: Later) -> None:
    client = browser()
    sign_in(client, password="wrong wrong wrong")
    client.post("/accounts/password/reset/", {"email": "nobody@elsewhere.example"})
    client.get("/contact/")
    before = ticket(client)
    sign_in(client)
    assert is_in(client)
    later(live.TROTH_SESSION_GRACE + 1)
    assert not is_in(copy_of(client, before))
    assert not is_in(client) and len(told()) == 1


def test_a_ticket_laid_under_somebody_lets_nobody_in_with_them(dana: StaffMember) -> None:
    victor = browser()
    victor.post("/accounts/password/reset/", {"email": "nobody@elsewhere.example"})
    victor.get("/contact/")
    laid = ticket(victor)
    victim = copy_of(victor)
    sign_in(victim)
    assert ticket(victim) != laid and not is_in(victor)
    assert is_in(victim)


def test_a_copied_session_of_a_visitor_ends_and_nobody_is_written_to(later: Later) -> None:
    victor = browser()
    victor.post("/accounts/password/reset/", {"email": "nobody@elsewhere.example"})
    victor.get("/contact/")
    old = ticket(victor)
    later(live.TROTH_SESSION_MOVES)
    victor.get("/contact/"), victor.get("/contact/")
    assert ticket(victor) != old
    later(live.TROTH_SESSION_GRACE + 1)
    copy_of(victor, old).get("/contact/")
    assert not Session.objects.exists() and not told()


def test_the_page_and_the_mail_say_what_happened(here: Client, later: Later) -> None:
    assert "We ended a session" not in here.get(SECURITY).content.decode()
    old = moved_on(here, later)
    later(live.TROTH_SESSION_GRACE + 1)
    copy_of(here, old).get(SECURITY)
    sign_in(here)
    page = here.get(SECURITY).content.decode()
    assert "We ended a session of yours." in page and "An old or copied mark of it was shown" in page
    SignIn.objects.filter(was_copied=True).update(ended_at="2026-01-01T00:00Z")
    page = here.get(SECURITY).content.decode()
    assert "We ended a session of yours." not in page and "An old or copied mark of it was shown" in page


def test_nobody_else_is_told_of_it(here: Client, later: Later) -> None:
    copy_of(here, device=False).get(SECURITY)
    staff(email="charlie@iplum.example", password=PASS_PHRASE)
    charlie = browser()
    sign_in(charlie, "charlie@iplum.example")
    assert "ended a session" not in charlie.get(SECURITY).content.decode()


# -- what is no ticket


@pytest.mark.parametrize(
    "spoil",
    [
        lambda shown: shown[:-1] + ("A" if shown[-1] != "A" else "B"),
        lambda shown: shown.replace("v1.", "v2.", 1),
        lambda shown: shown + ".",
        lambda shown: f" {shown}",
        lambda shown: shown + "A" * 100_000,
        lambda shown: shown.replace(".1.", ".01.").replace(".2.", ".02."),
        lambda shown: shown.replace(".1.", ".0."),
        lambda shown: shown.replace(".1.", ".-1."),
        lambda shown: shown.replace(".1.", ".99999999999999999999."),
        lambda shown: shown.replace(".1.", ".2."),
        lambda shown: "v1." + "A" * 22 + shown[25:],
        lambda shown: "v1.é" + shown[4:],
        lambda shown: "' OR 1=1 --",
        lambda shown: "v1.\x00.1." + "A" * 43,
    ],
    ids=[
        "token", "version", "more", "space", "oversized", "zero before", "zero", "minus", "huge", "next",
        "family", "letter", "SQL", "null byte",
    ],
)  # fmt: skip
def test_a_spoilt_ticket_is_nobodys_and_harms_nobody(here: Client, spoil: Callable[[str], str]) -> None:
    spoilt = spoil(ticket(here))
    request = RequestFactory().get("/")
    request.COOKIES = {NAME: spoilt, DEVICE: here.cookies[DEVICE].value}
    seen: list[str | None] = []
    answer = MovingSessions(lambda r: HttpResponse(seen.append(r.session.session_key) or "ok"))(request)
    assert spoilt != ticket(here) and (answer.status_code, seen) == (200, [None]) and not answer.cookies
    assert is_in(here) and not told()


@pytest.mark.parametrize("device", ["", "x", "é" * 43, "A" * 43, "A" * 100_000])
def test_a_spoilt_device_lets_nobody_in(here: Client, device: str) -> None:
    assert families.look(ticket(here), device, int(time.time())) is families.NOBODY


def test_the_ticket_of_another_deployment_is_nobodys(here: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, device = Family.objects.get(), str(here.cookies[DEVICE].value)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(tickets, "keyed", lambda _, __, data: hashlib.sha256(b"theirs" + data).digest())
        theirs = [tickets.Ticket(ours.pk, each, tickets.token(ours.kin, each)) for each in (0, 1, 2)]
    for each in theirs:
        assert families.look(str(each), device, int(time.time())) is families.NOBODY
    assert is_in(here) and not told()


def test_a_token_edited_in_the_tables_lets_nobody_in(here: Client) -> None:
    Family.objects.update(current=b"0" * 32)
    assert not is_in(here)


# -- the clock


@pytest.mark.parametrize("days", [-2, 400])
def test_a_clock_that_jumps_revives_no_session(here: Client, later: Later, days: int) -> None:
    old = moved_on(here, later)
    later(days * 86_400)
    assert not is_in(here)
    later(-days * 86_400)
    assert not is_in(here) and not is_in(copy_of(here, old)) and not Session.objects.exists()


def test_a_session_that_ran_out_by_the_clock_stays_ended_when_it_is_set_back(here: Client) -> None:
    whole = Session.objects.values_list("expire_date", flat=True).get()
    Session.objects.update(expire_date="2020-01-01T00:00Z")
    assert not is_in(here)
    assert Session.objects.update(expire_date=whole) == 0 and not is_in(here)


# -- ends


def test_signing_out_ends_the_family_and_whatever_tickets_it_had(here: Client) -> None:
    thief, before = copy_of(here), Family.objects.get().pk
    here.post("/accounts/logout/")
    assert not Family.objects.filter(pk=before).exists() and not is_in(thief) and not is_in(here)
    assert not told()


def test_both_cookies_go_with_a_session_that_was_away_too_long(here: Client, later: Later) -> None:
    later(live.TROTH_SESSION_IDLE + 1)
    answer = here.get(SECURITY)
    assert {answer.cookies[name].value for name in (NAME, DEVICE)} == {""}
    assert not Family.objects.exists() and not told()


def test_a_ticket_whose_session_is_over_leaves_the_cookies_alone(here: Client) -> None:
    sessions.end([SignIn.objects.get().session])
    assert not {NAME, DEVICE} & set(here.get("/contact/").cookies)
    sign_in(here)
    assert is_in(here)


def test_many_sessions_move_at_once_and_each_copy_ends_its_own() -> None:
    """A short run of `scripts/rotate.py`, which makes 100,000 moves."""
    seen = storm(60, 3, seed=7)
    assert (seen.lost, seen.forked, seen.missed) == (0, 0, 0), seen
    assert (seen.moves, seen.replays) == (60, 6) and not Session.objects.exists()
