"""The privacy officer's pages of a correction: choose what is wrong, type the new value (clause rights.update)."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from troth.accounts.models import Role
from troth.accounts.staff import staff_only
from troth.gate.errors import GateError
from troth.gate.uses import use

from . import correcting, shown
from .forms import CorrectionForm
from .models import Request

MENU = {"section": "office-requests"}


def _the_request(request: HttpRequest, number: str, **_: object) -> Request:
    found: Request = get_object_or_404(Request, number=number)
    return found


@never_cache
@require_safe
@staff_only(Role.PRIVACY_OFFICER)
def choose(request: HttpRequest, number: str) -> HttpResponseBase:
    """Which of the person's contact data is to be corrected; none of it is opened yet."""
    row = _the_request(request, number)
    found = correcting.places(row)
    if not found:
        return redirect("office-request", number)
    return render(request, "rights/correct.html", {"request_row": shown.head(row), "places": found, **MENU})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Role.PRIVACY_OFFICER)
def correct(request: HttpRequest, number: str, pk: UUID, name: str) -> HttpResponseBase:
    """One field: what it says now, and what it is to say."""
    row = _the_request(request, number)
    place = correcting.find(row, pk, name)
    if place is None:
        raise Http404
    request.place = place  # type: ignore[attr-defined]
    answer = _field(request, number=number, name=name)
    form: CorrectionForm = request.form  # type: ignore[attr-defined]
    if request.method != "POST" or not form.is_valid():
        return answer
    is_all = not form.cleaned_data["is_more"]
    try:
        correcting.correct(row, place, name, form.value, request.actor, form.row_id, is_all=is_all)  # type: ignore[attr-defined]
    except GateError as refused:
        messages.error(request, f"{refused}".capitalize() + ".")
    else:
        messages.success(request, "It is corrected, and the person is told.")
    return redirect("office-request", number)


@use("answering-requests", given=_the_request)
def _field(request: HttpRequest, number: str, name: str) -> HttpResponseBase:
    row: Request = request.ground  # type: ignore[attr-defined]
    place: correcting.Place = request.place  # type: ignore[attr-defined]
    form = CorrectionForm(
        request.POST if request.method == "POST" else None,
        model=type(place.row), name=name, before=correcting.value_of(place, name),
    )  # fmt: skip
    request.form = form  # type: ignore[attr-defined]
    context = {
        "request_row": shown.head(row),
        "place": place,
        "label": place.fields[name],
        "name": name,
        "form": form,
        **MENU,
    }
    return TemplateResponse(request, "rights/correct_field.html", context, status=422 if form.errors else 200)
