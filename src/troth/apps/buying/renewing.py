"""What runs goes on from period to period: the next one is drafted and collected, three reminders, then it ends.

A change of the plan is the draft of the next period, made early.  A cancelled order runs to the end of what is paid.
"""

import logging
from datetime import timedelta

from django.utils import timezone

from troth.accounts.people.companies import NotNow
from troth.gate.errors import GateError, SealError
from troth.gate.outbound import payments
from troth.gate.outbound.payments import ProcessorAway
from troth.gate.uses import SYSTEM, act, using

from . import books, checkout, invoicing
from .letters import tell
from .models import Invoice, Order, Payment
from .prices import NoPrice, Price, price

log = logging.getLogger("troth.buying")

WAITS = (timedelta(days=3), timedelta(days=4), timedelta(days=7))
"""From a payment that failed to the next try; a reminder goes out with each."""
BATCH = 100
AWAY = timedelta(minutes=10)


def change(order: Order, to: Price) -> Invoice:
    """Another number of employees, or another period, from the next period on.  Raises NotNow."""
    if order.state != Order.State.ACTIVE or order.cancelled_at:
        raise NotNow("This order does not go on, so its plan cannot change.")
    if order.payments.filter(kind=Payment.Kind.RENEW, state=Payment.State.OPEN).exists():
        raise NotNow("The next period is being paid. Please change the plan when that is through.")
    with using(payments.COLLECTING, by=SYSTEM, given=order, at=checkout.PLACE), act():
        last = Invoice.objects.filter(order=order).exclude(number=None).first()
        if last is None:
            raise NotNow("This order has no invoice yet.")
        invoicing.must_not_outgrow(order, last, to)
        return books.draft(order, to, last.billing_name, last.billing_address, to.employees)


def cancel(order: Order) -> None:
    """It ends when what is paid is over.  Raises NotNow for one that does not run."""
    _set_cancelled(order, True)


def take_back(order: Order) -> None:
    """It goes on after all.  Raises NotNow for one that has ended."""
    _set_cancelled(order, False)


def _set_cancelled(order: Order, is_cancelled: bool) -> None:
    with act():
        running = Order.objects.filter(pk=order.pk, state=Order.State.ACTIVE)
        if not running.update(cancelled_at=timezone.now() if is_cancelled else None):
            raise NotNow("This order does not run any more.")


def renew_due() -> int:
    """Collect for each order whose period is over, or end it; returns how many were looked at."""
    due = Order.objects.filter(state=Order.State.ACTIVE, next_try_at__lte=timezone.now()).order_by(
        "next_try_at"
    )
    orders = list(due[:BATCH])
    for order in orders:
        try:
            _renew(order)
        except (ProcessorAway, NotNow, NoPrice, GateError, SealError) as error:
            # One that cannot be renewed as things stand keeps no other from it.
            log.warning("a renewal waits: order %s, %s", order.pk, type(error).__name__)
            Order.objects.filter(pk=order.pk).update(next_try_at=timezone.now() + AWAY)
    return len(orders)


def _renew(order: Order) -> None:
    if invoicing.unpaid(order):
        with act():
            failed(order)
        return
    if order.cancelled_at:
        _end(order)
        return
    if order.means == Order.Means.INVOICE:
        _bill(order)
        return
    bill, method = _next_draft(order), checkout.method_of(order)
    if method is None or bill is None:
        with act():
            failed(order)
        return
    if not order.payments.filter(kind=Payment.Kind.RENEW, state=Payment.State.OPEN).exists():
        bill = books.credited(bill)
    if bill.to_pay == 0:
        with act():
            invoicing.run(order, bill, timezone.now())
        return
    Order.objects.filter(pk=order.pk).update(
        next_try_at=timezone.now() + AWAY
    )  # until the processor has told
    checkout.renew(order, method, bill)


def _bill(order: Order) -> None:
    """The next period of what is paid by invoice begins with its invoice."""
    bill = _next_draft(order)
    if bill is None:
        with act():
            failed(order)
        return
    with using(payments.COLLECTING, by=SYSTEM, given=order, at=checkout.PLACE), act():
        invoicing.issue(Order.objects.select_for_update().get(pk=order.pk), bill)


def _next_draft(order: Order) -> Invoice | None:
    """The draft of the next period: the one that a change made, or a copy of the last invoice at today's prices."""
    drafted = Invoice.objects.filter(order=order, number=None).first()
    last = Invoice.objects.filter(order=order).exclude(number=None).first()
    if drafted or last is None:
        return drafted
    with using(payments.COLLECTING, by=SYSTEM, given=order, at=checkout.PLACE), act():
        asked = price(last.employees, last.period, last.country)
        return books.draft(order, asked, last.billing_name, last.billing_address, last.employees)


def failed(order: Order) -> None:
    """A payment failed: remind, or end after the last reminder.  Inside an act of the caller's."""
    if order.reminders >= len(WAITS):
        _close(order)
        return
    wait = WAITS[order.reminders]
    order.reminders += 1
    order.next_try_at = timezone.now() + wait
    order.save(update_fields=["reminders", "next_try_at"])
    owed = invoicing.unpaid(order)
    if owed and owed.invoice:
        tell(order, "An invoice is overdue", OVERDUE.format(number=owed.invoice.number, days=wait.days))
    else:
        tell(order, "A payment did not go through", REMINDER.format(days=wait.days))


REMINDER = (
    "The payment for the next period of your order did not go through. We try again in {days} days.\n\n"
    "If you would rather pay with something else, say so on the page of your order:"
)
OVERDUE = (
    "Invoice {number} was to be paid by now, and we have not seen the money. If it is on its way, you need do nothing."
    " We look again in {days} days.\n\nThe invoice stands on the page of your order:"
)
OVER = (
    "The payment for your order did not go through, and we have reminded you three times, so the order has ended."
    " What you keep in your workspaces stays yours: the Subscription Agreement says for how long it can be taken"
    " along. An invoice that is not paid stays due."
)


def _end(order: Order) -> None:
    with act():
        _close(order)


def _close(order: Order) -> None:
    is_cancelled = bool(order.cancelled_at)
    Order.objects.filter(pk=order.pk).update(state=Order.State.ENDED, next_try_at=None)
    books.forget_drafts(order)
    # What is owed by invoice stays owed, and what is being given back is given back.
    stays = (Payment.Kind.BILL, Payment.Kind.REFUND)
    asked = Payment.objects.filter(order=order, state=Payment.State.OPEN).exclude(kind__in=stays)
    asked.update(state=Payment.State.FAILED, why="ended")
    if not is_cancelled:
        tell(order, "Your order has ended", OVER)
