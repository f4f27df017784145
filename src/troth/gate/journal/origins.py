"""A new log after a restore (spec/ledger.md, section 1).

A restored log lacks what came after the backup.  To go on signing it would be to sign a second history under one name;
so a new log begins, and its first leaf commits to the last head that is known of the old one.
"""

from collections.abc import Sequence

from django.db import transaction

from troth.engine.ledger import Checkpoint as Head
from troth.engine.ledger import NoteError, ProofError, TileError
from troth.engine.ledger.proof import root_of

from . import log as ledger
from .integrating import first, grow
from .models import Entry, Log


def number_in(note: str) -> int:
    """The number of the log that a head is of, by its name.  Raises NoteError for a head that is not ours."""
    number = ledger.opened(note).origin.rpartition("/log/")[2]
    if not number.isdecimal():
        raise NoteError("the head is of something else than a log of this house")
    return int(number)


def last_known(given: Sequence[str] = ()) -> str | None:
    """The newest of the heads that are known: the last in the tables, and those given.  None when nothing was signed.

    Raises NoteError when one that is given is not ours, or when two of them are of different histories.
    """
    stored = ledger.head()
    notes = [*given, stored.note] if stored else list(given)
    heads = sorted(((number_in(note), ledger.opened(note).size, note) for note in notes), reverse=True)
    for number, size, note in heads:
        if stored is None or (number, size) > (stored.log, stored.size):
            if (number, size) == heads[0][:2] and ledger.opened(note) != ledger.opened(heads[0][2]):
                raise NoteError("two heads of one size differ: keep both")
        else:
            _refuse_a_fork(number, ledger.opened(note))
    return heads[0][2] if heads else None


def _refuse_a_fork(number: int, head: Head) -> None:
    """A head that the tables reach must be a beginning of what they hold."""
    try:
        root = root_of(head.size, ledger.reader(number))
    except (TileError, ProofError):
        raise NoteError("the head is of a log that this backup does not reach back to") from None
    if root != head.root:
        raise NoteError("the head is of another history than the one in the backup: keep both")


def begin_next(number: int, previous: str) -> None:
    """Begin log `number`, whose first leaf commits to the head `previous`, and sign its first head.

    INVARIANT: the number was never used before, on any machine; the caller has seen to it.
    """
    head = ledger.opened(previous)
    name = f"{head.origin.rpartition('/log/')[0]}/log/{number}"
    with transaction.atomic():
        Log.objects.create(number=number, origin=name, previous=previous)
        entry = first(head)
        grow(number, None, [bytes(entry.leaf)])
        Entry.objects.filter(pk=entry.pk).update(log=number, index=0)
