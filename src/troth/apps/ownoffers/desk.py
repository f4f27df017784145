"""Sales: offers of ours, whom they are shown to, and who answered."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.models import Role
from troth.accounts.staff import staff_only
from troth.gate.errors import Refused
from troth.gate.registry import office_page
from troth.gate.uses import EACH, current_use, use

from . import flows, showing
from .forms import OfferForm
from .models import OwnOffer, Response

PAGE = 50

office_page("office-own-offers", "Our offers", Role.SALES)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Role.SALES)
def listing(request: HttpRequest) -> HttpResponseBase:
    """All offers of ours, and the form for a new one."""
    form = OfferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = flows.offer(*form.wanted())
        except Refused as why:
            form.add_error(None, f"{why.reason[:1].upper()}{why.reason[1:]}.")
        else:
            return redirect("office-own-offer", made.pk)
    rows = OwnOffer.objects.annotate(
        answers=Count("responses"), waiting=Count("responses", filter=Q(responses__handled_at=None))
    )
    context = {"offers": [_line(row) for row in rows], "form": form}
    return render(request, "ownoffers/desk.html", context, status=422 if form.errors else 200)


def _line(row: Any) -> dict[str, Any]:
    return {
        "pk": row.pk, "title": row.title, "is_live": row.is_live, "shown_to": showing.label(row.shown_to),
        "begins_at": row.begins_at, "until": row.ended_at or row.ends_at, "answers": row.answers,
        "waiting": row.waiting,
    }  # fmt: skip


@never_cache
@require_safe
@staff_only(Role.SALES)
@use(flows.ANSWERING, given=EACH)
def one(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """One offer, and who answered, the newest first; those who limited this use of their data are left out."""
    offer, opening = get_object_or_404(OwnOffer, pk=which), current_use()
    page: Any = Paginator(Response.objects.filter(offer=offer), PAGE).get_page(request.GET.get("page"))
    page.object_list = [
        {"pk": row.pk, "name": row.name, "email": row.email, "phone": row.phone, "at": row.answered_at,
         "handled_at": row.handled_at}
        for row in page.object_list if opening.is_open_to(row)
    ]  # fmt: skip
    context = {
        "offer": offer,
        "shown_to": showing.label(offer.shown_to),
        "page": page,
        "section": "office-own-offers",
    }
    return TemplateResponse(request, "ownoffers/desk_offer.html", context)


@require_POST
@staff_only(Role.SALES)
def handled(request: HttpRequest, which: UUID, pk: UUID) -> HttpResponse:
    """Somebody was written to."""
    flows.handle(get_object_or_404(Response, pk=pk, offer=which))
    messages.success(request, "Noted: they were written to.")
    return redirect("office-own-offer", which)


@require_POST
@staff_only(Role.SALES)
def end(request: HttpRequest, which: UUID) -> HttpResponse:
    """Take an offer off."""
    flows.end(get_object_or_404(OwnOffer, pk=which))
    messages.success(request, "The offer is over: nobody is shown it any more.")
    return redirect("office-own-offer", which)
