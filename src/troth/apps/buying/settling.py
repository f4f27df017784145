"""What the processor tells us is taken in: signed, once, and in any order (clause share.processor)."""

import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from django.db import IntegrityError
from django.utils import timezone

from troth.gate.outbound import payments
from troth.gate.outbound.payments import ProcessorAway, Told
from troth.gate.registry import built_at
from troth.gate.uses import SYSTEM, act, using

from . import checkout, invoicing, qualifying, refunds, renewing
from .letters import tell
from .models import STRAY, CreditCheck, Invoice, Order, Payment, PaymentMethod, Qualification, SeenEvent

log = logging.getLogger("troth.buying")

PLACE = refunds.PLACE
TOLD_WITHIN, LOOKED_FOR = timedelta(minutes=2), timedelta(days=3)
"""How long we wait to be told, and for how long we look ourselves."""
BATCH = 200
KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
built_at(PLACE, "troth.apps.buying.settling:take_in")
WORDS = {
    "card-declined": "The card was declined.", "insufficient-funds": "The account behind the card had too little on it.",
    "abandoned": "It was not confirmed on the processor’s page.",
}  # fmt: skip


def hear(by: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """A call of a processor's: whether it was taken in, now or before.  Raises Forged, ProcessorAway.

    False for a session that is not known (yet): the processor calls again.
    """
    told = payments.processor(by).read(body, headers)
    return told is None or take_in(by, told)


def ask_again(order: Order) -> None:
    """Look at the processor itself what became of what is open: its call may be late.  Raises ProcessorAway."""
    for payment in order.payments.filter(state=Payment.State.OPEN).exclude(session=None):
        _look(payment)


def look_after() -> int:
    """Ask for what became of payments of which nobody has told us; returns how many were settled.

    A processor that is away is asked again at the next run, and the others meanwhile.
    """
    now, kinds = timezone.now(), (Payment.Kind.CHARGE, Payment.Kind.RENEW, Payment.Kind.REFUND)
    late = Payment.objects.filter(
        state=Payment.State.OPEN, kind__in=kinds, made_at__range=(now - LOOKED_FOR, now - TOLD_WITHIN)
    ).exclude(session=None)
    settled, away = 0, set[str]()
    for payment in late.order_by("made_at")[:BATCH]:
        if payment.processor in away:
            continue
        try:
            settled += _look(payment)
        except payments.ProcessorAway:
            away.add(payment.processor)
    return settled


def _look(payment: Payment) -> bool:
    told = payments.processor(payment.processor).look(str(payment.session))
    return told is not None and take_in(payment.processor, told)


def call_off(order: Order, *, is_every: bool = False) -> None:
    """Call off an open payment of another sum or means than the order is to be paid by now, or every open one.

    Raises ProcessorAway.

    Before an order changes it is every one: what is paid has to find its draft.  What was paid meanwhile is taken in as
    that.  One whose answer was lost is looked for, and not asked for again: that could charge somebody.
    """
    bill, method = Invoice.objects.filter(order=order, number=None).first(), checkout.method_of(order)
    for payment in order.payments.filter(state=Payment.State.OPEN, kind=Payment.Kind.CHARGE):
        if not is_every and bill is not None and checkout.is_for(payment, bill, method):
            continue
        if payment.session is None:
            if not checkout.find(payment):
                _give_up(payment)
                continue
            payment.refresh_from_db()
        take_in(payment.processor, payments.processor(payment.processor).cancel(str(payment.session)))


def _give_up(payment: Payment) -> None:
    """The processor made nothing of it; should it do so yet, it is taken in as what comes late."""
    nothing = Payment.objects.filter(pk=payment.pk, state=Payment.State.OPEN, session=None)
    nothing.update(state=Payment.State.FAILED, why="abandoned", settled_at=timezone.now())


def call_off_stale() -> None:
    """Call off what is open of orders that nobody went on with: nobody shall pay for what is about to be deleted."""
    for order in checkout.stale().filter(checkout.OPEN_CHARGE):
        with suppress(ProcessorAway):
            call_off(order, is_every=True)


def take_in(by: str, told: Told) -> bool:
    """Write down what became of a payment.  The second call of an event, and whatever comes too late, changes nothing.

    A processor tells of its own payments only.
    """
    found = _told_of(by, told)
    if found is None:
        return False
    if told.kind == payments.GIVEN_BACK:
        refunds.found_out(found, told.amount)
        return True
    if told.kind == EXPIRING:
        _expires(found, by, told)
        return True
    try:
        with using(payments.COLLECTING, by=SYSTEM, given=found.order, at=PLACE), act():
            SeenEvent.objects.create(event=f"{by} {told.event}")
            # The order first, as everybody does who changes what belongs to it.
            order = Order.objects.select_for_update().get(pk=found.order_id)
            payment = Payment.objects.select_for_update().get(pk=found.pk)
            if _counts(payment, told) and _fits(payment, told):
                _settle(payment, order, told)
    except IntegrityError:
        if not SeenEvent.objects.filter(event=f"{by} {told.event}").exists():
            raise
    return True


def _counts(payment: Payment, told: Told) -> bool:
    """Whether it can still change something: what was done stays so, and what failed may be done after all."""
    is_late = payment.state == Payment.State.FAILED and told.outcome == "done"
    return payment.state == Payment.State.OPEN or is_late


def _told_of(by: str, told: Told) -> Payment | None:
    """The payment that an event is about: by its session, or, while none is known, by the key it was asked under.

    At the same account others may use the same words for keys of their own.
    """
    ours = Payment.objects.filter(processor=by).select_related("order", "invoice")
    if told.kind == payments.GIVEN_BACK:
        return ours.filter(pk=told.key).first() if KEY.fullmatch(told.key) else None
    found: Payment | None = ours.filter(session=told.session).first()
    if found is None and KEY.fullmatch(told.key):
        ours.filter(session=None, pk=told.key).update(session=told.session)
        found = ours.filter(session=told.session).first()
    return found


def _expires(verified: Payment, by: str, told: Told) -> None:
    """The card that was shown in a session soon ends: the company is told, once, if it still pays with it."""
    with act():
        seen, is_new = SeenEvent.objects.get_or_create(event=f"{by} {told.event}")
        order, method = verified.order, checkout.method_of(verified.order)
        newest = order.payments.filter(kind=Payment.Kind.VERIFY, state=Payment.State.DONE).last()
        if not is_new or method is None or newest != verified or order.state == Order.State.ENDED:
            return
        method.expiring_at = seen.seen_at
        method.save(update_fields=["expiring_at"])
        if order.state == Order.State.ACTIVE:
            tell(order, "Your card is about to expire", EXPIRES)


EXPIRING = "expiring"
EXPIRES = (
    "The payment processor says that the card you pay with is about to expire. Please show it the new one, on the"
    " processor's own page; the button for it stands on the page of your order. Nothing is charged for that."
)


def _fits(payment: Payment, told: Told) -> bool:
    """Whether it is about what was asked; anything else is noted for the operator, and changes nothing.

    Of what failed nothing was paid, whatever its sum.
    """
    asked = payment.kind, payment.amount, payment.currency
    fits = told.outcome == "failed" or (told.kind, told.amount, told.currency) == asked
    if not fits:
        log.error("the processor told of another amount or kind than was asked: payment %s", payment.pk)
    return fits


def _settle(payment: Payment, order: Order, told: Told) -> None:
    is_done = told.outcome == "done"
    payment.state = Payment.State.DONE if is_done else Payment.State.FAILED
    payment.why, payment.settled_at = told.why[:40], timezone.now()
    payment.save(update_fields=["state", "why", "settled_at"])
    if payment.kind == Payment.Kind.VERIFY:
        _verified(order, payment.processor, told) if is_done else _refused(order, told)
    elif payment.kind in (Payment.Kind.CHARGE, Payment.Kind.RENEW) and is_done:
        _paid(payment, order)
    elif payment.kind == Payment.Kind.RENEW:
        renewing.failed(order)
    elif payment.kind == Payment.Kind.REFUND and is_done:
        refunds.given_back(payment)


def _verified(order: Order, by: str, told: Told) -> None:
    PaymentMethod(
        owner_id=order.owner_id, order=order, processor=by, begun_at=order.begun_at,
        reference=told.method, brand=told.brand, last4=told.last4,
    ).save(force_insert=True)  # fmt: skip
    was_card, order.means = order.means == Order.Means.CARD, Order.Means.CARD
    order.save(update_fields=["means"])
    if order.state not in checkout.OPEN:
        return  # a new card for what is running, or for what is over
    if not was_card:
        qualifying.drop(order, CreditCheck.State.WAITING)
    qualifying.weigh(order, qualifying.VERIFIED)


def _refused(order: Order, told: Told) -> None:
    if told.why != "abandoned" and order.state in (Order.State.BEGUN, Order.State.DECLINED):
        reasons = WORDS.get(told.why, "The processor did not verify the means of payment.")
        checkout.decide(order, Qualification.Outcome.DECLINED, reasons)


def _paid(payment: Payment, order: Order) -> None:
    now = timezone.now()
    bill = Invoice.objects.filter(pk=payment.invoice_id, number=None).first()
    if bill is None:
        # What it was asked for was changed meanwhile: the job gives it back.
        log.error("paid, and there is no draft: payment %s is given back", payment.pk)
        Payment.objects.filter(pk=payment.pk).update(why=STRAY)
        return
    qualifying.drop(order, CreditCheck.State.WAITING)
    PaymentMethod.objects.filter(pk=getattr(checkout.method_of(order), "pk", None)).update(used_at=now)
    invoicing.run(order, bill, now)
