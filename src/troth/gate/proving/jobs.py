"""Every clause is proved anew four times a day, for the pages that show it."""

from ..schedule.leases import every
from .answers import prove
from .shown import HOURS


@every("proof", hours=HOURS)
def prove_all() -> None:
    """What `troth prove` does, from the schedule."""
    prove()
