"""The check of an order's credit, for those who may buy for their company; and ordering by invoice."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from troth.accounts.people.companies import NotNow

from . import checkout, invoicing, qualifying, settling, shown
from .forms import CreditForm
from .models import Order
from .order_views import answered, buyer_only, order_of


@require_http_methods(["GET", "HEAD", "POST"])
@buyer_only
def check(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """What is asked of whom, and the box that says yes to it; or a person looks instead."""
    row = order_of(request, which)
    if row.state not in qualifying.OPEN:
        return redirect("order", which)
    by_invoice = "by" in request.GET or row.means == Order.Means.INVOICE
    means = Order.Means.INVOICE if by_invoice and shown.can_invoice() else Order.Means.CARD
    form = CreditForm(
        request.POST or None, initial={"seen": qualifying.consent_hash(), "means": means},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            qualifying.agree(row, told["means"], told["seen"], told.get("said", ""))
        except NotNow as why:
            messages.error(request, str(why))
        return redirect("order", which)
    context = {
        "form": form, "text": qualifying.consent_text(), "order": which, "section": "orders",
        "steps": shown.steps("check"), "means": form["means"].value(), **shown.checker(),
    }  # fmt: skip
    return render(request, "buying/check.html", context, status=422 if form.errors else 200)


@require_POST
@buyer_only
@answered
def ask_person(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """A person looks instead of a credit checking service."""
    means = request.POST.get("means", "")
    qualifying.ask_person(
        order_of(request, which), means if means in Order.Means.values else Order.Means.CARD
    )
    messages.success(request, "One of our administrators will look at it and write the reasons here.")
    return redirect("order", which)


@require_POST
@buyer_only
@answered
def take_back(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Nobody is asked after all."""
    qualifying.take_back(order_of(request, which))
    messages.success(request, "Taken back. Nobody is asked about you.")
    return redirect("order", which)


@require_POST
@buyer_only
@answered
def order_now(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Order, and pay by invoice."""
    row = order_of(request, which)
    settling.call_off(row, is_every=True)
    checkout.must_cost(row, request.POST.get("sum", ""))
    invoicing.order_now(row)
    return redirect("order", which)
