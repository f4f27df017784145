"""A request that waits for us: what the person wrote, and what did not reach them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from tests.apps.rights_people import again, asked, carried_out, mails, page_of, proven, submission
from tests.apps.test_failed_archive import break_off
from tests.apps.test_rights_reminders import letters
from tests.cast import durable, enquiry_of, staff
from troth.apps.rights import flows
from troth.apps.rights.models import Request
from troth.gate.export.preparing import prepare_one
from troth.gate.outbound.models import Message
from troth.gate.uses import SYSTEM

pytestmark = durable
OFFICE = "/office/requests/"


@pytest.fixture(autouse=True)
def files_of_its_own(tmp_path: Path, settings) -> None:  # type: ignore[no-untyped-def]
    settings.TROTH_HOME = tmp_path


def write(client: Client, row: Request, text: str) -> None:
    told = {"submission": submission(client, page_of(row)), "text": text}
    assert client.post(page_of(row, "write/"), told).status_code == 302


def lines(client: Client) -> Iterator[str]:
    """The lines of the queue's table."""
    page = client.get(OFFICE).content.decode()
    return (line for line in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if "R-" in line)


def waiting(client: Client) -> list[str]:
    """The numbers that the queue says wait for us."""
    return [re.findall(r"R-\w{4}-\w{4}", line)[-1] for line in lines(client) if "Waits for us" in line]


def test_what_a_person_writes_is_told_to_the_officer_once_until_it_is_read(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry_of()
    officer, row = sign_in("privacy-officer"), proven(victor, "correction")
    write(victor, row, "My name has one r.")
    write(victor, row, "And one l.")
    (letter,) = letters("privacy-officer")
    assert row.number in letter and f"{OFFICE}{row.number}/" in letter
    assert "one r" not in letter, "a letter to staff carries what the person wrote"
    officer.get(f"{OFFICE}{row.number}/")
    write(victor, row, "Are you there?")
    assert len(letters("privacy-officer")) == 2


def test_the_owners_look_at_the_queue_reads_nothing(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry_of()
    owner, row = sign_in("owner"), proven(victor, "correction")
    write(victor, row, "One.")
    owner.get(OFFICE)
    owner.get(f"{OFFICE}{row.number}/")
    write(victor, row, "Two.")
    (letter,) = letters("owner")
    assert "No privacy officer is appointed" in letter


def test_the_queue_says_what_waits_for_us(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry_of()
    officer, row, deletion = (
        sign_in("privacy-officer"),
        proven(victor, "correction"),
        proven(victor, "deletion"),
    )
    unproven = asked(victor, "correction")
    assert waiting(officer) == [row.number], (
        "a correction is carried out by hand; a deletion waits for the person"
    )
    flows.say(row, SYSTEM, "Which name is wrong?")
    assert waiting(officer) == []
    write(victor, row, "My own.")
    write(victor, deletion, "What would stay?")
    assert set(waiting(officer)) == {row.number, deletion.number}
    flows.answer(row, SYSTEM, "It is corrected.")
    assert waiting(officer) == [deletion.number] and unproven.number in "".join(lines(officer))


def test_an_answer_that_could_not_be_delivered_waits_for_us(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry_of()
    officer, row = sign_in("privacy-officer"), proven(victor, "correction")
    flows.answer(row, SYSTEM, "It is corrected.")
    assert waiting(officer) == []
    Message.objects.filter(owner=row.owner_id).update(state=Message.State.FAILED)
    assert waiting(officer) == [row.number]
    victor.get(page_of(row))
    assert waiting(officer) == []


# -- an archive that could not be made


def test_a_failed_archive_of_a_request_is_told_to_both_and_can_be_made_again(
    victor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff("privacy-officer", "petra@iplum.example")
    enquiry_of()
    row = proven(victor)
    break_off(monkeypatch)
    for _ in range(3):
        carried_out()
    assert [text for text in mails(row) if "could not be made" in text] == mails(row)[-1:]
    (letter,) = letters("privacy-officer")
    assert row.number in letter and "could not be made" in letter
    page = victor.get(page_of(row)).content.decode()
    assert "Try again" in page and "could not be made" in page and again(row).state == "progress"
    victor.post(page_of(row, "archive/"))
    while prepare_one():
        pass
    carried_out()
    carried_out()
    assert "Your archive is ready" in mails(row)[-1] and again(row).state == "done"


def test_each_archive_that_fails_is_told_of(victor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    enquiry_of()
    row = proven(victor)
    for times in (1, 2):
        break_off(monkeypatch)
        carried_out()
        assert sum("could not be made" in text for text in mails(row)) == times
        victor.post(page_of(row, "archive/"))
