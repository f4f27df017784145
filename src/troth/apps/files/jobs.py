"""What lay in the trash for thirty days goes, and so do uploads that nobody went on with for a day."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from troth.gate.schedule.leases import every
from troth.gate.subjects import holds
from troth.gate.subjects.erase import lock
from troth.gate.uses import act
from troth.workspaces.hosted import opened
from troth.workspaces.models import Workspace

from .flows import drop, remove
from .models import IN_TRASH, Document, Folder, Upload

UNFINISHED = timedelta(days=1)
BATCH = 200


@every("trash", hours=1)
def tidy() -> int:
    """Empty the trash, and drop what was not finished, in every workspace.  Returns how many went."""
    held = holds.everybody()
    workspaces = Workspace.objects.values_list("owner_id", flat=True)
    return sum(_tidy(each) for each in workspaces.iterator() if each not in held)


def _tidy(workspace: UUID) -> int:
    now, gone = timezone.now(), 0
    with opened(workspace):
        for model, old in (
            (Upload, {"touched_at__lte": now - UNFINISHED}),
            (Document, {"trashed_at__lte": now - IN_TRASH}),
            (Folder, {"trashed_at__lte": now - IN_TRASH}),
        ):
            for pk in list(model.objects.filter(**old).values_list("pk", flat=True)[:BATCH]):
                with act():
                    lock(workspace.hex)
                    # Asked again: it may have been taken out, or sent on, since.
                    for row in model.objects.filter(pk=pk, **old):
                        drop(row) if isinstance(row, Upload) else remove(row)
                        gone += 1
    return gone
