"""The key store or the key folder is away: nothing is read, nothing new is half kept, and whoever asks to go, goes."""

import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.urls import reverse

from tests.cast import ALICE, CHARLIE, acting, durable, enquiry_of, link_in, staff, values_of
from troth.apps.enquiries.models import Enquiry
from troth.apps.rights.models import Request
from troth.config import doctor
from troth.gate.errors import KeyMissing, KeyStoreError, Unfinished
from troth.gate.journal import log
from troth.gate.journal.integrating import begin_log
from troth.gate.keystore import keys
from troth.gate.keystore.models import DataKey, KeySet
from troth.gate.outbound.models import Message
from troth.gate.subjects import keyless
from troth.gate.subjects.erase import erase
from troth.gate.subjects.jobs import finish_erasures
from troth.gate.subjects.models import DataSubject, Erasure
from troth.gate.uses import EACH, SYSTEM, using

pytestmark = durable


def read(enquiry: Enquiry) -> str:
    with using("answering-enquiries", by=SYSTEM, given=enquiry):
        return str(enquiry.email)


def thread_of(victor: Client, enquiry: Enquiry) -> str:
    """Open an enquiry's private link, as its sender would."""
    with using("sending-mail", by=SYSTEM):
        body = Message.objects.get(owner=enquiry.owner_id).body
    victor.get(urlsplit(link_in(body)).path)
    return reverse("thread", args=[enquiry.pk])


def send_to_contact(victor: Client) -> Any:
    token = re.search(r'name="submission" value="([^"]+)"', victor.get("/contact/").content.decode())
    assert token
    return victor.post("/contact/", {**values_of(), "submission": token[1]})


def ask_the_desk(victor: Client) -> Any:
    page = reverse("request-ask")
    token = re.search(r'name="submission" value="([^"]+)"', victor.get(page).content.decode())
    assert token
    wish = {"kind": "deletion", "text": "Please delete it.", "email": ALICE["email"], "submission": token[1]}
    return victor.post(page, wish)


@pytest.fixture
def lost(own_keys: Path) -> None:
    """A key store that was begun; then an empty one in its place."""
    KeySet.objects.all().delete()
    keyless.begin_store()


def lose() -> None:
    DataKey.objects.all().delete()
    KeySet.objects.all().delete()
    keys.forget_cached()


# -- the key store is lost


def test_a_key_store_is_begun_over_no_data_and_matched_afterwards(own_keys: Path) -> None:
    KeySet.objects.all().delete()
    assert not keys.is_begun() and not keyless.is_lost()
    for _ in range(2):
        keyless.begin_store()
    assert keys.is_begun() and KeySet.objects.count() == 1


def test_another_key_store_does_not_take_the_place_of_a_lost_one_unnoticed(lost: None) -> None:
    enquiry_of()
    lose()
    for start in (keyless.begin_store, keyless.refuse_lost, keys.match_store):
        with pytest.raises(KeyStoreError, match=r"newest backup.*troth keys lost"):
            start()
    assert not KeySet.objects.exists()
    assert any("key store is gone" in found.what for found in doctor.examine() if not found.is_well)
    assert not KeySet.objects.exists(), "a look made one"


@pytest.mark.parametrize("is_mounted", [False, True], ids=["missing", "empty"])
def test_no_keys_are_made_beside_a_store_that_was_begun(
    own_keys: Path, settings: Any, tmp_path: Path, is_mounted: bool
) -> None:
    settings.TROTH_KEYS = tmp_path / "other"
    if is_mounted:
        settings.TROTH_KEYS.mkdir()
    KeySet.objects.all().delete()
    keyless.refuse_missing_folder()
    for begin in (keys.begin_store, lambda: begin_log() and KeySet.objects.all().delete()):
        settings.TROTH_KEYS = own_keys
        begin()
        settings.TROTH_KEYS = tmp_path / "other"
        with pytest.raises(KeyStoreError, match=r"other` is missing or empty.*troth keys restore"):
            keyless.refuse_missing_folder()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the file is SQLite's")
def test_to_ask_for_a_key_store_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(keys.connections[keys.KEYS].settings_dict, "NAME", tmp_path / "none.sqlite3")
    assert not keys.is_begun() and not list(tmp_path.iterdir())


def test_the_doctor_counts_who_has_no_key_and_passes_over_the_erased() -> None:
    missing, gone, _ = enquiry_of(), enquiry_of(CHARLIE), enquiry_of()
    assert keyless.count() == 0
    DataKey.objects.filter(subject=missing.owner_id.hex).delete()
    keys.destroy(gone.owner_id.hex)
    assert keyless.count() == 1
    told = [found.what for found in doctor.examine() if not found.is_well]
    assert any(line.startswith("1 subjects have no key and were not erased") for line in told), told


def test_after_a_loss_for_ever_intake_and_erasure_go_on_and_old_data_is_an_alarm(
    lost: None, victor: Client
) -> None:
    old = enquiry_of()
    thread = thread_of(victor, old)
    lose()
    keys.begin_store()  # what `troth keys lost` does
    with pytest.raises(KeyMissing):
        read(old)
    assert send_to_contact(victor).status_code == 302 and ask_the_desk(victor).status_code == 302
    assert read(Enquiry.objects.exclude(pk=old.pk).get()) == ALICE["email"] and Request.objects.count() == 1
    with using("answering-enquiries", by=acting(staff("support")), given=EACH) as desk:
        assert [desk.is_open_to(row) for row in Enquiry.objects.order_by("pk")] == [False, True]
    answer = victor.post(f"{thread}delete/")
    assert answer.status_code == 200 and "has begun" not in answer.content.decode()
    finish_erasures()
    assert not Enquiry.objects.filter(pk=old.pk).exists() and keyless.count() == 0
    assert not DataSubject.objects.filter(pk=old.owner_id).exists()


# -- the key folder is away, or the store does not answer


@pytest.fixture
def away(own_keys: Path) -> Path:
    """A key folder to be taken away, as when its disk is not there."""
    return own_keys


def take_away(folder: Path) -> None:
    shutil.move(folder, folder.with_name("elsewhere"))
    keys.forget_cached()


def bring_back(folder: Path) -> None:
    shutil.move(folder.with_name("elsewhere"), folder)
    keys.forget_cached()
    log.signer.cache_clear()


def test_without_the_key_folder_nothing_is_read_or_taken_and_public_pages_stay_up(
    away: Path, victor: Client
) -> None:
    enquiry = enquiry_of()
    thread = thread_of(victor, enquiry)
    before = DataSubject.objects.count()
    forms = [send_to_contact, ask_the_desk]
    take_away(away)
    for page in ("/", "/contact/", reverse("request-ask"), reverse("statement")):
        assert victor.get(page).status_code == 200, page
    assert victor.get(thread).status_code == 503
    for send in forms:
        answer = send(victor)
        assert answer.status_code == 503 and "was not taken" in answer.content.decode()
    assert Enquiry.objects.count() == 1 and not Request.objects.exists()
    assert DataSubject.objects.count() == before == DataKey.objects.count()
    bring_back(away)
    assert send_to_contact(victor).status_code == 302 and victor.get(thread).status_code == 200


def test_without_the_key_folder_a_deletion_is_accepted_never_said_done_and_finished_later(
    away: Path, victor: Client
) -> None:
    enquiry = enquiry_of()
    thread = thread_of(victor, enquiry)
    take_away(away)
    answer = victor.post(f"{thread}delete/")
    page = answer.content.decode()
    assert answer.status_code == 202 and "has begun" in page and "not finished" in page
    assert [row.state for row in Erasure.objects.all()] == ["begun"] and Enquiry.objects.exists()
    finish_erasures()
    assert [row.state for row in Erasure.objects.all()] == ["begun"]
    bring_back(away)
    finish_erasures()
    assert [row.state for row in Erasure.objects.all()] == ["done"] and not Enquiry.objects.exists()


def test_while_the_key_store_does_not_answer_a_deletion_is_accepted_and_nothing_else(
    victor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    enquiry = enquiry_of()
    thread = thread_of(victor, enquiry)

    def silent(*arguments: object, **named: object) -> None:
        raise DatabaseError("no answer")

    with monkeypatch.context() as patch:
        for name in ("_rows", "create", "is_whole", "is_here"):
            patch.setattr(keys, name, silent)
        assert victor.get(thread).status_code == 503 and victor.get("/").status_code == 200
        answer = send_to_contact(victor)
        assert answer.status_code == 503 and "was not taken" in answer.content.decode()
        assert victor.post(f"{thread}delete/").status_code == 202
    assert Enquiry.objects.count() == 1
    finish_erasures()
    assert not Enquiry.objects.exists() and Erasure.objects.get().state == "done"


def test_an_erasure_that_cannot_end_says_so_to_its_caller_and_stays_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    enquiry = enquiry_of()
    monkeypatch.setattr(keys, "append_tombstones", lambda *_: (_ for _ in ()).throw(KeyStoreError("away")))
    with pytest.raises(Unfinished) as caught:
        erase(enquiry.owner_id.hex, SYSTEM)
    assert caught.value.erasure.state == "begun" and Erasure.objects.get().state == "begun"
