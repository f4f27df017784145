"""“This browser” and “What we record”: for anybody, without an account."""

import json
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.people.doors import person_only
from troth.accounts.people.own import person_of
from troth.visits import country
from troth.visits.models import LinkedBrowser

from . import linking, numbers, personal, trail
from .cookies import COOKIES
from .forms import ChoiceForm

LAST_CHANGED = "2026-11-29"
"""The day on which what `gpc.json` says began."""


def _cookie(request: HttpRequest) -> str:
    return request.COOKIES.get(numbers.COOKIE, "")


def sends_gpc(request: HttpRequest) -> bool:
    """Whether the browser sends Global Privacy Control."""
    return request.headers.get("Sec-GPC") == "1"


@never_cache
@require_safe
def you(request: HttpRequest) -> HttpResponse:
    """What this browser's trail holds (clause navigation.anonymous)."""
    cookie = _cookie(request)
    context = {
        "trail": trail.of(cookie), "has_number": numbers.number_of(cookie) is not None,
        "sends_gpc": sends_gpc(request), "chose_none": request.COOKIES.get(numbers.CHOICE) == "no",
        "link": linking.link_of(numbers.number_of(cookie)), "switches": personal.switches(request),
        "list_of": country.as_of(),
    }  # fmt: skip
    return render(request, "navigation/you.html", context)


@never_cache
@require_safe
def you_download(request: HttpRequest) -> HttpResponse:
    """The whole trail, in a form that programs read."""
    answer = HttpResponse(
        json.dumps({"visits": trail.as_data(_cookie(request))}, indent=1), "application/json"
    )
    answer["Content-Disposition"] = 'attachment; filename="this-browser.json"'
    return answer


@require_POST
def you_unlink(request: HttpRequest) -> HttpResponse:
    """Disconnect this browser: whoever has its number may."""
    if found := linking.link_of(numbers.number_of(_cookie(request))):
        linking.unlink(found)
        linking.give_number(request)
    return redirect("you")


@require_POST
def you_switch(request: HttpRequest) -> HttpResponse:
    """Turn a part of what is personalised on or off (clause use.personalise); what is no part changes nothing."""
    is_on = "on" in request.POST
    value = personal.switched(request, request.POST.get("part", ""), on=is_on)
    answer = redirect("you" if is_on or "here" in request.POST else "/")
    numbers.set_on(answer, numbers.SWITCHED_OFF, value, numbers.CHOICE_LASTS if value else 0)
    return answer


@require_POST
@person_only
def unlink(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Disconnect one of one's own browsers, from wherever one is."""
    found = get_object_or_404(LinkedBrowser, pk=pk, owner=person_of(request).owner_id)
    is_this_one = linking.link_of(numbers.number_of(_cookie(request))) == found
    linking.unlink(found)
    if is_this_one:
        linking.give_number(request)
    messages.success(request, "The browser is anonymous again.")
    return redirect("own-privacy")


@require_POST
def you_forget(request: HttpRequest) -> HttpResponse:
    """Forget the trail, and the number with it."""
    trail.forget(_cookie(request))
    if found := linking.link_of(numbers.number_of(_cookie(request))):
        linking.unlink(found)
    answer = redirect("you")
    _drop_number(answer)
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cookies(request: HttpRequest) -> HttpResponse:
    """Every cookie, and the one choice (clause collect.navigation)."""
    form = ChoiceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        answer = redirect("cookies")
        _set_choice(answer, form.cleaned_data["number"])
        return answer
    chosen = request.COOKIES.get(numbers.CHOICE)
    context = {
        "cookies": COOKIES, "form": form, "list_of": country.as_of(), "sends_gpc": sends_gpc(request),
        "chosen": chosen if chosen in ("yes", "no") else "",
    }  # fmt: skip
    return render(request, "navigation/cookies.html", context, status=422 if form.errors else 200)


def _set_choice(answer: HttpResponse, chosen: str) -> None:
    numbers.set_on(answer, numbers.CHOICE, chosen, numbers.CHOICE_LASTS)
    if chosen == "no":
        _drop_number(answer)


def _drop_number(answer: HttpResponse) -> None:
    numbers.set_on(answer, numbers.COOKIE, "", 0)


@require_safe
def gpc(request: HttpRequest) -> HttpResponse:
    """That this site heeds Global Privacy Control, as its specification asks (section 4, "GPC Support Resource")."""
    return HttpResponse(json.dumps({"gpc": True, "lastUpdate": LAST_CHANGED}), "application/json")
