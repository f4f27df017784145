"""Moderators: the posts that wait or were reported, and who is kept from posting."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.models import Role
from troth.accounts.staff import staff_only
from troth.gate.registry import office_page
from troth.gate.uses import EACH, current_use, use

from . import flows, moderating, shown, standing
from .forms import DecisionForm
from .models import Ban, Commons, Post, Report

PER_PAGE = 25

office_page("office-posts", "Posts to look at", Role.SUPPORT)


@never_cache
@require_safe
@staff_only(Role.SUPPORT)
@use(flows.PURPOSE, given=EACH)
def queue(request: HttpRequest) -> HttpResponseBase:
    """What waits, the longest waiting first."""
    page: Any = Paginator(moderating.waiting(), PER_PAGE).get_page(request.GET.get("page"))
    rows = {row.pk: row for row in Post.objects.filter(pk__in=list(page.object_list))}
    told = _reasons(rows)
    page.object_list = [_line(rows[pk], told.get(pk, [])) for pk in page.object_list if pk in rows]
    bans = Ban.objects.filter(until__gt=timezone.now()).order_by("until")[:50]
    context = {"page": page, "bans": bans, "days": moderating.DAYS}
    return TemplateResponse(request, "posting/queue.html", context)


def _reasons(rows: dict[UUID, Post]) -> dict[UUID, list[str]]:
    """Why each was reported, in words, with how often."""
    labels = dict(Report.Reason.choices)
    counted = (
        Report.objects.filter(post__in=rows, decided_at=None)
        .values("post", "reason")
        .annotate(times=Count("pk"))
    )
    told: dict[UUID, list[str]] = {}
    for each in counted.order_by("post", "reason"):
        label = labels[each["reason"]]
        told.setdefault(each["post"], []).append(
            label if each["times"] == 1 else f"{label} ({each['times']})"
        )
    return told


def _line(row: Post, reasons: list[str]) -> dict[str, Any]:
    words = shown.words_of(row) if current_use().is_open_to(row) else None
    return {
        "row": row, "words": words, "reasons": reasons, "waits": row.state == Post.State.QUEUED,
        "where": standing.where(row.kind, row.thread_id, row.number),
        "may_ban": not row.is_staff and row.owner_id != Commons.owner(),
    }  # fmt: skip


@require_POST
@staff_only(Role.SUPPORT)
def decide(request: HttpRequest, which: UUID) -> HttpResponse:
    """Let a post stand, or remove it, as it was read."""
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose whether it stands. Nothing was changed.")
        return redirect("office-posts")
    stays = form.cleaned_data["stays"]
    try:
        moderating.decide(which, request.actor, stays=stays, edition=form.cleaned_data["edition"])  # type: ignore[attr-defined]
    except flows.NotPosted as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "It stands." if stays else "It is removed, and its author is told.")
    return redirect("office-posts")


@require_POST
@staff_only(Role.SUPPORT)
def keep_from_posting(request: HttpRequest, which: UUID) -> HttpResponse:
    """Keep the author of a post from posting for some days."""
    try:
        moderating.ban(which, int(request.POST.get("days", "0")[:3]))
    except (flows.NotPosted, ValueError):
        messages.error(request, "Choose for how long. Nothing was changed.")
    else:
        messages.success(request, "Its author cannot post for that time, and is told.")
    return redirect("office-posts")


@require_POST
@staff_only(Role.SUPPORT)
def let_post(request: HttpRequest, which: UUID) -> HttpResponse:
    """Let somebody post again."""
    moderating.lift(which)
    messages.success(request, "They can post again.")
    return redirect("office-posts")
