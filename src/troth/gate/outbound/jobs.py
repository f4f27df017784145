"""The outbox runs every second; receipts of erasures are looked for every five."""

from ..schedule.leases import every
from .mail import deliver_due
from .receipts import send_receipts

every("outbox", seconds=1)(deliver_due)
every("receipts", seconds=5)(send_receipts)
