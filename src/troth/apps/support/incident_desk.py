"""The administrators' pages of incidents: open one, approve somebody else's, end it."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.models import Role
from troth.accounts.people.companies import NotNow
from troth.accounts.staff import staff_only
from troth.gate.registry import office_page

from . import incidents
from .forms import IncidentForm
from .models import Incident, Signature

PER_PAGE = 25

office_page("office-incidents", "Incidents", Role.ADMINISTRATOR)


@never_cache
@require_safe
@staff_only(Role.ADMINISTRATOR)
def listing(request: HttpRequest) -> HttpResponseBase:
    """Every incident, the newest first, and the form for a new one."""
    return _page(request)


def _page(request: HttpRequest, form: IncidentForm | None = None) -> HttpResponseBase:
    page: Any = Paginator(Incident.objects.all(), PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = [_head(row) for row in page.object_list]
    context = {"page": page, "form": form or IncidentForm()}
    return render(request, "support/incidents.html", context, status=422 if form else 200)


def _head(row: Incident) -> dict[str, Any]:
    waits = row.is_open and row.approved_at is None
    state = "waiting" if waits else "open" if row.is_open else "closed"
    words = {"waiting": "Waits for approval", "open": "Goes on", "closed": "Over"}
    return {
        "number": row.number, "kind": row.get_kind_display(), "about": row.about, "state": state, "word": words[state],
        "opened_at": row.opened_at, "until": row.until, "is_live": state == "open",
    }  # fmt: skip


@require_POST
@staff_only(Role.ADMINISTRATOR)
def open_one(request: HttpRequest) -> HttpResponseBase:
    """Put a problem, or planned work, on record."""
    form = IncidentForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    told, by = form.cleaned_data, request.actor  # type: ignore[attr-defined]
    number = told["submission"]
    try:
        incidents.open_one(by, number, told["kind"], told["about"], told["workspaces"], told["ends_at"])
    except NotNow as why:
        form.add_error("workspaces", str(why))
        return _page(request, form)
    messages.success(request, "It is on record. Another administrator has to approve it.")
    return redirect("office-incident", number)


@never_cache
@require_safe
@staff_only(Role.ADMINISTRATOR)
def page(request: HttpRequest, number: str) -> HttpResponseBase:
    """One incident: what it is about, which workspaces it reaches, what can be done."""
    row = get_object_or_404(Incident, number=number)
    mine = request.staff.owner_id  # type: ignore[attr-defined]
    is_mine = Signature.objects.filter(incident=row, owner=mine, is_approval=False).exists()
    context = {
        "one": _head(row), "is_mine": is_mine, "approved_at": row.approved_at, "workspaces": row.workspaces(),
        "section": "office-incidents",
    }  # fmt: skip
    return render(request, "support/incident.html", context)


@require_POST
@staff_only(Role.ADMINISTRATOR)
def approve(request: HttpRequest, number: str) -> HttpResponseBase:
    """Make somebody else's incident a ground."""
    return _done(request, number, incidents.approve, "Approved. Each look on it is told to the Customer.")


@require_POST
@staff_only(Role.ADMINISTRATOR)
def end(request: HttpRequest, number: str) -> HttpResponseBase:
    """It is over."""
    return _done(request, number, incidents.end, "The incident is over.")


def _done(request: HttpRequest, number: str, act: Any, said: str) -> HttpResponseBase:
    get_object_or_404(Incident, number=number)
    try:
        act(request.actor, number)  # type: ignore[attr-defined]
    except NotNow as why:
        messages.error(request, str(why))
    else:
        messages.success(request, said)
    return redirect("office-incident", number)
