"""A log after a restore: the old one stays as it was, the new one says which history it continues."""

import importlib
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from django.apps import apps
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from tests.cast import acting, durable, enquiry_of, staff
from tests.gate.at_the_prompt import spoil
from tests.gate.test_integrator import grown
from tests.gate.test_journal import entry
from troth.engine.ledger import Leaf, NoteError
from troth.gate.journal import log, writing
from troth.gate.journal.integrating import integrate
from troth.gate.journal.models import Checkpoint, Entry, Log, Tile
from troth.gate.journal.origins import begin_next, last_known
from troth.gate.uses import Actor, OwnData, using
from troth.gate.uses.history import history, receipt

pytestmark = durable
SOURCE = Path(__file__).resolve().parents[2] / "src"
PREFIX = "/.well-known/troth/log"


def note() -> str:
    head = log.head()
    assert head is not None
    return head.note


def restored(number: int = 2) -> str:
    """A log of 14 entries and one that waited, and the log after it; returns the last head of the first."""
    grown()
    last = note()
    writing.committer.commit(entry())
    begin_next(number, last)
    return last


def test_what_waited_goes_into_the_new_log_behind_its_origin() -> None:
    last = restored()
    assert integrate() == 1
    assert (log.current(), log.origin(), log.head().size) == (2, "localhost/log/2", 2)  # type: ignore[union-attr]
    assert log.origin(1) == "localhost/log/1" and log.head(1).note == last  # type: ignore[union-attr]
    assert list(Entry.objects.filter(log=2).order_by("index").values_list("kind", flat=True)) == [1, 3]
    assert log.verify() == [] and log.verify((last, note())) == []


def test_its_first_leaf_commits_to_the_last_head_before() -> None:
    last = restored()
    _, leaf = next(log.leaves(number=2))
    assert Leaf.decode(leaf).root == sha256(b"\x03" + f"{last.partition(chr(10) * 2)[0]}\n".encode()).digest()


def test_a_log_begins_once_under_a_number() -> None:
    last = restored()
    with pytest.raises(IntegrityError):
        begin_next(2, last)
    assert log.verify() == [] and Checkpoint.objects.filter(log=2).count() == 1


def test_more_than_one_tile_in_each_log() -> None:
    restored()
    for _ in range(2):
        writing.insert([entry() for _ in range(300)])
        integrate()
    begin_next(3, note())
    writing.insert([entry() for _ in range(300)])
    integrate()
    assert log.verify() == [] and [log.head(n).size for n in log.numbers()] == [14, 602, 301]  # type: ignore[union-attr]
    assert Tile.objects.filter(log=2, level=0).count() == 3


SPOILT = [
    'DELETE FROM journal_entry WHERE log = 1 AND "index" = 5',
    'DELETE FROM journal_entry WHERE log = 2 AND "index" = 0',
    "DELETE FROM journal_checkpoint WHERE log = 2",
    "DELETE FROM journal_tile WHERE log = 1",
    "UPDATE journal_log SET previous = '' WHERE number = 2",
    "UPDATE journal_log SET previous = 'localhost/log/1 9' WHERE number = 2",
    "UPDATE journal_log SET origin = 'localhost/log/9' WHERE number = 2",
    "DELETE FROM journal_log WHERE number = 2",
    'UPDATE journal_entry SET log = 7, "index" = 1 WHERE log = 2 AND "index" = 1',
    'UPDATE journal_entry SET log = NULL WHERE log = 2 AND "index" = 1',
    'UPDATE journal_entry SET log = 2, "index" = NULL WHERE log = 2 AND "index" = 1',
    "UPDATE journal_entry SET recipient = 'sales' WHERE log = 1 AND \"index\" = 4",
]


@pytest.mark.parametrize("statement", SPOILT)
def test_what_is_changed_in_either_log_is_found(statement: str) -> None:
    restored()
    integrate()
    assert log.verify() == []
    assert spoil(statement) >= 1
    assert log.verify() != []


def test_a_newer_head_than_the_backup_holds_is_what_the_new_log_commits_to() -> None:
    grown()
    writing.committer.commit(entry())
    integrate()
    published = note()
    # What a backup of a moment earlier would hold.
    Entry.objects.filter(index=14).delete()
    Checkpoint.objects.filter(size=15).delete()
    Tile.objects.update(hashes=bytes(Tile.objects.get().hashes)[: 14 * 32])
    assert log.verify() == [] and log.verify((published,)) != []
    assert last_known([published]) == published and last_known() != published
    begin_next(2, published)
    assert log.verify((published,)) == [], "the loss is on record"


def test_a_head_that_is_not_ours_or_not_of_this_history_begins_nothing() -> None:
    grown()
    older, forged = Checkpoint.objects.order_by("size").first(), note().replace("\n14\n", "\n15\n")
    assert older is not None and last_known([older.note]) == note() == last_known()
    for wrong in (forged, "localhost/log/1\n", "", "words"):
        with pytest.raises(NoteError):
            last_known([wrong])
    other = log.signer(log.origin()).sign(7, b"x" * 32)
    with pytest.raises(NoteError, match="another history"):
        last_known([other])


def test_a_second_log_that_the_backup_never_saw_may_be_continued() -> None:
    grown()
    seen = log.signer("localhost/log/2").sign(90, b"y" * 32)
    assert last_known([seen]) == seen
    begin_next(3, seen)
    integrate()
    assert log.verify() == [] and log.numbers() == [1, 3] and log.origin() == "localhost/log/3"


def test_a_receipt_of_the_old_log_is_valid_under_its_old_head_and_a_new_one_under_the_new(
    tmp_path: Path,
) -> None:
    grown()
    dana, enquiry = acting(staff()), enquiry_of()
    with using("answering-enquiries", by=dana, given=enquiry):
        assert enquiry.email
    integrate()
    begin_next(2, note())
    with using("answering-enquiries", by=dana, given=enquiry):
        assert enquiry.phone
    integrate()
    owner = enquiry.owner_id
    with using("showing-own-data", by=Actor("data-subject", owner), given=OwnData(owner)):
        papers = [receipt(each.entry) for each in history()]
    assert {paper.origin for paper in papers} == {"localhost/log/1", "localhost/log/2"}
    victor = Client(SERVER_NAME="localhost")
    for paper in papers:
        assert paper.place is not None
        own = f"{PREFIX}/{log.number_of(paper.origin)}"
        head = victor.get(f"{own}/checkpoint/{paper.place.size}", secure=True).content
        (tmp_path / "vkey").write_bytes(victor.get(f"{own}/vkey", secure=True).content)
        (tmp_path / "checkpoint").write_bytes(head)
        (tmp_path / "receipt.json").write_text(paper.to_json(), encoding="utf-8")
        command = [sys.executable, "-S", "-m", "troth.verify", "receipt.json", "checkpoint", "--vkey", "vkey"]
        done = subprocess.run(
            command, cwd=tmp_path, env={"PYTHONPATH": str(SOURCE)}, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout


def test_outsiders_find_each_log_under_its_number_and_the_newest_without() -> None:
    last = restored()
    integrate()
    victor = Client(SERVER_NAME="localhost")

    def get(path: str) -> bytes | int:
        answer = victor.get(f"{PREFIX}/{path}", secure=True)
        return answer.content if answer.status_code == 200 else answer.status_code

    assert (
        get("1/checkpoint") == last.encode() and get("checkpoint") == get("2/checkpoint") == note().encode()
    )
    assert b"localhost/log/1+" in get("1/vkey") and b"localhost/log/2+" in get("vkey")  # type: ignore[operator]
    assert len(get("1/tile/0/000.p/14")) == 14 * 32 and get("tile/0/000.p/14") == 404  # type: ignore[arg-type]
    assert get("1/tile/entries/000.p/14") != get("tile/entries/000.p/2") == get("2/tile/entries/000.p/2")
    assert get("1/consistency/3/14") not in (404, 500) and get("2/consistency/3/14") == 404
    assert {get("3/vkey"), get("3/checkpoint"), get("0/vkey"), get("3/tile/0/000.p/1")} == {404}


@pytest.mark.django_db(databases=["default", "keys"], transaction=True)
def test_a_log_from_before_logs_had_numbers_is_kept_whole() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate([("journal", "0001_initial")])
    try:
        old = executor.loader.project_state([("journal", "0001_initial")]).apps
        columns = {
            "commitments": b"",
            "purpose": "",
            "clauses": "",
            "recipient": "",
            "version": "0" * 16,
            "subjects": 0,
        }
        at = importlib.import_module("django.utils.timezone").now()
        for number, index in ((1, 0), (2, 1), (3, None)):
            old.get_model("journal", "Entry").objects.create(
                id=f"{number:032x}", leaf=b"leaf", kind=2, at=at, index=index, **columns
            )
        old.get_model("journal", "Checkpoint").objects.create(size=1, follows=0, root=b"r", note="first")
        old.get_model("journal", "Checkpoint").objects.create(size=2, follows=1, root=b"s", note="second")
        old.get_model("journal", "Tile").objects.create(level=0, index=0, hashes=b"h")
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes("journal"))
    assert list(Entry.objects.order_by("seq").values_list("log", "index")) == [(1, 0), (1, 1), (None, None)]
    assert list(Checkpoint.objects.order_by("size").values_list("log", "size", "follows", "note")) == [
        (1, 1, 0, "first"), (1, 2, 1, "second"),
    ]  # fmt: skip
    assert Tile.objects.get().log == 1 and Log.objects.get().origin == log.origin(1)
    assert apps.get_model("journal", "Checkpoint") is Checkpoint
