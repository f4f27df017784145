"""What the worker does with imports: rows become records that nobody sees, and at the end all of them are shown.

Each batch is one act: its records, the rows refused, and how far the import is.  A worker that is killed leaves whole
batches, and the next one goes on behind them; a row has the same id whoever keeps it.
"""

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import count, islice
from uuid import UUID

from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone

from troth.gate.files import stored
from troth.gate.files.models import new_token
from troth.gate.ids import uuid7
from troth.gate.uses import SYSTEM, act, using
from troth.workspaces.access import PLACE, PURPOSE, find
from troth.workspaces.hosted import insert
from troth.workspaces.models import Right, Workspace
from troth.workspaces.reading_files import Row, Unreadable, rows
from troth.workspaces.serving import ServiceJob

from .import_models import Import, Refusal
from .importing import pieces_of
from .models import Field, Kind, Record, Value
from .shape import choices_of
from .sifting import Plan, Sifted, as_kept, columns_for, sift

log = logging.getLogger("troth.imports")

BATCH = 2_000
"""Rows of one act: each act writes the pages of the indexes that it touches anew, so small ones cost more for a row."""
LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 3
"""Times that a worker tries the same batch; one that was killed counts."""
ASKED_EVERY = 1.0
JOB = "import"
VALUE = ("id", "record_id", "field_id", "index", "is_unique", "plain_text", "plain_number")
ACTIVE = (Import.State.WAITING, Import.State.RUNNING)


class Stopped(Exception):
    """The import cannot go on."""

    def __init__(self, why: Import.Why) -> None:
        super().__init__(str(why))
        self.why = why


class Withdrawn(Exception):
    """Somebody stopped the import, its workspace is gone, or another worker has it now."""


def is_free(imported: Import) -> bool:
    """Whether no worker has it, or the one that had it is gone."""
    now, held = timezone.now(), imported.held_until
    # A lease further ahead than anybody sets was set under a clock that was wrong.
    return held is None or held <= now or held > now + 2 * LEASE


def fill(imported: Import) -> None:
    """Go on with an import that is active and free, in its open workspace."""
    if imported.attempts >= MOST_ATTEMPTS:
        _end(imported, Import.Why.FAILED)
    elif _take(imported):
        try:
            Filling(imported).run()
        except Withdrawn:
            pass
        except Stopped as stopped:
            _end(imported, stopped.why)
        except Unreadable:
            _end(imported, Import.Why.FILE)
        except Exception as error:  # noqa: BLE001 - whatever it was is counted, and stops no other import
            _count(imported, error)


def _take(imported: Import) -> bool:
    # One conditional update: of two workers, one gets it.
    seen = Import.objects.filter(
        pk=imported.pk, state=imported.state, attempts=imported.attempts, holder=imported.holder, done=imported.done
    )  # fmt: skip
    imported.holder, imported.attempts = new_token(), imported.attempts + 1
    taken = seen.update(
        state=Import.State.RUNNING,
        holder=imported.holder,
        held_until=timezone.now() + LEASE,
        attempts=F("attempts") + 1,
    )
    return bool(taken)


def _end(imported: Import, why: Import.Why) -> None:
    Import.objects.filter(pk=imported.pk, holder=imported.holder, state__in=ACTIVE).update(
        state=Import.State.STOPPED,
        why=why,
        ended_at=timezone.now(),
        is_clearing=True,
        holder="",
        held_until=None,
    )


def _count(imported: Import, error: Exception) -> None:
    log.error("an import failed: %s, attempt %d", type(error).__name__, imported.attempts)
    if imported.attempts >= MOST_ATTEMPTS:
        _end(imported, Import.Why.FAILED)
    else:
        Import.objects.filter(pk=imported.pk, holder=imported.holder).update(held_until=None)


class Filling:
    """One worker's go at one import."""

    def __init__(self, imported: Import) -> None:
        self.imported = imported
        self.job = ServiceJob(imported.owner_id, JOB)
        self.asked_at = float("-inf")
        self.seen: dict[UUID, set[bytes]] = {}
        self.made_at = imported.asked_at

    def run(self) -> None:
        """All that is left of it.  Raises Stopped, Withdrawn, Unreadable."""
        self._still()
        self._prepare()
        left = islice(self._rows(), self.imported.done, None)
        while batch := list(islice(left, BATCH)):
            self._still()
            self._keep(batch)
        self._finish()

    def _prepare(self) -> None:
        with using(PURPOSE, by=SYSTEM, given=self.job):
            self.plan = Plan.from_text(self.imported.plan)
            fields = list(Field.objects.filter(collection=self.imported.collection_id))
            if not {field for field in self.plan.into if field} <= {field.pk for field in fields}:
                raise Stopped(Import.Why.FIELDS)
            self.columns = columns_for(self.plan, fields, choices_of)
        if self.imported.total is None:
            self.imported.total = sum(1 for _ in self._rows())
            self._tell(total=self.imported.total)

    def _rows(self) -> Iterator[Row]:
        return rows(self._bytes(), self.plan.known, self.plan.columns)

    def _bytes(self) -> Iterator[bytes]:
        for piece in pieces_of(self.imported):
            yield from stored.stream(piece, PURPOSE, by=SYSTEM, given=self.job)

    def _still(self) -> None:
        """Raises when whoever began it may not any more; asked once a second."""
        if time.monotonic() - self.asked_at < ASKED_EVERY:
            return
        workspace = Workspace.objects.filter(owner=self.imported.owner_id).first()
        if workspace is None or not self.job.is_live():
            raise Withdrawn
        access = find(workspace, self.imported.by_id) if self.imported.by_id else None
        if workspace.ended_at or not access or not access.allows(Right.EDIT, self.imported.collection_id):
            raise Stopped(Import.Why.ACCESS)
        self.asked_at = time.monotonic()

    def _tell(self, **said: object) -> None:
        """Write how far it is, and keep the lease.  Raises Withdrawn."""
        ours = Import.objects.filter(
            pk=self.imported.pk, state=Import.State.RUNNING, holder=self.imported.holder
        )
        if not ours.update(held_until=timezone.now() + LEASE, **said):
            raise Withdrawn

    def _keep(self, batch: list[Row]) -> None:
        for _ in range(MOST_ATTEMPTS):
            try:
                with using(PURPOSE, by=SYSTEM, given=self.job, at=PLACE), act():
                    refused = self._write(batch)
            except IntegrityError:
                continue  # somebody took a unique value meanwhile: the next look finds it
            self.imported.done += len(batch)
            self.imported.refused += refused
            return
        raise Stopped(Import.Why.FAILED)

    def _write(self, batch: list[Row]) -> int:
        done = self.imported.done
        read = [sift(self.columns, row, done + place) for place, row in enumerate(batch)]
        self._refuse_doubles(read)
        self._refuse_strangers(read)
        faulty = [each for each in read if each.faults]
        if faulty:
            note = Refusal(of=self.imported, position=done)
            note.content = as_kept(faulty)
            note.save(force_insert=True)
        if self.imported.keeps_good or not (self.imported.refused or faulty):
            self._insert([each for each in read if not each.faults])
        else:
            self._remember(read)
        self._tell(done=F("done") + len(batch), refused=F("refused") + len(faulty), attempts=0)
        return len(faulty)

    def _refuse_doubles(self, read: list[Sifted]) -> None:
        """A value that may be there once, and is there already or comes again, is a fault of the later row."""
        for column in [each for each in self.columns if each.is_unique]:
            found = [
                (each, taken.mark) for each in read for of, taken in each.taken if of is column and taken.mark
            ]
            wanted = {index for _, index in found}
            held = Value.objects.filter(field=column.pk, is_unique=True, index__in=wanted) if wanted else ()
            met = {bytes(row.index) for row in held} | self.seen.get(column.pk, set())
            for each, index in found:
                if index in met:
                    each.faults.append((column.name, "Another record has this value, and no two may."))
                elif not each.faults:
                    met.add(index)

    def _refuse_strangers(self, read: list[Sifted]) -> None:
        """A reference must name a record of the collection that it is to."""
        for column in [each for each in self.columns if each.kind == Kind.REFERENCE]:
            named = [(each, UUID(taken.value)) for each in read for of, taken in each.taken if of is column]
            wanted = {value for _, value in named}
            held = Record.objects.filter(pk__in=wanted, collection=column.field.target_id, is_shown=True)
            known = {row.pk for row in held} if wanted else set()
            for each, value in named:
                if value not in known:
                    each.faults.append((column.name, "This names nothing that is here."))

    def _remember(self, read: list[Sifted]) -> None:
        for each in read:
            for column, taken in each.taken if not each.faults else ():
                if column.is_unique and taken.mark:
                    self.seen.setdefault(column.pk, set()).add(taken.mark)

    def _insert(self, good: list[Sifted]) -> None:
        imported = self.imported
        records, values = [], []
        ids = count(uuid7().int >> 32 << 32)
        for each in good:
            record = imported.record_id(each.number)
            records.append((record, each.content))
            for column, taken in each.taken:
                if column.is_found:
                    values.append((
                        UUID(int=next(ids)), record, column.pk, taken.mark, column.is_unique, taken.text, taken.number,
                    ))  # fmt: skip
        same = {
            "collection_id": imported.collection_id, "revision": 1, "is_shown": False, "made_at": self.made_at,
            "changed_at": self.made_at,
        }  # fmt: skip
        insert(Record, same, ("id", "content"), records)
        insert(Value, {}, VALUE, values)

    def _finish(self) -> None:
        imported = self.imported
        is_kept = imported.keeps_good or not imported.refused
        with act():
            self._tell(
                state=Import.State.DONE if is_kept else Import.State.REFUSED, ended_at=timezone.now(), holder="",
                is_clearing=True,
            )  # fmt: skip
            if is_kept:
                Record.objects.filter(pk__range=imported.record_ids).update(is_shown=True)
