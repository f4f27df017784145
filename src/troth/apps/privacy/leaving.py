"""Erasing oneself: what goes, what stays, the confirmation, and the page afterwards (clause rights.ninety-days)."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from troth.accounts.people import gathering
from troth.accounts.people.doors import confirmed, person_only
from troth.gate.subjects import obstacles
from troth.gate.subjects.erase import Unfinished, erase
from troth.gate.subjects.foresee import foresee
from troth.gate.subjects.models import Erasure
from troth.gate.subjects.obstacles import Obstacle, Obstructed
from troth.gate.uses import using

from . import shown
from .forms import EraseForm
from .opening import PURPOSE, own_data, person_of, subject_of


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
@confirmed
def page(request: HttpRequest) -> HttpResponseBase:
    """Says what goes and what stays; with the address typed, erases."""
    gathering.gather(person_of(request), most=None)
    form = EraseForm(request.POST if request.method == "POST" else None)
    found = obstacles.of(subject_of(request).hex)
    if request.method != "POST" or found:
        return _shown(request, EraseForm(), found, 409 if request.method == "POST" else 200)
    address = address_of(request)
    if not form.is_valid() or not _is_same(form, address):
        return _shown(request, form, found, 422)
    try:
        erasure = leave(request, address)
    except Obstructed as obstructed:
        return _shown(request, EraseForm(), obstructed.obstacles, 409)
    if erasure.state == Erasure.State.BEGUN:
        raise Unfinished(erasure)
    return redirect("own-erased")


def _is_same(form: EraseForm, address: str) -> bool:
    if form.cleaned_data["email"].strip().casefold() == address.casefold():
        return True
    form.add_error("email", "This is not the address of this account. Nothing was erased.")
    return False


def leave(request: HttpRequest, address: str) -> Erasure:
    """Erase the person and end this session.  Raises Obstructed, before anything is begun.

    Where a store fails on the way the erasure is still `begun`, and the worker ends it.
    """
    try:
        erasure = erase(subject_of(request).hex, request.actor, receipt_to=address)  # type: ignore[attr-defined]
    except Unfinished as unfinished:
        erasure = unfinished.erasure
    logout(request)
    return erasure


def address_of(request: HttpRequest) -> str:
    """The address of the account, opened to be compared and to send the receipt to."""
    with using(PURPOSE, by=request.actor, given=own_data(request)):  # type: ignore[attr-defined]
        address: str = person_of(request).email
    return address


def _shown(request: HttpRequest, form: EraseForm, found: list[Obstacle], status: int) -> HttpResponse:
    seen = foresee(subject_of(request))
    told = [
        {
            "reason": each.reason,
            "advice": each.advice,
            "until": each.until,
            "clause": shown.clause(each.clause),
        }
        for each in found
    ]
    context = {
        "goes": seen.goes, "shared": seen.shared,
        "stays": [{"line": line, "clause": shown.clause(line.clause)} for line in seen.stays],
        "obstacles": told, "form": form, "keys_gone_by": shown.keys_gone_by(), "section": "own-privacy",
    }  # fmt: skip
    return render(request, "privacy/erase.html", context, status=status)


@never_cache
@require_safe
def erased(request: HttpRequest) -> HttpResponse:
    """What happens next; says nothing about anybody, so anybody may see it."""
    return render(request, "privacy/erased.html", {"keys_gone_by": shown.keys_gone_by()})
