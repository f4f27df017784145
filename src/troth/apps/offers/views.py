"""The pages of offers: anyone reads them, and whoever has an account shows interest or takes it back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.people.companies import NotNow
from troth.accounts.people.doors import person_only
from troth.accounts.people.models import Person
from troth.accounts.people.own import person_of

from . import flows, shown
from .forms import InterestForm
from .models import Promotion

NOT_OWN = "Please give the address you sign in with. Another one has to be proven first, in your account."


@never_cache
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The joint offers of today (clause share.joint-offers)."""
    now = timezone.now()
    found = Promotion.objects.filter(ended_at=None, begun_at__lte=now, ends_at__gt=now)
    return render(request, "offers/offers.html", {"offers": [shown.offer(row) for row in found]})


@never_cache
@require_safe
def one(request: HttpRequest, which: UUID) -> HttpResponse:
    """One offer: with whom, what they would get, and the tick."""
    promotion = get_object_or_404(Promotion, pk=which)
    form = None
    if request.person and promotion.is_live:  # type: ignore[attr-defined]
        form = InterestForm(promotion=promotion, initial=_known(request))
    return _page(request, promotion, form)


def _known(request: HttpRequest) -> dict[str, str]:
    """What the account says already; its owner may write something else."""
    person = person_of(request)
    with flows.as_owner(person.owner_id):
        known = {name: getattr(person, name) for name in ("name", "company", "address", "phone", "email")}
    return {name: value for name, value in known.items() if value}


def _is_own(request: HttpRequest, address: str) -> bool:
    """Whether it is the address that the account proved: nobody has a partner write to somebody else."""
    return Person.objects.lookup(email=address).filter(pk=person_of(request).pk).exists()


def _page(request: HttpRequest, promotion: Promotion, form: InterestForm | None) -> HttpResponse:
    own: dict[str, Any] | None = None
    if request.person:  # type: ignore[attr-defined]
        own = shown.own(person_of(request).owner_id, promotion)
    context = {"offer": shown.offer(promotion), "form": None if own else form, "own": own}
    return render(
        request, "offers/offer.html", context, status=422 if form is not None and form.errors else 200
    )


@never_cache
@require_POST
@person_only
def interest(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Show interest: one tick, for this offer."""
    promotion = get_object_or_404(Promotion, pk=which)
    form = InterestForm(request.POST, promotion=promotion)
    if form.is_valid() and "email" in form.fields and not _is_own(request, form.cleaned_data["email"]):
        form.add_error("email", NOT_OWN)
    if not form.is_valid():
        return _page(request, promotion, form)
    try:
        flows.show_interest(
            person_of(request).owner_id, promotion, form.row_id, form.personal(), form.cleaned_data["seen"]
        )
    except NotNow as why:
        messages.error(request, str(why))
    else:
        messages.success(
            request, "Thank you. What you gave here, and nothing else, goes to the partners named here."
        )
    return redirect("offer", which)


@require_POST
@person_only
def withdraw(request: HttpRequest, which: UUID) -> HttpResponse:
    """Take it back."""
    promotion = get_object_or_404(Promotion, pk=which)
    try:
        had = flows.withdraw(person_of(request).owner_id, promotion)
    except NotNow as why:
        messages.error(request, str(why))
    else:
        told = " Who has it already is asked to delete it." if had else " No partner was given anything."
        messages.success(request, f"Taken back: nothing is shared from now on.{told}")
    return redirect("offer", which)
