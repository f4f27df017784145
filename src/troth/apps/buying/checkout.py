"""From a price to a paid order: one function for each step.

Each runs for somebody who may buy for their company, and is one act.  Nothing here knows a card.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from troth.accounts.people.companies import NotNow
from troth.accounts.people.models import Membership
from troth.gate.errors import Refused
from troth.gate.outbound import payments
from troth.gate.registry import built_at, serves
from troth.gate.uses import SYSTEM, Actor, act, using

from . import books
from .letters import BUYERS, tell_outcome
from .models import STRAY, CreditCheck, Invoice, Order, Payment, PaymentMethod, Qualification
from .prices import Price

PLACE = "checkout"
CHECKING = serves("checking-qualification")
COLLECTING = payments.COLLECTING
STALE = timedelta(days=30)
REMEMBERED = timedelta(hours=20)
"""For how long a processor surely knows under which key it was asked."""
OPEN = (Order.State.BEGUN, Order.State.LOOK, Order.State.DECLINED, Order.State.QUALIFIED)

Rows = list[tuple[PaymentMethod | Invoice, dict[str, str]]]

built_at(PLACE, "troth.apps.buying.checkout:begin")


def may_buy(person: UUID) -> list[Membership]:
    """The places from which somebody may buy, one for each of their companies; none for whoever may not."""
    return list(Membership.objects.filter(owner=person, role__in=BUYERS))


def begin(by: Membership, order_id: str, price: Price, name: str, address: str) -> Order:
    """Begin an order with its billing data, or change one that is not paid yet.  clause: collect.billing

    Raises NotNow for an order that was paid, Refused for somebody else's.
    """
    found = Order.objects.filter(pk=order_id).first()
    if found and found.owner_id != by.customer_id:
        raise Refused("this order is another company's")
    order = found or Order(id=UUID(order_id), owner_id=by.customer_id, by_id=by.owner_id)
    with using(COLLECTING, by=SYSTEM, given=order, at=PLACE), act():
        if found:  # it may have been paid in another window meanwhile
            order = Order.objects.select_for_update().get(pk=found.pk)
        if order.state not in OPEN:
            raise NotNow("This order is paid. Change the plan on its own page.")
        order.period = price.period
        if large(price.employees) or is_checked(order, price.employees) or order.checks.exists():
            # Also one that was small when it was qualified: what was checked was another order.
            order.state, order.consent, order.consented_at = Order.State.BEGUN, "", None
            order.checks.update(state=CreditCheck.State.OVER)
        order.save(force_insert=found is None)
        books.draft(order, price, name, address, price.employees)
    return order


def drafted(order: Order) -> Invoice:
    """What the order would cost.  Raises NotNow when it was paid meanwhile."""
    found: Invoice | None = Invoice.objects.filter(order=order, number=None).first()
    if found is None:
        raise NotNow("This order was paid in another window.")
    return found


def method_of(order: Order) -> PaymentMethod | None:
    """By what the order is paid: the last means of payment that was verified."""
    return PaymentMethod.objects.filter(order=order).first()


def verify(order: Order, by: str = "") -> str:
    """Ask a processor (the first, unless another is named) to verify a means of payment; its page.  Never a charge.

    What was begun with another processor is left: nobody is charged there.  Raises ProcessorAway.
    """
    by = by if by in payments.names() else payments.names()[0]
    others = Payment.objects.filter(order=order, kind=Payment.Kind.VERIFY, state=Payment.State.OPEN)
    with act():
        others.exclude(processor=by).update(
            state=Payment.State.FAILED, why="abandoned", settled_at=timezone.now()
        )
    return ask(_open(order, Payment.Kind.VERIFY, by), [])


def must_cost(order: Order, seen: str) -> None:
    """Whether the order costs what the page showed, in cents; a page that showed nothing is not asked.  Raises NotNow."""
    bill = drafted(order)
    if seen and seen != str(books.due(bill)):
        raise NotNow(books.CHANGED)


def charge(order: Order) -> str:
    """Ask the processor to collect what the draft says; its page, blank where credit leaves nothing to be paid.

    Raises NotNow, ProcessorAway.
    """
    bill, method = drafted(order), method_of(order)
    if order.state != Order.State.QUALIFIED or method is None:
        raise NotNow("This order is not ready to be paid.")
    if not order.payments.filter(kind=Payment.Kind.CHARGE, state=Payment.State.OPEN).exists():
        bill = books.credited(bill)
    if bill.to_pay == 0:
        return ""
    payment = _open(order, Payment.Kind.CHARGE, method.processor, bill, method)
    if not is_for(payment, bill, method):
        raise NotNow("A payment of another amount is open. Please try again.")
    return ask(payment, _with(method, bill))


def renew(order: Order, method: PaymentMethod, bill: Invoice) -> None:
    """Ask the processor to collect the next period's draft, with nobody on a page.  Raises ProcessorAway.

    One that is open is asked for again with the means it was begun with: another's reference is no concern of its
    processor's.
    """
    payment = _open(order, Payment.Kind.RENEW, method.processor, bill, method)
    ask(payment, _with(payment.method, bill) if payment.method else [])


def is_for(payment: Payment, bill: Invoice, method: PaymentMethod | None) -> bool:
    """Whether a payment asks for what this bill says, of the means of payment that the order is paid by.

    One that was asked for another draft would be a stray, also where its sum is the same.
    """
    asks = payment.invoice_id, payment.amount, payment.currency, payment.method_id
    return method is not None and asks == (bill.pk, books.due(bill), bill.currency, method.pk)


def _with(method: PaymentMethod, bill: Invoice) -> Rows:
    return [(method, {"reference": "method"}), (bill, {"billing_name": "name", "billing_address": "address"})]


def _open(
    order: Order, kind: str, by: str, bill: Invoice | None = None, method: PaymentMethod | None = None
) -> Payment:
    """The payment of this kind that is open; two presses, or two windows, find one."""
    wanted = {"order": order, "kind": kind, "state": Payment.State.OPEN}
    try:
        with act():
            found, _ = Payment.objects.get_or_create(
                **wanted,
                defaults={
                    "owner_id": order.owner_id, "invoice": bill, "amount": bill.to_pay if bill else 0,
                    "currency": bill.currency if bill else "", "processor": by, "method": method,
                },
            )  # fmt: skip
    except IntegrityError:
        found = Payment.objects.get(**wanted)
    return found


def ask(payment: Payment, rows: Rows | None = None) -> str:
    """Ask the payment's processor for it, or again for what was asked; its page.  Raises ProcessorAway."""
    if payment.session is None and payment.made_at < timezone.now() - REMEMBERED and (page := find(payment)):
        return page
    made = payments.ask(payment.processor, _asked(payment), rows or [], payment.order)
    Payment.objects.filter(pk=payment.pk, session=None).update(session=made.id)
    return made.url


def find(payment: Payment) -> str:
    """The page of a payment whose answer was lost; blank where nothing was made of it.  Raises ProcessorAway."""
    rows: Rows = [(payment.method, {"reference": "method"})] if payment.method else []
    made = payments.find(payment.processor, _asked(payment), rows, payment.order)
    if made is None:
        return ""
    Payment.objects.filter(pk=payment.pk, session=None).update(session=made.id)
    return made.url


def _asked(payment: Payment) -> payments.Asked:
    order = payment.order
    page = settings.TROTH_BASE_URLS["company"] + reverse("order", "troth.config.urls", args=[order.pk])
    return payments.Asked(
        kind=payment.kind, key=str(payment.pk), reference=str(order.pk), return_to=f"{page}return/", back_to=page,
        amount=payment.amount, currency=payment.currency, session=payment.session or "",
    )  # fmt: skip


def contest(order: Order) -> None:
    """The customer asks a person to look at why they were declined (clause use.billing)."""
    with act():
        decide(order, Qualification.Outcome.LOOK, "You asked us to look at it.")


def mark(order: Order) -> str:
    """What is looked at: another once the customer changes the order, or how it is to be paid."""
    return f"{drafted(order).pk} {order.means}"


def settle_look(order: Order, is_qualified: bool, reasons: str, by: Actor, seen: str = "") -> None:
    """An administrator looked at what has the mark `seen`: their reasons are kept, and shown to the customer.

    A page that showed no mark is not asked for it.  Raises NotNow.
    """
    outcome = Qualification.Outcome.QUALIFIED if is_qualified else Qualification.Outcome.DECLINED
    with act():
        row = Order.objects.select_for_update().get(pk=order.pk)
        if row.state != Order.State.LOOK:
            raise NotNow("Nothing waits for a look here any more.")
        if seen and seen != mark(row):
            raise NotNow("The customer changed the order meanwhile. Please look at it again.")
        decide(row, outcome, reasons, by)
        tell_outcome(row)


def decide(order: Order, outcome: str, reasons: str, by: Actor = SYSTEM) -> None:
    """Keep what came of the check, and why; the order goes on, or waits.  Inside an act of the caller's."""
    with using(CHECKING, by=by, given=order, at=PLACE):
        Qualification(
            owner_id=order.owner_id, order=order, outcome=outcome, reasons=reasons, begun_at=order.begun_at
        ).save(force_insert=True)
    Order.objects.filter(pk=order.pk, state__in=OPEN).update(state=outcome)


def is_checked(order: Order, employees: int) -> bool:
    """Whether the order needs more than a means of payment: it is large, or is to be paid later."""
    above = settings.TROTH_CREDIT["check_above"]
    return order.means == Order.Means.INVOICE or (above is not None and employees > above)


def large(employees: int) -> bool:
    """Whether a person looks at the order before it can be paid: from a size on that the operator sets."""
    most = settings.TROTH_COMPANY.get("qualification", {}).get("look-above")
    return most is not None and employees > int(most)


def stale() -> Any:
    """Orders that nobody went on with for thirty days."""
    return Order.objects.filter(state__in=OPEN, begun_at__lte=timezone.now() - STALE)


OPEN_CHARGE = Exists(
    Payment.objects.filter(
        order=OuterRef("pk"), kind=Payment.Kind.CHARGE, state=Payment.State.OPEN, session__isnull=False
    )
)
"""Whether somebody could still pay for an order, on a page of the processor's."""

GOES_BACK = Exists(
    Payment.objects.filter(
        Q(kind=Payment.Kind.REFUND, state=Payment.State.OPEN) | Q(why=STRAY, state=Payment.State.DONE),
        order=OuterRef("pk"),
    )
)
"""Whether something that was paid for an order is still to be given back."""


def end_stale() -> int:
    """Orders that nobody went on with leave nothing, unless money could come for them, or go back; returns how many."""
    with act():
        rows = list(stale().exclude(OPEN_CHARGE | GOES_BACK).values_list("pk", flat=True)[:200])
        books.forget_drafts(*rows)
        for model in (Payment, PaymentMethod, Qualification, CreditCheck, Invoice):
            model.objects.filter(order__in=rows).delete()
        return int(Order.objects.filter(pk__in=rows).delete()[0])
