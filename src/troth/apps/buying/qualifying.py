"""Whether an order can be paid, or be paid later: what is asked for that, of whom, and what came of it.

clause: use.billing.  A credit checking service is asked once somebody who buys agreed to exactly the text beside the box,
for this one order: that agreement is the ground on which anything is shared with it.  Where there is no service, and for
whoever does not agree, a person looks instead.
"""

import hashlib
import logging
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from troth.accounts.people.companies import NotNow
from troth.gate.countries import countries
from troth.gate.errors import GateError, SealError
from troth.gate.ids import uuid7
from troth.gate.outbound import credit
from troth.gate.uses import SYSTEM, act, using

from . import checkout
from .letters import tell_outcome
from .models import CreditCheck, Order, Qualification

log = logging.getLogger("troth.buying")

Means, Outcome = Order.Means, Qualification.Outcome
OPEN = (Order.State.BEGUN, Order.State.DECLINED, Order.State.QUALIFIED)
BATCH = 20
LEASE = timedelta(minutes=2)
"""How long a worker has for one check before another may try."""
WAITS = (timedelta(seconds=20), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
"""From one try that did not reach the service to the next; the last of them again and again."""
VERIFIED = "The means of payment was verified."
LARGE = "Orders of this size are looked at by a person before they are paid."


def consent_text() -> str:
    """What is agreed to: who is asked, where, what is given to them, and what for.  Its hash is kept with the order."""
    asked = settings.TROTH_CREDIT
    country = countries().get(asked["country"], asked["country"])
    name = settings.TROTH_COMPANY["company"]["name"]
    return (
        f"I agree that {name} asks {asked['name']} ({country}) once, and for this order only, whether we pay our bills."
        " It is given the billing name and address, the number of employees, and what is written above. It learns"
        " nothing of how we pay."
    )


def consent_hash() -> str:
    """The SHA-256 of the text in force, in hex."""
    return hashlib.sha256(consent_text().encode()).hexdigest()


def agree(order: Order, means: str, seen: str, said: str) -> None:
    """Somebody ticked the box beside the text whose hash is `seen`: the worker asks.  A second press asks nothing more.

    Raises NotNow where the order is past this, or the text is another by now.
    """
    if seen != consent_hash():
        raise NotNow("The text beside the box is another by now. Please read it again.")
    with using(credit.CHECKING, by=SYSTEM, given=order, at=checkout.PLACE), act():
        row = _held(order, means)
        if row.checks.filter(state=CreditCheck.State.WAITING).exists():
            return
        row.consent, row.consented_at, row.state = seen, timezone.now(), Order.State.BEGUN
        row.save(update_fields=["means", "consent", "consented_at", "state"])
        drop(row)
        check = CreditCheck(id=uuid7(), owner_id=row.owner_id, order=row, consent=seen, begun_at=row.begun_at)
        check.said = said
        check.save(force_insert=True)


def ask_person(order: Order, means: str) -> None:
    """Rather a person than a service: they look, and write their reasons.  Raises NotNow."""
    with act():
        row = _held(order, means)
        row.consent, row.consented_at, row.state = "", None, Order.State.BEGUN
        row.save(update_fields=["means", "consent", "consented_at", "state"])
        drop(row)
        checkout.decide(row, Outcome.LOOK, "You asked for a person to look at it.")


def take_back(order: Order) -> None:
    """Somebody no longer agrees.  Raises NotNow when the service has answered."""
    with act():
        if not drop(order, CreditCheck.State.WAITING):
            raise NotNow("The service has answered already.")
        Order.objects.filter(pk=order.pk).update(consent="", consented_at=None, means=Means.CARD)


def drop(order: Order, *states: str) -> int:
    """Checks of the order count no more, and none is asked any more; returns how many there were."""
    rows = CreditCheck.objects.filter(order=order).exclude(state=CreditCheck.State.OVER)
    return int((rows.filter(state__in=states) if states else rows).update(state=CreditCheck.State.OVER))


def _held(order: Order, means: str) -> Order:
    row: Order = Order.objects.select_for_update().get(pk=order.pk)
    if row.state not in OPEN:
        raise NotNow("There is nothing to be checked here any more.")
    if means == Means.INVOICE and not settings.TROTH_CREDIT["invoice_days"]:
        raise NotNow("Orders are not paid by invoice here.")
    row.means = means
    return row


def weigh(order: Order, reasons: str) -> None:
    """Something that speaks for the order came in: it is qualified, or waits for what else it needs.

    Inside an act of the caller's; `order` is as the store has it.
    """
    if order.means == Means.CARD and checkout.method_of(order) is None:
        return
    employees = checkout.drafted(order).employees
    if checkout.is_checked(order, employees):
        last = CreditCheck.objects.filter(order=order, state=CreditCheck.State.ANSWERED).first()
        if last is None and credit.checker():
            Order.objects.filter(pk=order.pk, state__in=OPEN).update(state=Order.State.BEGUN)
            return
        if last is None:
            checkout.decide(order, Outcome.LOOK, "A person looks at this before it is paid.")
            return
        if last.outcome != Outcome.QUALIFIED:
            return
    if checkout.large(employees):
        checkout.decide(order, Outcome.LOOK, LARGE)
    else:
        checkout.decide(order, Outcome.QUALIFIED, reasons)


def ask_due() -> int:
    """Ask the service about every order that waits for it; returns how many were answered."""
    due = CreditCheck.objects.filter(state=CreditCheck.State.WAITING, next_try_at__lte=timezone.now())
    return sum(_ask(row) for row in due.order_by("next_try_at").select_related("order")[:BATCH])


def _ask(row: CreditCheck) -> bool:
    now = timezone.now()
    mine = CreditCheck.objects.filter(pk=row.pk, state=CreditCheck.State.WAITING, next_try_at__lte=now)
    if not mine.update(next_try_at=now + LEASE, tries=row.tries + 1):
        return False  # another worker has it
    wait = WAITS[min(row.tries, len(WAITS) - 1)]
    try:
        bill = checkout.drafted(row.order)
        inquiry = credit.Inquiry(key=row.pk.hex, reference=str(row.order_id), country=bill.country)
        named = {"billing_name": "name", "billing_address": "address", "employees": "employees"}
        opinion = credit.ask(inquiry, [(bill, named), (row, {"said": "said"})], row)
    except (credit.CheckerAway, GateError, SealError, NotNow) as error:
        log.warning("a credit check was not answered: %s; it is asked again", type(error).__name__)
        CreditCheck.objects.filter(pk=row.pk).update(next_try_at=now + wait)
        return False
    if opinion is None:  # the service was taken away meanwhile
        opinion = credit.Opinion(Outcome.LOOK, ("A person looks at this before it is paid.",))
    return take_in(row, opinion)


def take_in(row: CreditCheck, opinion: credit.Opinion) -> bool:
    """Write down what the service thinks.  What comes for a check that was taken back, or asked anew, changes nothing."""
    with act():
        order = Order.objects.select_for_update().get(pk=row.order_id)
        waiting = CreditCheck.objects.filter(pk=row.pk, state=CreditCheck.State.WAITING)
        if not waiting.update(state=CreditCheck.State.ANSWERED, outcome=opinion.outcome, at=timezone.now()):
            return False
        reasons = f"{settings.TROTH_CREDIT['name']}: {' '.join(opinion.reasons) or 'no reasons given'}"
        with using(credit.CHECKING, by=SYSTEM, given=order, at=checkout.PLACE):
            if opinion.outcome == Outcome.QUALIFIED:
                weigh(order, reasons)
            else:
                checkout.decide(order, opinion.outcome, reasons)
        tell_outcome(order)
    return True
