"""Taking one's data along: chosen, prepared, told of by mail, fetched by its owner alone, gone after its days."""

import argparse
import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.apps.privacy_people import ALICE, CHARLIE, PASSWORD, browser, person
from tests.apps.rights_people import again, asked, carried_out, mails, page_of, send
from tests.apps.test_privacy import text
from tests.cast import durable, enquiry_of
from troth.accounts.people.models import Person
from troth.config.commands import subjects
from troth.gate.export import exporting, preparing
from troth.gate.export.models import Export
from troth.gate.files.models import StoredFile
from troth.gate.outbound.models import Message
from troth.gate.subjects.merging import merge
from troth.gate.uses import SYSTEM, using

pytestmark = durable

ASK = "/account/privacy/export/new/"
LIST = "/account/privacy/export/"


def prepared(client: Client, *categories: str) -> Export:
    """Ask as the page does, and let the worker do its work."""
    ticked = categories or re.findall(r'name="categories" value="([^"]+)"', client.get(ASK).content.decode())
    assert client.post(ASK, {"categories": list(ticked)}).status_code == 302
    assert preparing.prepare_one() and exporting.tell_due() == 1
    made: Export = Export.objects.latest("asked_at")
    assert made.state == "ready"
    return made


def archive(client: Client, export: Export) -> zipfile.ZipFile:
    answer = client.get(reverse("own-export-file", args=[export.pk]))
    assert answer.status_code == 200 and answer["Content-Type"] == "application/zip"
    assert "attachment" in answer["Content-Disposition"] and answer.streaming
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def test_it_works() -> None:
    alice, enquiry = person(), enquiry_of()
    merge(enquiry.owner_id, alice.owner_id, SYSTEM)
    hers = browser(alice, confirmed=True)
    ask = hers.get(ASK).content.decode()
    boxes, ticked = ask.count('type="checkbox"'), ask.count("checked")
    assert boxes == ticked > 2 and "Archive of your data" not in ask
    whole = archive(hers, prepared(hers))
    told = b"".join(whole.read(name) for name in whole.namelist()).decode(errors="replace")
    assert ALICE["message"] in told and ALICE["phone"] in told
    assert "Downloading does not delete anything" in text(hers, "own-export")
    assert archive(hers, Export.objects.get()).testzip() is None, "it can be fetched again"


def test_only_what_was_ticked_is_in_it() -> None:
    alice, enquiry = person(), enquiry_of()
    merge(enquiry.owner_id, alice.owner_id, SYSTEM)
    hers = browser(alice, confirmed=True)
    whole = archive(hers, prepared(hers, "data-about-customers"))
    told = b"".join(whole.read(name) for name in whole.namelist()).decode(errors="replace")
    assert ALICE["phone"] in told and ALICE["message"] not in told


def test_nothing_ticked_is_said_at_the_field() -> None:
    hers = browser(person(), confirmed=True)
    for sent in ({}, {"categories": ["shoe-size"]}):
        assert hers.post(ASK, sent).status_code == 422
    assert not Export.objects.exists()


def test_the_page_renews_itself_while_it_is_prepared_unless_it_is_kept_still() -> None:
    hers = browser(person(), confirmed=True)
    hers.post(ASK, {"categories": ["account", "data-about-customers", "use-record"]})
    waiting = hers.get(LIST)
    assert waiting["Refresh"] == "5" and "<progress" in waiting.content.decode()
    still = hers.get(LIST, {"still": "1"})
    assert "Refresh" not in still and "See how far it is" in still.content.decode()
    preparing.prepare_one()
    ready = hers.get(LIST)
    assert "Refresh" not in ready and "Download (ZIP)" in ready.content.decode()


def test_pressing_twice_prepares_one() -> None:
    hers = browser(person(), confirmed=True)
    for _ in range(2):
        assert hers.post(ASK, {"categories": ["data-about-customers"]}).status_code == 302
    assert Export.objects.count() == 1


def test_a_request_for_access_gets_all_of_it_whatever_else_is_being_made() -> None:
    alice = person()
    hers = browser(alice, confirmed=True)
    hers.post(ASK, {"categories": ["use-record"]})
    row = asked(hers, email="")
    while preparing.prepare_one():
        pass
    carried_out()
    carried_out()
    assert again(row).state == "done" and "Your archive is ready" in mails(row)[-1]
    given = hers.get(page_of(row, "archive/"))
    whole = zipfile.ZipFile(io.BytesIO(b"".join(given.streaming_content)))  # type: ignore[attr-defined]
    assert ALICE["phone"] in whole.read("data.json").decode()


def test_an_archive_made_at_the_shell_leaves_the_persons_own_alone(tmp_path: Path) -> None:
    alice = person()
    hers = browser(alice, confirmed=True)
    hers.post(ASK, {"categories": ["data-about-customers", "use-record", "account"]})
    own: Export = Export.objects.get(asked_by="data-subject")
    parser = argparse.ArgumentParser()
    subjects.add(parser.add_subparsers())
    words = [
        "subject",
        "export",
        str(alice.owner_id),
        str(tmp_path / "a.zip"),
        "--on-paper",
        "the person, by letter",
    ]
    options = parser.parse_args(words)
    assert options.run(options) == 0 and zipfile.ZipFile(tmp_path / "a.zip").testzip() is None
    while preparing.prepare_one():
        pass
    assert exporting.tell_due() == 1, "of hers alone"
    own.refresh_from_db()
    assert own.state == "ready" and own.is_told and archive(hers, own).testzip() is None


def test_a_message_says_when_it_is_ready_and_holds_no_key_to_it(victor: Client) -> None:
    alice = person()
    hers = browser(alice, confirmed=True)
    export = prepared(hers)
    with using("sending-mail", by=SYSTEM):
        letter = Message.objects.filter(owner=alice.owner_id).latest("queued_at")
        subject, body = letter.subject, letter.body
    assert "ready" in subject and "while you are signed in" in body and str(export.pk) not in body
    link = re.search(r"https://localhost(?::\d+)?(/\S+)", body)[1]  # type: ignore[index]
    assert "/accounts/login/" in victor.get(link)["Location"]
    assert hers.get(link).status_code == 200


def test_in_another_browser_it_asks_to_sign_in_and_charlie_finds_none(victor: Client) -> None:
    alice = person()
    export = prepared(browser(alice, confirmed=True))
    address = reverse("own-export-file", args=[export.pk])
    assert "/accounts/login/" in victor.get(address)["Location"]
    his = browser(person(CHARLIE), confirmed=True)
    assert his.get(address).status_code == 404 and "Nothing yet" in text(his, "own-export")


def test_after_its_days_it_is_gone_and_the_page_says_so() -> None:
    hers = browser(person(), confirmed=True)
    export = prepared(hers)
    Export.objects.filter(pk=export.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert hers.get(reverse("own-export-file", args=[export.pk]))["Location"] == LIST
    exporting.expire_due()
    assert "expired" in text(hers, "own-export") and not StoredFile.objects.exists()
    assert hers.get(reverse("own-export-file", args=[export.pk]))["Location"] == LIST


def test_one_that_failed_is_said_to_have_failed_with_what_to_do() -> None:
    alice = person()
    Export(owner_id=alice.owner_id, state="failed").save(force_insert=True)
    page = text(browser(alice), "own-export")
    assert "failed" in page and "Ask again" in page


def test_who_erases_meanwhile_leaves_no_archive() -> None:
    alice = person()
    hers = browser(alice, confirmed=True)
    hers.post(ASK, {"categories": ["data-about-customers"]})
    assert hers.post("/account/privacy/erase/", {"email": ALICE["email"]}).status_code == 302
    assert not preparing.prepare_one() and not Export.objects.exists() and not StoredFile.objects.exists()


def test_asking_needs_a_fresh_sign_in() -> None:
    hers = browser(person())
    assert hers.get(ASK).status_code == 302 and hers.post(ASK, {"categories": ["contact"]}).status_code == 302
    assert not Export.objects.exists()


def asked_in_a_stale_session(alice: Person) -> tuple[Client, Export]:
    """A request for access wants no fresh sign-in: anybody may ask.  Its archive is among one's own."""
    hers = browser(alice)
    send(hers, email="")
    assert preparing.prepare_one()
    made: Export = Export.objects.get(owner=alice.owner_id)
    assert made.state == "ready" and "Download (ZIP)" in text(hers, "own-export")
    return hers, made


def test_an_archive_is_given_to_a_fresh_sign_in_alone_however_it_was_asked_for() -> None:
    alice = person()
    hers, made = asked_in_a_stale_session(alice)
    address = reverse("own-export-file", args=[made.pk])
    for answer in (hers.get(address), hers.head(address)):
        assert answer.status_code == 302 and not answer.streaming
        assert answer["Location"] == f"/accounts/reauthenticate/?next={quote(address, safe='')}"
    back = hers.post(hers.get(address)["Location"], {"password": PASSWORD})
    assert back["Location"] == address
    assert archive(hers, made).testzip() is None


def test_the_api_gives_an_archive_to_a_fresh_sign_in_alone() -> None:
    alice = person()
    hers, made = asked_in_a_stale_session(alice)
    address = f"/api/v1/me/exports/{made.pk}/archive"
    refused = hers.get(address)
    assert (refused.status_code, refused.json()["error"]) == (403, "confirm-first")
    given = browser(alice, confirmed=True).get(address)
    assert given.status_code == 200 and b"".join(given.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]
