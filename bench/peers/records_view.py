"""The page of a collection on plain models: the very code of the real view, with other models behind its names."""

import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.cache import never_cache

from troth.apps.records import grid, grid_views
from troth.apps.records.looking import NOTHING
from troth.workspaces.doors import insider_only
from troth.workspaces.models import Right, Seat
from troth.workspaces.sections import menu

from .models import AuditRow, OfOneWorkspace, PlainCollection, PlainField, PlainRecord

NAME = "Kiln Ledger"
View = Callable[..., HttpResponseBase]


@contextmanager
def here(workspace: UUID) -> Iterator[None]:
    """The workspace whose rows are found."""
    OfOneWorkspace.here.append(workspace)
    try:
        yield
    finally:
        OfOneWorkspace.here.pop()


def _bound(module: ModuleType, **others: Any) -> dict[str, Any]:
    """A module's names, with its own functions bound to others.  No second copy can fall behind."""
    names = dict(vars(module))
    for name, value in list(names.items()):
        if inspect.isfunction(value) and value.__module__ == module.__name__:
            function = inspect.unwrap(value)
            bound = FunctionType(function.__code__, names, name, function.__defaults__, function.__closure__)
            bound.__kwdefaults__ = function.__kwdefaults__
            names[name] = bound
    names.update(others)  # in place: these are what the functions find their names in
    return names


def _collection_at(access: Any, pk: UUID) -> PlainCollection:
    row = PlainCollection.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row  # type: ignore[return-value]


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponseBase:
    workspace = request.access.workspace.owner_id  # type: ignore[attr-defined]
    frame = {
        "section": "workspaces", "workspace": workspace, "workspace_name": NAME, "ended_at": None, "is_companys": False,
        "menu": [(reverse(page.url_name, args=[workspace]), page.label) for page in menu(request.access)],  # type: ignore[attr-defined]
        "may_edit": True, "may_manage": True, "may_own": True,
    }  # fmt: skip
    return TemplateResponse(request, template, context | frame, status=status).render()


_grid = _bound(grid, Record=PlainRecord, Collection=PlainCollection, Field=PlainField)
_views = _bound(
    grid_views, Record=PlainRecord, Collection=PlainCollection, Field=PlainField, collection_at=_collection_at,
    page=_page, grid=SimpleNamespace(**_grid), enter=lambda access: here(access.workspace.owner_id),
    _last=lambda *_: None,
)  # fmt: skip


class _Seated:
    """What the view asks of the way in, answered by a house where a seat allows everything."""

    def __init__(self, workspace: UUID, person: UUID) -> None:
        self.workspace, self.person = SimpleNamespace(owner_id=workspace, ended_at=None), person

    def allows(self, wanted: Right, part: UUID | None = None) -> bool:
        """Everything."""
        return True


@never_cache
@insider_only
def plain(request: HttpRequest, workspace: UUID, collection: UUID) -> HttpResponseBase:
    """The page, and nothing recorded."""
    reader = request.staff.owner_id  # type: ignore[attr-defined]
    if not Seat.objects.filter(owner=reader, workspace=workspace).exists():
        raise Http404
    request.access = _Seated(workspace, reader)  # type: ignore[attr-defined]
    answer: HttpResponseBase = _views["_table"](request, collection, NOTHING)
    return answer


@never_cache
@insider_only
def audited(request: HttpRequest, workspace: UUID, collection: UUID) -> HttpResponseBase:
    """The page, and one durable audit row that names which records were shown."""
    response = plain(request, workspace, collection)
    shown = [str(row.pk) for row in response.context_data["rows"]]  # type: ignore[attr-defined]
    with transaction.atomic(durable=True):
        AuditRow.objects.create(
            actor=request.staff.owner_id.hex,
            role="owner",
            purpose="providing-the-services",
            detail=json.dumps(shown),  # type: ignore[attr-defined]
        )
    return response


urlpatterns = [
    path("bench/records/plain/<uuid:workspace>/<uuid:collection>/", plain),
    path("bench/records/audited/<uuid:workspace>/<uuid:collection>/", audited),
]
