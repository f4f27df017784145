"""Sales: which texts there are, and in which state; ask for one, accept one that was offered, take one off."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.models import Role
from troth.accounts.people.companies import NotNow
from troth.accounts.staff import staff_only
from troth.gate.registry import office_page
from troth.gate.uses import EACH, use

from . import flows, logos, shown
from .forms import AskForm
from .models import ANSWERED, Publication

PER_PAGE = 25

office_page("office-showcase", "Customers and testimonials", Role.SALES)


@never_cache
@require_safe
@staff_only(Role.SALES)
def listing(request: HttpRequest) -> HttpResponseBase:
    """All that we asked for or were offered; what somebody only began to write is theirs alone."""
    return _page(request, AskForm())


@use(flows.PURPOSE, given=EACH)
def _page(request: HttpRequest, form: AskForm) -> HttpResponseBase:
    known = Publication.objects.filter(Q(is_asked=True) | ~Q(permitted_at=None))
    page: Any = Paginator(known, PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = [
        {**row, "logo": logos.preview(row, request.actor)}  # type: ignore[attr-defined]
        for row in shown.at_desk(page.object_list)
    ]
    context = {"page": page, "form": form, "days": ANSWERED.days}
    status, has_logos = 422 if form.errors else 200, any(row["logo"] for row in page.object_list)
    return logos.answered(
        request, TemplateResponse(request, "showcase/desk.html", context, status=status), has_logos
    )


@require_POST
@staff_only(Role.SALES)
def ask(request: HttpRequest) -> HttpResponseBase:
    """Ask the owner of a Customer for a permission."""
    form = AskForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            flows.ask(request.actor, form.row_id, told["address"], told["kind"], told["text"])  # type: ignore[attr-defined]
        except NotNow as why:
            form.add_error("address", str(why))
    if not form.is_valid():
        return _page(request, form)
    messages.success(request, "They are asked. Nothing appears before they permit it.")
    return redirect("office-showcase")


@require_POST
@staff_only(Role.SALES)
def accept(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Want what was offered, as it was read."""
    try:
        flows.accept(which, request.POST.get("seen", ""))
    except NotNow as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "It is on its page, with its owner’s permission.")
    return redirect("office-showcase")


@require_POST
@staff_only(Role.SALES)
def take_off(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Want it no more."""
    try:
        flows.take_off(which)
    except NotNow as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "It is on no page, and its owner is told.")
    return redirect("office-showcase")
