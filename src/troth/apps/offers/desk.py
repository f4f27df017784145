"""Sales: joint offers and partners, who is interested, what was delivered, what each partner holds."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.models import Role
from troth.accounts.staff import staff_only
from troth.gate.errors import Refused
from troth.gate.registry import office_page

from . import flows, partners, pushing, shown
from .forms import PartnerForm, PromotionForm, ReachForm
from .models import Part, Partner, Promotion

office_page("office-offers", "Joint offers", Role.SALES)


@never_cache
@require_safe
@staff_only(Role.SALES)
def listing(request: HttpRequest) -> HttpResponse:
    """All joint offers and partners."""
    return _page(request, PromotionForm(prefix="offer"), PartnerForm(prefix="partner"))


def _page(request: HttpRequest, form: PromotionForm, partner_form: PartnerForm) -> HttpResponse:
    context = {
        "offers": shown.at_desk(request.actor), "form": form, "partner_form": partner_form,  # type: ignore[attr-defined]
        "partners": [shown.partner(row) for row in Partner.objects.all()],
    }  # fmt: skip
    status = 422 if form.errors or partner_form.errors else 200
    return render(request, "offers/desk.html", context, status=status)


@require_POST
@staff_only(Role.SALES)
def register(request: HttpRequest) -> HttpResponseBase:
    """A new partner."""
    form = PartnerForm(request.POST, prefix="partner")
    if not form.is_valid():
        return _page(request, PromotionForm(prefix="offer"), form)
    partners.register(form.cleaned_data)
    messages.success(request, "The partner is on the register.")
    return redirect("office-offers")


@require_POST
@staff_only(Role.SALES)
def promote(request: HttpRequest) -> HttpResponseBase:
    """A new joint offer."""
    form = PromotionForm(request.POST, prefix="offer")
    if form.is_valid():
        try:
            made = flows.promote(form.wanted())
        except Refused as why:
            form.add_error(None, f"{why.reason} ({why.clause})" if why.clause else why.reason)
        else:
            return redirect("office-offer", made.pk)
    return _page(request, form, PartnerForm(prefix="partner"))


@never_cache
@require_safe
@staff_only(Role.SALES)
def one(request: HttpRequest, which: UUID) -> HttpResponse:
    """One offer: who is interested, what each partner holds."""
    return _one(request, get_object_or_404(Promotion, pk=which))


def _one(request: HttpRequest, promotion: Promotion, key: str = "", secret: str = "") -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    context = {
        "offer": shown.offer(promotion), "parts": shown.parts(promotion), "key": key, "secret": secret,
        "interested": shown.interested(promotion, actor), "section": "office-offers",
    }  # fmt: skip
    return render(request, "offers/desk_offer.html", context)


@never_cache
@require_POST
@staff_only(Role.SALES)
def make_key(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """A new key of a partner to its part; it is shown on this one page."""
    part = get_object_or_404(Part.objects.select_related("promotion", "partner"), pk=which)
    try:
        key = partners.make_key(part)
    except Refused as why:
        messages.error(request, f"Nothing was made: {why.reason}.")
        return redirect("office-offer", part.promotion_id)
    return _one(request, part.promotion, key, pushing.secret_of(part) if part.partner.endpoint else "")


@require_POST
@staff_only(Role.SALES)
def end(request: HttpRequest, which: UUID) -> HttpResponse:
    """Take an offer off."""
    flows.end(get_object_or_404(Promotion, pk=which))
    messages.success(request, "The offer is over: nobody can show interest in it any more.")
    return redirect("office-offer", which)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Role.SALES)
def partner(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """One partner: what it holds, what it was told and answered; its key, and where it is sent what is its."""
    row = get_object_or_404(Partner, pk=which)
    initial = {name: getattr(row, name) for name in ReachForm.base_fields}
    form = ReachForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        partners.rekey(row, told["key"], told["key_ends_on"])
        partners.send_to(row, told["endpoint"])
        messages.success(request, "Noted: it counts from the next package on.")
        return redirect("office-partner", which)
    context = {"partner": shown.partner(row), **shown.told(row), "form": form, "section": "office-offers"}
    return render(request, "offers/desk_partner.html", context, status=422 if form.errors else 200)


@require_POST
@staff_only(Role.SALES)
def end_partner(request: HttpRequest, which: UUID) -> HttpResponse:
    """Give a partner nothing any more."""
    partners.end_partner(get_object_or_404(Partner, pk=which))
    messages.success(request, "The partner gets nothing from now on, and its offers are over.")
    return redirect("office-offers")
