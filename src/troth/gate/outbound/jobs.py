"""The outbox runs every second; receipts of erasures are looked for every five."""

from functools import partial

from ..registry import waits
from ..schedule.leases import every
from ..subjects import owning
from .mail import deliver_due
from .models import Message
from .receipts import send_receipts

waits("mail", partial(owning.waiting, Message, "queued_at", state=Message.State.QUEUED))
waits("failed mail", partial(owning.waiting, Message, "queued_at", state=Message.State.FAILED))

every("outbox", seconds=1)(deliver_due)
every("receipts", seconds=5)(send_receipts)
