"""Orders that nobody went on with leave nothing."""

from troth.gate.schedule.leases import every

from .checkout import end_stale


@every("stale-orders", hours=1)
def tidy() -> None:
    """Delete what was begun thirty days ago and never paid."""
    end_stale()
