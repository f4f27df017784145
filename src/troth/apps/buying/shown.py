"""What the pages of buying show, put together inside the uses that open it."""

from typing import Any
from uuid import UUID

from django.conf import settings

from troth.gate.registry import serves
from troth.gate.uses import Actor, OwnData, using
from troth.workspaces.models import Seat

from . import checkout
from .models import Invoice, Order, Payment, Qualification
from .prices import countries, money

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
    newest = row.invoices.first()
    return {
        "pk": row.pk, "plan": newest.plan if newest else "", "period": row.period, "state": row.state,
        "state_label": row.get_state_display(), "begun_at": row.begun_at, "paid_until": row.paid_until,
        "invoices": [bill(each) for each in row.invoices.exclude(number=None)],
    }  # fmt: skip


def bill(row: Invoice) -> dict[str, Any]:
    """An invoice's sums and dates."""
    return {
        "pk": row.pk, "number": row.number, "issued_at": row.issued_at, "refunded_at": row.refunded_at, "plan": row.plan,
        "period": row.period, "net": money(row.net, row.currency), "tax": money(row.tax, row.currency) if row.tax else "",
        "tax_name": row.tax_name, "rate": f"{row.tax_rate / 100:g} %", "gross": money(row.gross, row.currency),
    }  # fmt: skip


def order(row: Order, reader: UUID) -> dict[str, Any]:
    """An order's page for one of those who may buy for the company."""
    shown: dict[str, Any] = {**line(row), "steps": steps(AT[Order.State(row.state)])}
    with using(RUNNING, by=Actor("customer-people", reader), given=row):
        drafted = row.invoices.filter(number=None).first()
        shown["bill"] = drafted and {**bill(drafted), **_to(drafted)}
        last = Qualification.objects.filter(order=row).first()
        shown["check"] = last and {"outcome": last.outcome, "reasons": last.reasons, "at": last.at}
    with using(SHOWING, by=Actor("data-subject", reader), given=OwnData(row.owner_id)):
        method = checkout.method_of(row)
        shown["method"] = method and {"brand": method.brand, "last4": method.last4}
    shown["cancelled_at"], shown["reminders"] = row.cancelled_at, row.reminders
    failed = row.payments.filter(kind=Payment.Kind.CHARGE).exclude(state=Payment.State.OPEN).last()
    shown["why"] = WHY.get(failed.why, OTHER) if failed and failed.state == Payment.State.FAILED else ""
    shown["is_paying"] = row.payments.filter(state=Payment.State.OPEN, kind=Payment.Kind.CHARGE).exists()
    shown["has_workspace"] = Seat.objects.filter(owner=reader).exists()
    return shown


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
        return {"invoice": {**bill(row), **_to(row)}, "seller": _seller()}


def _seller() -> dict[str, Any]:
    """The Company, as it stands on an invoice."""
    told = settings.TROTH_COMPANY["company"]
    return {"name": told.get("legal-name") or told["name"], "address": told["address"]}
