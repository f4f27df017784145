"""Exports are prepared, told of, and taken away when their time is over."""

import threading
from functools import partial

from django.db import connections

from troth.engine.roomy import roomy

from ..registry import waits
from ..schedule.leases import every
from ..subjects import owning
from .exporting import expire_due, tell_due
from .models import Export
from .preparing import is_waiting, prepare_one

waits("exports", partial(owning.waiting, Export, "asked_at", state=Export.State.PREPARING))
_desk = threading.Lock()


@every("exports", seconds=1)
def serve_exports() -> None:
    """End what is over and tell whose archive is ready; what waits is prepared aside, since mail must not wait for it."""
    expire_due()
    if is_waiting() and _desk.acquire(blocking=False):
        # A daemon: a worker that is told to stop does not wait for it either, and the lease brings it back.
        threading.Thread(target=_prepare_all, name="exports", daemon=True).start()
    tell_due()


@roomy
def _prepare_all() -> None:
    try:
        while prepare_one():
            pass
    finally:
        connections.close_all()
        _desk.release()
