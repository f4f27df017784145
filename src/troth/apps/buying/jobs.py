"""Credit checks are asked for; orders that run are renewed; those that nobody went on with leave nothing."""

from functools import partial

from troth.gate.registry import waits
from troth.gate.schedule.leases import every
from troth.gate.subjects import owning

from .checkout import end_stale
from .models import CreditCheck, Invoice, Order
from .qualifying import ask_due
from .refunds import return_strays
from .renewing import renew_due
from .settling import call_off_stale, look_after

waits("orders to be looked at", partial(owning.waiting, Order, "begun_at", state=Order.State.LOOK))
waits("credit checks", partial(owning.waiting, CreditCheck, "at", state=CreditCheck.State.WAITING))
waits("invoices to be paid", partial(owning.waiting, Invoice, "due_at", paid_at=None, due_at__isnull=False))


@every("stale-orders", hours=1)
def tidy() -> None:
    """Delete what was begun thirty days ago and never paid."""
    call_off_stale()
    end_stale()


@every("renewals", minutes=10)
def renew() -> None:
    """Look for what nobody has told us; give back what an order no longer is; collect for what has run out."""
    look_after()
    return_strays()
    renew_due()


@every("credit-checks", seconds=5)
def check() -> None:
    """Ask the credit checking service about each order that waits for it."""
    ask_due()
