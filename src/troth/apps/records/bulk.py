"""Many records made or changed in one act: all of them, or none and what is wrong with each."""

import uuid
from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import IntegrityError

from troth.gate.uses import act
from troth.workspaces.access import Access, enter
from troth.workspaces.models import Right

from .flows import Changed, NotUnique, Values, Wrong, reader_of, write_change, write_new
from .models import Collection, Record

GONE = "There is no such record here."

Fault = tuple[int, UUID | None, str]
"""Which row, counted from 0; in which field, None for the row as a whole; what is wrong."""
Wanted = tuple[UUID, int, Values]
"""A record, the revision that it must be at, the values that it gets."""


class WrongRows(Exception):
    """Rows that cannot be kept, so that none of them was.  No value is repeated."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults in the rows")
        self.faults = faults


def make_records(
    by: Access, collection: Collection, rows: Sequence[Values], ids: Sequence[UUID]
) -> list[Record]:
    """New records under these ids; those that are there already under all of them.  Raises WrongRows, Refused."""
    by.must(Right.EDIT, collection.pk)
    with enter(by, writes=True), act():
        there = {row.pk: row for row in Record.objects.filter(pk__in=ids, collection=collection)}
        if len(there) == len(rows):
            return [there[pk] for pk in ids]
        reader, one_act = reader_of(collection), uuid.uuid4()
        made: list[Record] = []
        _each(
            len(rows),
            lambda n: made.append(write_new(by, collection, rows[n], ids[n], one_act, reader)),
        )
    return made


def change_each(by: Access, collection: Collection, wanted: Sequence[Wanted]) -> list[Record]:
    """Records with their new values; those that are as wanted already stay at their revision.

    Raises WrongRows, also for a record that is gone or at another revision; Refused.
    """
    by.must(Right.EDIT, collection.pk)
    with enter(by, writes=True), act():
        ids = [pk for pk, _, _ in wanted]
        there = {
            row.pk: row for row in Record.objects.filter(pk__in=ids, collection=collection, is_shown=True)
        }
        if gone := [(n, None, GONE) for n, pk in enumerate(ids) if pk not in there]:
            raise WrongRows([*gone])
        reader, one_act = reader_of(collection), uuid.uuid4()

        def change(n: int) -> None:
            pk, revision, texts = wanted[n]
            write_change(by, there[pk], texts, revision, one_act, reader)

        _each(len(wanted), change)
        now = {row.pk: row for row in Record.objects.filter(pk__in=ids)}
    return [now[pk] for pk in ids]


def _each(count: int, write: Callable[[int], object]) -> None:
    """Write one row after the other, and go on behind a wrong one to find what else is wrong.  Raises WrongRows."""
    faults: list[Fault] = []
    for n in range(count):
        try:
            write(n)
        except Wrong as wrong:
            faults += [(n, field, what) for field, what in wrong.faults.items()]
        except Changed as why:
            faults.append((n, None, str(why)))
        except IntegrityError:  # the store takes nothing more in this act
            faults.append((n, None, str(NotUnique())))
            break
    if faults:
        raise WrongRows(faults)


def must_be_here(collection: Collection, ids: Sequence[UUID]) -> None:
    """Raises WrongRows for ids of no record of the collection, within the open workspace."""
    there = set(
        Record.objects.filter(pk__in=ids, collection=collection, is_shown=True).values_list("pk", flat=True)
    )
    if gone := [(n, None, GONE) for n, pk in enumerate(ids) if pk not in there]:
        raise WrongRows([*gone])
