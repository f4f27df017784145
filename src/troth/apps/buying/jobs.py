"""Orders that run are renewed; those that nobody went on with leave nothing."""

from troth.gate.schedule.leases import every

from .checkout import end_stale
from .renewing import renew_due


@every("stale-orders", hours=1)
def tidy() -> None:
    """Delete what was begun thirty days ago and never paid."""
    end_stale()


@every("renewals", minutes=10)
def renew() -> None:
    """Collect for each order whose period is over."""
    renew_due()
