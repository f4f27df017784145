"""The books: invoices are drafted for an order, and issued into their year under the next number.

INVARIANT: numbers of a year have no gap: the number is taken in the act that issues the invoice, under the year's row.
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from troth.accounts.people import credits
from troth.accounts.people.companies import NotNow
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.subjects.terms import kept_until
from troth.gate.uses import act

from .models import Books, Invoice, Order
from .prices import YEAR, Price


def draft(order: Order, price: Price, name: str, address: str, employees: int) -> Invoice:
    """The order's next invoice; one that was drafted before is replaced.  Runs inside a use and an act."""
    forget_drafts(order)
    made = Invoice(
        owner_id=order.owner_id, customer_id=order.owner_id, order=order, plan=price.plan.name, period=price.period,
        currency=price.currency, country=price.country, net=price.net, tax=price.tax, tax_name=price.tax_name,
        tax_rate=price.tax_rate, billing_name=name, billing_address=address, employees=employees,
    )  # fmt: skip
    made.save(force_insert=True)
    return made


def forget_drafts(*orders: Order | UUID) -> None:
    """Nothing comes of what was drafted for some orders; what it took of the company's credit is there again."""
    for bill in Invoice.objects.filter(order__in=orders, number=None).values_list("pk", flat=True):
        credits.give_back(bill)
    Invoice.objects.filter(order__in=orders, number=None).delete()


def credited(bill: Invoice) -> Invoice:
    """A draft less what the company has in credit, in an act of its own.  Raises NotNow as `take_credit` does."""
    with act():
        return take_credit(bill)


def take_credit(bill: Invoice) -> Invoice:
    """Take what the company has in credit off a draft.  Inside an act; raises NotNow when it is no draft any more."""
    held: Invoice | None = Invoice.objects.select_for_update().filter(pk=bill.pk, number=None).first()
    if held is None or held.customer_id is None:
        raise NotNow(CHANGED)
    held.credit += credits.take(held.customer_id, held.currency, held.to_pay, held.pk)
    Invoice.objects.filter(pk=held.pk).update(credit=held.credit)
    return held


CHANGED = "The order was changed in another window. Please look at it again."


def expected(bill: Invoice) -> int:
    """What a draft will take of the company's credit, as things stand; of an issued invoice what it took."""
    if bill.number or bill.customer_id is None:
        return bill.credit
    return bill.credit + min(bill.to_pay, credits.left(bill.customer_id, bill.currency))


def due(bill: Invoice) -> int:
    """What a draft will cost once the company's credit has come off it; it is what its page shows."""
    return bill.gross - expected(bill)


def issue(drafted: Invoice, at: datetime, due_at: datetime | None = None) -> Invoice:
    """Write a draft into the books of its year, under the next number; with a day to pay it by, it is not paid yet.

    Runs inside a use and an act.
    """
    books = _of(at.year)
    books.last += 1
    books.save(update_fields=["last"])
    made = Invoice(
        owner_id=books.subject_id, customer_id=drafted.customer_id, order_id=drafted.order_id,
        number=f"{books.year}-{books.last:06}", issued_at=at, made_at=at,
        due_at=due_at, paid_at=None if due_at else at,
        **{name: getattr(drafted, name) for name in (*Invoice.seals, *COPIED)},
    )  # fmt: skip
    made.save(force_insert=True)
    drafted.payments.update(invoice=made)
    credits.pass_on(drafted.pk, made.pk)
    drafted.delete()
    return made


COPIED = ("country", "plan", "period", "currency", "net", "tax", "tax_name", "tax_rate", "credit")


def _of(year: int) -> Books:
    """A year's books, held until the act ends."""
    found = Books.objects.select_for_update().filter(year=year).first()
    if found is None:
        try:
            with transaction.atomic():
                subject = DataSubject.begin(Kind.PERIOD)
                Books.objects.create(year=year, subject=subject)
        except IntegrityError:  # another invoice was the year's first
            subject.delete()
        found = Books.objects.select_for_update().get(year=year)
    return found


def paid_until(order: Order, since: datetime) -> datetime:
    """The end of the period that is paid for now: it follows what was paid before."""
    return end_of(order, max(order.paid_until or since, since))


def end_of(order: Order, start: datetime) -> datetime:
    """The end of the order's period that begins then."""
    return kept_until(start, 1, "years" if order.period == YEAR else "months")
