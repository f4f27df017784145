"""The archive of versions with what changed, and the page on which a person agrees."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.people.companies import NotNow
from troth.accounts.people.doors import person_only
from troth.gate.published.models import StatementVersion

from . import flows, shown


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """Every version that was in force or will be (clause scope.sites)."""
    return render(request, "versions/archive.html", {"versions": shown.archive()})


@require_safe
def changes(request: HttpRequest, version: str) -> HttpResponse:
    """What a version changed, in words: what it permits more, what less."""
    row = get_object_or_404(StatementVersion, version=version)
    old = shown.before(row)
    listed = shown.changes(old.version, row.version) if old else []
    context = {"version": row.version, "begins": row.in_force_at or row.published_at, "changes": listed}
    return render(request, "versions/changes.html", context)


@never_cache
@require_safe
@person_only
def own(request: HttpRequest) -> HttpResponseBase:
    """Under which rules what one gave is, and what agreeing would change."""
    subject: Any = request.person.owner_id  # type: ignore[attr-defined]
    return TemplateResponse(
        request, "versions/own.html", {"asked": shown.asked(subject), "section": "own-privacy"}
    )


@require_POST
@person_only
def agree(request: HttpRequest) -> HttpResponseBase:
    """Agree to the version that was shown."""
    try:
        flows.agree(request.person.owner_id, request.POST.get("version", ""))  # type: ignore[attr-defined]
    except NotNow as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "You agreed. What you gave us before is under the new rules from now on.")
    return redirect("own-version")
