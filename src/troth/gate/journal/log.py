"""The log as it lies in the tables: reading tiles and entries, signing heads, checking all of it."""

from collections.abc import Iterator
from functools import cache

from django.conf import settings
from django.db.models import Max

from troth.engine.ledger import (
    Finding,
    Kind,
    Leaf,
    Place,
    Receipt,
    VerifierKey,
    fsck,
    make_receipt,
    open_checkpoint,
    prove_inclusion,
)
from troth.engine.ledger.sign import Signer
from troth.engine.ledger.tree import HASH, fold

from ..keystore.keys import keeper
from ..published import statement
from .models import Checkpoint, Entry, Tile

CHUNK = 2000


@cache
def signer() -> Signer:
    """The log's signing key; its verifier key is public at `/.well-known/troth/log/vkey`."""
    return Signer(settings.TROTH_LOG_ORIGIN, keeper().named_key("ledger"))


def vkey() -> str:
    """The verifier key, in the form of C2SP signed notes."""
    return str(signer().key)


def head() -> Checkpoint | None:
    """The last signed head."""
    return Checkpoint.objects.order_by("-size").first()


def read(level: int, index: int, width: int) -> bytes:
    """The first `width` hashes of a tile.  Raises LookupError when there are not so many."""
    tile = Tile.objects.filter(level=level, index=index).first()
    if tile is None or len(tile.hashes) < width * 32:
        raise LookupError(f"tile {level}/{index} has fewer than {width} hashes")
    return bytes(tile.hashes[: width * 32])


def leaves(start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
    """(index, leaf) of integrated entries, in order."""
    rows = Entry.objects.filter(index__gte=start).order_by("index")
    if stop is not None:
        rows = rows.filter(index__lt=stop)
    for index, leaf in rows.values_list("index", "leaf").iterator(chunk_size=CHUNK):
        yield int(index or 0), bytes(leaf)


def verify(published: tuple[str, ...] = ()) -> list[Finding]:
    """Recompute everything behind the last head, and behind any heads seen earlier; an empty list is good news."""
    last = head()
    if last is None:
        return (
            []
            if not Entry.objects.filter(index__isnull=False).exists()
            else [Finding(None, "entries without a head")]
        )
    # A head signed since `last` was read covers entries that are not read here: it is no sign of a cut.
    older = tuple(
        Checkpoint.objects.filter(size__lt=last.size).order_by("-size").values_list("note", flat=True)[:20]
    )
    behind = leaves(0, last.size)
    return fsck(behind, read, last.note, vkey(), (*older, *published)) or _outside() or _columns(last)


def _outside() -> list[Finding]:
    """An entry that no head covers.  Index and head are committed together: the head read after it must reach it."""
    highest = Entry.objects.aggregate(highest=Max("index"))["highest"]
    covering = head()
    if highest is None or (covering is not None and highest < covering.size):
        return []
    return [Finding(highest, "stands outside the signed tree")]


def _columns(last: Checkpoint) -> list[Finding]:
    """Columns that say other than the leaf or the signed head beside them: pages, controls and we ourselves read them."""
    signed = open_checkpoint(last.note, VerifierKey.parse(vkey()))
    if (signed.size, signed.root) != (last.size, bytes(last.root)):
        return [Finding(None, "the last head's columns say other than its note")]
    rows = Entry.objects.exclude(index=None).order_by("index").iterator(chunk_size=CHUNK)
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
    """A subject's receipt for an entry, with its place in the log once it has one.

    The place is under the first head that covers the entry, so a receipt is the same whenever it is asked for.

    Raises Entry.DoesNotExist, and ProofError when salt and detail are not of that entry.
    """
    row = Entry.objects.get(id=entry)
    made = make_receipt(
        settings.TROTH_LOG_ORIGIN, entry, bytes(row.leaf), bytes(row.commitments), salt, detail
    )
    if row.index is None:
        return made
    first = Checkpoint.objects.filter(size__gt=row.index).order_by("size").first()
    if first is None:
        return made
    path = prove_inclusion(row.index, first.size, read)
    return made.placed(Place(row.index, first.size, path, first.note))
