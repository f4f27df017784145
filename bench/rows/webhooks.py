"""What the processor tells us, each event several times and all shuffled: one order each, and no longer for more."""

import json
import random
import time
import uuid
from dataclasses import asdict

from django.conf import settings

from troth.apps.buying import books, checkout, prices, settling
from troth.apps.buying.models import Invoice, Order, Payment, SeenEvent
from troth.gate.outbound import sandbox
from troth.gate.outbound.payments import Told
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, act, using

from ..method import Contender, by_turns
from ..report import Section, Target

TIMES = 4
"""How often each event is told."""
BOUND = 1.3
SECRET = "between-the-two"
BATCH = 100
"""Orders that are made in one act."""


def rows(rounds: int, sizes: tuple[int, int]) -> list[Section]:
    """So many calls, and ten times as many: what one of them takes."""
    settings.TROTH_PROCESSORS["sandbox"]["secret"] = SECRET
    company = DataSubject.begin(Kind.CUSTOMER)
    found = list(by_turns([_contender(size, company) for size in sizes], rounds).values())
    target = Target("CPU of one call, ten times as many to so many", found[1].cpu_ratio(found[0]), BOUND)
    return [
        Section(
            f"calls of the processor, each event {TIMES} times, shuffled", "a call", found, [target],
            ["each order is paid once and has one invoice; the numbers of the year have no gap"],
        )
    ]  # fmt: skip


def _contender(size: int, company: DataSubject) -> Contender:
    waiting: list[bytes] = []

    def before() -> None:
        _check()
        waiting[:] = calls(size // TIMES, company)

    return Contender(f"{size:,} calls", lambda: _hear(waiting), size, before, loops=1)


def _hear(waiting: list[bytes]) -> None:
    for body in waiting:
        stamp = str(int(time.time()))
        signed = f"t={stamp},v1={sandbox.sign(body, stamp, SECRET)}"
        if not settling.hear("sandbox", body, {sandbox.SIGNATURE: signed}):
            raise AssertionError("a call was not taken in")


def _check() -> None:
    """Everything told so far made one order each, and one invoice."""
    issued = Invoice.objects.exclude(number=None)
    active = Order.objects.filter(state=Order.State.ACTIVE).count()
    if (
        not issued.count()
        == active
        == SeenEvent.objects.count()
        == sum(row.last for row in books.Books.objects.all())
    ):
        raise AssertionError("orders, invoices and events are not one each")


def calls(count: int, company: DataSubject) -> list[bytes]:
    """Calls about as many new orders that wait to be paid, each TIMES times, shuffled."""
    made: list[bytes] = []
    for start in range(0, count, BATCH):
        with act():
            for _ in range(start, min(count, start + BATCH)):
                made += [_call(_waiting(company))] * TIMES
    random.Random(1).shuffle(made)
    return made


def _waiting(company: DataSubject) -> Payment:
    order = Order(owner_id=company.pk, period="month", state=Order.State.QUALIFIED)
    with using(checkout.COLLECTING, by=SYSTEM, given=order, at=checkout.PLACE):
        order.save(force_insert=True)
        bill = books.draft(order, prices.price(12, "month", "DE"), "Archer Pottery", "1 Kiln Lane", 12)
    payment = Payment(
        owner_id=company.pk, order=order, invoice=bill, kind=Payment.Kind.CHARGE, session=uuid.uuid4().hex,
        processor="sandbox", amount=bill.to_pay, currency=bill.currency,
    )  # fmt: skip
    payment.save(force_insert=True)
    return payment


def _call(payment: Payment) -> bytes:
    event, session = f"evt_{uuid.uuid4().hex}", str(payment.session)
    told = Told(event, session, payment.kind, "done", amount=payment.amount, currency=payment.currency)
    return json.dumps(asdict(told)).encode()
