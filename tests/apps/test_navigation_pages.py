"""“This browser” and “What we record”: what a visitor sees of their own trail, chooses and forgets."""

from __future__ import annotations

import ast
import gzip
import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from tests.apps.navigating import ask, cookie_of, events, request, view
from tests.cast import durable
from tests.gate.conftest import Clock, set_clock
from tests.house.tree import ROOT
from troth.accounts.binding import bindings
from troth.accounts.moving import DEVICE_COOKIE
from troth.apps.navigation import numbers, trail
from troth.apps.navigation.cookies import COOKIES
from troth.engine.ledger import Kind
from troth.gate.journal.models import Entry
from troth.gate.registry import PLACES
from troth.gate.subjects.retention import end_expired
from troth.visits.models import Batch

__all__ = ["set_clock"]

pytestmark = durable


def walked(browser: Client, *paths: str) -> str:
    """A browser views some pages, as its script tells it; what its cookie holds."""
    cookie = ""
    for path in paths:
        given = cookie_of(ask(view(path, cookie=cookie))[0])
        cookie = given or cookie
    value = cookie.partition("=")[2]
    browser.cookies[numbers.COOKIE] = value
    return value


def test_a_browser_sees_its_own_trail_and_nobody_elses(victor: Client) -> None:
    other = Client(SERVER_NAME="localhost")
    walked(other, "/of-another/")
    walked(victor, "/kilns/", "/bricks/")
    page = victor.get("/you/").content.decode()
    assert (
        "2 pages viewed" in page and "/kilns/" in page and "/bricks/" in page and "/of-another/" not in page
    )
    assert "of-another" not in victor.get("/you/this-browser.json").content.decode()
    stranger = Client(SERVER_NAME="localhost").get("/you/", secure=True).content.decode()
    assert "/kilns/" not in stranger and "nothing that leads to this browser" in stranger


def test_a_number_of_ones_own_making_shows_nothing(victor: Client) -> None:
    walked(victor, "/kilns/")
    for value in ("", "A" * 36, numbers.draw()):
        victor.cookies[numbers.COOKIE] = value
        assert "/kilns/" not in victor.get("/you/").content.decode()


def test_the_download_is_the_whole_trail(victor: Client) -> None:
    walked(victor, *[f"/page-{'abcdefghijklmnopqrstuvwxy'[n]}/" for n in range(22)])
    answer = victor.get("/you/this-browser.json")
    told = json.loads(answer.content)["visits"]
    assert (
        len(told) == 22 and set(told[0]) == set(trail.FIELDS) and answer["Content-Type"] == "application/json"
    )
    assert "attachment" in answer["Content-Disposition"] and "no-store" in answer["Cache-Control"]
    assert "The last 20 of 22" in victor.get("/you/").content.decode()


def test_a_forgotten_trail_is_gone_and_on_record_and_others_can_still_be_shown(victor: Client) -> None:
    other = Client(SERVER_NAME="localhost")
    walked(other, "/of-another/")
    walked(victor, "/kilns/", "/contact/")
    before = bytes(Batch.objects.order_by("pk").first().hashes)
    assert victor.get("/you/forget/").status_code == 405 and len(events()) == 3
    answer = victor.post("/you/forget/")
    assert answer.status_code == 302 and answer.cookies[numbers.COOKIE]["max-age"] == 0
    assert [event.path for event in events()] == ["/of-another/"]
    assert Entry.objects.filter(kind=Kind.RESTRICTED, purpose="answering-requests").count() == 1
    assert bytes(Batch.objects.order_by("pk").first().hashes) == before
    victor.post("/you/forget/")
    assert Entry.objects.filter(kind=Kind.RESTRICTED).count() == 1


def test_to_forget_needs_a_press_in_our_own_page(victor: Client) -> None:
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    walked(strict, "/kilns/")
    assert strict.post("/you/forget/", secure=True).status_code == 403 and len(events()) == 1


def test_when_a_days_key_is_gone_the_number_leads_to_nothing(victor: Client, set_clock: Clock) -> None:
    walked(victor, "/kilns/")
    set_clock(timedelta(days=91))
    assert end_expired() == 1
    assert "nothing that leads to this browser" in victor.get("/you/").content.decode()


def test_the_choice_is_nobodys_but_the_visitors(victor: Client) -> None:
    page = victor.get("/cookies/").content.decode()
    assert "checked" not in page and "What we record" in page
    assert victor.post("/cookies/", {}).status_code == 422
    answer = victor.post("/cookies/", {"number": "no"})
    chosen, number = answer.cookies[numbers.CHOICE], answer.cookies[numbers.COOKIE]
    assert (chosen.value, chosen["secure"], chosen["httponly"], chosen["path"]) == ("no", True, True, "/")
    assert number["max-age"] == 0 and not chosen["domain"]
    page = victor.get("/cookies/").content.decode()
    assert "You chose to have no number" in page and "checked" not in page
    assert (
        cookie_of(ask(request("/beacon/hits", [{"k": "v", "p": "/"}], cookie=f"{numbers.CHOICE}=no"))[0])
        == ""
    )


@pytest.mark.parametrize(
    ("header", "said"), [("1", "<strong>on</strong>"), ("0", "does not send")], ids=["on", "off"]
)
def test_the_page_says_whether_the_browser_sends_gpc(victor: Client, header: str, said: str) -> None:
    assert said in victor.get("/cookies/", headers={"sec-gpc": header}).content.decode()


def test_the_site_says_that_it_heeds_gpc(victor: Client) -> None:
    answer = victor.get("/.well-known/gpc.json")
    assert json.loads(answer.content)["gpc"] is True and answer["Content-Type"] == "application/json"


def test_every_cookie_that_the_code_sets_is_on_the_page(victor: Client) -> None:
    """Whoever sets another cookie, in a view or by a setting, finds this list."""
    setting = {"set_cookie", "set_signed_cookie", "delete_cookie"}
    calls = {
        path.relative_to(ROOT / "src" / "troth").as_posix()
        for path in (ROOT / "src" / "troth").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in setting
    }
    assert calls == {"apps/navigation/numbers.py", "accounts/moving.py", "accounts/binding/views.py"}
    names = {cookie.name for cookie in COOKIES}
    own = {numbers.COOKIE, numbers.CHOICE, numbers.SWITCHED_OFF, DEVICE_COOKIE, bindings.COOKIE}
    assert names == {*own, settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
    page = victor.get("/cookies/").content.decode()
    assert all(name in page and name.startswith("__Host-") for name in names) and "cookie-page" in PLACES


def test_the_community_has_its_own_pages_and_its_foot_leads_there() -> None:
    community = Client(SERVER_NAME=settings.TROTH_HOSTS["community"])
    page = community.get("/", secure=True).content.decode()
    assert 'href="/cookies/"' in page and "visits.js" in page
    assert community.get("/you/", secure=True).status_code == 200


@pytest.mark.parametrize("path", ["/", "/contact/", "/privacy/"], ids=["home", "contact", "statement"])
def test_pages_of_visitors_tell_of_their_views_and_those_of_staff_do_not(victor: Client, path: str) -> None:
    assert "visits.js" in victor.get(path).content.decode()
    script = ROOT / "src" / "troth" / "web" / "static" / "troth" / "visits.js"
    assert len(gzip.compress(script.read_bytes(), 9)) <= 2048


def test_pages_of_workspaces_do_not_tell_of_their_views() -> None:
    workspace = Client(SERVER_NAME=settings.TROTH_HOSTS["workspace"])
    assert "visits.js" not in workspace.get("/", secure=True).content.decode()
