"""Erasures are finished, retention kept, keys turned: all from the declarations."""

from datetime import datetime

from django.db.models import Count, Min

from ..keystore.keys import sweep_orphans
from ..keystore.turning import turn_epoch
from ..registry import waits
from ..schedule.leases import every
from .erase import purge, resume
from .models import DataSubject, Erasure
from .retention import JOB, run_when_steady


def waiting() -> tuple[int, datetime | None]:
    """Erasures that are not done, and when the oldest of them began."""
    asked = Erasure.objects.exclude(state=Erasure.State.DONE).aggregate(
        count=Count("pk"), oldest=Min("begun_at")
    )
    return asked["count"], asked["oldest"]


waits("erasures", waiting)


@every("erasures", seconds=5)
def finish_erasures() -> None:
    """Resume what a crash interrupted, then purge what is erased."""
    resume()
    purge()


@every("keys", hours=1)
def turn_keys() -> None:
    """A new epoch when the week is over; orphan keys away."""
    turn_epoch()
    # No subject at all means an empty or wrong data store, not a house full of orphans.
    if known := [pk.hex for pk in DataSubject.objects.values_list("pk", flat=True)]:
        sweep_orphans(known)


every(JOB, hours=1)(run_when_steady)
