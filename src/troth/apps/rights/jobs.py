"""Requests are carried on every few seconds; reminders are looked for every hour."""

from functools import partial

from troth.gate.registry import waits
from troth.gate.schedule.leases import every
from troth.gate.subjects import owning

from . import figures
from .fulfilling import carry_on
from .models import CLOSED, Request
from .reminding import remind

OPEN = [state for state in Request.State if state not in CLOSED]
waits("requests", partial(owning.waiting, Request, "received_at", state__in=OPEN))
waits("overdue requests", lambda: (figures.overdue(), None))

every("requests", seconds=5)(carry_on)
every("reminders", hours=1)(remind)
