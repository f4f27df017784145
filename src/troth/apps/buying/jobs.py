"""Credit checks are asked for; orders that run are renewed; those that nobody went on with leave nothing."""

from troth.gate.schedule.leases import every

from .checkout import end_stale
from .qualifying import ask_due
from .renewing import renew_due
from .settling import look_after


@every("stale-orders", hours=1)
def tidy() -> None:
    """Delete what was begun thirty days ago and never paid."""
    end_stale()


@every("renewals", minutes=10)
def renew() -> None:
    """Collect for each order whose period is over, and look for what nobody has told us."""
    look_after()
    renew_due()


@every("credit-checks", seconds=5)
def check() -> None:
    """Ask the credit checking service about each order that waits for it."""
    ask_due()
