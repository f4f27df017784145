"""Whoever was not to be told is told when they may be; a record whose day is over lets go of what it held."""

from django.utils import timezone

from troth.gate.schedule.leases import every
from troth.gate.uses import SYSTEM, act

from .flows import close
from .models import LegalRecord
from .telling import tell_due

every("legal-notices", minutes=10)(tell_due)


@every("legal-records", hours=1)
def end_over() -> int:
    """End records past their day, so that the time for which they are kept begins; returns how many."""
    over = list(LegalRecord.objects.filter(ended_at=None, ends_at__lte=timezone.now()))
    for row in over:
        with act():
            row.lock()
            close(row, SYSTEM)
    return len(over)
