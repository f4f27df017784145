"""Queries are run by the worker, beside its other jobs."""

from troth.gate.schedule.leases import every

from . import running


@every("queries", seconds=1)
def run_queries() -> None:
    """One turn: what is done ends, what waits begins."""
    running.turn()
