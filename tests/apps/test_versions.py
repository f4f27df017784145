"""Another version of the statement: drafted, approved by two, in force on its day; older data stays under its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.apps.privacy_people import ALICE, BOB, CHARLIE, browser, person
from tests.apps.support_house import Desk, desk
from tests.cast import durable
from tests.gate.conftest import Clock, set_clock
from tests.workspaces.customers import mails
from troth.accounts.people.models import Person
from troth.apps.versions import flows
from troth.apps.versions.models import Answer, Draft, DraftSignature
from troth.gate.errors import Refused
from troth.gate.published import statement
from troth.gate.published.models import StatementVersion
from troth.gate.subjects import versions
from troth.gate.uses import SYSTEM, Actor, faults, using
from troth.posting import drafts

__all__ = ["set_clock"]
pytestmark = durable
OFFICE, OWN, ARCHIVE = "/office/versions/", "/account/statement/", "/privacy/versions/"
SUBJECT = "Our privacy statement changes"
# The new version lets sales, too, use the phone number to run an account.
OLD = "allow use of account for running-an-account by system given account\n"
OPENING = OLD + "allow use of contact.phone for running-an-account by sales\n"
SALES = Actor("sales", None, "US")


@pytest.fixture(autouse=True)
def as_it_was(settings: Any) -> Iterator[None]:
    """The statement of the files, on record; and again afterwards."""
    settings.TROTH_SECOND_FACTOR = False
    statement.forget_cached()
    statement.publish()
    yield
    statement.forget_cached()


@dataclass
class Three:
    """Who drafts, and the two who approve."""

    ada: Desk
    petra: Desk
    olivia: Desk


@pytest.fixture
def staff() -> Three:
    return Three(desk("administrator", "ada"), desk("privacy-officer", "petra"), desk("owner", "olivia"))


def edited(old: str = OLD, new: str = OPENING) -> str:
    text = statement.source()[0]
    assert text.count(old) == 1
    return text.replace(old, new)


def day(days: int = 0) -> str:
    return f"{timezone.now() + timedelta(days=days):%Y-%m-%d}"


def send(by: Desk, text: str | bytes = "", *, from_day: str = "", **more: str) -> Any:
    files = {"text": text, **more}
    told = {
        name: SimpleUploadedFile(f"{name}.md", each if isinstance(each, bytes) else each.encode())
        for name, each in files.items()
        if each
    }
    return by.client.post(OFFICE + "draft/", {**told, "from_day": from_day or day()})


def drafted(by: Desk, text: str = "", **more: str) -> Draft:
    answer = send(by, text or edited(), **more)
    assert answer.status_code == 302, answer.content.decode()
    return Draft.objects.latest("entered_at")


def published(by: Three, text: str = "", **more: str) -> Draft:
    row = drafted(by.ada, text, **more)
    for each in (by.petra, by.olivia):
        each.client.post(f"{OFFICE}{row.pk}/approve/")
    row.refresh_from_db()
    assert row.published_at is not None
    return row


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def phone(of: Person) -> str:
    with faults.wanted(), using("running-an-account", by=SALES):
        return str(Person.objects.get(pk=of.pk).phone)


# -- what opens is asked


def test_older_data_stays_closed_in_a_running_house_until_the_person_agrees(staff: Three) -> None:
    alice, bob = person(), person(BOB)
    published(staff)
    charlie = person(CHARLIE)
    assert phone(charlie) == CHARLIE["phone"], "collected under the new version"
    for each in (alice, bob):
        with pytest.raises(Refused):
            phone(each)
    hers = browser(alice)
    assert "The statement has changed" in text_of(hers, "/account/privacy/")
    hers.post(OWN + "agree/", {"version": statement.under()})
    assert phone(alice) == ALICE["phone"] and "nothing to agree to" in text_of(hers, OWN)
    assert "under another version of the statement" in text_of(hers, "/account/privacy/uses/?role=everybody")
    with pytest.raises(Refused):
        phone(bob)
    assert "The statement has changed" not in text_of(browser(charlie), "/account/privacy/")


def test_whoever_was_told_reads_of_it_above_their_pages_until_they_agree(staff: Three) -> None:
    alice = person()
    published(staff)
    flows.tell_people()
    hers, charlies = browser(alice), browser(person(CHARLIE))
    for page in ("/account/", "/account/privacy/uses/"):
        assert "Our privacy statement has changed." in text_of(hers, page)
        assert "Our privacy statement has changed." not in text_of(charlies, page), "came after it"
    hers.post(OWN + "agree/", {"version": statement.under()})
    assert "Our privacy statement has changed." not in text_of(hers, "/account/")


def test_of_a_version_to_come_people_read_its_day(staff: Three) -> None:
    alice = person()
    row = published(staff, from_day=day(3))
    flows.tell_people()
    assert f"changes on {row.from_day:%-d %B %Y}" in text_of(browser(alice), "/account/")


def test_being_told_is_not_agreeing(staff: Three) -> None:
    alice = person()
    row = published(staff)
    assert flows.tell_people() == 1 and flows.tell_people() == 0
    ((subject, body),) = [each for each in mails(ALICE["email"]) if each[0] == SUBJECT]
    assert subject == SUBJECT and row.version in body and OWN in body
    with pytest.raises(Refused):
        phone(alice)
    assert versions.is_behind(alice.owner_id)


def test_agreeing_to_what_is_not_in_force_changes_nothing(staff: Three) -> None:
    alice, old = person(), statement.under()
    published(staff)
    for version in (old, "", "0" * 16):
        browser(alice).post(OWN + "agree/", {"version": version})
    assert versions.is_behind(alice.owner_id) and not Answer.objects.exists()


def test_what_permits_nothing_more_counts_once_people_are_told(staff: Three) -> None:
    alice = person()
    row = published(
        staff,
        edited("keep correspondence 30 days after sending", "keep correspondence 20 days after sending"),
    )
    assert not row.opens and versions.is_behind(alice.owner_id)
    flows.tell_people()
    assert not versions.is_behind(alice.owner_id)
    with using("running-an-account", by=SYSTEM, given=Person.objects.get(pk=alice.pk)):
        assert Person.objects.get(pk=alice.pk).email == ALICE["email"], "it still opens"


# -- two others approve it, and its day comes


def test_it_comes_into_force_on_its_day_and_not_before(staff: Three, set_clock: Clock) -> None:
    old = statement.current().version
    row = published(staff, from_day=day(5))
    assert statement.current().version == old
    assert flows.tell_people() == 0  # nobody has an account
    set_clock(timedelta(days=6))
    assert statement.refresh(at_once=True) and statement.current().version == row.version
    assert not statement.refresh(at_once=True)


def test_nobody_approves_their_own_and_not_one_role_twice(staff: Three) -> None:
    row = drafted(staff.petra)
    page = f"{OFFICE}{row.pk}/"
    assert staff.petra.client.post(page + "approve/").status_code == 403
    assert staff.ada.client.post(page + "approve/").status_code == 403
    for _ in range(2):
        staff.olivia.client.post(page + "approve/")
    assert DraftSignature.objects.count() == 2 and StatementVersion.objects.count() == 1
    assert "permits more" in text_of(staff.ada.client, OFFICE)
    assert "may now use" in text_of(staff.ada.client, page)


def test_dana_and_charlie_reach_no_draft(staff: Three) -> None:
    row = drafted(staff.ada)
    for client in (desk("support").client, browser(person(CHARLIE))):
        for page in ("", f"{row.pk}/"):
            assert client.get(OFFICE + page).status_code == 403
        for act in ("draft/", f"{row.pk}/approve/", f"{row.pk}/drop/"):
            assert client.post(OFFICE + act).status_code == 403
    assert browser(person(BOB)).get(OWN).status_code == 200
    assert Client(SERVER_NAME="localhost").get(OWN, secure=True).status_code == 302


def test_what_cannot_come_into_force_is_said_and_nothing_is_kept(staff: Three) -> None:
    broker = "deny share of payment-instrument, qualification with partner\n"
    forbidden = edited(broker, broker + "allow share of contact for third-party-promotion with partner\n")
    answer = send(staff.ada, forbidden)
    assert answer.status_code == 422 and "share.no-promotion" in answer.content.decode()
    for wrong in ("# No clause at all\n", b"\xff\xfe\x00", "x" * 400_001, statement.source()[0]):
        assert send(staff.ada, wrong).status_code == 422
    assert send(staff.ada, edited(), from_day=day(-1)).status_code == 422
    assert send(staff.ada, edited(), from_day="never").status_code == 422
    gone = edited("collect enquiry.call-note at call-desk requiring enquiry.call-note\n", "")
    assert send(staff.ada, gone).status_code == 422, "the code takes call notes in"
    assert not Draft.objects.exists() and StatementVersion.objects.count() == 1


def test_a_change_of_the_agreement_is_announced_sixty_days_before(staff: Three) -> None:
    old = statement.source()[1]
    new = old.replace("You pay in advance", "You pay beforehand")
    assert send(staff.ada, agreement=new, from_day=day(30)).status_code == 422
    assert send(staff.ada, agreement=new, from_day=day(61)).status_code == 302


def test_one_draft_at_a_time_and_a_dropped_one_is_over(staff: Three) -> None:
    row = drafted(staff.ada)
    assert send(staff.petra, edited()).status_code == 422
    staff.ada.client.post(f"{OFFICE}{row.pk}/drop/")
    staff.petra.client.post(f"{OFFICE}{row.pk}/approve/")
    assert DraftSignature.objects.count() == 1
    drafted(staff.petra)


def test_from_its_day_on_its_own_warning_stands_above_each_box(staff: Three, set_clock: Clock) -> None:
    before, old = drafts.warning_hash(), "messages you did not ask for."
    published(staff, edited(old, f"{old} Think twice."), from_day=day(5))
    assert drafts.warning_hash() == before
    set_clock(timedelta(days=6))
    statement.refresh(at_once=True)
    assert "Think twice." in drafts.warning() and drafts.warning_hash() != before


def test_an_altered_text_comes_into_force_nowhere(staff: Three, set_clock: Clock) -> None:
    old = statement.current().version
    row = published(staff, from_day=day(5))
    StatementVersion.objects.filter(version=row.version).update(text=edited(OLD, OLD + "\n"))
    set_clock(timedelta(days=6))
    statement.refresh(at_once=True)
    assert statement.current().version == old


@pytest.mark.parametrize("text", ["# No clause\n", "```rules\nallow everything\n```\n"])
def test_a_text_that_no_longer_compiles_stops_no_house(staff: Three, set_clock: Clock, text: str) -> None:
    old = statement.current().version
    row = published(staff, from_day=day(5))
    StatementVersion.objects.filter(version=row.version).update(text=text)
    set_clock(timedelta(days=6))
    for _ in range(2):
        assert not statement.refresh(at_once=True)
    assert statement.current().version == old


def test_files_that_are_newer_win(staff: Three) -> None:
    files = statement.current().version
    published(staff)
    assert statement.current().version != files
    StatementVersion.objects.filter(version=files).update(published_at=timezone.now() + timedelta(hours=1))
    statement.forget_cached()
    assert not statement.refresh(at_once=True) and statement.current().version == files


# -- what anybody may read


def test_the_archive_shows_each_version_and_what_it_changed(staff: Three, victor: Client) -> None:
    first = statement.current().version
    row = published(staff)
    page = text_of(victor, ARCHIVE)
    assert first[:16] in page and row.version[:16] in page and page.count("What changed") == 1
    changed = text_of(victor, f"{ARCHIVE}{row.version}/changes/")
    assert "may now use" in changed and "contact.phone" in changed
    assert victor.get(f"{ARCHIVE}{'0' * 64}/changes/").status_code == 404
    assert "No change" in text_of(victor, f"{ARCHIVE}{first}/changes/")
