"""The page of an offer of ours, for anybody; and the page of an answer, for whoever gave it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.people.companies import NotNow
from troth.accounts.people.models import Person
from troth.gate.registry import made_known, ticks
from troth.gate.subjects import limits
from troth.gate.telling import recipients
from troth.gate.uses import Actor, OwnData, use

from . import flows
from .forms import ResponseForm
from .models import OwnOffer, Response

RESPONSES = "own_offer_responses"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """An offer of ours, and the form by which it is answered (clause navigation.anonymous)."""
    offer = get_object_or_404(OwnOffer, pk=which)
    if not offer.is_live:
        return render(request, "ownoffers/offer.html", {"offer": offer}, status=410)
    form = ResponseForm(request.POST or None, offer=offer)
    if request.method == "POST" and form.is_valid():
        values = form.personal()
        try:
            row = flows.answer(
                offer, form.row_id, values, form.cleaned_data["seen"], _sender(request, values["email"])
            )
        except NotNow as why:
            messages.error(request, str(why))
            return redirect("own-offer", which)
        if row is not None:
            made_known(request, row.owner_id, ResponseForm.place)
        return redirect("own-offer-sent", which)
    context = {"offer": offer, "form": form, "ticks": ticks(request)}
    return render(request, "ownoffers/offer.html", context, status=422 if form.errors else 200)


def _sender(request: HttpRequest, address: str) -> UUID | None:
    """Whoever is signed in and answers under the address they proved; anything else is nobody's yet."""
    person: Person | None = request.person  # type: ignore[attr-defined]
    if not person or any(limit.kind == limits.Limit.Kind.RESTRICTION for limit in limits.of(person.owner_id)):
        return None
    is_own = Person.objects.lookup(email=address).filter(pk=person.pk).exists()
    return person.owner_id if is_own else None


def _remember(request: HttpRequest, row: Response) -> None:
    held = request.session.get(RESPONSES, [])
    request.session[RESPONSES] = [*[each for each in held if each != row.pk.hex], row.pk.hex][-20:]


@never_cache
@require_safe
def sent(request: HttpRequest, which: UUID) -> HttpResponse:
    """What happens next."""
    return render(request, "ownoffers/sent.html", {"offer": get_object_or_404(OwnOffer, pk=which)})


@never_cache
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """The private link: remembers the answer in this browser's session and takes the token out of the address bar."""
    row = flows.find_by_token(token)
    if row is None:
        return render(request, "410.html", status=410)
    page = reverse("own-offer-response", args=[row.pk])
    if flows.is_of_account(row):
        return redirect(page) if _is_mine(request, row) else redirect_to_login(page)
    _remember(request, row)
    return redirect(page)


def _own(request: HttpRequest, pk: UUID, **_: object) -> OwnData:
    """The ground of whoever gave an answer; others learn nothing, not even that it exists."""
    row = get_object_or_404(Response.objects.select_related("offer"), pk=pk)
    came_by_link = pk.hex in request.session.get(RESPONSES, []) and not flows.is_of_account(row)
    if not (came_by_link or _is_mine(request, row)):
        raise Http404
    request.response_row = row  # type: ignore[attr-defined]
    request.actor = Actor("data-subject", row.owner_id)  # type: ignore[attr-defined]
    return OwnData(row.owner_id)


def _is_mine(request: HttpRequest, row: Response) -> bool:
    person = request.person  # type: ignore[attr-defined]
    return bool(person) and person.owner_id == row.owner_id


@never_cache
@require_safe
@use("showing-own-data", given=_own)
def response(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """What somebody gave when they answered."""
    row: Response = request.response_row  # type: ignore[attr-defined]
    given: list[tuple[str, Any]] = [
        (recipients.kind(seal.category), getattr(row, name)) for name, seal in row.seals.items()
    ]
    context = {"row": row, "offer": row.offer, "given": [each for each in given if each[1]]}
    return TemplateResponse(request, "ownoffers/response.html", context)


@never_cache
@require_POST
def take_back(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Erase the answer."""
    _own(request, pk)
    flows.take_back(request.response_row, request.actor)  # type: ignore[attr-defined]
    request.session[RESPONSES] = [each for each in request.session.get(RESPONSES, []) if each != pk.hex]
    messages.success(request, "Taken back: your answer is deleted, and so is the key that opened it.")
    return redirect("home")
