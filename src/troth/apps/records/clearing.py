"""What imports leave, taken away: the file always, the records of one that was not finished or is undone."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from troth.gate.files import stored
from troth.gate.uses import act
from troth.workspaces.hosted import opened

from .import_models import Import, ImportPart, Refusal
from .models import Collection, Record, Value

BATCH = 1_000
LEFT_AFTER = timedelta(days=7)
"""After so long without a word, an import that waits for somebody is over."""
FORGOTTEN_AFTER = timedelta(days=30)
"""For so long an import that ended, and the rows it refused, can be looked at."""


def is_waiting() -> bool:
    """Whether an import left something."""
    return bool(Import.every.filter(is_clearing=True).exists())


def clear_one() -> bool:
    """Take away something of what an import left; False when nothing is left of any.  Safe to repeat."""
    imported = Import.every.filter(is_clearing=True).order_by("ended_at").first()
    if imported is None:
        return False
    with opened(imported.owner_id), act():
        if imported.state == Import.State.DONE or not _clear_records(imported):
            remove_pieces(imported)
            Import.objects.filter(pk=imported.pk).update(is_clearing=False)
    return True


def _clear_records(imported: Import) -> int:
    """Some of its records that nobody sees; how many were left."""
    hidden = Record.objects.filter(
        pk__range=imported.record_ids, collection=imported.collection_id, is_shown=False
    )
    wanted = [row.pk for row in hidden.order_by("pk").only("pk", "owner")[:BATCH]]
    Value.objects.filter(record__in=wanted).delete()
    Record.objects.filter(pk__in=wanted).delete()
    return len(wanted)


def remove_pieces(imported: Import) -> None:
    """The file of an import, within an act."""
    for piece in list(ImportPart.objects.filter(of=imported).select_related("stored")):
        piece.delete()
        stored.remove(piece.stored)


def forget(collection: Collection) -> None:
    """Every import into a collection that is being deleted, within an act."""
    for imported in list(Import.objects.filter(collection=collection)):
        remove_pieces(imported)
        Refusal.objects.filter(of=imported).delete()
        imported.delete()


def tidy() -> None:
    """End imports that nobody went on with, and forget those that ended long ago."""
    now = timezone.now()
    Import.every.filter(state=Import.State.MAPPING, asked_at__lte=now - LEFT_AFTER).update(
        state=Import.State.STOPPED, why=Import.Why.LEFT, ended_at=now, is_clearing=True
    )
    over = Import.every.filter(is_clearing=False, ended_at__lte=now - FORGOTTEN_AFTER)[:BATCH]
    for imported in over:
        with opened(imported.owner_id), transaction.atomic():
            Refusal.objects.filter(of=imported).delete()
            imported.delete()
