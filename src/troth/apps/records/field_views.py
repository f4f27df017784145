"""The fields of a collection: added, renamed, moved, taken away; what each of them means is said beside it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.people.companies import NotNow
from troth.workspaces.access import enter
from troth.workspaces.doors import access_of, let_in
from troth.workspaces.models import Right

from . import shape
from .forms import FieldForm, ShapeForm, collection_choices
from .models import Field, Finding, Kind, Value
from .opening import collection_at, field_at, open_collections, rights
from .views import page, to_collection


@require_safe
@let_in()
def fields(request: HttpRequest, collection: UUID) -> HttpResponseBase:
    """The fields of a collection, and what can be done about it as a whole."""
    access = access_of(request)
    with enter(access):
        row = collection_at(access, collection)
        targets = {each.pk: each.name for each in open_collections(access)}
        lines = [_line(each, targets) for each in Field.objects.filter(collection=row)]
        context = {"collection": row.pk, "name": row.name, "fields": lines, **rights(access, row.pk)}
    return page(request, "records/fields.html", context)


def _line(field: Field, targets: dict[UUID, str]) -> dict[str, Any]:
    target = targets.get(field.target_id, "one that is not open to you") if field.target_id else ""
    return {
        "pk": field.pk, "name": field.name, "kind": field.get_kind_display(), "target": target,
        "finding": field.get_finding_display(), "is_plain": field.finding == Finding.PLAIN,
        "is_required": field.is_required, "choices": shape.choices_of(field),
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@let_in(changes=True)
def add(request: HttpRequest, collection: UUID) -> HttpResponseBase:
    """A further field."""
    access = access_of(request)
    with enter(access):
        row = collection_at(access, collection, Right.EDIT)
        name, targets = row.name, collection_choices(open_collections(access))
    form = FieldForm(request.POST or None, targets=targets)
    if request.method == "POST" and form.is_valid():
        try:
            shape.add_field(access, row, form.draft(), form.cleaned_data["submission"])
        except NotNow as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, "The field is added.")
            return to_collection(access, row.pk, "records-fields")
    context = {"form": form, "collection": row.pk, "name": name}
    return page(request, "records/field_add.html", context, 422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@let_in(changes=True)
def change(request: HttpRequest, collection: UUID, field: UUID) -> HttpResponseBase:
    """Another name, other choices, required or not."""
    access = access_of(request)
    with enter(access):
        row = field_at(access, collection, field)
        has_choices, name = row.kind == Kind.CHOICE, str(row.name)
        initial = {
            "name": name,
            "choices": "\n".join(shape.choices_of(row)),
            "is_required": row.is_required,
        }
    form = ShapeForm(request.POST or None, initial=initial, has_choices=has_choices)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        shape.change_field(
            access, row, told["name"], is_required=told["is_required"], choices=told.get("choices", ())
        )
        messages.success(request, "The field is changed.")
        return to_collection(access, collection, "records-fields")
    context = {"form": form, "collection": collection, "field": row.pk, "name": name}
    return page(request, "records/field.html", context, 422 if form.errors else 200)


@require_POST
@let_in(changes=True)
def move(request: HttpRequest, collection: UUID, field: UUID) -> HttpResponse:
    """One place up or down."""
    access = access_of(request)
    with enter(access):
        row = field_at(access, collection, field)
        order = [each.pk for each in Field.objects.filter(collection=collection)]
    by = {"up": -1, "down": 1}.get(request.POST.get("to", ""), 0)
    shape.move_field(access, row, order.index(row.pk) + by)
    return to_collection(access, collection, "records-fields")


@require_http_methods(["GET", "HEAD", "POST"])
@let_in(changes=True)
def remove(request: HttpRequest, collection: UUID, field: UUID) -> HttpResponseBase:
    """Take a field away; says first what becomes of its values."""
    access = access_of(request)
    with enter(access):
        row = field_at(access, collection, field)
        context = {
            "collection": collection, "field": row.pk, "name": row.name, "is_found": row.is_found,
            "found": Value.objects.filter(field=row).count(),
        }  # fmt: skip
    if request.method == "POST":
        shape.delete_field(access, row)
        messages.success(request, "The field is gone.")
        return to_collection(access, collection, "records-fields")
    return page(request, "records/field_remove.html", context)
