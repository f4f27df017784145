"""The doors of a workspace's pages.  Whoever was not let in learns nothing, not even that it exists."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from troth.accounts.people.companies import NotNow
from troth.accounts.people.doors import person_only
from troth.accounts.staff import staff_only
from troth.gate.errors import Refused
from troth.gate.subjects.obstacles import Obstructed

from .access import Access, enter, find
from .models import Right, Workspace
from .sections import menu

View = Callable[..., HttpResponseBase]


def access_of(request: HttpRequest) -> Access:
    """The reader's way into the workspace; behind the door there is one."""
    found: Access = request.access  # type: ignore[attr-defined]
    return found


def insider_only(view: View) -> View:
    """Let people with an account in, and staff, who have a workspace too: the Company's own."""
    as_person, as_staff = person_only(view), staff_only()(view)

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        chosen = as_staff if request.staff else as_person  # type: ignore[attr-defined]
        return chosen(request, *args, **kwargs)

    return guarded


def _reader(request: HttpRequest) -> UUID:
    """The subject of whoever reads; behind the door there is one."""
    found: UUID = (request.staff or request.person).owner_id  # type: ignore[attr-defined]
    return found


def let_in(right: Right | None = None, *, changes: bool = False) -> Callable[[View], View]:
    """Find the reader's access to the workspace that the address names; without any there is no such page.

    `right` is needed to the whole of it.  `changes` closes the door of a workspace that has ended.
    """

    def declare(view: View) -> View:
        @wraps(view)
        @never_cache
        @insider_only
        def guarded(request: HttpRequest, workspace: UUID, *args: Any, **kwargs: Any) -> HttpResponseBase:
            row = Workspace.objects.filter(owner=workspace).first()
            access = row and find(row, _reader(request))
            if not row or not access:
                raise Http404
            if right is not None and not access.allows(right):
                raise Refused(
                    f"this page needs the right “{right.label}” in the workspace", "security.isolation"
                )
            if changes and row.ended_at is not None:
                messages.error(request, "This workspace has ended: nothing in it is changed any more.")
                return redirect("workspace-home", workspace)
            request.access = access  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return guarded

    return declare


def shown(view: View) -> View:
    """Render the view's page inside the workspace, and inside the use that its data is shown in."""

    @wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        access = access_of(request)
        with enter(access):
            response = view(request, *args, **kwargs)
            context = getattr(response, "context_data", None)
            if context is not None:
                context |= frame(access)
            render = getattr(response, "render", None)
            return render() if callable(render) else response

    return inside


def frame(access: Access) -> dict[str, Any]:
    """What every page of a workspace shows around its content; runs inside the use."""
    row = access.workspace
    return {
        "section": "workspaces", "workspace": row.owner_id, "workspace_name": row.name, "ended_at": row.ended_at,
        "is_companys": row.is_companys,
        "menu": [(reverse(page.url_name, args=[row.owner_id]), page.label) for page in menu(access)],
        "may_edit": access.allows(Right.EDIT) and not row.ended_at,
        "may_manage": access.allows(Right.MANAGE), "may_own": access.allows(Right.OWN),
    }  # fmt: skip


def answered(back: str) -> Callable[[View], View]:
    """Say what cannot be done as things stand on the page named `back`, or on the list for who is out meanwhile."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return view(request, *args, **kwargs)
            except NotNow as why:
                messages.error(request, str(why))
            except Obstructed as obstructed:
                for each in obstructed.obstacles:
                    messages.error(request, f"Not possible: {each.reason}. Please {each.advice}.")
            return to(request, back)

        return guarded

    return declare


def to(request: HttpRequest, page: str) -> HttpResponse:
    """A page of the same workspace, or the list for who is not in it any more."""
    row = access_of(request).workspace
    still = find(row, access_of(request).person)
    return redirect(page, row.owner_id) if still else redirect("workspaces")
