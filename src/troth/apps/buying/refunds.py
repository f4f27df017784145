"""Giving a payment back: all of it, once."""

from django.db import IntegrityError

from troth.accounts.people.companies import NotNow
from troth.gate.outbound import payments
from troth.gate.uses import act

from .models import Payment


def is_possible(row: Payment) -> bool:
    """Whether a payment was made and not given back."""
    is_made = row.kind in (Payment.Kind.CHARGE, Payment.Kind.RENEW) and row.state == Payment.State.DONE
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
    session = payments.ask(
        found.processor,
        payments.Asked(
            kind=found.kind, key=str(found.pk), reference=str(charged.order_id), amount=found.amount,
            currency=found.currency, of=charged.session or "", session=found.session or "",
        ),
        [], charged.order,
    )  # fmt: skip
    Payment.objects.filter(pk=found.pk, session=None).update(session=session.id)
