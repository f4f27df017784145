"""The staff's pages of drafts: put one on record, approve somebody else's, drop it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.people.companies import NotNow
from troth.accounts.staff import staff_only
from troth.gate.registry import office_page

from . import flows, shown
from .forms import DraftForm
from .models import Draft

office_page("office-versions", "Statement", *flows.DRAFTING)


@never_cache
@require_safe
@staff_only(*flows.DRAFTING)
def listing(request: HttpRequest) -> HttpResponseBase:
    """Every draft, the newest first, and the form for a new one."""
    return _page(request)


def _page(
    request: HttpRequest, form: DraftForm | None = None, problems: list[str] | None = None
) -> HttpResponseBase:
    reader = request.actor.subject  # type: ignore[attr-defined]
    drafts = [shown.draft(row, reader) for row in Draft.objects.all()[:50]]
    context = {"drafts": drafts, "form": form or DraftForm(), "problems": (problems or [])[:20]}
    return render(request, "versions/drafts.html", context, status=422 if form else 200)


@require_POST
@staff_only(*flows.DRAFTING)
def draft(request: HttpRequest) -> HttpResponseBase:
    """Put another version on record."""
    form = DraftForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    try:
        row = flows.draft(request.actor, *form.texts(), form.cleaned_data["from_day"])  # type: ignore[attr-defined]
    except UnicodeDecodeError:
        form.add_error("text", "This is no text in UTF-8.")
    except flows.Unfit as unfit:
        form.add_error("text", str(unfit))
        return _page(request, form, unfit.problems)
    except NotNow as why:
        form.add_error("from_day", str(why))
    if not form.is_valid():
        return _page(request, form)
    messages.success(request, "It is on record. The privacy officer and the owner have to approve it.")
    return redirect("office-version", row.pk)


@never_cache
@require_safe
@staff_only(*flows.DRAFTING)
def page(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """One draft: what it opens, what it closes, whom it touches."""
    row, by = get_object_or_404(Draft, pk=pk), request.actor  # type: ignore[attr-defined]
    one = shown.draft(row, by.subject)
    step = {"privacy-officer": "officer", "owner": "owner"}.get(by.role)
    context = {
        "one": one, "may_approve": bool(step) and not one["is_mine"] and not one[step or ""],
        "section": "office-versions",
    }  # fmt: skip
    return render(request, "versions/draft.html", context)


@require_POST
@staff_only(*flows.APPROVING)
def approve(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Approve somebody else's draft in one's role."""
    return _done(request, pk, flows.approve, "Approved.")


@require_POST
@staff_only(*flows.DRAFTING)
def drop(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """It comes into force never."""
    return _done(request, pk, flows.drop, "The draft is dropped.")


def _done(request: HttpRequest, pk: UUID, verb: Any, said: str) -> HttpResponseBase:
    get_object_or_404(Draft, pk=pk)
    try:
        verb(request.actor, pk)  # type: ignore[attr-defined]
    except NotNow as why:
        messages.error(request, str(why))
    else:
        messages.success(request, said)
    return redirect("office-version", pk)
