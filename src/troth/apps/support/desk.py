"""Staff: which workspaces there are, which requests are open, and who waits for an approval.  Nothing is opened here."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.models import Role
from troth.accounts.people.companies import NotNow
from troth.accounts.staff import staff_only
from troth.gate.registry import office_page
from troth.workspaces.models import Workspace
from troth.workspaces.sections import SIZES

from . import grounds, looking
from .models import Approval, SupportRequest

PER_PAGE = 25
LOOKERS = (Role.SUPPORT, Role.ADMINISTRATOR, Role.PRIVACY_OFFICER, Role.OWNER)

office_page("office-support", "Support requests", Role.SUPPORT)
office_page("office-workspaces", "Workspaces", *LOOKERS)
office_page("office-approvals", "Approvals", Role.ADMINISTRATOR)


@never_cache
@require_safe
@staff_only(*LOOKERS)
def workspaces(request: HttpRequest) -> HttpResponseBase:
    """That each workspace exists, how large it is, and on which grounds somebody may look into it now."""
    page: Any = Paginator(Workspace.objects.order_by("-made_at", "pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    role = request.staff.role  # type: ignore[attr-defined]
    page.object_list = [_workspace(row, role) for row in page.object_list]
    labels = [label for label, _ in SIZES]
    return render(request, "support/workspaces.html", {"page": page, "labels": labels})


def _workspace(row: Workspace, role: str) -> dict[str, Any]:
    subject = row.owner_id
    return {
        "workspace": subject, "made_at": row.made_at, "ended_at": row.ended_at,
        "sizes": [(label, count(subject)) for label, count in SIZES],
        "grounds": [
            {"number": ground.number, "kind": kind.label, "may_look": role in kind.roles}
            for kind, ground in grounds.live(subject)
        ],
    }  # fmt: skip


@never_cache
@require_safe
@staff_only(Role.SUPPORT)
def requests(request: HttpRequest) -> HttpResponseBase:
    """Open requests, those that end first on top: when, for how long, how much of a workspace.  Not what they say."""
    rows = SupportRequest.objects.filter(SupportRequest.live()).order_by("ends_at", "pk")
    page: Any = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = [
        {
            "number": row.number, "workspace": row.owner_id, "opened_at": row.opened_at, "ends_at": row.ends_at,
            "is_whole": row.is_whole, "parts": row.shown.count(),
            "sizes": [(label, count(row.owner_id)) for label, count in SIZES],
        }
        for row in page.object_list
    ]  # fmt: skip
    return render(request, "support/desk.html", {"page": page})


@never_cache
@require_safe
@staff_only(Role.ADMINISTRATOR)
def approvals(request: HttpRequest) -> HttpResponseBase:
    """Longer looks that wait for somebody's approval."""
    mine = request.staff.owner_id  # type: ignore[attr-defined]
    waiting = [
        {"pk": row.pk, "number": row.number, "asked_at": row.asked_at, "is_mine": row.owner_id == mine}
        for row in Approval.objects.filter(approved_at=None)[:200]
    ]
    given = Approval.objects.exclude(approved_at=None).order_by("-approved_at")[:20]
    context = {"waiting": waiting, "given": given, "free": looking.FREE, "more": looking.MORE}
    return render(request, "support/approvals.html", context)


@require_POST
@staff_only(Role.ADMINISTRATOR)
def approve(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Allow a colleague to see more."""
    try:
        looking.approve_more(request.actor, which)  # type: ignore[attr-defined]
    except NotNow as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "Approved, for an hour.")
    return redirect("office-approvals")
