"""Paying by invoice: the invoice is issued with a day by which it is to be paid; staff note when it was.

What is overdue is reminded of as a payment that failed is, three times; then the order ends, and the invoice stays due.
"""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from troth.accounts.people.companies import NotNow
from troth.gate.uses import SYSTEM, act, using

from . import books, checkout
from .letters import tell
from .models import Invoice, Order, Payment
from .prices import Price

MOST_GROWTH = 2
"""How many times the last invoice the next one may be, where it is paid later."""


def order_now(order: Order) -> None:
    """Order, and pay later.  Raises NotNow unless the order is qualified for that."""
    with using(checkout.COLLECTING, by=SYSTEM, given=order, at=checkout.PLACE), act():
        row = Order.objects.select_for_update().get(pk=order.pk)
        if row.state != Order.State.QUALIFIED or row.means != Order.Means.INVOICE:
            raise NotNow("This order is not ready to be paid by invoice.")
        issue(row, checkout.drafted(row))


def nothing_to_pay(order: Order) -> None:
    """Credit covers all that the order costs.  Raises NotNow where it does not."""
    with act():
        row = Order.objects.select_for_update().get(pk=order.pk)
        bill = checkout.drafted(row)
        if row.state != Order.State.QUALIFIED or bill.to_pay:
            raise NotNow(books.CHANGED)
        run(row, bill, timezone.now())


def run(order: Order, bill: Invoice, now: datetime) -> None:
    """A draft is paid: it is issued, and the order runs to the end of its period.  Inside an act."""
    order.period, order.state = bill.period, Order.State.ACTIVE
    order.paid_until = books.paid_until(order, now)
    order.reminders, order.next_try_at = 0, order.paid_until
    order.save(update_fields=["period", "paid_until", "state", "reminders", "next_try_at"])
    with using(checkout.COLLECTING, by=SYSTEM, given=order, at=checkout.PLACE):
        books.issue(bill, now)


def issue(order: Order, drafted: Invoice) -> None:
    """Write the order's draft into the books, to be paid later; the order runs.  Inside a use and an act."""
    now, drafted = timezone.now(), books.take_credit(drafted)
    if drafted.to_pay == 0:
        run(order, drafted, now)
        return
    made = books.issue(drafted, now, due_at=now + timedelta(days=settings.TROTH_CREDIT["invoice_days"] or 1))
    Payment(
        owner_id=order.owner_id, order=order, invoice=made, kind=Payment.Kind.BILL, amount=made.to_pay,
        currency=made.currency,
    ).save(force_insert=True)  # fmt: skip
    start = order.paid_until if order.state == Order.State.ACTIVE and order.paid_until else now
    order.period, order.state = made.period, Order.State.ACTIVE
    order.paid_until = books.end_of(order, start)
    order.reminders, order.next_try_at = 0, made.due_at
    order.save(update_fields=["period", "state", "paid_until", "reminders", "next_try_at"])
    tell(order, f"Invoice {made.number}", f"Invoice {made.number} is to be paid by {made.due_at:%-d %B %Y}.")


def unpaid(order: Order) -> Payment | None:
    """What is open of the order by invoice, the oldest first."""
    open_ones = Payment.objects.filter(order=order, kind=Payment.Kind.BILL, state=Payment.State.OPEN)
    return open_ones.select_related("invoice").first()


def record(payment: Payment, on: date) -> None:
    """Staff saw the money on the account, on a day: the invoice is paid.

    Raises NotNow for one that is paid, and for a day that cannot be.
    """
    at = _noon(on)
    with act():
        running = (
            Order.objects.select_for_update().filter(pk=payment.order_id, state=Order.State.ACTIVE).first()
        )
        row = Payment.objects.select_for_update(of=("self",)).select_related("invoice").get(pk=payment.pk)
        if row.kind != Payment.Kind.BILL or row.state != Payment.State.OPEN or row.invoice is None:
            raise NotNow("This invoice is not open.")
        _refuse_day(row.invoice, on)
        Payment.objects.filter(pk=row.pk).update(state=Payment.State.DONE, settled_at=at)
        Invoice.objects.filter(pk=row.invoice_id).update(paid_at=at)
        if running:
            running.reminders, running.next_try_at = 0, running.paid_until
            running.save(update_fields=["reminders", "next_try_at"])


def record_alone(which: UUID, on: date) -> None:
    """The same for an invoice whose company is erased: the books keep it, and nothing else is left.  Raises NotNow."""
    with act():
        row = Invoice.objects.select_for_update().filter(pk=which, order=None, paid_at=None).first()
        if row is None or row.due_at is None:
            raise NotNow("This invoice is not open, or is paid on the page of its order.")
        _refuse_day(row, on)
        Invoice.objects.filter(pk=row.pk).update(paid_at=_noon(on))


def _noon(on: date) -> datetime:
    return timezone.make_aware(datetime.combine(on, time(12)))


def _refuse_day(row: Invoice, on: date) -> None:
    if on > timezone.localdate() or on < row.made_at.date():
        raise NotNow("An invoice is paid between the day it was issued and today.")


def must_not_outgrow(order: Order, last: Invoice, to: Price) -> None:
    """Who pays later pays for not much more at once than was checked, or was paid before.  Raises NotNow."""
    is_large = checkout.large(to.employees) and not checkout.large(last.employees)
    if order.means == Order.Means.INVOICE and (to.net > MOST_GROWTH * last.net or is_large):
        raise NotNow(
            "That is much more than the last invoice, which you pay later. Pay with something else from now on, or begin"
            " another order: it is checked for its own size."
        )
