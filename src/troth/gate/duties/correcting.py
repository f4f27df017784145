"""A corrected value is shared on the duty under which the old one was, as long as that is live."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar
from uuid import UUID

from ..telling.confirming import GROUNDS
from ..uses.actor import Row
from . import handing, rules
from .models import Duty, Handover

PURPOSES = ("contacting-on-our-behalf", "checking-quality")


@dataclass(frozen=True, slots=True)
class Correcting:
    """A duty, for one row that was handed over under it before."""

    duty: Duty
    ground: ClassVar[str] = rules.GROUND

    def is_live(self) -> bool:
        return self.duty.is_live()

    def covers(self, row: Row) -> bool:
        """Rows that the duty covers, and that its provider had."""
        had = Handover.objects.filter(duty=self.duty, mark=handing.mark_of(self.duty, row))
        return self.duty.covers(row) and had.exists()

    def note(self, entry: str, row: Row) -> None:
        """Called by the gate with the entry of the disclosure, in its transaction."""
        handing.note_one(self.duty, entry, row)


def duty_of(subject: UUID, purpose: str) -> Correcting | None:
    """The live duty for a purpose under which something of a subject's was handed over last."""
    had = Handover.objects.filter(about=subject, duty__purpose=purpose).order_by("-at").select_related("duty")
    return next((Correcting(each.duty) for each in had if each.duty.is_live()), None)


GROUNDS.update({purpose: partial(duty_of, purpose=purpose) for purpose in PURPOSES})
