"""The integrator and the full check: one head after another, and every change behind it found."""

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from tests.cast import acting, durable, enquiry_of, staff
from tests.gate.at_the_prompt import beside, spoil
from tests.gate.test_journal import entry
from troth.engine.ledger import TileError
from troth.gate.journal import integrating, log, writing
from troth.gate.journal.integrating import begin_log, integrate
from troth.gate.journal.models import Checkpoint, Entry, Tile
from troth.gate.uses import using

pytestmark = durable


def grown(count: int = 12) -> None:
    """A log of an origin and so many entries, under two heads."""
    begin_log()
    for _ in range(count):
        writing.committer.commit(entry())
    integrate()
    writing.committer.commit(entry())
    integrate()


def test_a_whole_log_has_nothing_to_find() -> None:
    grown()
    assert log.verify() == [] and log.head().size == Entry.objects.count() == 14  # type: ignore[union-attr]
    assert list(Entry.objects.order_by("seq").values_list("index", flat=True)) == list(range(14))


def test_a_log_begins_once() -> None:
    assert (begin_log(), begin_log()) == (True, False)
    assert Entry.objects.get().kind == 1


def test_integrating_nothing_signs_nothing() -> None:
    grown()
    heads = Checkpoint.objects.count()
    assert integrate() == 0 and Checkpoint.objects.count() == heads


def test_more_than_one_group_and_more_than_one_tile_fit_together() -> None:
    begin_log()
    with transaction.atomic():
        writing.insert([entry() for _ in range(600)])
    assert integrate() == 601
    assert Tile.objects.filter(level=0).count() == 3 and log.verify() == []


def test_of_two_integrators_one_wins_and_the_log_holds() -> None:
    begin_log()
    for _ in range(5):
        with transaction.atomic():
            writing.insert([entry() for _ in range(40)])
        barrier = threading.Barrier(2)
        assert not [
            each
            for each in beside(lambda barrier=barrier: (barrier.wait(), integrate())[1], 2)
            if not isinstance(each, int)
        ]
    integrate()
    assert log.verify() == [] and log.head().size == 201  # type: ignore[union-attr]


def test_an_integrator_that_slept_before_its_transaction_does_not_integrate_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin_log()
    writing.committer.commit(entry())
    asleep: list[Callable[..., Any]] = [transaction.atomic]

    class Late:
        """`transaction`, whose first transaction begins after a rival has done all the work."""

        def atomic(self, *args: Any, **kwargs: Any) -> Any:
            if len(asleep) == 1:
                asleep.append(transaction.atomic)
                assert beside(integrate) == [2]
            return transaction.atomic(*args, **kwargs)

    monkeypatch.setattr(integrating, "transaction", Late())
    integrate()
    assert log.verify() == [] and log.head().size == 2  # type: ignore[union-attr]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite's writers queue: nobody can come between")
def test_an_integrator_that_slept_after_it_read_the_head_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    begin_log()
    writing.committer.commit(entry())
    whole, calls = log.head, []

    def late() -> Checkpoint | None:
        head = whole()
        calls.append(1)
        if len(calls) == 1:
            assert beside(integrate) == [2]
        return head

    monkeypatch.setattr(integrating.ledger, "head", late)
    integrate()
    monkeypatch.undo()
    assert log.verify() == [] and log.head().size == 2  # type: ignore[union-attr]


def test_an_integrator_killed_amid_its_work_leaves_nothing_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    grown(3)

    def killed(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    writing.committer.commit(entry())
    with monkeypatch.context() as patch:
        patch.setattr(Tile.objects, "update_or_create", killed)
        with pytest.raises(KeyboardInterrupt):
            integrate()
    assert log.verify() == [] and Entry.objects.filter(index=None).count() == 1
    assert integrate() == 1 and log.verify() == []


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :]


def test_a_tampered_tile_stops_the_integrator_before_it_signs() -> None:
    grown()
    tile, heads = Tile.objects.get(level=0, index=0), Checkpoint.objects.count()
    Tile.objects.filter(pk=tile.pk).update(hashes=flipped(bytes(tile.hashes), 70))
    writing.committer.commit(entry())
    with pytest.raises(TileError):
        integrate()
    assert Checkpoint.objects.count() == heads and log.verify() != []


def test_every_edited_byte_of_a_leaf_is_found() -> None:
    grown(2)
    row = Entry.objects.get(index=2)
    leaf = bytes(row.leaf)
    for at in range(len(leaf)):
        Entry.objects.filter(pk=row.pk).update(leaf=flipped(leaf, at))
        assert log.verify(), f"byte {at}"
    Entry.objects.filter(pk=row.pk).update(leaf=leaf)
    assert log.verify() == []


def test_every_edited_byte_of_a_tile_is_found() -> None:
    grown(2)
    tile = Tile.objects.get()
    for at in range(len(tile.hashes)):
        Tile.objects.filter(pk=tile.pk).update(hashes=flipped(bytes(tile.hashes), at))
        assert log.verify(), f"byte {at}"


def test_every_edited_byte_of_the_commitments_is_found() -> None:
    begin_log()
    enquiry_of()
    integrate()
    row = Entry.objects.exclude(subjects=0).latest("seq")
    whole = bytes(row.commitments)
    for at in range(0, len(whole), 3):
        Entry.objects.filter(pk=row.pk).update(commitments=flipped(whole, at))
        assert log.verify(), f"byte {at}"


@pytest.mark.parametrize(
    "change",
    [
        "kind = 4",
        "recipient = 'system'",
        "purpose = 'third-party-promotion'",
        "version = '0000000000000000'",
        "subjects = 7",
        "at = '2020-01-01 00:00:00+00:00'",
    ],
)
def test_a_column_that_says_other_than_its_leaf_is_found(change: str) -> None:
    begin_log()
    enquiry = enquiry_of()
    with using("answering-enquiries", by=acting(staff()), given=enquiry):
        assert enquiry.email
    integrate()
    last = Entry.objects.latest("seq")
    assert log.verify() == []
    assert spoil(f"UPDATE journal_entry SET {change} WHERE seq = %s", last.seq) == 1  # noqa: S608 - our own words
    assert log.verify() != []


DROPS = [
    'DELETE FROM journal_entry WHERE "index" = 5',
    'DELETE FROM journal_entry WHERE "index" = 13',
    'DELETE FROM journal_entry WHERE "index" = 0',
    "DELETE FROM journal_entry",
    "DELETE FROM journal_tile",
    "DELETE FROM journal_checkpoint WHERE size = 14",
    "DELETE FROM journal_checkpoint",
    'UPDATE journal_entry SET "index" = NULL WHERE "index" = 13',
    'UPDATE journal_entry SET "index" = 99 WHERE "index" = 13',
    "UPDATE journal_checkpoint SET size = 15 WHERE size = 14",
    "UPDATE journal_checkpoint SET note = '' WHERE size = 14",
]


@pytest.mark.parametrize("drop", DROPS)
def test_every_dropped_row_is_found(drop: str) -> None:
    grown()
    seen = (log.head().note,)  # type: ignore[union-attr]
    assert spoil(drop) >= 1
    assert log.verify(seen) != []


def test_every_two_swapped_rows_are_found() -> None:
    grown()
    for one in range(1, 14):
        other = random.Random(one).choice([n for n in range(1, 14) if n != one])
        for old, new in ((one, 900), (other, one), (900, other)):
            Entry.objects.filter(index=old).update(index=new)
        assert log.verify(), f"{one} and {other}"
        for old, new in ((one, 900), (other, one), (900, other)):
            Entry.objects.filter(index=old).update(index=new)
    assert log.verify() == []


def test_a_history_rewritten_and_signed_anew_is_found_by_a_head_seen_earlier() -> None:
    grown()
    seen = (log.head().note,)  # type: ignore[union-attr]
    Checkpoint.objects.all().delete()
    Tile.objects.all().delete()
    Entry.objects.filter(index=5).delete()
    Entry.objects.update(index=None, log=None)
    writing.committer.commit(entry())
    integrate()
    assert log.verify() == [] and log.verify(seen) != []
