"""A company's own server is told of its security: signed, until it hears it, and never of whom it was about."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.accounts.conftest import PLACE, browser, sign_in
from tests.accounts.registering import BOB, company_page, join, mails, person_of, place_of, register
from tests.cast import ALICE, CHARLIE, durable
from tests.gate.at_the_prompt import beside
from tests.gate.test_duties_pushing import Server, serving
from tests.site.demo import ROOT
from troth.accounts.hooks import hooks, sending
from troth.accounts.hooks.models import Event, Hook
from troth.accounts.levels import choosing
from troth.accounts.levels.admitting import Coming, Factor
from troth.accounts.models import SignIn
from troth.accounts.people.companies import NotNow
from troth.accounts.people.models import Membership
from troth.gate.errors import Refused
from troth.gate.outbound import webhooks
from troth.gate.subjects import limits
from troth.gate.uses import Actor

pytestmark = durable

OWNER = ALICE["email"]


@pytest.fixture
def own(tmp_path: Path, settings: Any) -> Iterator[Server]:
    """The company's server, on this machine, as the sample alone allows."""
    settings.TROTH_DEMO = True
    with serving(tmp_path, settings) as server:
        yield server


@pytest.fixture
def alice() -> Client:
    return register()


def page_of(address: str = OWNER) -> str:
    return company_page(address) + "security/server/"


def told(own: Server) -> list[dict[str, str]]:
    return [json.loads(body) for _, body in own.got]


def have_told(client: Client, own: Server) -> Hook:
    answer = client.post(page_of(), {"address": f"https://{own.where}/in?of=us"})
    assert answer.status_code == 302, answer.content.decode()
    return Hook.objects.get()


def later(**gone: float) -> None:
    """Who is to be told is due, and everything about it is so much older."""
    Hook.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    for event in Event.objects.all():
        Event.objects.filter(pk=event.pk).update(at=event.at - timedelta(**gone))
    for hook in Hook.objects.exclude(failing_since=None):
        Hook.objects.filter(pk=hook.pk).update(failing_since=hook.failing_since - timedelta(**gone))


def test_a_manager_has_a_server_told_tries_it_out_and_sees_that_it_heard(alice: Client, own: Server) -> None:
    hook = have_told(alice, own)
    assert own.where not in hook.address and "localhost is told" in mails(OWNER)[-1][1]
    page = alice.get(page_of()).content.decode()
    assert hooks.secret_of(hook) in page and "not tried yet" in page and own.where in page
    assert alice.post(page_of() + "try/").status_code == 302
    assert sending.send_due() == 1 and sending.send_due() == 0
    ((headers, body),) = own.got
    stamp, mac = (part.split("=")[1] for part in headers[webhooks.SIGNATURE].split(","))
    signed = hmac.new(hooks.secret_of(hook).encode(), stamp.encode() + b"." + body, hashlib.sha256)
    assert signed.hexdigest() == mac
    assert told(own)[0] == {
        "id": headers[webhooks.DELIVERY], "type": "try", "at": told(own)[0]["at"],
        "company": company_page(OWNER).split("/")[-2],
    }  # fmt: skip
    assert "heard us" in alice.get(page_of()).content.decode() and not Event.objects.exists()


def test_what_happens_is_told_by_a_word_and_a_time_and_of_nobody(alice: Client, own: Server) -> None:
    bob = join(alice)
    have_told(alice, own)
    other = browser()
    other.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Firefox/143.0"
    sign_in(other, BOB)
    choosing.choose(place_of(OWNER), "basic", {"idle": 30}, Coming(PLACE, Factor.PASSWORD, False))
    thief = browser()
    thief.cookies["__Host-session"] = bob.cookies["__Host-session"].value
    bob.get("/account/")
    thief.get("/account/")
    assert SignIn.objects.filter(was_copied=True).exists()
    assert [sending.send_due() for _ in range(4)] == [1, 1, 1, 0], "one thing a round"
    assert [each["type"] for each in told(own)] == [
        "session.new-browser",
        "security.changed",
        "session.copied",
    ]
    sent = b"".join(body for _, body in own.got) + json.dumps([head for head, _ in own.got]).encode()
    person = person_of(BOB)
    for word in (BOB, "Baptiste", "Firefox", PLACE, str(person.owner_id), person.owner_id.hex, OWNER):
        assert word.encode() not in sent


def test_the_page_for_who_runs_such_a_server_tells_how_to_know_us(alice: Client, own: Server) -> None:
    hook = have_told(alice, own)
    for what in Event.What:
        hooks.saw(hook.owner_id, what)
    assert sum(sending.send_due() for _ in Event.What) == len(Event.What)
    page = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
    assert {each["type"] for each in told(own)} == set(re.findall(r"^\| `([a-z.-]+)` \|", page, re.MULTILINE))
    known: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], known)  # noqa: S102 - our own page
    (headers, body), secret = own.got[0], hooks.secret_of(hook)
    is_from_us = known["is_from_us"]
    assert is_from_us(headers[webhooks.SIGNATURE], body, secret)
    assert not is_from_us(headers[webhooks.SIGNATURE], body + b" ", secret)
    assert not is_from_us(headers[webhooks.SIGNATURE], body, secret[::-1])
    assert not is_from_us("t=1,v1=" + headers[webhooks.SIGNATURE].rpartition("=")[2], body, secret)
    assert not is_from_us("", body, secret)


def test_a_name_with_braces_and_percent_signs_is_said_as_it_is(own: Server) -> None:
    """What people typed is filled into our letters, and never is one."""
    name = "{host} {0} {name.__class__} %s %(name)s {% now %} {{ 7 }}"
    values = {**{key: ALICE[key] for key in ("name", "email")}, "company": name}
    alice = register(values)
    assert alice.post(page_of(), {"address": f"https://{own.where}/"}).status_code == 302
    assert f"something happens to the security of {name}, and not to whom" in mails(OWNER)[-1][1]


def test_another_company_hears_nothing_of_it(alice: Client, own: Server) -> None:
    charlie = register({key: CHARLIE[key] for key in ("name", "company", "email")})
    have_told(alice, own)
    choosing.choose(place_of(CHARLIE["email"]), "basic", {"idle": 30}, Coming(PLACE, Factor.PASSWORD, False))
    assert not Event.objects.exists()
    assert charlie.get(page_of()).status_code == 404
    assert charlie.post(page_of(), {"address": "https://hooks.charlie.example/"}).status_code == 404
    assert charlie.post(page_of() + "stop/").status_code == 404 and Hook.objects.exists()


def test_who_does_not_manage_the_company_neither_sees_nor_changes_it(alice: Client, own: Server) -> None:
    bob = join(alice)
    have_told(alice, own)
    assert bob.get(page_of()).status_code == 403
    for page in ("", "try/", "stop/"):
        assert bob.post(page_of() + page, {"address": "https://hooks.bob.example/"}).status_code == 403
    with pytest.raises(Refused):
        hooks.choose(place_of(BOB), "https://hooks.bob.example/")
    assert Hook.objects.exists() and not Event.objects.exists()


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_is_not_heard_comes_again_under_the_same_id_ever_more_seldom(
    alice: Client, own: Server, status: int
) -> None:
    have_told(alice, own)
    alice.post(page_of() + "try/")
    own.answers = [status, status]
    for number in (1, 2):
        assert sending.send_due() == 0 and sending.send_due() == 0 and len(own.got) == number
        wait = Hook.objects.get().due_at - timezone.now()
        assert timedelta(seconds=50 * number) < wait <= timedelta(minutes=number)
        later()
    assert sending.send_due() == 1
    assert len({head[webhooks.DELIVERY] for head, _ in own.got}) == 1 and not Event.objects.exists()
    assert Hook.objects.get().failing_since is None


def test_after_an_hour_of_silence_the_managers_are_told_once_and_after_three_days_it_is_given_up(
    alice: Client, own: Server
) -> None:
    have_told(alice, own)
    alice.post(page_of() + "try/")
    own.answers = [500] * 9
    assert sending.send_due() == 0
    letters = len(mails(OWNER))
    for hours in (0.5, 0.6, 1):
        later(hours=hours)
        assert sending.send_due() == 0
    assert [subject for subject, _ in mails(OWNER)[letters:]] == ["Your server does not answer us"]
    assert "does not answer" in alice.get(page_of()).content.decode()
    later(days=3)
    calls = len(own.got)
    assert sending.send_due() == 0 and len(own.got) == calls and not Event.objects.exists()
    assert "1 thing it was never told" in alice.get(page_of()).content.decode()


def test_a_silent_server_keeps_nobody_else_waiting_and_fills_no_store(alice: Client, own: Server) -> None:
    have_told(alice, own)
    of_alice = place_of(OWNER).customer_id
    for _ in range(hooks.WAITING + 5):
        hooks.saw(of_alice, Event.What.COPIED)
    assert Event.objects.count() == hooks.WAITING and Hook.objects.get().missed == 5
    charlie = register({key: CHARLIE[key] for key in ("name", "company", "email")})
    address = CHARLIE["email"]
    charlie.post(page_of(address), {"address": f"https://{own.where}/charlies"})
    charlie.post(page_of(address) + "try/")
    own.answers = [500]
    assert sending.send_due() == 1 and len(own.got) == 2
    assert [each["type"] for each in told(own)] == ["session.copied", "try"]
    # Nor is it asked more often because much waits for it.
    assert sending.send_due() == 0 and len(own.got) == 2


def test_trying_it_out_takes_nobodys_room_and_without_a_server_is_said_to_do_nothing(
    alice: Client, own: Server
) -> None:
    answer = alice.post(page_of() + "try/", follow=True)
    assert "Nothing was sent" in answer.content.decode()
    have_told(alice, own)
    for _ in range(5):
        alice.post(page_of() + "try/")
    assert Event.objects.count() == 1


def test_who_mended_their_server_and_tries_it_is_told_at_once(alice: Client, own: Server) -> None:
    have_told(alice, own)
    alice.post(page_of() + "try/")
    own.answers = [500]
    assert sending.send_due() == 0 and sending.send_due() == 0
    alice.post(page_of() + "try/")
    assert sending.send_due() == 1 and Hook.objects.get().failing_since is None


def test_a_clock_that_was_a_month_ahead_silences_nobody(alice: Client, own: Server) -> None:
    hook = have_told(alice, own)
    hooks.saw(hook.owner_id, Event.What.COPIED)
    Hook.objects.update(due_at=timezone.now() + timedelta(days=30))
    assert sending.send_due() == 1


def test_nothing_is_kept_for_a_server_that_was_taken_off(alice: Client, own: Server) -> None:
    hook = have_told(alice, own)
    Event(owner_id=hook.owner_id, what=Event.What.COPIED).save(force_insert=True)
    hooks.stop(place_of(OWNER))
    assert not hooks.saw(hook.owner_id, Event.What.COPIED) and not Event.objects.exists()
    # One that slipped in is not told to a server that is named later.
    Event(owner_id=hook.owner_id, what=Event.What.COPIED).save(force_insert=True)
    have_told(alice, own)
    assert not Event.objects.exists()


def test_a_round_begins_no_call_when_it_has_lasted_long(
    alice: Client, own: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    have_told(alice, own)
    alice.post(page_of() + "try/")
    monkeypatch.setattr(sending, "ROUND", -1.0)
    assert sending.send_due() == 0 and not own.got and Event.objects.exists()


def test_of_who_restricted_the_use_of_their_data_nothing_is_told(alice: Client, own: Server) -> None:
    join(alice)
    have_told(alice, own)
    person = person_of(BOB)
    limits.restrict(person.owner_id, Actor("data-subject", person.owner_id))
    hooks.happened_to(person.owner_id, Event.What.COPIED)
    assert not Event.objects.exists()


def test_whoever_was_taken_out_of_the_company_meanwhile_changes_nothing(alice: Client, own: Server) -> None:
    bob = join(alice, role="administrator")
    stale = place_of(BOB)
    have_told(alice, own)
    assert bob.get(page_of()).status_code == 200
    Membership.objects.filter(pk=stale.pk).delete()
    for act in (lambda: hooks.choose(stale, "https://hooks.bob.example/"), lambda: hooks.stop(stale)):
        with pytest.raises(NotNow):
            act()
    assert hooks.address_of(Hook.objects.get()).startswith(f"https://{own.where}")


def test_of_two_who_choose_at_once_both_get_an_answer_and_one_server_is_told(alice: Client) -> None:
    place = place_of(OWNER)
    hooks.choose(place, "https://first.example/")
    given = beside(lambda: hooks.choose(place, "https://second.example/"), times=6)
    assert given == [None] * 6 and Hook.objects.count() == 1


WRONG = [
    "", "hooks.example", "http://hooks.example/", "ftp://hooks.example/", "https://", "https://hooks/",
    "https://alice:secret@hooks.example/", "https://hooks.example/#part", "https://192.0.2.1/", "https://[::1]/",
    "https://hooks.example:22/", "https://hooks.example:99999/", "https://hooks.example/a b", "https://hööks.example/",
    "https://hooks.example:0/", "https://hooks.example./", "https://hooks./", "https://h..example/",
    "https://hooks.example/" + "|" * 240, "https://hooks.example/ü", "https://hooks.example/" + "ü" * 480,
    "https://hooks.example/\r\nHost: other.example", "https://hooks.example/" + "x" * 500, "javascript:alert(1)",
]  # fmt: skip


@pytest.mark.parametrize("address", [*WRONG, "https://localhost/"])
def test_an_address_that_cannot_be_told_is_refused_with_what_to_do(alice: Client, address: str) -> None:
    answer = alice.post(page_of(), {"address": address})
    assert answer.status_code == 422 and not Hook.objects.exists()
    assert "Please check" in answer.content.decode()


@pytest.mark.parametrize(("typed", "kept"), [
    ("https://Hooks.Example:443", "https://hooks.example/"), ("https://h.example:/in?a=b", "https://h.example/in?a=b"),
    ("https://h.example:0443/", "https://h.example/"), ("https://h.example:08443/x", "https://h.example:8443/x"),
])  # fmt: skip
def test_an_address_has_one_spelling(typed: str, kept: str) -> None:
    assert hooks.checked(typed) == kept == hooks.checked(kept)


def test_a_name_that_stands_for_a_machine_of_ours_is_never_called(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may name a host would otherwise reach what only we can reach."""
    assert alice.post(page_of(), {"address": "https://hooks.alice.example/"}).status_code == 302
    for inside in (
        "127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1", "2002:7f00:1::", "fec0::1", "::7f00:1",
    ):  # fmt: skip
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, at=inside, **__: [(2, 1, 6, "", (at, 443))])
        alice.post(page_of() + "try/")
        later()
        assert sending.send_due() == 0
    assert Event.objects.exists() and Hook.objects.get().failing_since


def test_another_server_takes_its_place_with_a_new_secret_and_owners_hear_of_the_end(
    alice: Client, own: Server
) -> None:
    bob = join(alice, role="administrator")
    first = have_told(alice, own)
    alice.post(page_of() + "try/")
    assert bob.post(page_of(), {"address": "https://hooks.alice.example/"}).status_code == 302
    second = Hook.objects.get()
    assert second.pk != first.pk and hooks.secret_of(first) != hooks.secret_of(second)
    assert Event.objects.count() == 1 and "hooks.alice.example is told" in mails(OWNER)[-1][1]
    assert bob.post(page_of() + "stop/").status_code == 302
    assert not Hook.objects.exists() and not Event.objects.exists()
    assert "No server is told any more" in mails(OWNER)[-1][1] and alice.get(page_of()).status_code == 200


def test_it_is_seen_and_set_by_who_has_just_shown_that_it_is_they(alice: Client, own: Server) -> None:
    have_told(alice, own)
    session = alice.session
    session["account_authentication_methods"] = [
        {**each, "at": each["at"] - 3600} for each in session["account_authentication_methods"]
    ]
    session.save()
    for page, fields in (("", {"address": "https://hooks.alice.example/"}), ("stop/", {})):
        answer = alice.post(page_of() + page, fields)
        assert answer.status_code == 302 and "/accounts/reauthenticate/" in answer["Location"], page
    assert "/accounts/reauthenticate/" in alice.get(page_of())["Location"]
    assert hooks.address_of(Hook.objects.get()).startswith(f"https://{own.where}")
