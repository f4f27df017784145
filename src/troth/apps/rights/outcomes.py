"""When a request may be called done: what was asked for has been carried out, or the person is told why it was not."""

from troth.gate.errors import GateError
from troth.gate.export.models import Export
from troth.gate.telling.models import Correction
from troth.gate.uses import Actor

from . import flows, fulfilling
from .models import Request

MADE = (Export.State.READY, Export.State.EXPIRED)
ARCHIVE = "no archive was made"
CORRECTION = "nothing was corrected since it was asked"


class NotDone(GateError):
    """A request is called done and is not; `can_be_explained` when a reason for the person will do."""

    def __init__(self, lacking: str, *, can_be_explained: bool) -> None:
        super().__init__(lacking)
        self.can_be_explained = can_be_explained


def answer(
    row: Request, by: Actor, text: str, outcome: str, clause: str = "", row_id: str = "", reason: str = ""
) -> None:
    """As `flows.answer`; "done" is what was carried out.  Raises NotDone, GateError."""
    if outcome == Request.State.DONE:
        check(row, reason)
        text += f"\n\n{reason}" if reason else ""
    flows.answer(row, by, text, outcome, clause, row_id)


def check(row: Request, reason: str = "") -> None:
    """Whether the request can be called done.  Raises NotDone, which says what is left."""
    kinds = Request.Kind
    if row.proven_at is None:
        raise NotDone("it is not proven who asks, so nothing can have been done", can_be_explained=False)
    if row.kind == kinds.DELETION and (left := still_there(row)):
        raise NotDone(f"this is still there: {left}", can_be_explained=False)
    if reason:
        return
    if row.kind in (kinds.ACCESS, kinds.PORTABILITY):
        export = fulfilling.archive_of(row)
        if export is None or export.state not in MADE:
            raise NotDone(ARCHIVE, can_be_explained=True)
    if row.kind == kinds.CORRECTION and not _was_corrected(row):
        raise NotDone(CORRECTION, can_be_explained=True)


def still_there(row: Request) -> str:
    """What a deletion covers and has not taken away, counted and in words; blank when it is nothing."""
    counted: dict[str, int] = {}
    for line in fulfilling.what_goes(row).goes:
        counted[line.title] = counted.get(line.title, 0) + line.count
    return ", ".join(f"{count} × {title}" for title, count in counted.items())


def _was_corrected(row: Request) -> bool:
    covered = row.subjects() | {row.owner_id}
    return Correction.objects.filter(owner__in=covered, at__gte=row.received_at).exists()
