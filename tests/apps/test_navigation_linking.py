"""A browser is connected to a name by a ticked box and nothing else, and is anonymous again when it is undone."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from tests.accounts.registering import AS_ALICE, AS_CHARLIE, CODE, ask, code_to, fill_in, person_of, register
from tests.accounts.registering import browser as visiting
from tests.apps.navigating import ask as beacons
from tests.apps.navigating import cookie_of, events, view
from tests.apps.privacy_people import browser, person
from tests.apps.test_privacy_export import archive, prepared
from tests.cast import ALICE, CHARLIE, durable, values_of
from tests.gate.conftest import Edit, edit_statement
from troth.apps.enquiries.models import Enquiry
from troth.apps.navigation import linking, numbers, trail
from troth.gate.errors import Refused, SealedError
from troth.gate.journal.details import of_subjects
from troth.gate.journal.models import Entry, Share
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM, Actor, OwnData, using
from troth.visits.models import LinkedBrowser

__all__ = ["edit_statement"]

pytestmark = durable

NAME = linking.NAME


def walk(client: Client, *paths: str) -> str:
    """A browser views pages; what its cookie holds."""
    held = client.cookies.get(numbers.COOKIE)
    cookie = f"{numbers.COOKIE}={held.value}" if held else ""
    for path in paths:
        cookie = cookie_of(beacons(view(path, cookie=cookie))[0]) or cookie
    value = cookie.partition("=")[2]
    client.cookies[numbers.COOKIE] = value
    return value


def write(client: Client, **more: Any) -> Any:
    """Send an enquiry from the page."""
    answer = fill_in(client, "/contact/", {**values_of(), **more})
    assert answer.status_code == 302
    return answer


def numbers_of(owner: Any) -> list[str]:
    """The numbers that somebody's browsers had when they were connected."""
    with using("showing-own-data", by=Actor("data-subject", owner), given=OwnData(owner)):
        return [row.number for row in LinkedBrowser.objects.filter(owner=owner)]


def hex_of(cookie: str) -> str:
    number = numbers.number_of(cookie)
    assert number is not None
    return number.hex()


def test_the_box_names_the_pages_and_is_not_ticked(victor: Client) -> None:
    assert NAME not in victor.get("/contact/").content.decode()
    walk(victor, "/kilns/", "/bricks/")
    for path in ("/contact/", "/register/"):
        page = victor.get(path).content.decode()
        box = re.search(rf'<input type="checkbox" name="{NAME}"[^>]*>', page)
        assert box and "checked" not in box[0] and "an anonymous trail of 2 pages: connect it to me" in page


def test_without_the_tick_nothing_is_joined(victor: Client) -> None:
    walk(victor, "/kilns/")
    write(victor)
    assert Enquiry.objects.count() == 1 and not LinkedBrowser.objects.exists()


def test_a_ticked_enquiry_connects_the_browser_on_record(victor: Client) -> None:
    cookie = walk(victor, "/kilns/")
    write(victor, **{NAME: "on"})
    (row,), (enquiry,) = LinkedBrowser.objects.all(), Enquiry.objects.all()
    assert (
        row.owner_id == enquiry.owner_id
        and row.act == "contact-us"
        and numbers_of(row.owner_id) == [hex_of(cookie)]
    )
    (named,) = of_subjects([row.owner_id.hex], Entry.objects.filter(id=row.entry))
    assert (
        named.purpose == "personalising"
        and named.collected["navigation-cookie.number"] == "collect.navigation"
    )
    with pytest.raises(SealedError):
        _ = row.number
    assert hex_of(cookie) not in repr([vars(event) for event in events()])


def test_a_ticked_registration_connects_the_browser_when_the_account_is_open() -> None:
    alice = visiting()
    cookie = walk(alice, "/kilns/")
    assert ask(alice, **AS_ALICE, **{NAME: "on"}).status_code == 302
    assert not LinkedBrowser.objects.exists()
    assert alice.post(CODE, {"code": code_to(ALICE["email"])}).status_code == 302
    assert numbers_of(person_of(ALICE["email"]).owner_id) == [hex_of(cookie)]
    page = alice.get("/account/privacy/").content.decode()
    assert "Connected browsers" in page and "when the account was opened" in page
    assert NAME not in alice.get("/contact/").content.decode()


@pytest.mark.parametrize("headers", [{"sec-gpc": "1"}, {"cookie": "no"}], ids=["gpc", "choice"])
def test_who_wants_to_be_nobody_is_offered_nothing_and_connected_to_nothing(
    victor: Client, headers: dict[str, str]
) -> None:
    walk(victor, "/kilns/")
    sent = {"headers": headers} if "sec-gpc" in headers else {}
    if not sent:
        victor.cookies[numbers.CHOICE] = "no"
    page = victor.get("/contact/", **sent)
    assert NAME not in page.content.decode()
    found = re.search(r'name="submission" value="([^"]+)"', page.content.decode())
    assert found
    victor.post("/contact/", {**values_of(), "submission": found[1], NAME: "on"}, **sent)
    assert Enquiry.objects.count() == 1 and not LinkedBrowser.objects.exists()


def test_undone_the_browser_is_anonymous_for_past_and_future_and_both_acts_stay_on_record(
    victor: Client,
) -> None:
    cookie = walk(victor, "/kilns/")
    write(victor, **{NAME: "on"})
    row = LinkedBrowser.objects.get()
    assert "is connected" in victor.get("/you/").content.decode()
    assert victor.get("/you/disconnect/").status_code == 405
    answer = victor.post("/you/disconnect/")
    renewed = answer.cookies[numbers.COOKIE].value
    assert not LinkedBrowser.objects.exists() and renewed != cookie and numbers.number_of(renewed)
    assert len(events()) == 1 and trail.of(renewed).total == 0
    assert Share.objects.filter(subject=row.owner_id.hex, entry=row.entry).exists()
    kinds = of_subjects([row.owner_id.hex], Entry.objects.filter(purpose="answering-requests"))
    assert len(list(kinds)) == 1


def connected() -> Client:
    """Alice's browser, which viewed two pages and was connected as she registered."""
    alice = visiting()
    walk(alice, "/kilns/", "/services/")
    ask(alice, **AS_ALICE, **{NAME: "on"})
    alice.post(CODE, {"code": code_to(ALICE["email"])})
    return alice


def visits_in_an_archive(client: Client, *categories: str) -> list[dict[str, Any]]:
    packed, name = archive(client, prepared(client, *categories)), "visits.json"
    assert (name in packed.namelist()) == (f"href='{name}'" in packed.read("index.html").decode())
    return json.loads(packed.read(name)) if name in packed.namelist() else []


def test_an_archive_holds_the_visits_of_connected_browsers_and_of_no_other(victor: Client) -> None:
    walk(victor, "/bricks/")
    alice = connected()
    told = visits_in_an_archive(alice)
    assert [each["path"] for each in told] == ["/services/", "/kilns/"] and not {"alias", "owner"} & set(
        told[0]
    )
    assert told[0]["connection"] == str(LinkedBrowser.objects.get().pk)
    assert not visits_in_an_archive(alice, "account")
    linking.unlink(LinkedBrowser.objects.get())
    assert not visits_in_an_archive(alice)


def test_where_the_statement_puts_no_trail_beside_a_name_an_archive_holds_none(edit_statement: Edit) -> None:
    rule = "    for {} by system given linked-browser, except to navigation.anonymous"
    edit_statement(rule.format("showing-own-data"), rule.format("giving-notice"))
    assert not visits_in_an_archive(connected())


def test_a_browser_can_be_connected_undone_and_connected_again(victor: Client) -> None:
    first = walk(victor, "/kilns/")
    write(victor, **{NAME: "on"})
    victor.post("/you/disconnect/")
    second = walk(victor, "/bricks/")
    write(victor, **{NAME: "on"})
    (row,) = LinkedBrowser.objects.all()
    assert numbers_of(row.owner_id) == [hex_of(second)] and hex_of(second) != hex_of(first)
    assert [event.path for event in trail.of(second).last] == ["/bricks/"]


def test_of_two_people_at_one_browser_neither_gets_the_others_trail(victor: Client) -> None:
    first = walk(victor, "/kilns/")
    write(victor, **{NAME: "on"})
    assert NAME not in victor.get("/contact/").content.decode()
    answer = write(victor, **{NAME: "on", "email": CHARLIE["email"]})
    second = answer.cookies[numbers.COOKIE].value
    alices, charlies = LinkedBrowser.objects.order_by("linked_at")
    assert numbers_of(alices.owner_id) == [hex_of(first)] and numbers_of(charlies.owner_id) == [
        hex_of(second)
    ]
    assert trail.of(second).total == 0 and trail.of(first).total == 1


def test_one_person_at_two_browsers_undoes_each_alone() -> None:
    alice = person()
    home, work = browser(alice), browser(alice)
    for client, path in ((home, "/kilns/"), (work, "/bricks/")):
        number = numbers.number_of(walk(client, path))
        assert number is not None
        linking.link(alice.owner_id, number, "Firefox 140, Linux, desktop", "registration")
    page = home.get("/account/privacy/").content.decode()
    second, first = re.findall(r'action="(/account/browsers/[^"]+)"', page)
    drawn = home.post(first).cookies[numbers.COOKIE].value
    assert numbers.number_of(drawn) and trail.of(drawn).total == 0 and LinkedBrowser.objects.count() == 1
    other = home.post(second)
    assert home.post(first).status_code == 404 and other.status_code == 302
    assert numbers.COOKIE not in other.cookies and not LinkedBrowser.objects.exists()


def test_a_browser_that_wants_no_number_any_more_is_given_none_when_it_is_disconnected_or_signs_out() -> None:
    alice = register()
    ways: list[tuple[str, dict[str, Any]]] = [
        ("/accounts/logout/", {"headers": {"sec-gpc": "1"}}), ("/you/disconnect/", {}),
    ]  # fmt: skip
    for path, sent in ways:
        number = numbers.number_of(walk(alice, "/kilns/"))
        assert number is not None
        linking.link(person_of(ALICE["email"]).owner_id, number, "Firefox 140", "registration")
        if not sent:
            alice.cookies[numbers.CHOICE] = "no"
        given = alice.post(path, **sent).cookies[numbers.COOKIE]
        assert (given.value, given["max-age"]) == ("", 0), path


def test_charlie_cannot_undo_alices_browser_and_victor_is_asked_who_he_is(victor: Client) -> None:
    alice, charlie = person(), person(CHARLIE)
    row = linking.link(alice.owner_id, bytes(16), "Firefox 140", "registration")
    path = f"/account/browsers/{row.pk}/disconnect/"
    assert browser(charlie).post(path).status_code == 404
    assert victor.post(path).status_code == 302 and LinkedBrowser.objects.count() == 1
    victor.post("/you/disconnect/")
    assert LinkedBrowser.objects.count() == 1


def test_who_signs_out_at_a_shared_machine_leaves_the_number_behind() -> None:
    alice = register()
    cookie = walk(alice, "/kilns/")
    owner, number = person_of(ALICE["email"]).owner_id, numbers.number_of(cookie)
    assert number is not None
    linking.link(owner, number, "Firefox 140", "registration")
    answer = alice.post("/accounts/logout/")
    assert answer.cookies[numbers.COOKIE].value not in ("", cookie)
    assert trail.of(answer.cookies[numbers.COOKIE].value).total == 0 and numbers_of(owner) == [number.hex()]


def test_who_signs_in_at_a_browser_that_another_connected_gets_a_number_of_their_own() -> None:
    alice, shared = person(), visiting()
    cookie = walk(shared, "/kilns/")
    number = numbers.number_of(cookie)
    assert number is not None
    linking.link(alice.owner_id, number, "Firefox 140", "registration")
    assert ask(shared, **AS_CHARLIE).status_code == 302
    answer = shared.post(CODE, {"code": code_to(CHARLIE["email"])})
    assert answer.cookies[numbers.COOKIE].value != cookie and numbers_of(alice.owner_id) == [number.hex()]


def test_who_is_erased_leaves_an_anonymous_trail(victor: Client) -> None:
    cookie = walk(victor, "/kilns/")
    write(victor, **{NAME: "on"})
    erase(LinkedBrowser.objects.get().owner_id.hex, SYSTEM)
    assert not LinkedBrowser.objects.exists() and trail.of(cookie).total == 1


def test_to_forget_a_trail_undoes_the_connection_too(victor: Client) -> None:
    walk(victor, "/kilns/")
    write(victor, **{NAME: "on"})
    victor.post("/you/forget/")
    assert not LinkedBrowser.objects.exists() and not events()


def test_nobody_reads_a_number_for_another_purpose() -> None:
    row = linking.link(person().owner_id, bytes(16), "Firefox 140", "registration")
    with pytest.raises(Refused), using("answering-enquiries", by=Actor("sales")):
        _ = LinkedBrowser.objects.get(pk=row.pk).number
