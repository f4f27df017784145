"""Imports are carried out, and what they leave is taken away."""

import threading
from datetime import datetime

from django.db import connections
from django.utils import timezone

from troth.engine.roomy import roomy
from troth.gate.registry import waits
from troth.gate.schedule.leases import every
from troth.gate.subjects import owning

from . import errands
from .import_models import Errand


def waiting() -> tuple[int, datetime | None]:
    """Imports that are due, and since when the first of them."""
    return owning.waiting(Errand, "due_at", due_at__lte=timezone.now())


waits("imports", waiting)
_desk = threading.Lock()


@every("imports", seconds=1)
def serve_imports() -> None:
    """What is due is done aside, since mail must not wait for it."""
    if errands.is_waiting() and _desk.acquire(blocking=False):
        # A daemon: a worker that is told to stop does not wait for it either, and the lease brings it back.
        threading.Thread(target=_carry_out_all, name="imports", daemon=True).start()


@roomy
def _carry_out_all() -> None:
    try:
        while errands.run_one():
            pass
    finally:
        connections.close_all()
        _desk.release()
