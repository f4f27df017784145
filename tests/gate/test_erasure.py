"""Erasure: five steps, each of which may be the last before a crash, and nothing left to find after the fifth."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, connections

from tests.cast import ALICE, CHARLIE, acting, durable, enquiry_of, staff
from tests.gate.at_the_prompt import beside, everything_in, tables_holding
from troth.accounts.models import AddressHandle, StaffMember, User
from troth.apps.enquiries.models import Enquiry, Reply
from troth.gate.errors import Erased, GateError
from troth.gate.journal.models import Entry, Share
from troth.gate.keystore import keys
from troth.gate.keystore.models import DataKey
from troth.gate.outbound.models import Message
from troth.gate.subjects import erase as erasing
from troth.gate.subjects.erase import erase, purge, resume
from troth.gate.subjects.jobs import finish_erasures
from troth.gate.subjects.models import Erasure
from troth.gate.uses import EACH, SYSTEM, using

pytestmark = durable
sqlite_only = pytest.mark.skipif(connection.vendor != "sqlite", reason="the files are SQLite's")


class Killed(BaseException):
    """The process ends here: nothing after it runs."""


def read(enquiry: Enquiry) -> str:
    with using("answering-enquiries", by=SYSTEM, given=enquiry):
        return str(enquiry.email)


def traces_of(subject: str) -> list[str]:
    """Tables of the data store that still name a subject."""
    return tables_holding(subject.encode()) + tables_holding(str(UUID(subject)).encode())


WHERE = {
    "before its tombstone": (keys, "append_tombstones"),
    "before its key dies": (keys, "destroy"),
    "before its rows go": (erasing, "_remove_rows"),
    "amid its rows": (erasing, "_cut_shares"),
    "before its leaf": (erasing, "_completion_leaf"),
}


def kill_at(place: tuple[object, str], work: Callable[[], object]) -> None:
    def killed(*args: object, **kwargs: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(*place, killed)
        with pytest.raises(Killed):
            work()


@pytest.mark.parametrize("where", WHERE)
def test_an_erasure_killed_anywhere_is_finished_by_the_worker(where: str) -> None:
    enquiry, other = enquiry_of(), enquiry_of(CHARLIE)
    subject = enquiry.owner_id.hex
    kill_at(WHERE[where], lambda: erase(subject, SYSTEM))
    with pytest.raises(Erased):
        read(enquiry)
    finish_erasures()
    assert [done.state for done in Erasure.objects.all()] == ["done"]
    assert not traces_of(subject) and not DataKey.objects.filter(subject=subject).exists()
    assert Entry.objects.filter(kind=6).count() == 1
    with pytest.raises(Erased):
        read(enquiry)
    assert read(other) == CHARLIE["email"]


def test_an_erasure_killed_before_its_intent_is_finished_all_the_same() -> None:
    enquiry = enquiry_of()
    kill_at((keys, "intend_erasure"), lambda: erase(enquiry.owner_id.hex, SYSTEM))
    finish_erasures()
    assert [done.state for done in Erasure.objects.all()] == ["done"]
    assert not traces_of(enquiry.owner_id.hex) and Entry.objects.filter(kind=6).count() == 1


def test_an_erasure_that_was_not_begun_leaves_everything() -> None:
    enquiry = enquiry_of()
    kill_at((erasing, "_begin"), lambda: erase(enquiry.owner_id.hex, SYSTEM, receipt_to=ALICE["email"]))
    finish_erasures()
    assert not Erasure.objects.exists() and read(enquiry) == ALICE["email"]


def test_an_erasure_killed_after_its_key_died_is_finished() -> None:
    enquiry = enquiry_of()
    subject = enquiry.owner_id.hex
    kill_at((erasing, "_remove_rows"), lambda: erase(subject, SYSTEM))
    assert not DataKey.objects.filter(subject=subject).exists() and Enquiry.objects.exists()
    assert resume() == 1 and not Enquiry.objects.exists()


def test_an_erasure_killed_while_it_purges_is_finished() -> None:
    subject = enquiry_of().owner_id.hex
    erase(subject, SYSTEM)
    kill_at((erasing, "_truncate"), purge)
    assert Erasure.objects.get().state == "purging" and traces_of(subject) == ["subjects_erasure"]
    assert purge() == 1 and purge() == 0 and not traces_of(subject)


def test_reads_refuse_from_the_first_step_on() -> None:
    enquiry = enquiry_of()
    assert read(enquiry)
    keys.intend_erasure(enquiry.owner_id.hex)
    with pytest.raises(Erased):
        read(Enquiry.objects.get(pk=enquiry.pk))
    with pytest.raises(Erased), using("answering-enquiries", by=SYSTEM, given=EACH):
        [row.email for row in Enquiry.objects.all()]


def test_nothing_is_written_for_a_subject_whose_erasure_began() -> None:
    enquiry = enquiry_of()
    keys.intend_erasure(enquiry.owner_id.hex)
    with pytest.raises(Erased), using("answering-enquiries", by=SYSTEM, given=enquiry, at="contact-us"):
        enquiry.name = "Alice Again"
    with pytest.raises(Erased), using("answering-enquiries", by=SYSTEM, at="staff-desk"):
        Reply(owner_id=enquiry.owner_id, enquiry=enquiry, by_staff=True, message="late").save()


def test_a_second_erasure_finds_the_first() -> None:
    subject = enquiry_of().owner_id.hex
    first, second = erase(subject, SYSTEM), erase(subject, SYSTEM)
    assert first.pk == second.pk and Entry.objects.filter(kind=6).count() == 1


def test_who_asked_is_told_what_the_worker_did_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    subject, destroy = enquiry_of().owner_id.hex, keys.destroy

    def the_worker_is_faster(subject: str) -> None:
        destroy(subject)
        monkeypatch.undo()
        assert resume() == 1

    monkeypatch.setattr(keys, "destroy", the_worker_is_faster)
    told, kept = erase(subject, SYSTEM), Erasure.objects.get()
    assert (told.state, told.entry) == (kept.state, kept.entry) == ("purging", kept.entry) and told.entry


def test_two_at_once_erase_once() -> None:
    subject = enquiry_of().owner_id.hex
    given = beside(lambda: erase(subject, SYSTEM), 2)
    assert all(isinstance(each, Erasure) for each in given), given
    finish_erasures()
    assert Entry.objects.filter(kind=6).count() == 1 and not traces_of(subject)
    assert set(Erasure.objects.values_list("state", flat=True)) == {"done"}


def test_a_failing_erasure_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, free = enquiry_of(), enquiry_of(CHARLIE)
    for enquiry in (stuck, free):
        keys.intend_erasure(enquiry.owner_id.hex)
    whole = erasing._remove_rows

    def partly(erasure: Erasure, *rest: object) -> None:
        if erasure.subject == stuck.owner_id.hex:
            raise DatabaseError("a row stands in the way")
        whole(erasure, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(erasing, "_remove_rows", partly)
    finish_erasures()
    assert [row.pk for row in Enquiry.objects.all()] == [stuck.pk]
    assert sorted(Erasure.objects.values_list("state", flat=True)) == ["begun", "done"]


def test_everything_of_the_subject_goes_and_nothing_of_others() -> None:
    alice, charlie = enquiry_of(), enquiry_of(CHARLIE)
    kept = Share.objects.filter(subject=charlie.owner_id.hex).count()
    erase(alice.owner_id.hex, SYSTEM)
    assert {row.owner_id for row in (*Enquiry.objects.all(), *Message.objects.all())} == {charlie.owner_id}
    assert Share.objects.filter(subject=charlie.owner_id.hex).count() == kept
    assert not Enquiry.objects.lookup(email=ALICE["email"]).exists()


def test_the_completion_leaf_names_no_subject() -> None:
    erase(enquiry_of().owner_id.hex, SYSTEM)
    leaf = Entry.objects.get(kind=6)
    assert leaf.subjects == 0 and not Share.objects.filter(entry=leaf.id).exists()


def test_erasing_a_member_of_staff_cuts_their_links_and_ends_their_sign_in() -> None:
    dana, enquiry = staff(password="a long enough pass phrase"), enquiry_of()
    with using("answering-enquiries", by=acting(dana), given=enquiry):
        assert enquiry.name
    Enquiry.objects.update(assignee=dana.owner_id)
    erase(dana.owner_id.hex, SYSTEM)
    finish_erasures()
    assert not traces_of(dana.owner_id.hex)
    assert (
        not StaffMember.objects.exists() and not User.objects.exists() and not AddressHandle.objects.exists()
    )
    assert Enquiry.objects.get().assignee_id is None and read(enquiry) == ALICE["email"]


def stored_bytes() -> bytes:
    """Every byte the two stores have on disk, write-ahead logs with them."""
    files: list[Path] = []
    for store in connections.all():
        path = Path(store.settings_dict["NAME"])
        files += [path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")]
    return b"".join(path.read_bytes() for path in files if path.exists())


@sqlite_only
def test_after_the_purge_no_file_holds_a_byte_of_what_was_erased() -> None:
    enquiries = [enquiry_of(ALICE if n % 3 else CHARLIE) for n in range(60)]
    gone = enquiries[7::11]
    marks: set[bytes] = set()
    for enquiry in gone:
        subject = enquiry.owner_id.hex
        marks |= {subject.encode(), bytes(enquiry.sealed), enquiry.pk.hex.encode(), bytes(enquiry.link_hash)}
        marks |= {bytes(DataKey.objects.get(subject=subject).wrapped)}
        marks |= {bytes(share.sealed) for share in Share.objects.filter(subject=subject)}
        marks |= {bytes(message.sealed) for message in Message.objects.filter(owner=subject)}
    before = stored_bytes()
    assert all(mark in before for mark in marks)
    for enquiry in gone:
        erase(enquiry.owner_id.hex, SYSTEM)
    finish_erasures()
    after = stored_bytes()
    assert not [mark[:12] for mark in marks if mark in after]
    assert bytes(enquiries[0].sealed) in after and ALICE["email"].encode() not in after


@sqlite_only
def test_a_reader_holds_the_purge_up_and_not_the_erasure() -> None:
    subject = enquiry_of().owner_id.hex
    reader = sqlite3.connect(connection.settings_dict["NAME"])
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM enquiries_enquiry").fetchone()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout=50")
    erase(subject, SYSTEM)
    purge()
    assert Erasure.objects.get().state == "purging"
    reader.rollback()
    reader.close()
    purge()
    assert Erasure.objects.get().state == "done"


def test_a_row_without_an_owner_is_refused() -> None:
    with pytest.raises(GateError, match="no owner"):
        Enquiry(topic="Services", link_hash=b"x" * 32).save()
    assert b"Services" not in everything_in("enquiries_enquiry")


def test_an_entry_written_late_about_the_erased_goes_with_the_purge() -> None:
    subject = enquiry_of().owner_id.hex
    erase(subject, SYSTEM)
    Share.objects.create(
        entry="f" * 32, subject=subject, sealed=b"a use that was open when the erasure began"
    )
    purge()
    assert not Share.objects.filter(subject=subject).exists()
