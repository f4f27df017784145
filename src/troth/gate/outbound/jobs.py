"""The outbox runs every second."""

from ..schedule.leases import every
from .mail import deliver_due

every("outbox", seconds=1)(deliver_due)
