"""The page on which a company says which server of its own is told of its security, and how it knows us."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from troth.accounts.people.companies import must_manage
from troth.accounts.people.doors import confirmed, is_confirmed, to_confirm
from troth.accounts.people.models import Membership
from troth.accounts.people.people import SECTION, answered, in_company

from . import hooks
from .forms import HookForm
from .models import Event


@require_http_methods(["GET", "HEAD", "POST"])
@in_company
@confirmed
@answered
def server(request: HttpRequest, place: Membership) -> HttpResponseBase:
    """Which server is told, when it last heard us, what we sign with; and the form for another."""
    must_manage(place)
    if request.method != "POST":
        return _page(request, place, HookForm())
    form = HookForm(request.POST)
    if not form.is_valid():
        return _page(request, place, form, 422)
    hooks.choose(place, form.cleaned_data["address"])
    messages.success(request, "This server is told from now on. Try it out.")
    return redirect("company-server", _customer(request))


def _page(request: HttpRequest, place: Membership, form: HookForm, status: int = 200) -> HttpResponse:
    hook = hooks.of_company(place.customer_id)
    context: dict[str, Any] = {
        "section": SECTION, "customer": _customer(request), "form": form, "hook": hook,
        "events": [(each.value, each.label) for each in Event.What],
        "waiting": Event.objects.filter(owner=place.customer_id).count(),
    }  # fmt: skip
    if hook:
        context |= {"address": hooks.address_of(hook), "secret": hooks.secret_of(hook)}
    return render(request, "hooks/server.html", context, status=status)


@require_POST
@in_company
@answered
def attempt(request: HttpRequest, place: Membership) -> HttpResponseBase:
    """Have the server told something at once, so that whoever set it up sees it arrive."""
    must_manage(place)
    if hooks.saw(place.customer_id, Event.What.TRIED):
        messages.success(request, "It is on its way. Load this page anew in a few seconds.")
    else:
        messages.error(request, "Nothing was sent: name a server first, or have it hear what waits for it.")
    return redirect("company-server", _customer(request))


@require_POST
@in_company
@answered
def stop(request: HttpRequest, place: Membership) -> HttpResponseBase:
    """Tell no server any more."""
    if not is_confirmed(request):
        return to_confirm(request, reverse("company-server", args=[_customer(request)]))
    hooks.stop(place)
    messages.success(request, "No server is told any more.")
    return redirect("company-security", _customer(request))


def _customer(request: HttpRequest) -> Any:
    return request.resolver_match.kwargs["customer"]  # type: ignore[union-attr]
