"""Taking one's data along: choose, wait, download (clause rights.ninety-days)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from troth.accounts.people import gathering
from troth.accounts.people.doors import confirmed, person_only
from troth.gate.export import exporting
from troth.gate.export.models import Export
from troth.gate.published import statement

from . import shown
from .forms import ExportForm, offered_categories
from .opening import person_of, subject_of

REFRESH_SECONDS = 5


@never_cache
@require_safe
@person_only
def exports(request: HttpRequest) -> HttpResponseBase:
    """What was asked for and how far it is; the page renews itself while something is being prepared."""
    lines = [line(each) for each in exporting.of(subject_of(request))]
    is_waiting = any(each["state"] == "preparing" for each in lines)
    is_renewed = is_waiting and "still" not in request.GET
    context = {"exports": lines, "is_renewed": is_renewed, "days": days_kept(), "section": "own-export"}
    answer = render(request, "privacy/exports.html", context)
    if is_renewed:
        answer["Refresh"] = str(REFRESH_SECONDS)
    return answer


def line(export: Export) -> dict[str, Any]:
    """One export: its state, its progress, what it covers."""
    return {
        "id": export.pk, "state": export.state, "progress": export.progress, "asked_at": export.asked_at,
        "expires_at": export.expires_at, "categories": shown.labels(export.categories) or ["Everything"],
    }  # fmt: skip


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
@confirmed
def ask(request: HttpRequest) -> HttpResponseBase:
    """Choose what to take along: also of what came under the person's address since."""
    gathering.gather(person_of(request), most=None)
    form = ExportForm(request.POST if request.method == "POST" else None, subject=subject_of(request))
    if request.method == "POST" and form.is_valid():
        begin(request, form.cleaned_data["categories"])
        messages.success(request, "We are putting it together.")
        return redirect("own-export")
    context = {"form": form, "days": days_kept(), "section": "own-export"}
    return render(request, "privacy/export_ask.html", context, status=422 if form.errors else 200)


def days_kept() -> int:
    """For how many days the statement keeps an archive."""
    keep = statement.current().keeps(exporting.CATEGORY)
    return keep.amount if keep else 0


def begin(request: HttpRequest, categories: list[str]) -> Export:
    """Ask for an export; when every category is ticked it holds everything, also what stands under none of them."""
    subject = subject_of(request)
    is_all = {name for name, _ in offered_categories(subject)} <= set(categories)
    wanted = [] if is_all else categories
    return exporting.ask_for(subject, gathering.apart(person_of(request)), wanted, request.actor)  # type: ignore[attr-defined]


@never_cache
@require_safe
@person_only
@confirmed
def download(request: HttpRequest, export: UUID) -> HttpResponseBase:
    """The archive, in pieces, to its owner alone; at the request desk one is asked for without a fresh sign-in."""
    found = exporting.find(subject_of(request), export)
    if found is None:
        raise Http404
    return archive(request, found) if is_ready(found) else redirect("own-export")


def is_ready(export: Export) -> bool:
    """Whether there is a file to be fetched; one whose time is over may still wait to be taken away."""
    return export.state == Export.State.READY and export.expires_at > timezone.now()  # type: ignore[operator]


def archive(request: HttpRequest, export: Export) -> StreamingHttpResponse:
    """An export as a file; its entry is durable before the first byte leaves."""
    pieces = exporting.open_stream(export, request.actor)  # type: ignore[attr-defined]
    answer = StreamingHttpResponse(pieces, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{exporting.name_of(export)}"'
    return answer
