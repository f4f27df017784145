"""What the pages of buying show, put together inside the uses that open it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from troth.accounts.people.companies import acting, company_of
from troth.accounts.people.models import Membership
from troth.gate.countries import countries
from troth.gate.outbound import payments
from troth.gate.registry import serves
from troth.gate.uses import Actor, OwnData, using
from troth.workspaces.models import Seat

from . import books, checkout
from .models import CreditCheck, Invoice, Order, Payment, Qualification
from .prices import money

RUNNING, SHOWING = serves("running-an-account"), serves("showing-own-data")
STEPS = (
    ("plan", "Plan"), ("billing", "Billing"), ("check", "Check"), ("review", "Review"), ("pay", "Payment"),
    ("receipt", "Receipt"),
)  # fmt: skip
AT = {
    Order.State.BEGUN: "check", Order.State.LOOK: "check", Order.State.DECLINED: "check", Order.State.QUALIFIED: "review",
    Order.State.ACTIVE: "receipt", Order.State.ENDED: "receipt",
}  # fmt: skip


def steps(at: str) -> list[dict[str, Any]]:
    """The steps of buying on one line, and where on it somebody is."""
    place = [name for name, _ in STEPS].index(at)
    return [
        {"label": label, "is_past": number < place, "is_here": number == place}
        for number, (_, label) in enumerate(STEPS)
    ]


def line(row: Order) -> dict[str, Any]:
    """One line of the list of orders; nothing of it is opened."""
    bills = list(row.invoices.all())
    return {
        "pk": row.pk, "plan": bills[0].plan if bills else "", "period": row.period, "state": row.state,
        "state_label": row.get_state_display(), "begun_at": row.begun_at, "paid_until": row.paid_until,
        "invoices": [bill(each) for each in bills if each.number],
    }  # fmt: skip


def bill(row: Invoice) -> dict[str, Any]:
    """An invoice's sums and dates."""
    return {
        "pk": row.pk, "number": row.number, "issued_at": row.issued_at, "refunded_at": row.refunded_at, "plan": row.plan,
        "due_at": row.due_at, "paid_at": row.paid_at, "is_open": bool(row.due_at and not row.paid_at),
        "is_overdue": bool(row.due_at and not row.paid_at and row.due_at <= timezone.now()),
        "period": row.period, "net": money(row.net, row.currency), "tax": money(row.tax, row.currency) if row.tax else "",
        "tax_name": row.tax_name, "rate": f"{row.tax_rate / 100:g} %", "gross": money(row.gross, row.currency),
        "credit": money(-row.credit, row.currency) if row.credit else "", "to_pay": money(row.to_pay, row.currency),
    }  # fmt: skip


def order(row: Order, reader: UUID) -> dict[str, Any]:
    """An order's page for one of those who may buy for the company."""
    shown: dict[str, Any] = {**line(row), "steps": steps(AT[Order.State(row.state)])}
    with using(RUNNING, by=Actor("customer-people", reader), given=row):
        drafted = row.invoices.filter(number=None).first()
        shown["bill"] = drafted and {**bill(drafted), **_to(drafted), **_less_credit(drafted)}
        shown["needs_check"] = bool(drafted and checkout.is_checked(row, drafted.employees))
        last = Qualification.objects.filter(order=row).first()
        shown["check"] = last and {"outcome": last.outcome, "reasons": last.reasons, "at": last.at}
    with using(SHOWING, by=Actor("data-subject", reader), given=OwnData(row.owner_id)):
        method = checkout.method_of(row)
        shown["method"] = method and {
            "brand": method.brand, "last4": method.last4, "expires": method.expiring_at is not None,
        }  # fmt: skip
    shown |= checker() | {"means": row.means, "asked": _asked(row)}
    shown["processors"] = [{"name": name, "label": payments.label(name)} for name in payments.names()]
    shown["cancelled_at"], shown["reminders"] = row.cancelled_at, row.reminders
    shown["why"] = _why(row)
    shown["is_paying"] = row.payments.filter(state=Payment.State.OPEN, kind=Payment.Kind.CHARGE).exists()
    shown["has_workspace"] = Seat.objects.filter(owner=reader).exists()
    return shown


def _why(row: Order) -> str:
    """Why the last attempt of the step that is next failed; blank where it did not, or where the check says why."""
    kind = {Order.State.BEGUN: Payment.Kind.VERIFY, Order.State.QUALIFIED: Payment.Kind.CHARGE}.get(
        Order.State(row.state)
    )
    tried = row.payments.filter(kind=kind).exclude(state=Payment.State.OPEN).last() if kind else None
    if tried is None or tried.state != Payment.State.FAILED:
        return ""
    if kind == Payment.Kind.VERIFY:
        return "It was not confirmed on the processor’s page. Nothing was charged; you can try again."
    return WHY.get(tried.why, OTHER)


def _less_credit(row: Invoice) -> dict[str, Any]:
    """What a draft will cost once the company's credit has come off it."""
    credit, left = books.expected(row), books.due(row)
    return {
        "credit": money(-credit, row.currency) if credit else "", "to_pay": money(left, row.currency), "cents": left,
    }  # fmt: skip


def _asked(row: Order) -> dict[str, Any] | None:
    """The credit check that counts: whether it waits, and whether the service could not be reached so far."""
    found = row.checks.exclude(state=CreditCheck.State.OVER).first()
    return found and {
        "waits": found.state == CreditCheck.State.WAITING, "is_late": found.tries > 1, "at": found.at,
        "outcome": found.outcome,
    }  # fmt: skip


def checker() -> dict[str, Any]:
    """Whether there is a credit checking service, and what it is called; whether anybody may pay by invoice."""
    asked = settings.TROTH_CREDIT
    return {
        "checker": asked["class"] and asked["name"], "can_invoice": can_invoice(),
        "invoice_days": asked["invoice_days"],
    }  # fmt: skip


def can_invoice() -> bool:
    """Whether orders may be paid by invoice here."""
    return bool(settings.TROTH_CREDIT["invoice_days"])


def plan_of(row: Order, reader: UUID) -> dict[str, Any]:
    """The plan that the next invoice is of, as things stand."""
    with using(RUNNING, by=Actor("customer-people", reader), given=row):
        newest = row.invoices.filter(number=None).first() or row.invoices.first()
        return {"employees": newest.employees, "period": newest.period} if newest else {}


def companies(places: Iterable[Membership]) -> list[tuple[str, str]]:
    """The companies that somebody may buy for: id and name."""
    named = []
    for place in places:
        customer = company_of(place)
        with using(RUNNING, by=acting(place), given=customer):
            named.append((str(place.customer_id), str(customer.name)))
    return named


def country_of(row: Order) -> str:
    """The country of an order's last invoice."""
    last = row.invoices.exclude(number=None).first() or row.invoices.first()
    return last.country if last else ""


OTHER = "The payment did not go through. Nothing was charged."
WHY = {
    "card-declined": "The card was declined. Nothing was charged.",
    "insufficient-funds": "The account behind the card had too little on it. Nothing was charged.",
    "abandoned": "You came back without paying. Nothing was charged.",
}  # fmt: skip


def _to(row: Invoice) -> dict[str, Any]:
    return {
        "billing_name": row.billing_name, "billing_address": row.billing_address, "employees": row.employees,
        "country": countries().get(row.country, row.country),
    }  # fmt: skip


def invoice(row: Invoice, reader: UUID) -> dict[str, Any]:
    """An invoice as it is printed."""
    with using(RUNNING, by=Actor("customer-people", reader), given=row.order):
        return {
            "invoice": {**bill(row), **_to(row)},
            "seller": _seller(),
            "pay_to": settings.TROTH_CREDIT["pay_to"],
        }


def _seller() -> dict[str, Any]:
    """The Company, as it stands on an invoice."""
    told = settings.TROTH_COMPANY["company"]
    return {"name": told.get("legal-name") or told["name"], "address": told["address"]}
