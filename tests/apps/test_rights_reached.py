"""An outcome reaches a person, and not the program that follows the links in their mail."""

import re
from pathlib import Path

import pytest
from django.test import Client

from tests.apps.conftest import Secure
from tests.apps.privacy_people import browser, person
from tests.apps.rights_people import again, asked, mails, page_of, proven
from tests.cast import durable, enquiry_of
from troth.apps.rights import flows
from troth.apps.rights.models import Request
from troth.gate.outbound.models import Message
from troth.gate.uses import SYSTEM

pytestmark = durable
BUTTON = "I have read it"


@pytest.fixture(autouse=True)
def files_of_its_own(tmp_path: Path, settings) -> None:  # type: ignore[no-untyped-def]
    settings.TROTH_HOME = tmp_path


def undelivered(row: Request) -> Request:
    """An answer was given, and mail cannot carry it."""
    flows.answer(row, SYSTEM, "It is corrected.")
    Message.objects.filter(owner=row.owner_id).update(state=Message.State.FAILED)
    return again(row)


def by_link(row: Request) -> Client:
    """Whoever, or whatever, follows the private link in the receipt."""
    link = re.search(r"https://localhost:\d+(/privacy/request/open/\S+)", mails(row)[1])
    assert link is not None
    client = Secure(SERVER_NAME="localhost")
    assert client.get(link[1])["Location"] == page_of(row)
    return client


def state(row: Request) -> str:
    flows.close_reached()
    return str(again(row).state)


def test_a_mail_scanner_that_follows_the_private_link_reaches_nobody(victor: Client) -> None:
    enquiry_of()
    row = undelivered(proven(victor, "correction"))
    scanner = by_link(row)
    for _ in range(2):
        assert "It is corrected." in scanner.get(page_of(row)).content.decode()
        assert scanner.head(page_of(row)).status_code == 200
    assert state(row) == "closing"


def test_somebody_with_the_link_says_that_they_have_read_it(victor: Client) -> None:
    enquiry_of()
    row = undelivered(proven(victor, "correction"))
    reader = by_link(row)
    assert BUTTON in reader.get(page_of(row)).content.decode()
    assert reader.get(page_of(row, "read/")).status_code == 405
    assert reader.post(page_of(row, "read/"))["Location"] == page_of(row)
    assert state(row) == "done" and BUTTON not in reader.get(page_of(row)).content.decode()


def test_the_browser_that_typed_the_code_has_read_what_it_shows(victor: Client) -> None:
    enquiry_of()
    row = undelivered(proven(victor, "correction"))
    victor.head(page_of(row))
    assert state(row) == "closing"
    assert BUTTON not in victor.get(page_of(row)).content.decode()
    assert state(row) == "done"


def test_the_code_of_one_request_proves_no_reader_of_another(victor: Client) -> None:
    enquiry_of()
    proven(victor, "access", email="victor@nowhere.example")
    elsewhere = Secure(SERVER_NAME="localhost")
    row = undelivered(proven(elsewhere, "correction"))
    link = re.search(r"(/privacy/request/open/\S+)", mails(row)[1])
    assert link is not None
    victor.get(link[1], follow=True)
    assert state(row) == "closing"


def test_whoever_is_signed_in_has_read_what_their_page_shows() -> None:
    own = browser(person())
    row = undelivered(asked(own, "correction"))
    own.get(page_of(row))
    assert state(row) == "done"


def test_others_cannot_say_that_it_was_read(victor: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    enquiry_of()
    row = undelivered(proven(victor, "correction"))
    for client in (Secure(SERVER_NAME="localhost"), sign_in("privacy-officer")):
        assert client.post(page_of(row, "read/")).status_code == 404
    assert state(row) == "closing"
