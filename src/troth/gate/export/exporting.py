"""Asking for an export, downloading it, and its ends: after some days, or because somebody in it is erased."""

import logging
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from .. import watch
from ..errors import GateError
from ..files import away, disk, stored
from ..files.models import StoredFile
from ..published import statement
from ..registry import serves
from ..subjects.models import DataSubject
from ..subjects.retention import kept_until
from ..uses import Actor, OwnData
from .models import Export, Part

__all__ = [
    "FAILED",
    "READY",
    "ask_for",
    "begin",
    "expire_due",
    "find",
    "of",
    "open_stream",
    "tell_due",
    "withdraw",
]

log = logging.getLogger("troth.export")

ASKED = watch.reports("export-asked", "troth.gate.export.exporting:ask_for")
PURPOSE = serves("showing-own-data")
CATEGORY = "archive"
ROLE = "data-subject"
FILE_NAME = "your-data-{:%Y-%m-%d}.zip"

DAY = timedelta(days=1)
FAILURE_TOLD = timedelta(days=7)
"""For how long after the asking a failure is told of: the three tries may have waited for a worker."""

READY: list[Callable[[Export], None]] = []
"""What is done when an archive is ready, such as writing to its owner.  At least once; must be safe to repeat."""

FAILED: list[Callable[[Export], None]] = []
"""The same for one that its owner asked for and that could not be made."""


def ask_for(owner: UUID, subjects: Collection[UUID], categories: Collection[str], by: Actor) -> Export:
    """Ask for an archive; without categories it holds everything.  While the very same is under way, that one is given.

    `subjects` are those proven to be the owner, who is always among them.  Raises GateError for unknown categories.
    """
    watch.saw(ASKED, account=by.subject.hex if by.subject else "", each=(owner.hex,))
    with transaction.atomic():
        # Of two who ask at once, the second waits here.  No constraint: two people with one each may become one person.
        list(DataSubject.objects.select_for_update().filter(pk=owner))
        wanted = Export.objects.filter(
            owner=owner, state=Export.State.PREPARING, asked_by=by.role, categories=sorted(set(categories))
        )
        for waiting in wanted:
            if set(waiting.parts.values_list("subject", flat=True)) == {owner, *subjects}:
                same: Export = waiting
                return same
        return begin(owner, subjects, categories, by)


def begin(
    owner: UUID, subjects: Collection[UUID], categories: Collection[str], by: Actor, *, is_told: bool = False
) -> Export:
    """Have an archive made, whatever else is under way.  With `is_told` nobody is written to.  Raises as `ask_for`."""
    unknown = set(categories) - statement.current().categories.keys()
    if unknown:
        raise GateError(f"the statement defines no category `{min(unknown)}`")
    with transaction.atomic():
        export = Export(owner_id=owner, categories=sorted(set(categories)), asked_by=by.role, is_told=is_told)
        export.save(force_insert=True)
        for subject in sorted({owner, *subjects}, key=lambda each: (each != owner, each)):
            Part(owner_id=owner, export=export, subject_id=subject).save(force_insert=True)
    return export


def of(owner: UUID) -> list[Export]:
    """The exports somebody asked for, newest first."""
    return list(Export.objects.filter(owner=owner))


def find(owner: UUID, export: UUID) -> Export | None:
    """One of somebody's exports; None for another's."""
    found: Export | None = Export.objects.filter(owner=owner, pk=export).first()
    return found


def open_stream(export: Export, by: Actor | None = None) -> Iterator[bytes]:
    """The archive's bytes for its owner.  The entry is durable before this returns.

    Raises GateError when there is nothing to download, Refused for anybody but the owner; Erased on the way when the
    owner's key is gone.
    """
    archive = export.archive
    if export.state != Export.State.READY or archive is None or _is_over(export):
        raise GateError("this archive is not there to be downloaded: it is not ready, or its time is over")
    if not away.is_there(archive.token):
        raise GateError("this archive is no longer there; ask for another")
    actor = by or Actor(ROLE, export.owner_id)
    return stored.stream(archive, PURPOSE, by=actor, given=OwnData(actor.subject or UUID(int=0)))


def name_of(export: Export) -> str:
    """What the archive is called when it is downloaded; nothing personal."""
    return FILE_NAME.format(export.ready_at or export.asked_at)


def make_ready(export: Export, archive: StoredFile) -> bool:
    """The archive is whole: its row, and the export's, in one transaction.  False when the export ended meanwhile."""
    keep, now = statement.current().keeps(CATEGORY), timezone.now()
    if keep is None:
        raise GateError(f"no clause says how long `{CATEGORY}` is kept")
    with transaction.atomic():
        archive.save(force_insert=True)
        ours = Export.objects.filter(
            pk=export.pk, owner=archive.owner_id, state=Export.State.PREPARING, draft_token=archive.token
        )
        is_ours = ours.update(
            state=Export.State.READY, archive=archive, progress=100, ready_at=now, held_until=None, draft_token="",
            expires_at=kept_until(now, keep.amount, keep.unit),
        )  # fmt: skip
        if not is_ours:
            archive.delete()
    return bool(is_ours)


def tell_due() -> int:
    """Run the hooks for every archive that is ready, or failed, and whose owner was not told; returns how many were.

    One that cannot be told of holds up no other, and is tried again: for a day, or of a failure for a week.
    """
    now = timezone.now()
    ready = Q(state=Export.State.READY, ready_at__gt=now - DAY)
    failed = Q(state=Export.State.FAILED, asked_by=ROLE, asked_at__gt=now - FAILURE_TOLD)
    told = 0
    for export in list(Export.objects.filter(ready | failed, is_told=False)):
        try:
            for tell in READY if export.state == Export.State.READY else FAILED:
                tell(export)
        except Exception as error:  # noqa: BLE001 - whatever a hook does wrong, the others' archives wait for none of it
            log.error("nobody could be told of an archive: %s", type(error).__name__)
            continue
        told += Export.objects.filter(pk=export.pk).update(is_told=True)
    return told


def expire_due() -> int:
    """Take away archives whose time is over; returns how many."""
    due = Export.objects.filter(state=Export.State.READY, expires_at__lte=timezone.now())
    return sum(end(export, Export.State.EXPIRED) for export in due)


def withdraw(subject: str) -> None:
    """Somebody (32 hex digits) is being erased: archives that hold their data go, also those being prepared."""
    covering = Q(owner=subject) | Q(pk__in=Part.objects.filter(subject=subject).values("export"))
    for export in Export.objects.filter(covering):
        end(export, Export.State.FAILED if export.state == Export.State.PREPARING else Export.State.EXPIRED)


def end(export: Export, state: str) -> bool:
    """The export is over, whatever it had on disk is gone.  False when it was over already."""
    living = (Export.State.PREPARING, Export.State.READY)
    with transaction.atomic():
        held = Export.objects.select_for_update().filter(pk=export.pk, state__in=living).first()
        if held is None:
            return False
        archive, draft = held.archive, held.draft_token
        Export.objects.filter(pk=held.pk).update(state=state, archive=None, draft_token="", held_until=None)
        if archive is not None:
            stored.remove(archive)
        if draft:
            transaction.on_commit(lambda: disk.remove(draft))
    return True


def _is_over(export: Export) -> bool:
    return export.expires_at is None or export.expires_at <= timezone.now()
