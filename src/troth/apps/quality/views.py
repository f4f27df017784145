"""A person's page on proposals about their data, and the office's page of runs."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.models import Role
from troth.accounts.people.companies import NotNow
from troth.accounts.people.doors import person_only
from troth.accounts.people.own import person_of
from troth.accounts.staff import staff_only
from troth.gate.registry import office_page

from . import answering, shown

READERS = (Role.PRIVACY_OFFICER, Role.ADMINISTRATOR, Role.OWNER)

office_page("office-quality", "Data quality", *READERS)


@never_cache
@require_safe
@person_only
def own(request: HttpRequest) -> HttpResponse:
    """What is proposed, by whom, why, and what became of it (clause share.quality)."""
    return render(request, "quality/own.html", {"proposals": shown.own(person_of(request))})


@require_POST
@person_only
def accept(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Take one over."""
    try:
        changed = answering.accept(person_of(request), pk)
    except NotNow as why:
        messages.error(request, str(why))
    else:
        said = (
            "Corrected. Whoever outside had the old value is told." if changed else "It stood there already."
        )
        messages.success(request, said)
    return redirect("own-proposals")


@require_POST
@person_only
def decline(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Leave it as it is."""
    try:
        answering.decline(person_of(request).owner_id, pk)
    except NotNow as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "It stays as it is, and is not proposed again.")
    return redirect("own-proposals")


@never_cache
@require_safe
@staff_only(*READERS)
def office(request: HttpRequest) -> HttpResponse:
    """Runs and what became of their proposals, in numbers."""
    return render(request, "quality/office.html", shown.office())
