"""Protection: rules fire on attacks and rest on what people do, what is done ends by itself, and nobody is locked out."""

import json
import random
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tests.apps.conftest import Secure
from tests.cast import ALICE, acting, durable, enquiry_of, staff
from tests.gate.conftest import Clock, set_clock
from troth.accounts import security
from troth.accounts.models import StaffMember
from troth.apps.enquiries.models import Enquiry
from troth.apps.protection import canaries, controls, desk, jobs, measures, middleware, noting
from troth.apps.protection import staff as opened_by_staff
from troth.apps.protection.models import Alarm, Canary, Measure
from troth.apps.protection.noting import Scene
from troth.config.environment import SettingError, env_nets
from troth.gate import watch
from troth.gate.errors import GateError
from troth.gate.journal.models import Entry
from troth.gate.keystore.models import DataKey
from troth.gate.outbound.models import Message
from troth.gate.subjects.retention import end_expired
from troth.gate.uses import SYSTEM, using
from troth.gate.watch import Sign, scoring
from troth.gate.watch.counting import Counting
from troth.gate.watch.nets import Net, Nets
from troth.gate.watch.rules import Rule, rules, signs_of

__all__ = ["set_clock"]
VICTOR, BOB = "203.0.113.66", "198.51.100.9"
ELSEWHERE = "192.0.2.200"
OFFICE, LOGIN = "/office/protection/", "/accounts/login/"
PHRASE = "horse battery staple correct"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
ATTACKS = Path(__file__).with_name("attacks.txt").read_text("utf-8").splitlines()
CLEAN = Path(__file__).with_name("clean.txt").read_text("utf-8").splitlines()


def at(address: str, **more: Any) -> Client:
    """A browser at an address."""
    return Secure(SERVER_NAME="localhost", REMOTE_ADDR=address, HTTP_USER_AGENT=AGENT, **more)


@pytest.fixture(autouse=True)
def _log_of_its_own(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TROTH_PROTECTION_LOG = tmp_path / "alarms.log"
    monkeypatch.setattr(security, "SAME_FOR_ALL", 0.0)


def lines(settings: Any) -> list[dict[str, Any]]:
    """The lines of the file."""
    path = settings.TROTH_PROTECTION_LOG
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def fired() -> list[str]:
    return list(Alarm.objects.order_by("at", "pk").values_list("rule", flat=True))


def standing() -> set[tuple[str, str]]:
    return set(Measure.objects.filter(until__gt=timezone.now()).values_list("kind", "act"))


# -- rules and patterns


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_each_rule_fires_on_its_sample_and_rests_on_the_other(rule: Rule) -> None:
    assert controls.fires(rule, is_sample=True)
    assert not controls.fires(rule, is_sample=False)


def test_what_is_long_ago_counts_no_more_and_who_was_seen_longest_ago_is_forgotten_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule = next(rule for rule in rules() if rule.id == "stuffing")
    signs = list(signs_of(rule.fires))
    slowly = Counting()
    seconds = rule.seconds / (rule.many - 2)
    assert not any(slowly.fired(sign, VICTOR, n * seconds) for n, sign in enumerate(signs))
    monkeypatch.setattr("troth.gate.watch.counting.MOST_KEYS", 3)
    small = Counting()
    for number in range(50):
        small.fired(signs[0], f"192.0.2.{number}", 0.0)
    assert len(small._windows) <= 3


def sent(line: str) -> tuple[str, str]:
    """Where an attack stands, and its text as a program sends it."""
    where, _, text = line.partition(" ")
    if where != "path":
        name, is_value, value = text.partition("=")
        text = quote(name, safe="[]$_%") + is_value + quote(value, safe="%+")
    return where, text


def test_of_the_attacks_nearly_all_are_recognised_and_of_what_people_sent_nothing() -> None:
    assert len(set(ATTACKS)) >= 300
    found = [line for line in ATTACKS if scoring.score_of(sent(line)[1]) >= scoring.refused()]
    assert len(found) / len(ATTACKS) >= 0.85, sorted(set(ATTACKS) - set(found))
    assert [line for line in CLEAN if scoring.score_of(line) >= scoring.refused()] == []
    said = (
        "I'd rather order 10 or 20 of them; select a plan from the list, and union members get 5% off.",
        "O'Brien & Sons' office = the one on Main St. (and/or the annex) -- please call; drop by any time",
        "See https://www.example.com/a?b=c#d or write to us <info@example.com> : 1 = 1, she said",
    )
    assert [
        score for text in said if (score := scoring.score_of(f"message={quote(text)}")) >= scoring.refused()
    ] == []


def test_no_text_makes_the_patterns_look_for_long() -> None:
    """Blanks, brackets and half an attack, again and again: a pattern that goes back over them would take minutes."""
    begun = time.process_time()
    for piece in ("\n", " \n", "<", "<a ", "../", "{{", "' or ", "; select a,", "/*", '"1"'):
        scoring.score_of((piece * scoring.LONGEST)[: scoring.LONGEST])
    assert time.process_time() - begun < 20


@durable
def test_an_attack_is_refused_before_anything_else_whoever_asks() -> None:
    victor = at(VICTOR)
    for path in ("/?page=../../etc/passwd%00", "/boards/?q=<script>alert(1)</script>"):
        answer = victor.get(path)
        assert answer.status_code == 403 and b"attack" in answer.content and b"script" not in answer.content
    assert victor.post("/contact/", "name=' or '1'='1", scoring.FORM).status_code == 403
    # A cookie that is no ticket of ours makes nobody known.
    bob = at(BOB, HTTP_COOKIE="__Host-session=v1.made.up")
    assert bob.post("/contact/", "message=<script>alert(1)</script>", scoring.FORM).status_code == 403
    assert bob.get("/?page=2").status_code == 200


@durable
def test_who_is_signed_in_may_write_what_looks_like_one() -> None:
    member = staff("administrator", "anton@iplum.example", PHRASE)
    hers = at(BOB)
    hers.force_login(member.user)
    answer = hers.post("/accounts/password/change/", {"oldpassword": "' or '1'='1", "password1": "<script>"})
    assert answer.status_code == 200 and not fired()


# -- what is done, and undone


@durable
def test_a_net_that_attacks_is_blocked_told_until_when_and_let_go_again(
    settings: Any, set_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    victor = at(VICTOR)
    for _ in range(3):
        victor.get("/?id=1' or '1'='1")
    assert fired() == ["attack-shaped"] and standing() == {("net", "block")}
    blocked = victor.get("/")
    assert blocked.status_code == 403 and b"UTC" in blocked.content and int(blocked["Retry-After"]) > 1700
    assert at(BOB).get("/").status_code == 200
    (line,) = lines(settings)
    assert line["rule"] == "attack-shaped" and line["did"] == ["block-net"] and line["net"] == f"{VICTOR}/32"
    set_clock(timedelta(minutes=31))
    assert victor.get("/").status_code == 200
    assert len(measures.memory.nets[Measure.Act.BLOCK]) == 1
    monkeypatch.setattr(measures, "SWEPT_EVERY", -1.0)
    measures.refresh(at_once=True)
    assert len(measures.memory.nets[Measure.Act.BLOCK]) == 0


@durable
def test_another_process_knows_a_block_and_its_end_from_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    victor = at(VICTOR)
    victor.get("/.env")
    assert fired() == ["canary-page"] and victor.get("/").status_code == 403
    measures.forget()  # a process that begins now, or another one
    assert victor.get("/").status_code == 403
    monkeypatch.setattr(measures, "EVERY", 0.0)
    Measure.objects.update(until=timezone.now(), changed_at=timezone.now())
    assert victor.get("/").status_code == 200


@durable
def test_a_trusted_net_is_watched_and_nothing_is_done_about_it(settings: Any) -> None:
    here = at("127.0.0.1")
    here.get("/.env")
    assert here.get("/").status_code == 200 and fired() == ["canary-page"] and not standing()
    assert "net" not in lines(settings)[0] and lines(settings)[0]["did"] == []


@durable
def test_pages_that_are_not_there_one_after_another_are_no_way_in() -> None:
    victor, bob = at(VICTOR), at(BOB)
    for number in range(20):
        victor.get(f"/orders/{number}/")
        bob.get("/favicon.ico/")
    assert victor.get("/").status_code == 403 and bob.get("/").status_code == 200


@durable
def test_stuffing_slows_a_net_down_and_going_on_blocks_it_and_the_administrator_is_told() -> None:
    staff("administrator", "anton@iplum.example")
    victor = at(VICTOR)
    tried = lambda number: victor.post(LOGIN, {"login": f"p{number}@x.example", "password": "a wrong one"})  # noqa: E731
    for number in range(8):
        assert tried(number).status_code == 200
    assert fired() == ["stuffing"] and standing() == {("net", "slow")}
    assert tried(0).status_code == 200
    waits = tried(0)
    assert waits.status_code == 429 and 0 < int(waits["Retry-After"]) <= 5
    assert victor.get("/").status_code == 200
    for number in range(30):
        middleware.judge([Sign("sign-in-failed", each=(str(number),))], Scene(VICTOR))
    assert ("net", "block") in standing() and victor.get("/").status_code == 403
    (letter,) = Message.objects.all()
    with using("supervising-mail", by=acting(staff("owner", "o@iplum.example"))):
        assert (
            "Alarm" in letter.subject and VICTOR not in letter.body and "/office/protection/" in letter.body
        )


# -- nobody is locked out by what others do


@durable
def test_whoever_is_signed_in_bears_no_block_of_their_net_and_is_stopped_without_it(settings: Any) -> None:
    settings.TROTH_SECOND_FACTOR = False
    hers, visitor = at(BOB), at(BOB)
    hers.force_login(staff("sales").user)
    visitor.get("/.env")
    assert visitor.get("/").status_code == 403 and hers.get("/office/").status_code == 200
    assert at(BOB, HTTP_COOKIE="__Host-session=v1.made.up").get("/").status_code == 403
    measures.forget(), Measure.objects.all().delete()
    hers.get("/.env")
    assert standing() == {("family", "block")} and hers.get("/office/").status_code == 403
    assert visitor.get("/").status_code == 200
    # Nor by a page of somebody else's that has a browser ask for things.
    victor = at(VICTOR)
    victor.get("/.env", headers={"Sec-Fetch-Site": "cross-site"})
    assert victor.get("/").status_code == 200 and fired() == ["canary-page"] * 3


@durable
def test_a_made_up_cookie_hides_no_form_and_programs_and_beacons_are_no_forms() -> None:
    seen = Secure(REMOTE_ADDR=ELSEWHERE).get("/").wsgi_request
    seen.META["HTTP_COOKIE"], seen.method = "__Host-session=v1.made.up", "POST"
    guard = middleware.Guard(lambda _: HttpResponse(status=302))
    for _ in range(40):
        guard(seen)
    assert fired() == ["forms"] and standing() == {("net", "slow")}
    other = at(ELSEWHERE)
    for _ in range(3):
        assert other.post("/beacon/hits", "[]", "text/plain").status_code != 429
    assert other.post(LOGIN, {"login": "a@x.example", "password": "' or '1'='1"}).status_code == 200
    assert other.post(LOGIN, {"login": "a@x.example", "password": "x"}).status_code == 429

    def gone(request: Any) -> HttpResponse:
        request.admitted = True
        return HttpResponse(status=404)

    guard, seen.method = middleware.Guard(gone), "GET"
    for number in range(25):
        seen.path = f"/api/v1/records/{number}"
        guard(seen)
    assert fired() == ["forms"]


@durable
def test_behind_a_proxy_accounts_are_guarded_all_the_same(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    anton, dana, proxy = (
        staff("administrator", "anton@iplum.example"),
        staff("sales"),
        Scene("127.0.0.1", is_trusted=True),
    )
    for number in range(400):
        middleware.judge([Sign("opened", dana.owner_id.hex, (str(number),))], proxy)
    assert fired()[-1] == "bulk-read" and standing() == {("account", "block")}
    assert Message.objects.filter(owner=anton.owner).exists()
    hers = at("127.0.0.1")
    hers.force_login(dana.user)
    assert hers.get("/office/").status_code == 403
    # Beyond the most alarms that are kept, no line is written for one that did nothing either.
    before = lines(settings)
    monkeypatch.setattr(noting, "MOST_AN_HOUR", 0)
    at("127.0.0.1").get("/.env")
    assert lines(settings) == before and before[-1]["rule"] == "bulk-read"
    # With her account goes what is done about it; that it is gone is no breach.
    measures.end_with(dana.owner_id.hex)
    assert not standing() and not controls._without_measure()


@durable
def test_others_failures_lock_nobody_out_and_a_stranger_with_the_password_needs_the_mail(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TROTH_SECOND_FACTOR = False
    member = staff("sales", "dana@iplum.example", PHRASE)
    hers = {"login": "dana@iplum.example", "password": PHRASE}
    asked: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(security.watch, "saw", lambda what, **_: asked.append(what))
        assert at(BOB).post(LOGIN, hers).status_code == 302
        assert asked == [], "a right password is no guess at who is there"
        at(BOB).post(LOGIN, {**hers, "password": "a wrong one"})
    assert "address-asked" in asked
    for number in range(12):  # from many nets, as a botnet does
        at(f"192.0.2.{number}").post(LOGIN, {**hers, "password": "a wrong one"})
    assert "guessing" in fired() and standing() == {("account", "challenge")}
    # Where she was before she is let in at once.
    assert at(BOB).post(LOGIN, hers)["Location"] == "/office/"
    # Whoever guessed the password has to read her mail.
    sent: list[str] = []
    monkeypatch.setattr("troth.gate.codes.codes._text", lambda digits, *rest: sent.append(digits) or digits)
    victor = at(VICTOR)
    assert victor.post(LOGIN, hers)["Location"] == "/accounts/login/code/"
    assert (
        victor.get("/office/").status_code == 302
        and "One more step" in victor.get(f"{LOGIN}code/").content.decode()
    )
    assert victor.post(f"{LOGIN}code/", {"code": "00000000"}).status_code == 422
    let_in = victor.post(f"{LOGIN}code/", {"code": sent[-1]})
    assert let_in["Location"] == "/office/" and victor.get("/office/").status_code == 200
    assert at(VICTOR).get(f"{LOGIN}code/")["Location"] == LOGIN
    assert member.user.is_active


# -- staff, and canaries


def read(enquiry: Enquiry, by: StaffMember) -> None:
    with using("answering-enquiries", by=acting(by), given=enquiry):
        assert enquiry.email


@durable
def test_staff_who_open_very_many_are_stopped_and_who_is_refused_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dana, anton = staff("sales"), staff("administrator", "anton@iplum.example")
    for _ in range(2):
        for number in range(400):
            opened_by_staff.heard("sales", dana.owner_id, [f"{number:032x}", dana.owner_id.hex], False)
    assert fired() == ["bulk-read", "bulk-read"] and standing() == {("account", "block")}
    hers, his = at(BOB), at(BOB)
    hers.force_login(dana.user), his.force_login(anton.user)
    assert hers.get("/office/").status_code == 403 and b"stopped" in hers.get("/office/").content
    assert his.get(OFFICE).status_code != 403
    enquiry = enquiry_of()
    for _ in range(5):
        with pytest.raises(GateError), using("answering-enquiries", by=acting(dana)):
            _ = enquiry.email
    assert fired()[-1] == "no-ground"
    assert Message.objects.filter(owner=anton.owner).count() == 2


@durable
def test_who_opens_far_more_than_ever_before_is_noticed() -> None:
    dana = staff("sales")
    enquiries = [enquiry_of({**ALICE, "email": f"a{number}@x.example"}) for number in range(4)]
    for hour in range(7):
        for enquiry in enquiries[: 2 + hour % 2]:
            read(Enquiry.objects.get(pk=enquiry.pk), dana)
            newest = Entry.objects.order_by("-seq").first()
            assert newest and newest.recipient == "sales"
            Entry.objects.filter(pk=newest.pk).update(at=timezone.now() - timedelta(hours=2 + hour))
    opened_by_staff._lines.clear()
    assert not opened_by_staff.is_unlike(dana.owner_id.hex, 3) and opened_by_staff.is_unlike(
        dana.owner_id.hex, 60
    )
    assert not opened_by_staff.is_unlike(uuid4().hex, 60), "of whom nothing is known, nothing is out of line"


@durable
def test_a_canary_sings_when_it_is_opened_shown_or_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    dana, enquiry = staff("sales"), enquiry_of()
    Canary.objects.create(whose=enquiry.owner_id)
    measures.refresh(at_once=True)
    with using("proving-the-statement", by=SYSTEM):
        assert enquiry.email
    assert fired() == []
    read(Enquiry.objects.get(), dana)
    assert fired() == ["canary-opened"]
    shown = at(BOB).get("/api/v1/workspace", headers={"Authorization": f"Bearer {canaries.key()}"})
    assert shown.status_code == 401 and fired()[-1] == "canary-key" and at(BOB).get("/").status_code == 403
    words = canaries.words()
    victor = at(VICTOR)
    left = victor.post(LOGIN, {"login": f"{words}@x.example", "password": "x"})
    assert left.status_code == 403 and words.encode() not in left.content and fired()[-1] == "canary-left"


# -- the office


@pytest.fixture
def anton(settings: Any) -> Client:
    """The administrator, at his desk."""
    settings.TROTH_SECOND_FACTOR = False
    his = at(BOB)
    his.force_login(staff("administrator", "anton@iplum.example").user)
    return his


@durable
def test_the_office_sees_why_undoes_lengthens_and_blocks_and_all_of_it_is_on_record(anton: Client) -> None:
    victor = at(VICTOR)
    victor.get("/.git/config")
    page = anton.get(OFFICE).content.decode()
    assert VICTOR in page and "/.git/config" in page and "blocked the net" in page
    assert canaries.key() not in page and canaries.apart(canaries.key()) in page
    assert Entry.objects.filter(purpose=noting.PURPOSE, recipient="administrator").count() == 1
    (measure,) = Measure.objects.all()
    anton.post(f"{OFFICE}{measure.pk}/", {"do": "longer"})
    assert Measure.objects.get().until - measure.until == timedelta(days=1)
    anton.post(f"{OFFICE}{measure.pk}/", {"do": "undo"})
    assert victor.get("/").status_code == 200
    assert Entry.objects.filter(purpose=noting.PURPOSE, recipient="administrator").count() == 3
    anton.post(f"{OFFICE}{measure.pk}/", {"do": "longer"})
    assert victor.get("/").status_code == 200, "what has ended is not brought back by a page that is old"
    block = {"net": "203.0.113.0/24", "minutes": 30, "why": "many tries"}
    assert anton.post(OFFICE, block).status_code == 302 and victor.get("/").status_code == 403
    assert "many tries" in anton.get(OFFICE).content.decode()
    for net in ("198.51.100.0/24", "0.0.0.0/0", "nonsense"):
        assert anton.post(OFFICE, {**block, "net": net}).status_code == 422, net
    assert anton.get("/").status_code == 200


@durable
def test_dana_and_victor_see_nothing_of_it(sign_in: Callable[[str], Client]) -> None:
    for role in ("sales", "support", "privacy-officer"):
        assert sign_in(role).get(OFFICE).status_code == 403
    assert sign_in("owner").get(OFFICE).status_code == 200
    assert at(VICTOR).get(OFFICE).status_code == 302


@durable
def test_a_canary_is_named_and_forgotten(anton: Client) -> None:
    subject = enquiry_of().owner_id
    assert anton.post(f"{OFFICE}canary/", {"subject": uuid4()}).status_code == 422
    assert anton.post(f"{OFFICE}canary/", {"subject": subject}).status_code == 302
    assert subject.hex in measures.memory.canaries
    assert anton.post(f"{OFFICE}canary/", {"do": "forget", "canary": "x"}).status_code == 302
    anton.post(f"{OFFICE}canary/", {"do": "forget", "canary": Canary.objects.get().pk})
    assert not Canary.objects.exists() and not measures.memory.canaries


# -- what is kept


@durable
def test_what_is_kept_is_sealed_goes_in_time_and_no_text_forges_a_line(
    settings: Any, set_clock: Clock
) -> None:
    forged = '/?id=1\' or \'1\'=\'1\n{"time":"2026-01-01T00:00:00Z","rule":"forged"}'
    rule = next(rule for rule in rules() if rule.id == "attack-shaped")
    alarm = noting.note(rule, Sign(rule.on, words=forged), Scene(VICTOR, uuid4().hex))
    assert alarm is not None and alarm.sealed and VICTOR.encode() not in bytes(alarm.sealed)
    assert [line["rule"] for line in lines(settings)] == ["attack-shaped"]
    with using(noting.PURPOSE, by=SYSTEM):
        assert "\n" not in alarm.tried
    owner = alarm.owner_id.hex
    set_clock(timedelta(days=3))
    assert jobs.tidy() == 1 and not Measure.objects.exists() and len(lines(settings)) == 1
    set_clock(timedelta(days=8))
    assert jobs.tidy() == 1 and lines(settings) == []
    set_clock(timedelta(days=91))
    end_expired()
    assert not Alarm.objects.exists() and not DataKey.objects.filter(subject=owner).exists()


@pytest.mark.skipif(not shutil.which("fail2ban-regex"), reason="fail2ban is not installed")
@durable
def test_fail2ban_finds_the_nets_that_are_blocked_and_no_others(settings: Any) -> None:
    rule = {rule.id: rule for rule in rules()}
    for number, name in enumerate(("attack-shaped", "stuffing", "stuffing-on", "bulk-read")):
        noting.note(rule[name], Sign("x", "0" * 32), Scene(f"203.0.113.{number}"))
    noting.note(rule["canary-key"], Sign("x"), Scene("2001:db8:1:2:3::4"))
    noting.note(rule["canary-key"], Sign("x"), Scene("127.0.0.1", is_trusted=True))
    kept = Path(__file__).parents[2] / "deploy" / "fail2ban" / "filter.d" / "troth.conf"
    told = subprocess.run(
        ["fail2ban-regex", "-o", "ip", str(settings.TROTH_PROTECTION_LOG), str(kept)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert set(told.stdout.split()) == {"203.0.113.0", "203.0.113.2", "2001:db8:1:2::/64"}


@durable
def test_a_full_disk_and_too_many_alarms_stop_no_block(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TROTH_PROTECTION_LOG = Path("/proc/nothing/alarms.log")
    monkeypatch.setattr(noting, "MOST_AN_HOUR", 0)
    assert at(VICTOR).get("/.env").status_code == 404
    assert not Alarm.objects.exists() and at(VICTOR).get("/").status_code == 403


@durable
def test_a_listener_that_fails_is_in_nobodys_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noting, "note", lambda *_: 1 / 0)
    monkeypatch.setattr(watch.signs, "LISTENERS", [lambda sign: 1 / 0])
    assert at(VICTOR).get("/.env").status_code == 404
    watch.saw("canary-page")


# -- nets


def test_a_net_holds_its_addresses_and_no_others() -> None:
    nets: Nets[str] = Nets()
    for text in ("203.0.113.0/24", "2001:db8:1::/48", "198.51.100.7", "0.0.0.0/1"):
        nets.put(Net.said(text), text)
    cases = {
        "203.0.113.9": ["203.0.113.0/24"], "203.0.114.9": [], "198.51.100.7": ["198.51.100.7"], "198.51.100.8": [],
        "::ffff:203.0.113.9": ["203.0.113.0/24"], "2001:db8:1:2::3": ["2001:db8:1::/48"], "2001:db8:2::": [],
        "10.0.0.1": ["0.0.0.0/1"], "nonsense": [],
    }  # fmt: skip
    assert {address: list(nets.over(address)) for address in cases} == cases
    net = Net.said("203.0.113.0/24")
    assert Net.unpacked(net.packed, net.bits) == net and str(net) == "203.0.113.0/24"
    nets.sweep("198.51.100.7".__eq__)
    assert list(nets.over("198.51.100.7")) == [] and len(nets) == 3
    nets.drop(net)
    assert list(nets.over("203.0.113.9")) == [] and len(nets) == 2
    chance = random.Random(8)
    for _ in range(200):
        net = Net(32, bits := chance.randrange(1, 33), chance.getrandbits(bits))
        assert Net.unpacked(net.packed, net.bits) == net == Net.said(str(net))


def test_a_trusted_net_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TROTH_TRUSTED_NETS", "127.0.0.1, 10.0.0.0/8")
    assert env_nets("TROTH_TRUSTED_NETS", "::1") == ((32, 0, 0x7F000001), (32, 24, 10))
    monkeypatch.setenv("TROTH_TRUSTED_NETS", "127.0.0.1, everything")
    with pytest.raises(SettingError, match=re.escape("everything")):
        env_nets("TROTH_TRUSTED_NETS", "::1")


def test_every_sign_that_a_rule_waits_for_is_reported_somewhere() -> None:
    assert {sign for rule in rules() for sign in rule.signs} <= watch.REPORTED.keys()
    assert desk.WIDEST and all(rule.why.endswith(".") for rule in rules())
