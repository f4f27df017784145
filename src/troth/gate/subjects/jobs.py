"""Erasures are finished, retention kept, keys turned: all from the declarations."""

from ..keystore.keys import sweep_orphans, turn_epoch
from ..schedule.leases import every
from .erase import purge, resume
from .models import DataSubject
from .retention import JOB, run_when_steady


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
