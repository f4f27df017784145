"""Queries are run by the worker, beside its other jobs."""

from functools import partial

from troth.gate.registry import waits
from troth.gate.schedule.leases import every
from troth.gate.subjects import owning

from . import running
from .models import Run

waits("queries", partial(owning.waiting, Run, "asked_at", state=Run.State.WAITING))


@every("queries", seconds=1)
def run_queries() -> None:
    """One turn: what is done ends, what waits begins."""
    running.turn()
