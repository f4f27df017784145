"""The logs as they lie in the tables: reading tiles and entries, signing heads, receipts.

There is one log, and one more for each time the house was restored from a backup.  Without a number, the newest is meant.
"""

from collections.abc import Iterator
from functools import cache, partial

from django.conf import settings
from django.db.models import Max

from troth.engine.ledger import Checkpoint as Head
from troth.engine.ledger import (
    Finding,
    Kind,
    Leaf,
    LedgerError,
    NoteError,
    Place,
    Reader,
    Receipt,
    VerifierKey,
    fsck,
    make_receipt,
    open_checkpoint,
    origin_leaf,
    prove_inclusion,
)
from troth.engine.ledger.note import is_key_name
from troth.engine.ledger.sign import Signer
from troth.engine.ledger.tree import HASH, fold

from ..keystore.keys import keeper
from ..published import statement
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


def number_of(name: str) -> int:
    """The number of the log of this name, as its public address has it."""
    number = name.rpartition("/log/")[2]
    return int(number) if number.isdecimal() else 1


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
    known = numbers()
    findings: list[Finding] = []
    for number in known:
        # A head that names none of the logs is told to the newest, which says what is wrong with it.
        others = {origin(other) for other in known if other != number}
        name, is_newest = origin(number), number == known[-1]
        seen = [
            note for note in published if _named(note) == name or (is_newest and _named(note) not in others)
        ]
        found = _verify(number, seen)
        findings += found if len(known) == 1 else [_of_log(number, each) for each in found]
    return findings or _strays(known)


def _verify(number: int, seen: list[str]) -> list[Finding]:
    last = head(number)
    if last is None:
        is_empty = number == 1 and not Entry.objects.filter(index__isnull=False, log=number).exists()
        return [] if is_empty else [Finding(None, "entries without a head")]
    heads = Checkpoint.objects.filter(log=number, size__lt=last.size).order_by("-size")
    older = list(heads.values_list("note", flat=True)[:20])
    after = Log.objects.filter(number__gt=number, previous__startswith=f"{origin(number)}\n").first()
    if after is not None:
        # What a restored backup no longer has was there: the log after it commits to the head that says so.
        seen = [note for note in seen if _text(note) != _text(after.previous)]
        if _size(after.previous) <= last.size:
            older.append(after.previous)
    behind = leaves(0, last.size, number)
    return (
        fsck(behind, reader(number), last.note, vkey(number), (*older, *seen))
        or _beginning(number)
        or _outside(number)
        or _columns(last)
    )


def _named(note: str) -> str:
    return note.partition("\n")[0]


def _text(note: str) -> str:
    return note.partition("\n\n")[0]


def _size(note: str) -> int:
    return Head.parse(_text(note) + "\n").size


def _of_log(number: int, finding: Finding) -> Finding:
    return Finding(finding.index, f"{finding.problem} (log {number})")


def _beginning(number: int) -> list[Finding]:
    """A first leaf that does not commit to the head on record of the log before."""
    row = Log.objects.filter(number=number).first()
    first = Entry.objects.get(log=number, index=0)
    try:
        previous = opened(row.previous) if row and row.previous else None
    except LedgerError as error:
        return [Finding(0, f"the head of the log before: {error}")]
    leaf = Leaf.decode(bytes(first.leaf))
    if leaf == Leaf.decode(origin_leaf(leaf.policy, leaf.hour, previous)):
        return []
    return [Finding(0, "does not commit to the head of the log before it")]


def opened(note: str) -> Head:
    """A head that this install has signed, of any of its logs.  Raises NoteError for every other."""
    name = _named(note)
    if not is_key_name(name):
        raise NoteError("not a signed head")
    return open_checkpoint(note, signer(name).key)


def _strays(known: list[int]) -> list[Finding]:
    """Entries with an index and no log that is on record, or the other way round."""
    placed = Entry.objects.exclude(index=None)
    odd = placed.filter(log=None).first() or placed.exclude(log__in=known).first()
    odd = odd or Entry.objects.filter(index=None).exclude(log=None).first()
    return [Finding(odd.index, "stands in no log")] if odd else []


def _outside(number: int) -> list[Finding]:
    """An entry that no head covers.  Index and head are committed together: the head read after it must reach it."""
    highest = Entry.objects.filter(log=number).aggregate(highest=Max("index"))["highest"]
    covering = head(number)
    if highest is None or (covering is not None and highest < covering.size):
        return []
    return [Finding(highest, "stands outside the signed tree")]


def _columns(last: Checkpoint) -> list[Finding]:
    """Columns that say other than the leaf or the signed head beside them: pages, controls and we ourselves read them.

    Clauses, country and the purpose below its top are in no leaf: `details.contradicted` compares these.
    """
    signed = open_checkpoint(last.note, VerifierKey.parse(vkey(last.log)))
    if (signed.size, signed.root) != (last.size, bytes(last.root)):
        return [Finding(None, "the last head's columns say other than its note")]
    placed = Entry.objects.filter(log=last.log).exclude(index=None)
    rows = placed.order_by("index").iterator(chunk_size=CHUNK)
    return [Finding(row.index, "its columns say other than its leaf") for row in rows if not _agree(row)]


def _agree(row: Entry) -> bool:
    leaf, held, policy = Leaf.decode(bytes(row.leaf)), bytes(row.commitments), statement.policy(row.version)
    purpose = policy.purposes.get(row.purpose) if policy else None
    return (
        (row.kind, row.recipient, row.version)
        == (leaf.kind, leaf.recipient, leaf.policy.hex()[: statement.SHORT])
        and (leaf.purpose == purpose.top if purpose else not row.purpose or policy is None)
        and int(row.at.timestamp()) // 3600 == leaf.hour
        and row.subjects in (len(held) // HASH, 0)
        and (leaf.kind is Kind.ORIGIN or fold(held) == leaf.root)
    )


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
