"""What imports leave, taken away: the file always, the records of one that was not finished or is undone."""

from django.utils import timezone

from troth.gate.files import stored
from troth.gate.uses import act

from .import_models import FORGOTTEN_AFTER, LEFT_AFTER, Errand, Import, ImportPart, Refusal
from .models import Collection, Record, Value

BATCH = 1_000


def clear(imported: Import) -> None:
    """Take away something of what an import left, in its open workspace.  Safe to repeat until nothing is left."""
    with act():
        if imported.state == Import.State.DONE or not _clear_records(imported):
            remove_pieces(imported)
            Import.objects.filter(pk=imported.pk).update(is_clearing=False)
            Errand.put(imported, (imported.ended_at or timezone.now()) + FORGOTTEN_AFTER)


def settle(imported: Import) -> None:
    """End an import that nobody went on with, or forget one that ended long ago."""
    now = timezone.now()
    with act():
        if imported.state != Import.State.MAPPING:
            if imported.ended_at and imported.ended_at > now - FORGOTTEN_AFTER:
                Errand.put(imported, imported.ended_at + FORGOTTEN_AFTER)
            else:
                _delete(imported)
        elif imported.asked_at > now - LEFT_AFTER:
            Errand.put(imported, imported.asked_at + LEFT_AFTER)
        else:
            Import.objects.filter(pk=imported.pk, state=Import.State.MAPPING).update(
                state=Import.State.STOPPED, why=Import.Why.LEFT, ended_at=now, is_clearing=True
            )


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
        _delete(imported)


def _delete(imported: Import) -> None:
    Refusal.objects.filter(of=imported).delete()
    Errand.objects.filter(of=imported.pk).delete()
    imported.delete()
