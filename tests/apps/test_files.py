"""Files of a workspace: what comes up comes down the same, lies sealed, and is nobody else's."""

import csv
import hashlib
import io
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.apps.conftest import Secure
from tests.cast import durable, staff
from tests.workspaces.customers import CHARLIE, access, at, browser, colleague, customer, workspace
from troth.accounts.people.models import Person
from troth.apps.files import downloads, flows, jobs, naming, quota, reaching, sending
from troth.apps.files.models import Document, Folder, Upload, Version
from troth.engine.seal import CHUNK
from troth.gate.errors import Erased, Refused
from troth.gate.files import continuing, disk, stored
from troth.gate.files.models import StoredFile
from troth.gate.subjects.erase import erase
from troth.gate.subjects.models import Erasure
from troth.gate.uses import SYSTEM
from troth.workspaces import letting_in
from troth.workspaces.access import Access, enter, find
from troth.workspaces.models import Grant, Right

pytestmark = durable
SECRET = b"a planted marker in a file; "
PNG = b"\x89PNG\r\n\x1a\n" + os.urandom(200)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any) -> None:
    settings.TROTH_HOME = tmp_path


@pytest.fixture
def alice() -> Person:
    return customer()


@pytest.fixture
def here(alice: Person) -> Access:
    return workspace(alice)


@pytest.fixture
def as_alice(alice: Person) -> Client:
    return browser(alice, confirmed=True)


def put(client: Client, here: Access, *files: tuple[str, bytes], into: str = "files/upload/") -> Any:
    """Send files with the form of a folder."""
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post(at(here, into), {"files": sent})


def documents() -> list[Document]:
    return list(Document.every.order_by("pk"))


def page_of(here: Access, document: Document, more: str = "") -> str:
    return at(here, f"files/{document.pk}/{more}")


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def on_disk() -> list[Path]:
    return [path for path in disk.folder().rglob("*") if path.is_file()]


def granted(here: Access, to: Person, part: Any = None, right: Right = Right.VIEW) -> Grant:
    row = Grant(owner_id=here.workspace.owner_id, to_id=to.owner_id, right=right, part=part)
    row.save(force_insert=True)
    return row


# -- up and down


@pytest.mark.parametrize("size", [0, 1, CHUNK, 3 * CHUNK + 5])
def test_a_file_comes_down_as_it_went_up_and_lies_sealed(here: Access, as_alice: Client, size: int) -> None:
    content = (SECRET * (size // len(SECRET) + 1))[:size]
    answer = put(as_alice, here, ("pots & pans.txt", content))
    assert answer.status_code == 302 and answer["Location"] == at(here, "files/")
    (document,) = documents()
    down = as_alice.get(page_of(here, document, "download/"))
    assert body(down) == content and down["Content-Length"] == str(size)
    assert down["Content-Disposition"] == 'attachment; filename="pots & pans.txt"'
    assert "sandbox" in down["Content-Security-Policy"] and down["X-Content-Type-Options"] == "nosniff"
    (path,) = on_disk()
    assert SECRET not in path.read_bytes() and b"pots" not in bytes(document.sealed)
    assert "pots &amp; pans.txt" in as_alice.get(at(here, "files/")).content.decode()
    assert "pots &amp; pans.txt" in as_alice.get(at(here)).content.decode()


def test_several_files_come_in_one_form(here: Access, as_alice: Client) -> None:
    put(as_alice, here, ("a.txt", b"one"), ("b.txt", b"two"), ("c.txt", b""))
    assert [body(as_alice.get(page_of(here, each, "download/"))) for each in documents()] == [
        b"one",
        b"two",
        b"",
    ]


def test_a_second_file_of_a_name_is_the_next_version_and_the_first_stays(
    here: Access, as_alice: Client
) -> None:
    put(as_alice, here, ("Plan.txt", b"first"))
    put(as_alice, here, ("plan.TXT", b"second"))
    (document,) = documents()
    assert body(as_alice.get(page_of(here, document, "download/"))) == b"second"
    assert body(as_alice.get(page_of(here, document, "versions/1/"))) == b"first"
    as_alice.post(at(here, f"files/change/{document.pk}/"), {"act": "forget", "number": "1"})
    assert as_alice.get(page_of(here, document, "versions/1/")).status_code == 404 and len(on_disk()) == 1
    as_alice.post(at(here, f"files/change/{document.pk}/"), {"act": "forget", "number": "2"})
    assert body(as_alice.get(page_of(here, document, "download/"))) == b"second", "the only one stays"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\Temp\\x.txt", "x.txt"), ("a\r\nSet-Cookie: b.txt", "a Set-Cookie: b.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"), ("..", "unnamed"), (" . ", "unnamed"), ("\x00\x01", "unnamed"),
        ("", "unnamed"), ("a" * 300 + ".tar.gz", "a" * 157 + ".gz"), ("na\u0308h.txt", "n\u00e4h.txt"), ("x. ", "x"),
    ],
)  # fmt: skip
def test_a_name_leads_nowhere_and_deceives_nobody(sent: str, kept: str) -> None:
    assert naming.clean(sent) == kept and len(naming.clean(sent)) <= 160


def test_a_wicked_name_stays_a_name(here: Access, as_alice: Client) -> None:
    put(as_alice, here, ('../../<script>alert("x")</script>.txt', b"x"), ("\u00e4\u4f60\U0001f600.txt", b"y"))
    listed = as_alice.get(at(here, "files/")).content.decode()
    assert "<script>alert" not in listed
    disposition = as_alice.get(page_of(here, documents()[-1], "download/"))["Content-Disposition"]
    assert disposition.isascii() and "filename*=utf-8''%C3%A4" in disposition
    assert all(path.is_relative_to(disk.folder()) for path in on_disk())


def test_a_form_without_files_or_without_its_token_keeps_nothing(here: Access, alice: Person) -> None:
    strict = Secure(SERVER_NAME="localhost", enforce_csrf_checks=True)
    strict.force_login(alice.user)
    assert put(strict, here, ("a.txt", b"x")).status_code == 403
    answer = browser(alice).post(at(here, "files/upload/"), {"files": ""}, follow=True)
    assert "No file was chosen" in answer.content.decode()
    assert not documents() and not on_disk()


def test_a_form_that_breaks_off_leaves_nothing(here: Access, as_alice: Client) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int = -1) -> bytes:  # type: ignore[override]
            piece = super().read(size)
            if not piece:
                raise OSError("the body broke off")
            return piece

    head = b'--B\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
    answer = as_alice.generic(
        "POST", at(here, "files/upload/"), head + bytes(3 * CHUNK), "multipart/form-data; boundary=B",
        **{"wsgi.input": Breaking(head + bytes(3 * CHUNK)), "CONTENT_LENGTH": str(10 * CHUNK)},
    )  # fmt: skip
    assert answer.status_code == 400 and not documents() and not on_disk()


# -- quota


def test_what_does_not_fit_is_refused_before_and_while_it_comes(
    here: Access, as_alice: Client, settings: Any
) -> None:
    settings.TROTH_WORKSPACE_BYTES = 3 * CHUNK
    for size in (3 * CHUNK + 1, 3 << 20):  # only its form's length tells, or only its bytes do
        answer = as_alice.get(put(as_alice, here, ("large.bin", bytes(size)))["Location"])
        assert "There is no room for this" in answer.content.decode()
        assert not documents() and not on_disk()
    put(as_alice, here, ("a.bin", bytes(2 * CHUNK)))
    told = put(as_alice, here, ("b.bin", bytes(CHUNK)), ("c.bin", bytes(CHUNK)))
    assert "no room" in as_alice.get(told["Location"]).content.decode()
    assert sum(path.stat().st_size for path in on_disk()) < 3 * CHUNK


def test_a_form_of_ten_gigabytes_is_not_even_read(here: Access, as_alice: Client) -> None:
    class Unread(io.BytesIO):
        def read(self, *_: Any) -> bytes:  # type: ignore[override]
            raise AssertionError("the body was read")

    answer = as_alice.generic(
        "POST", at(here, "files/upload/"), b"x", "multipart/form-data; boundary=B",
        **{"wsgi.input": Unread(), "CONTENT_LENGTH": str(10 * 10**9)},
    )  # fmt: skip
    assert "no room" in as_alice.get(answer["Location"]).content.decode()


def test_of_two_who_fill_the_room_at_once_the_second_is_refused(here: Access, settings: Any) -> None:
    settings.TROTH_WORKSPACE_BYTES = 10
    with enter(here, writes=True):
        rows = [stored.Writing(here.workspace.owner_id, "x", "", "customer-data.file") for _ in range(2)]
    for row in rows:
        row.write(bytes(6))
    flows.keep(here, None, "a", rows[0].close(), "text/plain")
    with pytest.raises(sending.quota.TooLarge):
        flows.keep(here, None, "b", rows[1].close(), "text/plain")
    assert Version.every.count() == StoredFile.objects.count() == 1


# -- in several goes


def begin(client: Client, here: Access, length: int, **more: str) -> Any:
    return client.post(at(here, "files/uploads/"), {"name": "film.bin", "size": str(length), **more})


def piece(client: Client, here: Access, upload: str, offset: int, data: bytes) -> Any:
    return client.put(at(here, f"files/uploads/{upload}/?offset={offset}"), data, "application/octet-stream")


def finish(client: Client, here: Access, upload: str) -> Any:
    return client.post(at(here, f"files/uploads/{upload}/finish/"))


def test_an_upload_in_pieces_with_breaks_ends_with_its_checksum(here: Access, as_alice: Client) -> None:
    content = SECRET * 20_000
    told = begin(as_alice, here, len(content), sha256=hashlib.sha256(content).hexdigest()).json()
    upload, offset = told["upload"], told["offset"]
    assert finish(as_alice, here, upload).status_code == 409
    while offset < len(content):
        answer = piece(as_alice, here, upload, offset, content[offset : offset + 200_000])
        assert answer.status_code == 200 and answer.json()["offset"] > offset
        wrong = piece(as_alice, here, upload, 7, b"x" * 100_000)
        assert wrong.status_code == 409 and wrong.json()["offset"] == answer.json()["offset"]
        offset = as_alice.get(at(here, f"files/uploads/{upload}/")).json()["offset"]
        assert all(SECRET not in path.read_bytes() for path in on_disk())
        assert stored.sweep() == 0
    assert not documents(), "nobody sees it before it is whole"
    where = finish(as_alice, here, upload).json()["file"]
    assert finish(as_alice, here, upload).json()["file"] == where, "asked again, it answers the same"
    assert body(as_alice.get(where + "download/")) == content
    assert not Upload.every.exists() and Version.every.count() == 1


def test_a_file_of_no_bytes_and_one_of_another_checksum(here: Access, as_alice: Client) -> None:
    empty = begin(as_alice, here, 0).json()["upload"]
    assert body(as_alice.get(finish(as_alice, here, empty).json()["file"] + "download/")) == b""
    false = begin(as_alice, here, 3, sha256="0" * 64).json()["upload"]
    piece(as_alice, here, false, 0, b"abc")
    answer = finish(as_alice, here, false)
    assert answer.status_code == 422 and "another checksum" in answer.json()["error"]
    assert not Upload.every.exists() and len(on_disk()) == 1


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"size": "-1"}, 422), ({"size": "1e9"}, 422), ({"size": "\u00b2"}, 422), ({"size": "9" * 40}, 422),
        ({"size": str(10 * 10**9)}, 413), ({"sha256": "x"}, 422), ({"folder": "x"}, 422),
        ({"folder": "01a20e13-b8c5-7c7c-b5aa-99b5776da6c5"}, 422),
    ],
)  # fmt: skip
def test_what_is_announced_wrongly_is_refused(
    here: Access, as_alice: Client, told: dict[str, str], status: int
) -> None:
    assert begin(as_alice, here, 5, **told).status_code == status
    assert not Upload.every.exists() and not StoredFile.objects.exists()


def test_more_than_was_announced_is_refused_and_the_upload_stays(here: Access, as_alice: Client) -> None:
    upload = begin(as_alice, here, CHUNK + 5).json()["upload"]
    assert piece(as_alice, here, upload, 0, bytes(2 * CHUNK)).status_code == 413
    assert piece(as_alice, here, upload, 0, bytes(CHUNK + 5)).json()["offset"] == CHUNK + 5
    assert finish(as_alice, here, upload).status_code == 200


def test_the_same_file_chosen_again_goes_on_where_it_stood(here: Access, as_alice: Client) -> None:
    first = begin(as_alice, here, 5 * CHUNK, mark="m").json()["upload"]
    piece(as_alice, here, first, 0, bytes(2 * CHUNK))
    again = begin(as_alice, here, 5 * CHUNK, mark="m").json()
    assert (again["upload"], again["offset"]) == (first, 2 * CHUNK)
    assert begin(as_alice, here, 5 * CHUNK, mark="n").json()["upload"] != first
    assert "film.bin" in as_alice.get(at(here, "files/")).content.decode()
    as_alice.post(at(here, f"files/uploads/{first}/drop/"))
    assert piece(as_alice, here, first, 2 * CHUNK, bytes(CHUNK)).status_code == 404 and len(on_disk()) == 1


def test_a_piece_that_breaks_off_is_kept_as_far_as_it_came(here: Access, as_alice: Client) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int = -1) -> bytes:  # type: ignore[override]
            piece = super().read(size)
            if not piece:
                raise OSError("the body broke off")
            return piece

    content = os.urandom(5 * CHUNK)
    upload = begin(as_alice, here, len(content)).json()["upload"]
    answer = as_alice.generic(
        "PUT", at(here, f"files/uploads/{upload}/?offset=0"), b"x", "application/octet-stream",
        **{"wsgi.input": Breaking(content[: 3 * CHUNK + 9]), "CONTENT_LENGTH": str(len(content))},
    )  # fmt: skip
    assert answer.status_code == 400
    assert as_alice.get(at(here, f"files/uploads/{upload}/")).json()["offset"] == 3 * CHUNK
    assert piece(as_alice, here, upload, 3 * CHUNK, b"too little").status_code == 422
    piece(as_alice, here, upload, 3 * CHUNK, content[3 * CHUNK :])
    assert body(as_alice.get(finish(as_alice, here, upload).json()["file"] + "download/")) == content


def test_an_upload_left_for_a_day_is_dropped_and_a_fresh_one_stays(here: Access, as_alice: Client) -> None:
    old, fresh = (begin(as_alice, here, CHUNK, mark=mark).json()["upload"] for mark in "ab")
    Upload.every.filter(pk=old).update(touched_at=timezone.now() - jobs.UNFINISHED)
    assert jobs.tidy() == 1
    assert [str(each.pk) for each in Upload.every.all()] == [fresh] and len(on_disk()) == 1


# -- ranges


@pytest.fixture
def ranged(here: Access, as_alice: Client) -> tuple[str, bytes]:
    content = os.urandom(3 * CHUNK + 100)
    put(as_alice, here, ("film.bin", content))
    return page_of(here, documents()[0], "download/"), content


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1), ("bytes=65535-65536", CHUNK - 1, CHUNK + 1), ("bytes=131072-", 2 * CHUNK, None),
        ("bytes=-100", 3 * CHUNK, None), ("bytes=-999999999", 0, None), ("bytes=5-99999999999", 5, None),
        (f"bytes={CHUNK}-{2 * CHUNK - 1}", CHUNK, 2 * CHUNK),
    ],
)  # fmt: skip
def test_a_range_is_just_those_bytes(
    ranged: tuple[str, bytes], as_alice: Client, asked: str, start: int, stop: int | None
) -> None:
    path, content = ranged
    answer, wanted = as_alice.get(path, headers={"Range": asked}), content[start:stop]
    assert answer.status_code == 206 and body(answer) == wanted
    assert answer["Content-Range"] == f"bytes {start}-{start + len(wanted) - 1}/{len(content)}"
    assert answer["Content-Length"] == str(len(wanted))


def test_a_file_whose_provider_is_silent_is_asked_for_again_later(
    here: Access, as_alice: Client, settings: Any
) -> None:
    put(as_alice, here, ("a.txt", SECRET))
    nobody = {
        "bucket_name": "b", "endpoint_url": "http://127.0.0.1:9", "access_key": "k", "secret_key": "s",
    }  # fmt: skip
    settings.STORAGES = settings.STORAGES | {
        "hosted": {"BACKEND": "troth.gate.outbound.bucket.Bucket", "OPTIONS": nobody}
    }
    (document,), (path,) = documents(), on_disk()
    assert body(as_alice.get(page_of(here, document, "download/"))) == SECRET, "it is still here"
    path.unlink()
    answer = as_alice.get(page_of(here, document, "download/"))
    assert answer.status_code == 503 and answer["Retry-After"] and b"not lost" in answer.content


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=0-1,4-5", "lines=0-1", "bytes=-", "bytes=a-b", "0-1"])
def test_what_is_no_range_of_ours_gets_all_of_it(
    ranged: tuple[str, bytes], as_alice: Client, asked: str
) -> None:
    answer = as_alice.get(ranged[0], headers={"Range": asked})
    assert answer.status_code == 200 and body(answer) == ranged[1]


def test_a_range_beyond_the_end_an_old_tag_and_a_known_one(
    ranged: tuple[str, bytes], as_alice: Client
) -> None:
    path, content = ranged
    for asked in (f"bytes={len(content)}-", "bytes=-0", "bytes=999999999999-"):
        beyond = as_alice.get(path, headers={"Range": asked})
        assert beyond.status_code == 416 and beyond["Content-Range"] == f"bytes */{len(content)}"
    head = as_alice.head(path)
    assert (
        head.status_code == 200
        and head["Content-Length"] == str(len(content))
        and head["Accept-Ranges"] == "bytes"
    )
    some = {"Range": "bytes=0-9"}
    assert as_alice.get(path, headers={**some, "If-Range": head["ETag"]}).status_code == 206
    assert as_alice.get(path, headers={**some, "If-Range": '"other"'}).status_code == 200
    assert as_alice.get(path, headers={"If-None-Match": head["ETag"]}).status_code == 304


# -- who reaches it


PAGES = ("files/", "files/trash/", "files/{}/", "files/{}/download/", "files/{}/versions/1/")
POSTS = ("files/upload/", "files/folders/new/", "files/change/{}/", "files/uploads/")


def test_charlie_dana_and_victor_find_nothing(here: Access, as_alice: Client) -> None:
    put(as_alice, here, ("a.txt", SECRET))
    upload = begin(as_alice, here, CHUNK).json()["upload"]
    document, charlie = documents()[0].pk, customer(CHARLIE)
    theirs = workspace(charlie, "Other")
    for stranger, status in (
        (browser(charlie), 404),
        (browser(staff()), 302),
        (Secure(SERVER_NAME="localhost"), 302),
    ):
        for page in PAGES:
            assert stranger.get(at(here, page.format(document))).status_code == status, page
        for page in (*POSTS, f"files/uploads/{upload}/finish/", f"files/uploads/{upload}/drop/"):
            assert stranger.post(at(here, page.format(document)), {"act": "trash"}).status_code == status, (
                page
            )
        assert piece(stranger, here, upload, 0, bytes(CHUNK)).status_code == status
    as_charlie = browser(charlie)
    for page in PAGES[2:]:
        assert as_charlie.get(at(theirs, page.format(document))).status_code == 404, (
            "through the own workspace"
        )
    assert as_charlie.post(at(theirs, f"files/change/{document}/"), {"act": "trash"}).status_code == 404
    assert piece(as_charlie, theirs, upload, 0, bytes(CHUNK)).status_code == 404
    assert documents()[0].trashed_at is None and Upload.every.count() == 1


def test_a_viewer_sees_and_changes_nothing(here: Access, alice: Person, as_alice: Client) -> None:
    put(as_alice, here, ("a.txt", SECRET))
    bob = colleague(alice)
    letting_in.seat(here, bob.owner_id, "viewer")
    as_bob, (document,) = browser(bob), documents()
    assert body(as_bob.get(page_of(here, document, "download/"))) == SECRET
    assert 'type="file"' not in as_bob.get(at(here, "files/")).content.decode()
    assert put(as_bob, here, ("b.txt", b"x")).status_code == 403
    assert begin(as_bob, here, 5).status_code == 403
    assert as_bob.post(at(here, f"files/change/{document.pk}/"), {"act": "trash"}).status_code == 403
    assert as_bob.post(at(here, "files/folders/new/"), {"name": "x"}).status_code == 403
    assert as_bob.get(at(here, "files/trash/")).status_code == 403
    assert len(documents()) == 1 and documents()[0].trashed_at is None and len(on_disk()) == 1


def test_one_file_or_one_folder_is_open_to_somebody_and_the_others_are_not(
    here: Access, as_alice: Client
) -> None:
    as_alice.post(at(here, "files/folders/new/"), {"name": "Shared"})
    folder = Folder.every.get()
    for name in ("Deep", "Deeper"):  # a grant reaches what lies far below
        as_alice.post(
            at(here, "files/folders/new/"), {"name": name, "inside": str(Folder.every.latest("pk").pk)}
        )
    into = f"files/folders/{Folder.every.latest('pk').pk}/upload/"
    put(as_alice, here, ("in.txt", b"in"), into=into)
    put(as_alice, here, ("alone.txt", b"alone"), ("secret.txt", b"secret"))
    inside, alone, secret = documents()
    charlie = customer(CHARLIE)
    granted(here, charlie, folder.pk, Right.EDIT), granted(here, charlie, alone.pk)
    as_charlie = browser(charlie)
    listed = as_charlie.get(at(here, "files/")).content.decode()
    assert "alone.txt" in listed and "Shared" in listed and "secret.txt" not in listed
    assert body(as_charlie.get(page_of(here, inside, "download/"))) == b"in"
    assert body(as_charlie.get(page_of(here, alone, "download/"))) == b"alone"
    assert as_charlie.get(page_of(here, alone)).status_code == 200
    assert as_charlie.get(page_of(here, secret, "download/")).status_code == 404
    assert as_charlie.get(page_of(here, secret)).status_code == 404
    assert as_charlie.get(at(here)).status_code == 200
    put(as_charlie, here, ("new.txt", b"new"), into=into)
    deepest = Folder.every.latest("pk")
    assert "new.txt" in as_alice.get(at(here, f"files/folders/{deepest.pk}/")).content.decode()
    upload = begin(as_charlie, here, 2 * CHUNK, folder=str(deepest.pk)).json()["upload"]
    piece(as_charlie, here, upload, 0, bytes(2 * CHUNK))
    assert body(as_charlie.get(finish(as_charlie, here, upload).json()["file"] + "download/")) == bytes(
        2 * CHUNK
    )
    assert put(as_charlie, here, ("top.txt", b"top")).status_code == 403
    assert as_charlie.post(at(here, f"files/change/{alone.pk}/"), {"act": "trash"}).status_code == 403
    page = as_alice.get(at(here, "people/")).content.decode()
    assert "File: alone.txt" in page and "Folder: Shared" in page


def test_access_taken_back_ends_a_running_download_before_the_next_chunk(
    here: Access, as_alice: Client
) -> None:
    put(as_alice, here, ("film.bin", bytes(5 * CHUNK)))
    (document,), charlie = documents(), customer(CHARLIE)
    grant = granted(here, charlie, document.pk)
    pieces: Iterator[bytes] = iter(
        browser(charlie).get(page_of(here, document, "download/")).streaming_content
    )
    assert len(next(pieces)) == CHUNK
    letting_in.revoke(here, grant.pk)
    time.sleep(reaching.ASKED_EVERY)
    with pytest.raises(Refused):
        next(pieces)


def test_access_taken_back_ends_a_running_upload(here: Access, as_alice: Client, monkeypatch: Any) -> None:
    as_alice.post(at(here, "files/folders/new/"), {"name": "Shared"})
    charlie, folder = customer(CHARLIE), Folder.every.get()
    grant = granted(here, charlie, folder.pk, Right.EDIT)
    by = access(charlie, here.workspace)
    upload = sending.begin(by, folder.pk, "x", 9 * CHUNK)
    monkeypatch.setattr(Access, "is_live", Access.is_live_now)

    def read(size: int) -> bytes:
        if Grant.objects.exists():
            letting_in.revoke(here, grant.pk)
            return bytes(CHUNK)
        return bytes(CHUNK)

    with pytest.raises(Refused):
        sending.send(by, upload, 0, read)
    assert find(here.workspace, charlie.owner_id) is None


def test_a_workspace_erased_while_a_file_comes_up_leaves_no_byte(here: Access, alice: Person) -> None:
    upload = sending.begin(here, None, "x", continuing.SYNC_BYTES + 9 * CHUNK)

    def read(size: int) -> bytes:
        if not Erasure.objects.exists():
            erase(here.workspace.owner_id.hex, SYSTEM)
        return bytes(size)

    with pytest.raises((Erased, Refused)):
        sending.send(here, upload, 0, read)
    stored.sweep()
    assert not StoredFile.every.exists() and not Upload.every.exists() and not on_disk()


@pytest.mark.parametrize(
    ("size", "said"), [(999, "999 bytes"), (1_000, "1 kB"), (999_949_999, "999.9 MB"), (999_999_990, "1 GB")]
)
def test_a_size_is_rounded_to_what_people_read(size: int, said: str) -> None:
    assert quota.shown(size) == said


def test_who_may_share_a_file_finds_the_way_to_it(here: Access, as_alice: Client) -> None:
    put(as_alice, here, ("a.txt", b"one"), ("b.txt", b"two"))
    ours, other = documents()
    charlie = customer(CHARLIE)
    granted(here, charlie, ours.pk, Right.SHARE)
    granted(here, charlie, other.pk)
    as_charlie = browser(charlie)
    assert f"people/?part={ours.pk}" in as_charlie.get(page_of(here, ours)).content.decode()
    assert "?part=" not in as_charlie.get(page_of(here, other)).content.decode()
    form = as_charlie.get(at(here, f"people/?part={ours.pk}")).content.decode()
    assert f'value="{ours.pk}" selected' in form and str(other.pk) not in form


# -- folders and the trash


def change(client: Client, here: Access, what: Any, act: str, **more: str) -> str:
    told = {"act": act, **more}
    return str(client.post(at(here, f"files/change/{what.pk}/"), told, follow=True).content.decode())


def test_folders_are_made_renamed_and_moved_and_never_into_themselves(here: Access, as_alice: Client) -> None:
    for name in ("A", "B", "a"):
        said = as_alice.post(at(here, "files/folders/new/"), {"name": name}, follow=True).content.decode()
    assert "of this name already" in said
    a, b = Folder.every.order_by("pk")
    assert "moved here" in change(as_alice, here, b, "move", into=str(a.pk))
    assert "put into itself" in change(as_alice, here, a, "move", into=str(b.pk))
    assert "put into itself" in change(as_alice, here, a, "move", into=str(a.pk))
    change(as_alice, here, b, "rename", name="../Bees")
    page = as_alice.get(at(here, f"files/folders/{b.pk}/")).content.decode()
    assert "Bees" in page and 'aria-label="Where this lies"' in page
    assert as_alice.post(at(here, f"files/change/{a.pk}/"), {"act": "explode"}).status_code == 400


def test_the_trash_gives_back_for_thirty_days_and_then_nothing_is_left(
    here: Access, as_alice: Client
) -> None:
    as_alice.post(at(here, "files/folders/new/"), {"name": "Old"})
    folder = Folder.every.get()
    put(as_alice, here, ("a.txt", b"a"), into=f"files/folders/{folder.pk}/upload/")
    put(as_alice, here, ("b.txt", b"b"))
    inside, beside = documents()
    change(as_alice, here, folder, "trash"), change(as_alice, here, beside, "trash")
    for gone in (inside, beside):
        assert as_alice.get(page_of(here, gone, "download/")).status_code == 404
    trash = as_alice.get(at(here, "files/trash/")).content.decode()
    assert "Old" in trash and "b.txt" in trash and "a.txt" not in trash
    put(as_alice, here, ("b.txt", b"newer"))
    assert "of this name already" in change(as_alice, here, beside, "restore")
    change(as_alice, here, folder, "restore")
    assert body(as_alice.get(page_of(here, inside, "download/"))) == b"a"
    change(as_alice, here, folder, "trash")
    assert jobs.tidy() == 0
    for model in (Folder, Document):
        model.every.exclude(trashed_at=None).update(trashed_at=timezone.now() - timedelta(days=30, minutes=1))
    jobs.tidy()
    assert not Folder.every.exists() and len(documents()) == len(on_disk()) == StoredFile.objects.count() == 1


def test_what_is_deleted_for_good_must_lie_in_the_trash(here: Access, as_alice: Client) -> None:
    put(as_alice, here, ("a.txt", b"a"))
    change(as_alice, here, documents()[0], "delete")
    assert len(documents()) == 1
    change(as_alice, here, documents()[0], "trash"), change(as_alice, here, documents()[0], "delete")
    assert not documents() and not on_disk()


def test_in_a_workspace_that_has_ended_nothing_is_added(here: Access, as_alice: Client) -> None:
    put(as_alice, here, ("a.txt", b"a"))
    upload = begin(as_alice, here, CHUNK).json()["upload"]
    type(here.workspace).objects.update(ended_at=timezone.now())
    put(as_alice, here, ("b.txt", b"b"))
    assert piece(as_alice, here, upload, 0, bytes(CHUNK)).status_code == 422
    change(as_alice, here, documents()[0], "trash")
    assert body(as_alice.get(page_of(here, documents()[0], "download/"))) == b"a" and len(documents()) == 1


# -- a look


def look_of(client: Client, here: Access, name: str, content: bytes) -> str:
    put(client, here, (name, content))
    return client.get(page_of(here, documents()[-1])).content.decode()


def test_a_picture_is_shown_from_the_workspace_host_and_runs_nothing(
    here: Access, alice: Person, as_alice: Client, monkeypatch: Any
) -> None:
    put(as_alice, here, ("pot.txt", PNG))
    shown = as_alice.get(page_of(here, documents()[0]))
    link = shown.content.decode().partition('<img src="')[2].partition('"')[0]
    assert link.startswith("https://workspace.localhost")
    assert f"img-src 'self' {link[: link.index('/look/')]}" in shown["Content-Security-Policy"]
    other = Secure(SERVER_NAME="workspace.localhost")
    answer = other.get(urlsplit(link).path)
    assert body(answer) == PNG and answer["Content-Type"] == "image/png"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert other.get(urlsplit(link).path[:-2] + "x/").status_code == 404
    monkeypatch.setattr(downloads, "LOOK_SECONDS", -1)
    assert other.get(urlsplit(link).path).status_code == 404
    monkeypatch.undo()
    flows.trash(here, documents()[0])
    assert other.get(urlsplit(link).path).status_code == 404


def test_a_look_ends_with_the_access(here: Access, alice: Person, as_alice: Client) -> None:
    put(as_alice, here, ("pot.png", PNG))
    charlie = customer(CHARLIE)
    grant = granted(here, charlie, documents()[0].pk)
    by = access(charlie, here.workspace)
    with enter(by):
        link = downloads.look_at(by, reaching.version(by, documents()[0].pk, None))
    other = Secure(SERVER_NAME="workspace.localhost")
    assert other.get(urlsplit(link).path).status_code == 200
    letting_in.revoke(here, grant.pk)
    assert other.get(urlsplit(link).path).status_code == 404


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", b"<script>alert(1)</script>\n"), ("a.svg", b"<svg onload='alert(1)'/>"),
        ("a.png", b"<script>alert(1)</script> called a picture"),
    ],
)  # fmt: skip
def test_what_could_run_is_shown_as_its_text(
    here: Access, as_alice: Client, name: str, content: bytes
) -> None:
    page = look_of(as_alice, here, name, content)
    headers = as_alice.get(page_of(here, documents()[-1])).headers
    assert "img-src 'self';" in headers["Content-Security-Policy"] + ";"
    assert "<pre" in page and content.decode().strip() not in page and "&lt;s" in page and "<img" not in page


def test_a_table_is_shown_as_one_and_a_wide_one_is_cut(here: Access, as_alice: Client) -> None:
    page = look_of(as_alice, here, "a.csv", b"name;town\r\n=1+1;<b>Ulm</b>\r\nBo;K\xf6ln\r\n")
    assert "<td>=1+1</td>" in page and "&lt;b&gt;Ulm" in page and "K\u00f6ln" in page
    wide = io.StringIO()
    csv.writer(wide).writerows([[f"c{n}" for n in range(10_000)]] * 3)
    page = look_of(as_alice, here, "wide.csv", wide.getvalue().encode())
    assert "c19<" in page and "c20<" not in page and "first rows and columns" in page


@pytest.mark.parametrize(
    "content", [os.urandom(5000), b"%PDF-1.7 x", b"PK\x03\x04 x", b"", b'a,b\n"never closed\n' * 9]
)
def test_what_is_no_picture_text_or_table_still_has_a_page(
    here: Access, as_alice: Client, content: bytes
) -> None:
    assert "Download" in look_of(as_alice, here, "a.csv", content)
