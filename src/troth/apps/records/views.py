"""Collections: the list, a new one, its name, its end."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_safe

from troth.accounts.people.companies import NotNow
from troth.workspaces.access import Access, enter
from troth.workspaces.doors import access_of, let_in, shown
from troth.workspaces.models import Right
from troth.workspaces.sections import workspace_card, workspace_page

from . import shape
from .forms import CollectionForm, RenameForm, TypedForm
from .models import Collection, Record
from .opening import card, collection_at, listed

workspace_page(10, "records", "Records")
workspace_card(10, "records/card.html", card)


def page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponseBase:
    """A page of the workspace, whose context was read before."""
    answer = shown(lambda asked: TemplateResponse(asked, template, context, status=status))
    return answer(request)


def to_collection(access: Access, collection: UUID, name: str = "records-collection") -> HttpResponse:
    """A page of a collection."""
    return redirect(name, access.workspace.owner_id, collection)


@require_safe
@let_in()
@shown
def records(request: HttpRequest) -> HttpResponseBase:
    """The collections of a workspace."""
    return TemplateResponse(request, "records/list.html", {"collections": listed(access_of(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@let_in(Right.EDIT, changes=True)
def begin(request: HttpRequest) -> HttpResponseBase:
    """A new collection."""
    form, access = CollectionForm(request.POST or None), access_of(request)
    if request.method == "POST" and form.is_valid():
        told, drafts = form.cleaned_data, form.drafts()
        try:
            made = shape.make_collection(access, told["name"], drafts, told["submission"])
        except NotNow as why:
            form.add_error(None, str(why))
        else:
            return to_collection(access, made.pk, "records-collection" if drafts else "records-fields")
    return page(request, "records/begin.html", {"form": form}, 422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@let_in(changes=True)
def rename(request: HttpRequest, collection: UUID) -> HttpResponseBase:
    """Another name for a collection."""
    access = access_of(request)
    with enter(access):
        row = collection_at(access, collection, Right.EDIT)
        context = {"collection": row.pk, "name": row.name}
    form = RenameForm(request.POST or None, initial=context)
    if request.method == "POST" and form.is_valid():
        shape.rename_collection(access, row, form.cleaned_data["name"])
        messages.success(request, "The collection has its new name.")
        return to_collection(access, row.pk, "records-fields")
    return page(request, "records/rename.html", {**context, "form": form}, 422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@let_in(Right.MANAGE, changes=True)
def remove(request: HttpRequest, collection: UUID) -> HttpResponseBase:
    """Delete a collection with everything in it; wants its name typed."""
    form, access = TypedForm(request.POST or None), access_of(request)
    with enter(access):
        row = collection_at(access, collection)
        name, count = str(row.name), Record.objects.filter(collection=row, is_shown=True).count()
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["name"].strip().casefold() != name.strip().casefold():
            form.add_error("name", "This is not the name of this collection. Nothing was deleted.")
        elif (why := _removed(access, row)) is None:
            messages.success(request, "The collection is deleted.")
            return redirect("records", access.workspace.owner_id)
        else:
            form.add_error(None, why)
    context = {"form": form, "collection": row.pk, "name": name, "count": count}
    return page(request, "records/remove.html", context, 422 if form.errors else 200)


def _removed(access: Access, row: Collection) -> str | None:
    try:
        shape.delete_collection(access, row)
    except NotNow as why:
        return str(why)
    return None
