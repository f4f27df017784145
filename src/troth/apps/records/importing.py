"""What people do with imports: begun, started, stopped, undone.  What the worker does is in `filling`.

A file lies sealed from the moment it comes in, and goes when the import has ended.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.utils import timezone

from troth.accounts.people.companies import NotNow
from troth.gate.files import stored
from troth.gate.files.models import StoredFile
from troth.gate.uses import act, using
from troth.gate.uses.actor import Row
from troth.workspaces import reading_files
from troth.workspaces.access import PURPOSE, Access, enter
from troth.workspaces.models import Right
from troth.workspaces.reading_files import Format, Unreadable

from . import shape
from .import_models import FILE, LEFT_AFTER, Errand, Import, ImportPart
from .models import Collection, Field, Record
from .shape import Draft
from .sifting import Plan

SAMPLE = 256 * 1024
"""Bytes from the start of a file by which it is judged and previewed."""
MOST_BYTES = 100 * 1024 * 1024
MOST_OPEN = 10
"""Imports of one workspace that have not ended."""
OPEN = (Import.State.MAPPING, Import.State.WAITING, Import.State.RUNNING)

Target = UUID | Draft | None
"""Where a column goes: a field that is there, one that is to be made, or nowhere."""


@dataclass(frozen=True, slots=True)
class Upload:
    """The ground on which somebody reads the file that is being imported into a collection they may change."""

    access: Access
    imported: Import
    files: frozenset[UUID]
    ground: ClassVar[str] = "grant"

    @property
    def names_actor_to(self) -> UUID:
        """As the access does."""
        return self.access.names_actor_to

    def is_live(self) -> bool:
        """For as long as they may change the collection."""
        return self.access.is_live() and self.access.allows(Right.EDIT, self.imported.collection_id)

    def covers(self, row: Row) -> bool:
        """The pieces of the file."""
        is_ours = row.owner_id == self.access.workspace.owner_id == self.imported.owner_id
        return is_ours and isinstance(row, StoredFile) and row.pk in self.files


def begin(
    by: Access, collection: Collection, name: str, data: bytes, size: int = 0, row_id: UUID | None = None
) -> Import:
    """Take a file in, or the first piece of one of `size` bytes; the import of the same id where there is one.

    Raises Unreadable for what is no table, before anything is kept; NotNow, Refused.
    """
    by.must(Right.EDIT, collection.pk)
    if max(size, len(data)) > MOST_BYTES:
        raise NotNow(f"A file to import has {MOST_BYTES // 1_048_576} MB at most. Send it in several.")
    known = reading_files.guess(data[:SAMPLE], is_whole=max(size, len(data)) <= SAMPLE)
    reading_files.columns_of([data[:SAMPLE]], known)
    with enter(by, writes=True), act():
        if row_id and (found := Import.objects.filter(pk=row_id, collection=collection).first()):
            return found  # type: ignore[no-any-return]
        if Import.objects.filter(state__in=OPEN).count() >= MOST_OPEN:
            raise NotNow(
                f"There are {MOST_OPEN} imports under way in this workspace. Wait, or stop one of them."
            )
        made = Import(
            collection=collection,
            size=max(size, len(data)),
            by_id=by.person,
            **({"id": row_id} if row_id else {}),
        )
        made.name, made.plan = name[:255] or "Pasted text", ""
        made.save(force_insert=True)
        Errand.put(made, made.asked_at + LEFT_AFTER)
        _put(made, 0, data)
    return made


def add_piece(by: Access, imported: Import, position: int, data: bytes) -> int:
    """The next piece of the file; returns how many bytes are here.  One that is here already changes nothing.

    Raises NotNow for a piece that does not follow, or is too much; Refused.
    """
    by.must(Right.EDIT, imported.collection_id)
    with enter(by, writes=True), act():
        locked = _locked(imported, Import.State.MAPPING)
        here = list(ImportPart.objects.filter(of=locked).select_related("stored"))
        size: int = sum(piece.stored.size for piece in here)
        if position < len(here):
            return size
        if position > len(here) or size + len(data) > locked.size:
            raise NotNow("This piece does not belong here. Send the file again from the start.")
        _put(locked, position, data)
    return size + len(data)


def _put(imported: Import, position: int, data: bytes) -> None:
    row = stored.write(imported.owner_id, f"piece {position}", "application/octet-stream", [data], FILE)
    ImportPart(of=imported, position=position, stored=row).save(force_insert=True)


def is_here(imported: Import) -> bool:
    """Whether every byte of the file has come."""
    pieces = ImportPart.objects.filter(of=imported).select_related("stored")
    return bool(sum(piece.stored.size for piece in pieces) == imported.size)


def sample_of(by: Access, imported: Import) -> bytes:
    """The first bytes of the file.  Raises Refused."""
    with enter(by):
        pieces = list(pieces_of(imported))
        if not pieces:
            raise NotNow("The file of this import is gone. Send it again.")
        ground = Upload(by, imported, frozenset(piece.pk for piece in pieces))
        with using(PURPOSE, by=by.actor, given=ground):
            return _first(pieces, SAMPLE)


def _first(pieces: list[StoredFile], size: int) -> bytes:
    found = bytearray()
    for piece in pieces:
        for chunk in stored.read(piece):
            found += chunk
            if len(found) >= size:
                return bytes(found[:size])
    return bytes(found)


def start(
    by: Access,
    imported: Import,
    known: Format,
    columns: list[str],
    targets: Sequence[Target],
    *,
    keeps_good: bool,
) -> None:
    """Make the fields that are to be made, and leave the rest to the worker.  A second press changes nothing.

    Raises NotNow, Refused.
    """
    by.must(Right.EDIT, imported.collection_id)
    filled = [each for each in targets if isinstance(each, UUID)]
    if not any(targets):
        raise NotNow("No column goes into a field yet. Choose one for at least one column.")
    if len(set(filled)) != len(filled):
        raise NotNow("Two columns go into the same field. Choose another field for one of them.")
    with enter(by, writes=True), act():
        locked = Import.objects.select_for_update().get(pk=imported.pk)
        if locked.state in (Import.State.WAITING, Import.State.RUNNING):
            return
        locked = _locked(imported, Import.State.MAPPING)
        if not is_here(locked):
            raise NotNow("The file has not come whole. Send it again.")
        into = [_field(locked, each) for each in targets]
        locked.plan = Plan(known, columns, into).as_text()
        locked.state, locked.keeps_good, locked.asked_at = Import.State.WAITING, keeps_good, timezone.now()
        locked.by_id = by.person
        locked.save(update_fields=["state", "keeps_good", "asked_at", "by"])
        Errand.put(locked)


def _field(imported: Import, target: Target) -> UUID | None:
    if not isinstance(target, Draft):
        is_here = target and Field.objects.filter(pk=target, collection=imported.collection_id).exists()
        if target and not is_here:
            raise NotNow("A field that was chosen is gone. Choose again.")
        return target
    made: UUID = shape.put(imported.collection, target).pk
    return made


def stop(by: Access, imported: Import) -> None:
    """End it: nothing of it stays.  One that has ended stays as it is.  Raises Refused."""
    by.must(Right.EDIT, imported.collection_id)
    with enter(by, writes=True), act():
        is_over = Import.objects.filter(pk=imported.pk, state__in=OPEN).update(
            state=Import.State.STOPPED,
            why=Import.Why.ASKED,
            ended_at=timezone.now(),
            is_clearing=True,
            holder="",
        )
        if is_over:
            Errand.put(imported)


def undo(by: Access, imported: Import) -> int:
    """Take all its records away again, but those that somebody changed since; returns how many those are.

    Raises NotNow when it is too late, Refused.
    """
    by.must(Right.EDIT, imported.collection_id)
    with enter(by, writes=True), act():
        locked = _locked(imported, Import.State.DONE)
        if locked.undone_until is None:
            raise NotNow(
                "This import is older than seven days. Delete its records one by one, or leave them."
            )
        records = Record.objects.filter(pk__range=locked.record_ids, collection=locked.collection_id)
        records.filter(revision=1).update(is_shown=False)
        locked.state, locked.is_clearing = Import.State.UNDONE, True
        locked.save(update_fields=["state", "is_clearing"])
        Errand.put(locked)
        stay: int = records.filter(is_shown=True).count()
    return stay


def _locked(imported: Import, state: str) -> Import:
    found: Import | None = Import.objects.select_for_update().filter(pk=imported.pk).first()
    if found is None or found.state != state:
        raise NotNow("This import has gone on meanwhile. Look at it again.")
    return found


def pieces_of(imported: Import) -> Iterator[StoredFile]:
    """The pieces of its file in their order."""
    for piece in ImportPart.objects.filter(of=imported).select_related("stored"):
        yield piece.stored


__all__ = [
    "FILE", "MOST_BYTES", "OPEN", "SAMPLE", "Unreadable", "add_piece", "begin", "is_here", "pieces_of", "sample_of",
    "start", "stop", "undo",
]  # fmt: skip
