"""A rule whom something of ours is shown to: people of companies that have a plan now (clause use.personalise)."""

from troth.accounts.people.models import Membership
from troth.gate.registry import Audience, Reader

from .models import SIZE, Invoice, Order
from .prices import plans


def _has(reader: Reader, plan: str) -> bool:
    """Asked of a browser that its user connected; that the size of their company was used is on their record."""
    if reader.subject is None:
        return False
    companies = Membership.objects.filter(owner=reader.subject).values("customer_id")
    running = Order.objects.filter(owner__in=companies, state=Order.State.ACTIVE)
    bills = Invoice.objects.filter(order__in=running.values("pk")).exclude(number=None)
    newest = {bill.order_id: bill.plan for bill in bills.order_by("issued_at")}
    named = {each.id: each.name for each in plans()}
    return plan in named and named[plan] in newest.values() and reader.joins(SIZE)


def _why(reader: Reader, plan: str) -> str:
    name = next((each.name for each in plans() if each.id == plan), plan)
    return f"A company of yours has the plan “{name}”, and you connected this browser to your account."


CUSTOMERS = Audience(
    "plan", "Customers of a plan", lambda: [(each.id, each.name) for each in plans()], _has, _why
)  # fmt: skip
