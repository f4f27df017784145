"""The logs as they lie in the tables: reading tiles and entries, signing heads, receipts.

There is one log, and one more for each time the house was restored from a backup.  Without a number, the newest is meant.
"""

from collections.abc import Iterator
from functools import cache, partial

from django.conf import settings
from django.db.models import F

from troth.engine.ledger import Finding, Place, Reader, Receipt, make_receipt, prove_inclusion
from troth.engine.ledger.sign import Signer

from ..keystore.keys import keeper
from . import checking
from .models import Checkpoint, Entry, Log, Tile

CHUNK = 2000


def current() -> int:
    """The number of the log that grows now."""
    newest = Log.objects.order_by("-number").first()
    return newest.number if newest else 1


def numbers() -> list[int]:
    """Every log, oldest first."""
    return sorted({1, *Log.objects.values_list("number", flat=True)})


def origin(number: int | None = None) -> str:
    """A log's name in its signed heads.  Raises LookupError for a log that was never begun."""
    rows = Log.objects.all() if number is None else Log.objects.filter(number=number)
    row = rows.order_by("-number").first()
    if row is None and number not in (None, 1):
        raise LookupError(f"there is no log {number}")
    return row.origin if row else str(settings.TROTH_LOG_ORIGIN)


@cache
def signer(name: str) -> Signer:
    """What signs the heads of the log of this name."""
    return Signer(name, keeper().named_key("ledger"))


def vkey(number: int | None = None) -> str:
    """A log's verifier key, in the form of C2SP signed notes; public under `/.well-known/troth/log/`."""
    return str(signer(origin(number)).key)


def head(number: int | None = None) -> Checkpoint | None:
    """The last signed head."""
    # A log that follows another has its first head from its first moment, so the newest head is of the newest log.
    heads = Checkpoint.objects.all() if number is None else Checkpoint.objects.filter(log=number)
    return heads.order_by("-log", "-size").first()


def read(level: int, index: int, width: int, number: int | None = None) -> bytes:
    """The first `width` hashes of a tile.  Raises LookupError when there are not so many."""
    number = current() if number is None else number
    tile = Tile.objects.filter(log=number, level=level, index=index).first()
    if tile is None or len(tile.hashes) < width * 32:
        raise LookupError(f"tile {level}/{index} has fewer than {width} hashes")
    return bytes(tile.hashes[: width * 32])


def reader(number: int) -> Reader:
    """`read` for one log."""
    return partial(read, number=number)


def leaves(start: int = 0, stop: int | None = None, number: int | None = None) -> Iterator[tuple[int, bytes]]:
    """(index, leaf) of integrated entries, in order."""
    number = current() if number is None else number
    rows = Entry.objects.filter(log=number, index__gte=start).order_by("index")
    if stop is not None:
        rows = rows.filter(index__lt=stop)
    for index, leaf in rows.values_list("index", "leaf").iterator(chunk_size=CHUNK):
        yield int(index or 0), bytes(leaf)


def verify(published: tuple[str, ...] = ()) -> list[Finding]:
    """Recompute every log behind its last head, and behind any heads seen earlier; an empty list is good news."""
    return checking.verify(published)


def receipt(entry: str, salt: bytes, detail: bytes) -> Receipt:
    """A subject's receipt for an entry, with its place in its log once it has one.

    The place is under the first head that covers the entry, so a receipt is the same whenever it is asked for.

    Raises Entry.DoesNotExist, and ProofError when salt and detail are not of that entry.
    """
    row = Entry.objects.get(id=entry)
    made = make_receipt(origin(row.log), entry, bytes(row.leaf), bytes(row.commitments), salt, detail)
    if row.index is None or row.log is None:
        return made
    first = Checkpoint.objects.filter(log=row.log, size__gt=row.index).order_by("size").first()
    if first is None:
        return made
    path = prove_inclusion(row.index, first.size, reader(row.log))
    return made.placed(Place(row.index, first.size, path, first.note))
