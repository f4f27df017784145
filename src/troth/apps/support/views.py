"""The Customer's pages: requests for help in a workspace, and who looked on each."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from troth.gate.published import statement
from troth.workspaces.access import Access, enter
from troth.workspaces.doors import access_of, answered, let_in, shown, to
from troth.workspaces.models import Right
from troth.workspaces.sections import parts, workspace_page

from . import flows
from .forms import AskForm
from .models import Incident, Looked, ShownPart, Sitting, SupportRequest

PER_PAGE = 25
SITTINGS = 100

workspace_page(75, "workspace-support", "Help", Right.SHARE)


@require_safe
@let_in(Right.SHARE)
def listing(request: HttpRequest) -> HttpResponseBase:
    """Every request of the workspace, open ones first, and the form for a new one."""
    return _page(request)


def _page(request: HttpRequest, form: AskForm | None = None) -> HttpResponseBase:
    access = access_of(request)

    @shown
    def page(asked: HttpRequest) -> HttpResponseBase:
        rows = SupportRequest.objects.filter(owner=access.workspace.owner_id)
        listed: Any = Paginator(rows, PER_PAGE).get_page(asked.GET.get("page"))
        listed.object_list = [_head(row, access) for row in listed.object_list]
        reaching = Incident.objects.exclude(approved_at=None).filter(
            affected__owner=access.workspace.owner_id
        )
        context = {
            "page": listed, "form": form or _form(access),
            "incidents": [_of_incident(row, access) for row in reaching[:PER_PAGE]],
        }  # fmt: skip
        return TemplateResponse(asked, "support/requests.html", context, status=422 if form else 200)

    return page(request)


def _form(access: Access, data: Any = None) -> AskForm:
    """What may be chosen; runs inside the open workspace."""
    return AskForm(data, parts=parts(), may_all=access.allows(Right.MANAGE))


def _head(row: SupportRequest, access: Access) -> dict[str, Any]:
    return {
        "number": row.number, "text": row.text, "is_open": row.is_open, "opened_at": row.opened_at, "until": row.until,
        "is_whole": row.is_whole, "shown": [part.name for part in ShownPart.objects.filter(request=row)],
        "may_end": row.is_open and (access.allows(Right.MANAGE) or row.by_id == access.person),
        "looks": Sitting.objects.filter(owner=row.owner_id, number=row.number).count(),
    }  # fmt: skip


def _of_incident(row: Incident, access: Access) -> dict[str, Any]:
    """What a Customer sees of a problem, or of planned work, that reaches their workspace."""
    sittings = Sitting.objects.filter(owner=access.workspace.owner_id, number=row.number)
    return {
        "number": row.number, "text": row.about, "is_open": row.is_open, "opened_at": row.approved_at,
        "until": row.until, "kind": row.get_kind_display(), "is_whole": True, "looks": sittings.count(),
    }  # fmt: skip


@require_POST
@let_in(Right.SHARE)
@answered("workspace-support")
def ask(request: HttpRequest) -> HttpResponseBase:
    """Ask for help."""
    access = access_of(request)
    with enter(access):
        form = _form(access, request.POST)
        is_valid = form.is_valid()
    if not is_valid:
        return _page(request, form)
    told = form.cleaned_data
    flows.ask(access, form.row_id, told["text"], told["ends_at"], form.chosen())
    messages.success(request, "Your request is open. You see here, and by mail, when somebody looks.")
    return to(request, "workspace-support")


@require_safe
@let_in(Right.SHARE)
@shown
def page(request: HttpRequest, number: str) -> HttpResponseBase:
    """One request, or an incident that reaches the workspace: what it is about, and each look with its reason."""
    access = access_of(request)
    here = access.workspace.owner_id
    row = SupportRequest.objects.filter(owner=here, number=number).first()
    reaching = Incident.objects.exclude(approved_at=None).filter(number=number, affected__owner=here).first()
    if row is None and reaching is None:
        raise Http404
    one = _head(row, access) if row else _of_incident(reaching, access)  # type: ignore[arg-type]
    context = {"one": one, "sittings": _sittings(here, number)}
    return TemplateResponse(request, "support/request.html", context)


def _sittings(workspace: UUID, number: str) -> list[dict[str, Any]]:
    roles = statement.current().recipients
    found = Sitting.objects.filter(owner=workspace, number=number)[:SITTINGS]
    return [
        {
            "who": roles[each.role].label if each.role in roles else each.role, "at": each.begun_at,
            "reason": each.get_reason_display(), "note": each.note,
            "items": sum(Looked.objects.filter(sitting=each).values_list("items", flat=True)),
        }
        for each in found
    ]  # fmt: skip


@require_POST
@let_in(Right.SHARE)
@answered("workspace-support")
def end(request: HttpRequest, number: str) -> HttpResponseBase:
    """End it now."""
    flows.end(access_of(request), number)
    messages.success(request, "The request has ended. Nobody of our staff looks on it any more.")
    return to(request, "workspace-support")
