"""Staff's pages of orders and invoices: which wait for a look, what was paid, what is owed, what is given back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.models import Role
from troth.accounts.people.companies import NotNow
from troth.accounts.staff import staff_only
from troth.gate.outbound.payments import ProcessorAway
from troth.gate.registry import office_page
from troth.gate.uses import using

from . import checkout, invoicing, refunds, settling, shown
from .forms import InvoiceFilter, LookForm, OrderFilter, PaidForm
from .models import Invoice, Order, Payment, Qualification
from .prices import money

PER_PAGE = 50
NO_DAY = "Please give the day on which the money arrived, such as 2026-03-31. Nothing was noted."
office_page("office-orders", "Orders", Role.ADMINISTRATOR)
office_page("office-invoices", "Invoices", Role.ADMINISTRATOR)


@never_cache
@require_safe
@staff_only(Role.ADMINISTRATOR)
def orders(request: HttpRequest) -> HttpResponseBase:
    """Orders, those that wait for a look on top; nobody's data is opened for the list."""
    form = OrderFilter(request.GET)
    first = Case(When(state=Order.State.LOOK, then=Value(0)), default=Value(1))
    rows = Order.objects.filter(**form.wanted()).order_by(first, "-begun_at", "-pk")
    page: Any = Paginator(rows.prefetch_related("invoices"), PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = [shown.line(row) for row in page.object_list]
    context = {
        "page": page, "filter_form": form, "is_filtered": bool(form.wanted()), "total": Order.objects.count(),
        "waiting": Order.objects.filter(state=Order.State.LOOK).count(),
    }  # fmt: skip
    return render(request, "buying/office_orders.html", context)


@never_cache
@require_safe
@staff_only(Role.ADMINISTRATOR)
def invoices(request: HttpRequest) -> HttpResponseBase:
    """The books, the last invoice first, and what is owed; to whom, stands on the order's page."""
    form = InvoiceFilter(request.GET)
    rows = form.apply(Invoice.objects.exclude(number=None)).order_by("-issued_at", "-number")
    page: Any = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = [{**shown.bill(row), "order": row.order_id} for row in page.object_list]
    context = {
        "page": page, "filter_form": form, "is_filtered": bool(form.what()),
        "overdue": InvoiceFilter.overdue(Invoice.objects.all()).count(), "today": timezone.localdate(),
    }  # fmt: skip
    return render(request, "buying/office_invoices.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Role.ADMINISTRATOR)
def order(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """One order: what came of the check, what was paid; and the look, where one is waited for."""
    row, by = get_object_or_404(Order, pk=which), request.actor  # type: ignore[attr-defined]
    form = LookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            seen = request.POST.get("seen", "")
            checkout.settle_look(row, told["is_qualified"] == "yes", told["reasons"], by, seen)
            messages.success(request, "The customer sees the outcome and the reasons.")
        except NotNow as why:
            messages.error(request, str(why))
        return redirect("office-order", which)
    with using(checkout.CHECKING, by=by, given=row):
        last = Qualification.objects.filter(order=row).first()
        check = last and {"outcome": last.get_outcome_display(), "reasons": last.reasons, "at": last.at}
        drafted = row.invoices.first()
        size = drafted.employees if drafted else None
    context = {
        "seen": checkout.mark(row) if row.state == Order.State.LOOK else "",
        **shown.line(row), "check": check, "employees": size, "form": form, "waits": row.state == Order.State.LOOK,
        "means": row.get_means_display(), "today": timezone.localdate(),
        "payments": [_payment(each) for each in row.payments.select_related("invoice")],
    }  # fmt: skip
    return render(request, "buying/office_order.html", context, status=422 if form.errors else 200)


def _payment(row: Payment) -> dict[str, Any]:
    return {
        "pk": row.pk, "kind": row.get_kind_display(), "state": row.get_state_display(), "why": row.why,
        "amount": money(row.amount, row.currency) if row.currency else "", "at": row.settled_at or row.made_at,
        "can_refund": refunds.is_possible(row), "owed": row.invoice and _is_owed(row) and shown.bill(row.invoice),
    }  # fmt: skip


def _is_owed(row: Payment) -> bool:
    return row.kind == Payment.Kind.BILL and row.state == Payment.State.OPEN


@require_POST
@staff_only(Role.ADMINISTRATOR)
def paid(request: HttpRequest, which: UUID, payment: UUID) -> HttpResponseBase:
    """Note that the money for an invoice arrived."""
    found, form = get_object_or_404(Payment, pk=payment, order=which), PaidForm(request.POST)
    try:
        if not form.is_valid():
            raise NotNow(NO_DAY)
        invoicing.record(found, form.cleaned_data["on"])
        messages.success(request, "Noted: the invoice is paid.")
    except NotNow as why:
        messages.error(request, str(why))
    return redirect("office-order", which)


@require_POST
@staff_only(Role.ADMINISTRATOR)
def paid_alone(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Note that the money for an invoice arrived whose company is erased."""
    form = PaidForm(request.POST)
    try:
        if not form.is_valid():
            raise NotNow(NO_DAY)
        invoicing.record_alone(which, form.cleaned_data["on"])
        messages.success(request, "Noted: the invoice is paid.")
    except NotNow as why:
        messages.error(request, str(why))
    return redirect("office-invoices")


@require_POST
@staff_only(Role.ADMINISTRATOR)
def refund(request: HttpRequest, which: UUID, payment: UUID) -> HttpResponseBase:
    """Give a payment back."""
    found = get_object_or_404(Payment, pk=payment, order=which)
    try:
        refunds.refund(found)
        settling.ask_again(found.order)
        by_bank = found.kind == Payment.Kind.BILL
        said = "Noted: it is given back by bank." if by_bank else "The processor was asked to give it back."
        messages.success(request, said)
    except NotNow as why:
        messages.error(request, str(why))
    except ProcessorAway:
        messages.error(request, "The processor cannot be reached. Try again: it is given back once.")
    return redirect("office-order", which)
