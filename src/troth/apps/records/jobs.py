"""Imports are carried out, and what they leave is taken away."""

import threading

from django.db import connections

from troth.gate.schedule.leases import every

from . import clearing, filling

_desk = threading.Lock()


@every("imports", seconds=1)
def serve_imports() -> None:
    """What waits is carried out aside, since mail must not wait for it."""
    is_busy = filling.is_waiting() or clearing.is_waiting()
    if is_busy and _desk.acquire(blocking=False):
        # A daemon: a worker that is told to stop does not wait for it either, and the lease brings it back.
        threading.Thread(target=_carry_out_all, name="imports", daemon=True).start()


def _carry_out_all() -> None:
    try:
        while filling.fill_one() or clearing.clear_one():
            pass
    finally:
        connections.close_all()
        _desk.release()


@every("imports-left", hours=1)
def tidy_imports() -> None:
    """Imports that nobody went on with end; those that ended long ago are forgotten."""
    clearing.tidy()
