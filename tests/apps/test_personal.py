"""What the front page shows on account of a browser's visits: why, to whom, and how it is turned off."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.accounts.registering import AS_ALICE, CODE, ask, code_to
from tests.accounts.registering import browser as visiting
from tests.apps.test_navigation_controls import pages
from tests.apps.test_navigation_linking import NAME, walk
from tests.apps.test_navigation_pages import walked
from tests.cast import ALICE, durable
from tests.gate.conftest import Edit, edit_statement
from tests.site.test_controls import entry, find
from troth.apps.navigation import numbers, personal
from troth.gate.journal.details import of_subjects
from troth.gate.journal.models import Entry
from troth.gate.keystore import limits
from troth.visits.models import LinkedBrowser

__all__ = ["edit_statement", "pages"]

pytestmark = durable

LEFT_OFF, READ = "Continue where you left off", "You may want to read"


def front(client: Client, **headers: str) -> str:
    return client.get("/", headers=headers).content.decode()


def connected() -> Client:
    """Alice's browser, connected to her account when it was opened, after she looked at prices."""
    alice = visiting()
    walk(alice, "/services/")
    assert ask(alice, **AS_ALICE, **{NAME: "on"}).status_code == 302
    assert alice.post(CODE, {"code": code_to(ALICE["email"])}).status_code == 302
    return alice


def test_a_browser_that_was_here_finds_where_it_left_off_and_why(victor: Client) -> None:
    walked(victor, "/services/", "/testimonials/", "/")
    answer = victor.get("/")
    page = answer.content.decode()
    assert LEFT_OFF in page and '<a href="/testimonials/">What Customers say</a>' in page
    assert "no-store" in answer["Cache-Control"]
    recommended = page.partition(READ)[2]
    assert '<a href="/customers/">Our Customers</a>' in recommended and "goes with" in recommended
    assert page.count("Why you see this") == 2 and page.count("#use.personalise") == 2
    assert "We do not know whose it is" in page and "Welcome back" not in page
    used = Entry.objects.filter(purpose="personalising")
    assert {each.clauses for each in used} == {"use.personalise"}


@pytest.mark.parametrize("headers", [{"sec-gpc": "1"}, {}], ids=["gpc", "choice"])
def test_who_wants_to_be_nobody_is_shown_nothing_and_nothing_is_used(
    victor: Client, headers: dict[str, str]
) -> None:
    walked(victor, "/services/")
    if not headers:
        victor.cookies[numbers.CHOICE] = "no"
    page = front(victor, **headers)
    assert (
        LEFT_OFF not in page
        and READ not in page
        and not Entry.objects.filter(purpose="personalising").exists()
    )


def test_of_another_browsers_trail_and_of_a_forged_number_nothing_is_shown(victor: Client) -> None:
    walked(Client(SERVER_NAME="localhost"), "/services/")
    for value in ("", "A" * 36, numbers.draw()):
        victor.cookies[numbers.COOKIE] = value
        assert LEFT_OFF not in front(victor)


def test_one_press_turns_each_part_off_and_another_on_again(victor: Client) -> None:
    walked(victor, "/services/")
    answer = victor.post("/you/shown/", {"part": "continue"})
    assert answer.status_code == 302 and answer["Location"] == "/"
    cookie = answer.cookies[numbers.SWITCHED_OFF]
    assert (cookie.value, cookie["secure"], cookie["httponly"]) == ("continue", True, True)
    page = front(victor)
    assert LEFT_OFF not in page and READ in page
    victor.post("/you/shown/", {"part": "recommended"})
    made = Entry.objects.filter(purpose="personalising").count()
    assert READ not in front(victor) and Entry.objects.filter(purpose="personalising").count() == made
    assert victor.post("/you/shown/", {"part": "continue", "on": "1"})["Location"] == "/you/"
    assert LEFT_OFF in front(victor) and READ not in front(victor)


@pytest.mark.parametrize(
    "part", ["", "curiosity", "x\r\nSet-Cookie: a=b", "a" * 5000], ids=["none", "other", "breaks", "long"]
)
def test_what_is_no_part_turns_nothing_off(victor: Client, part: str) -> None:
    victor.cookies[numbers.SWITCHED_OFF] = f"greeting.{part[:40]!r}"
    answer = victor.post("/you/shown/", {"part": part})
    assert answer.cookies[numbers.SWITCHED_OFF].value in ("", "greeting")
    assert victor.get("/you/shown/").status_code == 405
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    assert strict.post("/you/shown/", {"part": "greeting"}, secure=True).status_code == 403


def test_a_connected_browser_is_greeted_by_name_and_the_joined_use_is_on_record() -> None:
    alice = connected()
    page = front(alice)
    row = LinkedBrowser.objects.get()
    assert (
        f"Welcome back, {ALICE['name']}" in page
        and "Why you see your name" in page
        and "Disconnect it" in page
    )
    newest = of_subjects([row.owner_id.hex], Entry.objects.filter(purpose="personalising", kind=3))
    (used,) = [each.used for each in newest]
    assert {"contact.name", "navigation.pages-viewed"} <= set(used) and set(used.values()) == {
        "use.personalise"
    }
    other = Client(SERVER_NAME="localhost")
    walked(other, "/services/")
    assert ALICE["name"] not in front(other)


def test_a_name_turned_off_is_not_opened() -> None:
    alice = connected()
    alice.post("/you/shown/", {"part": "greeting"})
    assert ALICE["name"] not in front(alice) and LEFT_OFF in front(alice)
    row = LinkedBrowser.objects.get()
    assert not list(of_subjects([row.owner_id.hex], Entry.objects.filter(purpose="personalising", kind=3)))


def test_disconnected_it_greets_nobody() -> None:
    alice = connected()
    alice.post("/you/disconnect/")
    assert ALICE["name"] not in front(alice) and LEFT_OFF not in front(alice)


def test_who_objects_to_it_is_shown_nothing_of_it() -> None:
    alice = connected()
    row = LinkedBrowser.objects.get()
    limits.object_to(row.owner_id.hex, "personalising")
    page = front(alice)
    assert "Welcome back" not in page and LEFT_OFF not in page and alice.get("/").status_code == 200


def test_where_the_statement_does_not_allow_it_nothing_is_shown(victor: Client, edit_statement: Edit) -> None:
    walked(victor, "/services/")
    edit_statement(
        "allow use of web-site-navigational-information for personalising by system",
        "allow use of navigation.language for personalising by system",
    )
    assert LEFT_OFF not in front(victor)


def test_use_personalise_is_kept() -> None:
    connected()
    assert find(personal.CLAUSE).status == "kept"


def _by_sales() -> None:
    entry(purpose="personalising", recipient="sales", clauses="use.personalise")


def _other_clause() -> None:
    entry(purpose="personalising", recipient="system", clauses="use.requested")


@pytest.mark.parametrize("plant", [_by_sales, _other_clause], ids=["by sales", "another clause"])
def test_a_planted_use_breaks_use_personalise(plant: Any) -> None:
    assert find(personal.CLAUSE).status == "kept"
    plant()
    assert find(personal.CLAUSE).status == "broken"


def test_a_statement_that_opens_names_to_everybody_breaks_use_personalise(edit_statement: Edit) -> None:
    edit_statement("for personalising by system\n    given linked-browser\n", "for personalising by system\n")
    found = find(personal.CLAUSE)
    assert found.status == "broken" and "nobody connected" in found.evidence
