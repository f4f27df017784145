"""What lay in the trash for as long as its company wants goes, and so do uploads that nobody went on with for a day."""

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
from .limits import trash_days
from .models import Document, Folder, Upload

UNFINISHED = timedelta(days=1)
BATCH = 200


@every("trash", hours=1)
def tidy() -> int:
    """Empty the trash, and drop what was not finished, in every workspace.  Returns how many went."""
    held = holds.everybody()
    workspaces = Workspace.objects.values_list("owner_id", "customer_id")
    return sum(_tidy(each, customer) for each, customer in workspaces.iterator() if each not in held)


def _tidy(workspace: UUID, customer: UUID | None) -> int:
    now, gone = timezone.now(), 0
    thrown = now - timedelta(days=trash_days(customer))
    with opened(workspace):
        for model, old in (
            (Upload, {"touched_at__lte": now - UNFINISHED}),
            (Document, {"trashed_at__lte": thrown}),
            (Folder, {"trashed_at__lte": thrown}),
        ):
            for pk in list(model.objects.filter(**old).values_list("pk", flat=True)[:BATCH]):
                with act():
                    lock(workspace.hex)
                    # Asked again: it may have been taken out, or sent on, since.
                    for row in model.objects.filter(pk=pk, **old):
                        drop(row) if isinstance(row, Upload) else remove(row)
                        gone += 1
    return gone
