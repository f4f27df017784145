"""Giving a payment back: all of it, once; and by ourselves where it was made for what the order no longer is."""

import logging
from uuid import UUID, uuid5

from django.db import IntegrityError
from django.utils import timezone

from troth.accounts.people import credits
from troth.accounts.people.companies import NotNow
from troth.gate.outbound import payments
from troth.gate.uses import SYSTEM, act, using

from .models import RETURNED, STRAY, Invoice, Order, Payment

log = logging.getLogger("troth.buying")

PLACE = "processor-page"
PAYING = (Payment.Kind.CHARGE, Payment.Kind.RENEW, Payment.Kind.BILL)


def is_possible(row: Payment) -> bool:
    """Whether a payment was made, and nothing gives it back: a stray is, by itself, and another paid its invoice."""
    is_made = row.kind in PAYING and row.state == Payment.State.DONE and row.why not in (STRAY, RETURNED)
    return is_made and row.invoice is not None and row.invoice.refunded_at is None


def refund(charged: Payment) -> None:
    """Ask the processor to give a payment back; a second press asks for the same.  Raises NotNow, ProcessorAway."""
    if not is_possible(charged):
        raise NotNow("This payment was not made, or was given back already.")
    same = {"order": charged.order, "kind": Payment.Kind.REFUND, "invoice": charged.invoice}
    try:
        with act():
            found, _ = Payment.objects.exclude(state=Payment.State.FAILED).get_or_create(
                **same,
                defaults={
                    "owner_id": charged.owner_id, "amount": charged.amount, "currency": charged.currency,
                    "processor": charged.processor,
                },
            )  # fmt: skip
    except IntegrityError:
        raise NotNow("Another refund of this order is under way.") from None
    if charged.kind != Payment.Kind.BILL:
        _ask(found, charged)
        return
    with act():  # what came by bank goes back by bank
        if Payment.objects.filter(pk=found.pk, state=Payment.State.OPEN).update(
            state=Payment.State.DONE, settled_at=timezone.now()
        ):
            given_back(found)


def _ask(back: Payment, charged: Payment) -> None:
    session = payments.ask(
        back.processor,
        payments.Asked(
            kind=back.kind, key=str(back.pk), reference=str(charged.order_id), amount=back.amount, currency=back.currency,
            of=charged.session or "", session=back.session or "",
        ),
        [], charged.order,
    )  # fmt: skip
    Payment.objects.filter(pk=back.pk, session=None).update(session=session.id)


def given_back(payment: Payment) -> None:
    """The processor gave a payment back: its invoice says so, and the credit that it took is there again.

    Inside an act of the caller's.
    """
    Invoice.objects.filter(pk=payment.invoice_id).update(refunded_at=timezone.now())
    if payment.invoice_id:
        credits.give_back(payment.invoice_id)


def found_out(charged: Payment, amount: int) -> None:
    """A payment was given back at the processor's own desk: the books say so as well; told again, it changes nothing.

    A part of it alone is noted for the operator: an invoice is given back as a whole.
    """
    if amount != charged.amount:
        log.error("a part of payment %s was given back at the processor", charged.pk)
        return
    with using(payments.COLLECTING, by=SYSTEM, given=charged.order, at=PLACE), act():
        order = Order.objects.select_for_update().get(pk=charged.order_id)
        charged = Payment.objects.select_related("invoice").get(pk=charged.pk)
        Payment.objects.filter(pk=charged.pk, why=STRAY).update(why=RETURNED)
        ours = order.payments.filter(kind=Payment.Kind.REFUND, invoice=charged.invoice_id)
        if not is_possible(charged) or ours.exclude(state=Payment.State.FAILED).exists():
            return
        back = Payment(
            owner_id=charged.owner_id, order=order, invoice=charged.invoice, kind=Payment.Kind.REFUND,
            processor=charged.processor, amount=charged.amount, currency=charged.currency,
            state=Payment.State.DONE, why="at the processor", settled_at=timezone.now(),
        )  # fmt: skip
        back.save(force_insert=True)
        given_back(back)


def return_strays() -> int:
    """Give back what was paid for something that the order was changed from meanwhile; returns how much of it there was.

    It is asked for again until the processor has taken it, under one key, which is made of the stray's id: each is given
    back once.  Of one order, one at a time.  In no order: those that cannot be given back hold up no others.
    """
    strays = (
        Payment.objects.filter(why=STRAY, state=Payment.State.DONE).select_related("order").order_by("?")[:20]
    )
    for stray in strays:
        _return(stray)
    return len(strays)


def farewell(subject: str) -> None:
    """A company (32 hex digits) is about to be erased: what it is to get back, it gets back now.

    Where the processor cannot be reached the log tells the operator under which id of the processor's it is to be done.
    """
    for stray in Payment.objects.filter(owner=UUID(subject), why=STRAY).select_related("order"):
        if not _return(stray):
            log.error(
                "give back at %s by hand, since its company is erased: %s", stray.processor, stray.session
            )


def _return(stray: Payment) -> bool:
    """Whether the processor has taken it."""
    try:
        with act():
            back, _ = Payment.objects.get_or_create(
                pk=uuid5(stray.pk, Payment.Kind.REFUND),
                defaults={
                    "owner_id": stray.owner_id, "order": stray.order, "kind": Payment.Kind.REFUND,
                    "amount": stray.amount, "currency": stray.currency, "processor": stray.processor,
                },
            )  # fmt: skip
        _ask(back, stray)
    except (IntegrityError, payments.ProcessorAway) as error:
        log.warning("a payment that has no draft is not given back yet: %s", type(error).__name__)
        return False
    Payment.objects.filter(pk=stray.pk).update(why=RETURNED)
    return True
