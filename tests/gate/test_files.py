"""Stored files: sealed on disk chunk by chunk, opened only in a use, and gone when their owner is."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from tests.cast import CHARLIE, durable, enquiry_of
from tests.gate.at_the_prompt import tables_holding
from tests.gate.test_erasure import kill_at
from troth.engine.ledger import Kind
from troth.engine.seal.stream import CHUNK
from troth.gate.errors import Erased, GateError, Refused, SealBroken, SealedError
from troth.gate.files import continuing, disk, stored
from troth.gate.files.continuing import Continuing
from troth.gate.files.models import StoredFile
from troth.gate.journal.models import Entry
from troth.gate.keystore import keys
from troth.gate.subjects import erase as erasing
from troth.gate.subjects.erase import erase
from troth.gate.subjects.jobs import finish_erasures
from troth.gate.subjects.merging import merge
from troth.gate.uses import SYSTEM, Actor, OwnData, act, using

pytestmark = durable
SECRET = b"a planted marker in a file "
CATEGORY = "requests.request-text"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any) -> None:
    settings.TROTH_HOME = tmp_path


def somebody(values: dict[str, str] = CHARLIE) -> UUID:
    owner: UUID = enquiry_of(values).owner_id
    return owner


def kept(owner: UUID, content: bytes = SECRET, name: str = "passport of Charlie.jpg") -> StoredFile:
    with using("answering-requests", by=SYSTEM, at="request-desk"):
        return stored.write(owner, name, "image/jpeg", [content], CATEGORY)


def own(owner: UUID) -> using:
    return using("showing-own-data", by=Actor("data-subject", owner), given=OwnData(owner))


def content_of(file: StoredFile, owner: UUID) -> bytes:
    with own(owner):
        return b"".join(stored.read(file))


def on_disk() -> list[Path]:
    return [path for path in disk.folder().rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5])
def test_it_works(size: int) -> None:
    owner, content = somebody(), os.urandom(size)
    file = StoredFile.objects.get(pk=kept(owner, content).pk)
    assert file.size == size and content_of(file, owner) == content
    with own(owner):
        assert stored.describe(file) == stored.Described("passport of Charlie.jpg", "image/jpeg")


def test_nothing_of_it_stands_in_clear_and_its_path_says_nothing() -> None:
    owner = somebody()
    file = kept(owner, SECRET * 5000)
    (path,) = on_disk()
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o77 == 0
    assert SECRET not in path.read_bytes()
    assert not tables_holding(SECRET) and not tables_holding(b"passport of Charlie")
    assert owner.hex not in str(path) and file.pk.hex not in str(path)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "a bit": lambda all: all[:CHUNK] + bytes([all[CHUNK] ^ 1]) + all[CHUNK + 1 :],
    "its end": lambda all: all[: 3 + CHUNK + 16],
    "its last byte": lambda all: all[:-1],
    "a byte more": lambda all: all + b"\0",
    "two chunks changed over": lambda all: (
        all[:3] + all[3 + CHUNK + 16 : 3 + 2 * (CHUNK + 16)] + all[3 : 3 + CHUNK + 16] + all[3 + 2 * (CHUNK + 16) :]
    ),
    "all of it": lambda all: b"",
}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_on_disk_is_an_error_and_never_other_content(what: str) -> None:
    owner = somebody()
    file = kept(owner, os.urandom(2 * CHUNK + 77))
    (path,) = on_disk()
    path.write_bytes(DAMAGE[what](path.read_bytes()))
    with pytest.raises(SealBroken):
        content_of(file, owner)


def test_the_bytes_of_another_file_of_the_same_owner_do_not_open() -> None:
    owner = somebody()
    one, other = kept(owner, SECRET), kept(owner, SECRET)
    disk.path(one.token).write_bytes(disk.path(other.token).read_bytes())
    with pytest.raises(SealBroken):
        content_of(one, owner)
    StoredFile.objects.filter(pk=one.pk).update(token="0" * 32)
    one.refresh_from_db()
    with pytest.raises(SealBroken, match="not on disk"):
        content_of(one, owner)


def test_nothing_is_stored_where_the_statement_collects_no_such_thing() -> None:
    owner = somebody()
    for at in ("contact-us", None):
        with pytest.raises(Refused), using("answering-enquiries", by=SYSTEM, at=at):
            stored.write(owner, "x", "text/plain", [SECRET], CATEGORY)
    assert not on_disk() and not StoredFile.objects.exists()


def test_dana_without_a_ground_gets_nothing_and_it_is_on_record() -> None:
    file = kept(somebody())
    for by in (Actor("sales"), Actor("administrator"), Actor("support")):
        with pytest.raises(Refused), using("answering-requests", by=by):
            stored.read(file)
    assert Entry.objects.filter(kind=int(Kind.REFUSE)).count() == 3


def test_bob_and_charlie_get_nothing_of_a_file_that_is_not_theirs() -> None:
    file, bob = kept(somebody()), somebody()
    with pytest.raises(Refused):
        content_of(file, bob)
    with pytest.raises(Refused), own(bob):
        stored.describe(file)
    with pytest.raises(Refused):
        stored.stream(file, "showing-own-data", by=Actor("data-subject", bob), given=OwnData(bob))


def test_a_file_is_read_within_its_use_and_not_after_it() -> None:
    owner = somebody()
    file = kept(owner, os.urandom(2 * CHUNK))
    with own(owner):
        chunks = stored.read(file)
        assert next(chunks)
    with pytest.raises(SealedError):
        next(chunks)


def streamed(file: StoredFile) -> Iterator[bytes]:
    by = Actor("data-subject", file.owner_id)
    return stored.stream(file, "showing-own-data", by=by, given=OwnData(file.owner_id))


def test_the_entry_of_a_stream_is_durable_before_its_first_byte() -> None:
    file = kept(somebody(), SECRET)
    before = Entry.objects.count()
    chunks = streamed(file)
    assert Entry.objects.count() == before + 1
    assert b"".join(chunks) == SECRET
    with pytest.raises(GateError, match="within an act"), act():
        streamed(file)


def test_a_key_erased_amid_a_download_stops_it_before_the_next_chunk() -> None:
    owner = somebody()
    file = kept(owner, os.urandom(4 * CHUNK))
    chunks = streamed(file)
    assert len(next(chunks)) == CHUNK
    erase(owner.hex, SYSTEM)
    with pytest.raises(Erased):
        next(chunks)


def test_writing_stops_when_the_owner_is_erased_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = somebody()
    monkeypatch.setattr(stored, "CHECK_SECONDS", 0.0)

    def chunks() -> Iterator[bytes]:
        yield bytes(CHUNK)
        erase(owner.hex, SYSTEM)
        yield bytes(CHUNK)

    with pytest.raises(Erased), using("answering-requests", by=SYSTEM, at="request-desk"):
        stored.write(owner, "x", "text/plain", chunks(), CATEGORY)
    assert not on_disk() and not StoredFile.objects.exists()


def test_with_the_owner_go_the_rows_and_the_bytes_and_nobody_elses() -> None:
    owner, other = somebody(), somebody()
    kept(owner), kept(owner)
    file = kept(other)
    erase(owner.hex, SYSTEM)
    assert [path.name for path in on_disk()] == [file.token]
    assert content_of(file, other) == SECRET


def test_an_erasure_killed_before_its_rows_go_leaves_no_bytes_either() -> None:
    owner = somebody()
    file = kept(owner)
    kill_at((erasing, "_remove_rows"), lambda: erase(owner.hex, SYSTEM))
    with pytest.raises(Erased):
        content_of(file, owner)
    finish_erasures()
    assert not on_disk() and not StoredFile.objects.exists()


def test_a_removed_file_goes_when_that_is_durable_and_not_before() -> None:
    owner = somebody()
    file = kept(owner)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        stored.remove(StoredFile.objects.get(pk=file.pk))
        raise ZeroDivisionError
    assert content_of(file, owner) == SECRET
    stored.remove(StoredFile.objects.get(pk=file.pk))
    assert not on_disk() and not StoredFile.objects.exists()


def aged(path: Path) -> None:
    then = time.time() - stored.GRACE - 1
    os.utime(path, (then, then))


def test_the_sweep_takes_what_no_row_names_once_it_is_old_enough() -> None:
    owner = somebody()
    file, lost, young = kept(owner), disk.path("ab" * 16), disk.path("cd" * 16)
    for path in (lost, young):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"half of a file")
    aged(lost), aged(disk.path(file.token))
    assert stored.sweep() == 1
    assert sorted(on_disk()) == sorted([young, disk.path(file.token)])
    assert content_of(file, owner) == SECRET


def test_a_crash_between_the_commit_and_the_removal_is_mended_by_the_sweep() -> None:
    owner = somebody()
    file = kept(owner)
    StoredFile.objects.filter(pk=file.pk).delete()
    assert stored.sweep() == 0, "its transaction may still be open"
    aged(disk.path(file.token))
    assert stored.sweep() == 1 and not on_disk()


def test_a_write_whose_row_cannot_be_saved_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = somebody()
    monkeypatch.setattr(StoredFile, "save", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        kept(owner)
    assert not on_disk()


def test_two_who_are_one_person_share_the_file_and_its_bytes_stay_as_they_were() -> None:
    one, into = somebody(), somebody()
    file = kept(one)
    before = disk.path(file.token).read_bytes()
    merge(one, into, SYSTEM)
    file = StoredFile.objects.get(pk=file.pk)
    assert file.owner_id == into and content_of(file, into) == SECRET
    assert disk.path(file.token).read_bytes() == before


def test_the_owners_key_alone_opens_the_row_that_holds_the_files_key() -> None:
    owner = somebody()
    file = kept(owner)
    keys.destroy(owner.hex)
    with pytest.raises(Erased):
        content_of(file, owner)


# -- files that come in several goes


def begun(owner: UUID) -> StoredFile:
    with using("answering-requests", by=SYSTEM, at="request-desk"):
        row = continuing.begin(owner, "film.bin", "", CATEGORY)
        row.save(force_insert=True)
    return row


def going_on(file: StoredFile) -> Continuing:
    with own(file.owner_id):
        return Continuing(StoredFile.objects.get(pk=file.pk))


def test_a_file_in_several_goes_is_the_same_file() -> None:
    owner, content, file = somebody(), os.urandom(5 * CHUNK + 9), None
    file = begun(owner)
    at = 0
    for step in (CHUNK, 2 * CHUNK + 5, 10):
        writing = going_on(file)
        writing.write(content[at : at + step])
        at = writing.pause()
        assert at % CHUNK == 0 and StoredFile.objects.get(pk=file.pk).size == at
        aged(disk.path(file.token))
        assert stored.sweep() == 0, "its row names it"
    assert at == 3 * CHUNK
    writing = going_on(file)
    writing.write(content[at:])
    writing.finish()
    done = StoredFile.objects.get(pk=file.pk)
    assert done.is_whole and done.size == len(content) and content_of(done, owner) == content
    with pytest.raises(continuing.AllHere):
        going_on(file)


def test_an_unfinished_file_is_not_read() -> None:
    owner = somebody()
    file = begun(owner)
    with pytest.raises(SealBroken):
        content_of(StoredFile.objects.get(pk=file.pk), owner)
    writing = going_on(file)
    writing.write(bytes(3 * CHUNK))
    writing.pause()
    with pytest.raises(SealBroken):
        content_of(StoredFile.objects.get(pk=file.pk), owner)


def test_what_a_killed_writer_left_is_cut_off_and_sealed_anew_under_another_key() -> None:
    owner, content = somebody(), os.urandom(4 * CHUNK)
    file, sealed = begun(owner), CHUNK + 16
    writing = going_on(file)
    writing.write(content[: CHUNK + 1])
    writing.pause()
    for torn in (2 * sealed, sealed + 100):  # killed between two chunks, and within one
        writing = going_on(file)
        writing.write(content[CHUNK:])
        writing._file.flush()
        left = disk.path(file.token).read_bytes()[: 3 + sealed + torn]
        writing._file.close()
        disk.path(file.token).write_bytes(left)
        assert StoredFile.objects.get(pk=file.pk).size == CHUNK
    writing = going_on(file)
    writing.write(content[CHUNK:])
    writing.finish()
    assert content_of(StoredFile.objects.get(pk=file.pk), owner) == content
    again = disk.path(file.token).read_bytes()
    assert again[: 3 + sealed] == left[: 3 + sealed]
    assert again[3 + sealed : 3 + 2 * sealed] != left[3 + sealed : 3 + 2 * sealed], "one key and nonce, twice"


def test_two_who_send_one_file_at_once_do_not_mix() -> None:
    file = begun(somebody())
    first = going_on(file)
    with pytest.raises(continuing.Busy):
        going_on(file)
    first.write(bytes(2 * CHUNK))
    first.pause()
    assert going_on(file).came == 2 * CHUNK


def test_an_unfinished_file_goes_with_its_owner_and_writing_stops() -> None:
    owner = somebody()
    file = begun(owner)
    writing = going_on(file)
    erase(owner.hex, SYSTEM)
    writing.write(bytes(2 * CHUNK))
    with pytest.raises(Erased):
        writing.pause()
    assert not on_disk() and not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 1), (CHUNK, CHUNK + 1), (CHUNK - 1, 2 * CHUNK + 1), (7, None)]
)
def test_a_part_is_read_from_the_chunks_it_lies_in(start: int, stop: int | None) -> None:
    owner, content = somebody(), os.urandom(3 * CHUNK + 9)
    file = kept(owner, content)
    given = {"by": Actor("data-subject", owner), "given": OwnData(owner)}
    pieces = stored.stream(file, "showing-own-data", start=start, stop=stop, **given)  # type: ignore[arg-type]
    assert b"".join(pieces) == content[start:stop]
    (path,) = on_disk()
    path.write_bytes(
        path.read_bytes()[: 3 + CHUNK + 16] + bytes(CHUNK + 16) + path.read_bytes()[3 + 2 * (CHUNK + 16) :]
    )
    behind = stored.stream(file, "showing-own-data", start=3 * CHUNK, **given)  # type: ignore[arg-type]
    assert b"".join(behind) == content[3 * CHUNK :], "the broken chunk before it is not opened"
    with pytest.raises(SealBroken):
        b"".join(stored.stream(file, "showing-own-data", start=CHUNK, stop=CHUNK + 1, **given))  # type: ignore[arg-type]
