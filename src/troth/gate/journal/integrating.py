"""The single integrator: gives entries their index, grows the tree, signs the head.

INVARIANT: the log never signs two heads that do not fit each other.  Of two integrators at one head, the second fails
on `Checkpoint.follows`; tiles that are not those of the last head stop it before it signs.
"""

import logging
import time

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from troth.engine.ledger import Checkpoint as Head
from troth.engine.ledger import Kind, extend, leaf_hash, origin_leaf

from ..published import statement
from . import log as ledger
from .models import Checkpoint, Entry, Log, Tile
from .writing import Facts, build, committer, new_id

log = logging.getLogger("troth.ledger")

GROUP = 200
"""Entries to a transaction, so that one holds the write lock for at most about 20 ms."""


def integrate() -> int:
    """Integrate every waiting entry; returns how many.  Raises TileError when the stored tiles are damaged."""
    done, before = 0, ledger.head()
    try:
        while group := _integrate_group():
            done, before = done + group, ledger.head()
    except IntegrityError:
        if ledger.head() == before:
            raise  # nobody was first: the table itself refuses, and that must not pass for a rival
        log.info("another integrator was at this head first")
    return done


def _integrate_group() -> int:
    # Both columns are named: so the index gives the waiting ones in their order, however many are integrated.
    entries = Entry.objects.filter(index=None, log=None).order_by("seq").only("seq", "leaf")
    if not entries.exists():
        return 0
    with transaction.atomic():
        # Head first, entries second: a rival that commits in between has taken this head's place already.
        last = ledger.head()
        waiting = list(entries[:GROUP])
        if not waiting:
            return 0
        number, size = (last.log, last.size) if last else (ledger.current(), 0)
        grow(number, last, [bytes(entry.leaf) for entry in waiting])
        places = [(number, index, entry.seq) for index, entry in enumerate(waiting, size)]
        with connection.cursor() as cursor:
            cursor.executemany('UPDATE journal_entry SET log = %s, "index" = %s WHERE seq = %s', places)
    return len(waiting)


def grow(number: int, last: Checkpoint | None, leaves: list[bytes]) -> None:
    """Put leaves behind a log's last head, and sign the head that covers them.

    Raises IntegrityError when somebody else has extended that head, TileError when the tiles are not its own.
    """
    size, root = (last.size, bytes(last.root)) if last else (0, None)
    grown = extend(size, ledger.reader(number), [leaf_hash(leaf) for leaf in leaves], root)
    note = ledger.signer(ledger.origin(number)).sign(grown.size, grown.root)
    # The head goes first: of two integrators one stops here, with nothing else done.
    Checkpoint.objects.create(log=number, size=grown.size, follows=size, root=grown.root, note=note)
    for tile in grown.tiles:
        Tile.objects.update_or_create(
            log=number, level=tile.level, index=tile.index, defaults={"hashes": tile.data}
        )


def begin_log() -> bool:
    """Write the origin leaf of a new log; False when the log has begun already."""
    with transaction.atomic():
        if Entry.objects.exists():
            return False
        Log.objects.get_or_create(number=1, defaults={"origin": settings.TROTH_LOG_ORIGIN})
        first(None)
    return True


def first(previous: Head | None) -> Entry:
    """The entry that a log begins with; `previous` is the last known head of the log before it."""
    leaf = origin_leaf(bytes.fromhex(statement.current().version), int(time.time()) // 3600, previous)
    return Entry.objects.create(
        id=new_id(), leaf=leaf, commitments=b"", kind=Kind.ORIGIN, version=statement.under(), subjects=0,
        at=timezone.now(),
    )  # fmt: skip


def announce(version: str) -> None:
    """An entry that a statement came into force; `version` is its SHA-256 in hex."""
    facts = Facts(Kind.STATEMENT, "", "", (), "company", version[: statement.SHORT])
    committer.commit(build(new_id(), facts, [], bytes.fromhex(version)))
