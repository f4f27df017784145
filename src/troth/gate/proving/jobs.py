"""Every clause is proved anew four times a day, for the pages that show it."""

from ..schedule.leases import every
from .answers import prove


@every("proof", hours=6)
def prove_all() -> None:
    """What `troth prove` does, from the schedule."""
    prove()
