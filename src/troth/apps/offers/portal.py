"""The page of a partner: by the key of its part it sees what it was given, and fetches the next package."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from . import delivering, door, partners, shown
from .forms import KeyForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponseBase:
    """The form for a key; with one, the part that it opens, or its next package as a file."""
    form = KeyForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form)
    part = partners.part_of(form.cleaned_data["key"].strip())
    if part is None or door.is_too_often(part):
        form.add_error("key", "This key opens nothing now. Wait a minute, or ask us for a new one.")
        return _page(request, form)
    if "fetch" not in request.POST:
        told = {
            "part": shown.part(part),
            "offer": shown.offer(part.promotion),
            "name": part.partner.name,
            "unanswered": shown.told(part.partner)["unanswered"],
        }
        return _page(request, KeyForm(), told)
    try:
        return door.packed(delivering.deliver(part, form.cleaned_data["after"]))
    except delivering.NoSuchNumber:
        form.add_error("after", ValidationError("You were given no record under this number."))
    except delivering.Busy:
        form.add_error(None, "Something came between, and nothing was delivered. Please fetch again.")
    return _page(request, form)


def _page(request: HttpRequest, form: KeyForm, told: Mapping[str, object] | None = None) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "offers/portal.html", {"form": form, **(told or {})}, status=status)
