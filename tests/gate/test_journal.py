"""The journal: many callers and one fsync, each entry once, and a failure that everybody hears of."""

import threading
import time
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.cast import ALICE, durable, enquiry_of
from tests.gate.at_the_prompt import beside, everything_in
from troth.engine.ledger import Kind
from troth.gate.errors import SealBroken
from troth.gate.journal import writing
from troth.gate.journal.models import Entry, Share
from troth.gate.journal.writing import Facts, GroupCommitter, Row, build, new_id
from troth.gate.keystore import keys
from troth.gate.published import statement
from troth.gate.subjects.models import DataSubject
from troth.gate.subjects.models import Kind as Subject
from troth.gate.uses import SYSTEM, act, using

pytestmark = durable
THREADS, EACH = 8, 25


def entry(*subjects: DataSubject) -> Row:
    policy = statement.current()
    facts = Facts(
        Kind.USE,
        "answering-enquiries",
        policy.purposes["answering-enquiries"].top,
        (),
        "system",
        statement.under(),
    )
    details = [(one.pk.hex, keys.ciphers([one.pk.hex])[one.pk.hex], {"used": {}}) for one in subjects]
    return build(new_id(), facts, details, bytes.fromhex(policy.version))


def test_eight_threads_write_each_entry_exactly_once() -> None:
    subject = DataSubject.begin(Subject.PERSON)
    rows = [entry(subject) for _ in range(THREADS * EACH)]
    waiting, taking, committer = list(rows), threading.Lock(), GroupCommitter()

    def work() -> None:
        while True:
            with taking:
                if not waiting:
                    return
                row = waiting.pop()
            committer.commit(row)
            assert Entry.objects.filter(id=row.id).count() == 1

    assert beside(work, THREADS) == [None] * THREADS
    assert sorted(Entry.objects.values_list("id", flat=True)) == sorted(row.id for row in rows)
    assert sorted(Share.objects.values_list("entry", flat=True)) == sorted(row.id for row in rows)


def hold_the_door(committer: GroupCommitter, rows: list[Row]) -> tuple[list[object], threading.Thread]:
    """Callers that all wait at the door, so that one of them will write for all; release `committer._door` to go on."""
    given: list[object] = []
    waiting = iter(rows)
    crowd = threading.Thread(
        target=lambda: given.extend(beside(lambda: committer.commit(next(waiting)), len(rows)))
    )
    crowd.start()
    limit = time.monotonic() + 10
    while len(committer._queue) < len(rows) and time.monotonic() < limit:
        time.sleep(0.005)
    return given, crowd


def test_those_who_wait_together_share_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    committer, rows = GroupCommitter(), [entry() for _ in range(6)]
    groups: list[int] = []
    whole = writing.insert
    monkeypatch.setattr(writing, "insert", lambda batch: (groups.append(len(batch)), whole(batch)))
    with committer._door:
        given, crowd = hold_the_door(committer, rows)
    crowd.join()
    assert given == [None] * 6 and groups == [6] and Entry.objects.count() == 6


def test_a_failing_insert_reaches_every_caller_and_leaves_nothing_half_written() -> None:
    committer, subject = GroupCommitter(), DataSubject.begin(Subject.PERSON)
    rows = [entry(subject) for _ in range(5)]
    broken = rows[2]
    rows[2] = Row(broken.id, broken.entry, [(broken.id, subject.pk.hex, None)])  # type: ignore[list-item]
    with committer._door:
        given, crowd = hold_the_door(committer, rows)
    crowd.join()
    assert len(given) == 5 and all(isinstance(each, DatabaseError) for each in given), given
    assert not Entry.objects.exists() and not Share.objects.exists()
    committer.commit(entry(subject))
    assert Entry.objects.count() == 1


def test_a_writer_that_is_interrupted_tells_nobody_that_their_entry_is_durable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    committer, rows = GroupCommitter(), [entry() for _ in range(3)]
    heard: list[BaseException | None] = []

    whole, calls = writing.insert, []

    def killed(batch: list[Row]) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt
        whole(batch)

    def work(row: Row) -> None:
        try:
            committer.commit(row)
            heard.append(None)
        except BaseException as error:  # noqa: BLE001 - also the one that ends a process
            heard.append(error)
        finally:
            connection.close()

    monkeypatch.setattr(writing, "insert", killed)
    threads = [threading.Thread(target=work, args=(row,)) for row in rows]
    with committer._door:
        for thread in threads:
            thread.start()
        while len(committer._queue) < 3:
            time.sleep(0.005)
    for thread in threads:
        thread.join()
    assert len(heard) == 3 and None not in heard and not Entry.objects.exists()


def test_an_entry_without_an_act_is_not_put_into_a_stray_transaction() -> None:
    enquiry = enquiry_of()
    with (
        pytest.raises(RuntimeError),
        transaction.atomic(),
        using("answering-enquiries", by=SYSTEM, given=enquiry),
    ):
        assert enquiry.email


def test_an_act_and_its_entry_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    enquiry = enquiry_of()
    count = Entry.objects.count()

    def full(rows: object) -> None:
        raise DatabaseError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(writing, "insert", full)
        with (
            pytest.raises(DatabaseError),
            using("answering-enquiries", by=SYSTEM, given=enquiry, at="contact-us"),
            act(),
        ):
            enquiry.name = "Alice Again"
            enquiry.save()
    enquiry.refresh_from_db()
    with using("answering-enquiries", by=SYSTEM, given=enquiry):
        assert enquiry.name == ALICE["name"]
    assert Entry.objects.count() == count + 1


def test_no_value_leaves_a_use_whose_entry_cannot_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    enquiry = enquiry_of()

    def full(rows: object) -> None:
        raise DatabaseError("database or disk is full")

    monkeypatch.setattr(writing, "insert", full)
    with pytest.raises(DatabaseError), using("answering-enquiries", by=SYSTEM, given=enquiry):
        assert enquiry.email == ALICE["email"]


def test_entries_say_nothing_of_a_person_in_clear() -> None:
    enquiry = enquiry_of()
    with using("answering-enquiries", by=SYSTEM, given=enquiry):
        assert enquiry.email
    for table in ("journal_entry", "journal_share"):
        held = everything_in(table)
        assert not [value for value in ALICE.values() if value.encode() in held]
    assert enquiry.owner_id.hex.encode() not in everything_in("journal_entry").replace(b"-", b"")


def test_a_share_of_one_entry_does_not_open_as_a_share_of_another() -> None:
    subject = DataSubject.begin(Subject.PERSON)
    for _ in range(2):
        writing.committer.commit(entry(subject))
    one, other = Share.objects.order_by("pk")
    cipher: Any = keys.ciphers([subject.pk.hex])[subject.pk.hex]
    assert writing.open_share(cipher, subject.pk.hex, one.entry, bytes(one.sealed))
    with pytest.raises(SealBroken):
        writing.open_share(cipher, subject.pk.hex, one.entry, bytes(other.sealed))
