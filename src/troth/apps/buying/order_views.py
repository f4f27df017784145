"""Buying, for those who may do so for their company: billing data, the check, the review, payment, invoices."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any
from uuid import UUID

from csp.decorators import csp_update
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.people.companies import NotNow
from troth.accounts.people.doors import person_only
from troth.accounts.people.models import Membership
from troth.accounts.people.own import person_of
from troth.gate.outbound import payments
from troth.gate.outbound.payments import ProcessorAway

from . import checkout, invoicing, renewing, settling, shown
from .forms import BillingForm, PlanForm
from .models import Invoice, Order

View = Callable[..., HttpResponseBase]
AWAY = "The payment processor cannot be reached just now. Nothing was charged; please try again in a few minutes."


def buyer_only(view: View) -> View:
    """Let in whoever may buy for their company; the others learn who may."""

    @wraps(view)
    @never_cache
    @person_only
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        places = checkout.may_buy(person_of(request).owner_id)
        if not places:
            return render(request, "buying/not_buyer.html", status=403)
        request.places = {place.customer_id: place for place in places}  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return guarded


def order_of(request: HttpRequest, which: UUID) -> Order:
    """An order of one of the reader's companies; another's does not exist for them."""
    found: Order = get_object_or_404(Order, pk=which, owner__in=places_of(request))
    return found


def places_of(request: HttpRequest) -> dict[UUID, Membership]:
    """The reader's places, by the company for which they may buy there."""
    found: dict[UUID, Membership] = request.places  # type: ignore[attr-defined]
    return found


def answered(view: View) -> View:
    """Say what cannot be done as things stand on the order's page."""

    @wraps(view)
    def guarded(request: HttpRequest, which: UUID) -> HttpResponseBase:
        try:
            return view(request, which)
        except NotNow as why:
            messages.error(request, str(why))
        except ProcessorAway:
            messages.error(request, AWAY)
        return redirect("order", which)

    return guarded


def to_the_processor(view: View) -> View:
    """A page whose forms may lead to the processor's own pages (Content Security Policy, `form-action`)."""

    @wraps(view)
    def led(*args: Any, **kwargs: Any) -> HttpResponseBase:
        origins: View = csp_update({"form-action": payments.page_origins()})(view)
        return origins(*args, **kwargs)

    return led


@require_http_methods(["GET", "HEAD", "POST"])
@buyer_only
def begin(request: HttpRequest) -> HttpResponseBase:
    """The billing form; the plan comes along from the price page."""
    places, companies = places_of(request), shown.companies(places_of(request).values())
    if request.method != "POST":
        asked = ("employees", "period", "country", "company")
        initial = {name: request.GET[name] for name in asked if name in request.GET}
        return _billing(request, BillingForm(initial=initial, companies=companies))
    form = BillingForm(request.POST, companies=companies)
    if not form.is_valid():
        return _billing(request, form, 422)
    told, mine = form.cleaned_data, Order.objects.filter(pk=form.row_id, owner__in=places).first()
    chosen = told.get("company") or next(iter(places))
    place = places[mine.owner_id if mine else UUID(str(chosen))]
    try:
        if mine:
            settling.call_off(mine, is_every=True)
        order = checkout.begin(
            place, form.row_id, told["price"], told["billing_name"], told["billing_address"]
        )
    except NotNow as why:
        messages.error(request, str(why))
        return redirect("order", UUID(form.row_id))
    except ProcessorAway:
        messages.error(request, AWAY)
        return redirect("order", UUID(form.row_id))
    return redirect("order", order.pk)


def _billing(request: HttpRequest, form: BillingForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "steps": shown.steps("billing"), "section": "orders"}
    return render(request, "buying/billing.html", context, status=status)


@require_safe
@buyer_only
def orders(request: HttpRequest) -> HttpResponseBase:
    """The orders and invoices of the reader's company, or of each of them."""
    places = places_of(request)
    names = dict(shown.companies(places.values())) if len(places) > 1 else {}
    rows = Order.objects.filter(owner__in=places).prefetch_related("invoices")
    lines = [{**shown.line(row), "company": names.get(str(row.owner_id), "")} for row in rows]
    context = {"orders": lines, "section": "orders"}
    return render(request, "buying/orders.html", context)


@require_safe
@buyer_only
@to_the_processor
def order(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """One order: what is next, what it costs, why it waits; once it is paid, its invoices."""
    row = order_of(request, which)
    context = {**shown.order(row, person_of(request).owner_id), "section": "orders"}
    return render(request, "buying/order.html", context)


@require_POST
@buyer_only
@answered
def verify(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """To the page of the chosen processor, on which a means of payment is verified."""
    row = order_of(request, which)
    if row.state not in (*checkout.OPEN, Order.State.ACTIVE):
        raise NotNow("This order has ended.")
    return redirect(checkout.verify(row, request.POST.get("processor", "")))


@require_POST
@buyer_only
@answered
def pay(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """To the processor's page, on which the order is paid."""
    row = order_of(request, which)
    settling.call_off(row)
    checkout.must_cost(row, request.POST.get("sum", ""))
    page = checkout.charge(row)
    if not page:
        invoicing.nothing_to_pay(row)
    return redirect(page or reverse("order", args=[which]))


@require_http_methods(["GET", "HEAD", "POST"])
@buyer_only
def plan(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Another number of employees, or another period, from the next period on."""
    row = order_of(request, which)
    form = PlanForm(
        request.POST or None,
        country=shown.country_of(row),
        initial=shown.plan_of(row, person_of(request).owner_id),
    )
    if request.method == "POST" and form.is_valid():
        try:
            renewing.change(row, form.cleaned_data["price"])
            messages.success(request, "Noted: the next invoice will be of this plan.")
        except NotNow as why:
            messages.error(request, str(why))
        return redirect("order", which)
    context = {"form": form, "order": which, "section": "orders"}
    return render(request, "buying/plan.html", context, status=422 if form.errors else 200)


@require_POST
@buyer_only
@answered
def cancel(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """The order ends when what is paid is over."""
    renewing.cancel(order_of(request, which))
    messages.success(request, "Cancelled. It runs until what is paid is over, and nothing more is charged.")
    return redirect("order", which)


@require_POST
@buyer_only
@answered
def take_back(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """The order goes on after all."""
    renewing.take_back(order_of(request, which))
    messages.success(request, "It goes on.")
    return redirect("order", which)


@require_POST
@buyer_only
@answered
def contest(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Ask a person to look."""
    row = order_of(request, which)
    if row.state != Order.State.DECLINED:
        raise NotNow("Nothing was declined here.")
    checkout.contest(row)
    messages.success(request, "One of our administrators will look at it and write the reasons here.")
    return redirect("order", which)


@require_safe
@buyer_only
def came_back(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Back from the processor: what became of it, as the processor says and not as this address does."""
    row = order_of(request, which)
    with suppress(ProcessorAway):
        settling.ask_again(row)
    if row.payments.filter(state="open").exclude(session=None).exists():
        return render(request, "buying/waiting.html", {"order": row.pk, "section": "orders"})
    return redirect("order", which)


@require_safe
@buyer_only
def invoice(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """One invoice, to read and to print."""
    found = Invoice.objects.filter(pk=which, customer__in=places_of(request)).exclude(number=None).first()
    if found is None or found.order is None:
        raise Http404
    context = {**shown.invoice(found, person_of(request).owner_id), "section": "orders"}
    return render(request, "buying/invoice.html", context)
