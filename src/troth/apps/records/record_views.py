"""One record: what it holds and was, its form, a new one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from troth.workspaces.access import Access, enter
from troth.workspaces.doors import access_of, let_in
from troth.workspaces.models import Right

from . import flows
from .flows import Changed, NotUnique, Wrong, unpacked
from .history import SHOWN, changes_of, events, names, said
from .models import Collection, Field, Record
from .naming import NAMELESS, Named, references
from .opening import collection_at, record_at, rights
from .record_forms import RecordForm, record_form
from .views import page

OLD = "This form has been open for too long. Look it through and send it again."
MEANWHILE = "Somebody changed this record while you did. What you typed is still here, and not saved yet."


@require_safe
@let_in()
def record(request: HttpRequest, collection: UUID, record: UUID) -> HttpResponseBase:
    """What a record holds, and what it was before."""
    access = access_of(request)
    with enter(access):
        row = record_at(access, collection, record)
        changes = changes_of(row)
    who = names(access, (change.by_id for change in changes))
    with enter(access):
        row = record_at(access, collection, record)
        fields = list(Field.objects.filter(collection=collection))
        values = unpacked(row.content)
        named = references(access, fields, [values])
        context = {
            "collection": collection, "record": row.pk, "name": collection_at(access, collection).name,
            "title": _title(fields, values, named), "made_at": row.made_at,
            "values": [_value(field, values.get(field.pk, ""), named) for field in fields],
            "events": events(access, row, fields, changes, who), "has_older": len(changes) > SHOWN,
            **rights(access, collection),
        }  # fmt: skip
    return page(request, "records/record.html", context)


def _title(fields: list[Field], values: dict[UUID, str], named: dict[tuple[UUID, str], Named]) -> str:
    """What the record is called on its own pages: whatever stands in its first field."""
    found = said(fields[0], values.get(fields[0].pk, ""), named) if fields else ""
    return found[:120] or NAMELESS


def _value(field: Field, value: str, named: dict[tuple[UUID, str], Any]) -> dict[str, Any]:
    found = named.get((field.pk, value)) if value else None
    return {
        "name": field.name, "text": said(field, value, named), "kind": field.kind,
        "link": (field.target_id, value) if found and found.is_open and field.target_id else None,
        "page": found.page if found else "",
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@let_in(changes=True)
def new(request: HttpRequest, collection: UUID) -> HttpResponseBase:
    """A new record."""
    access = access_of(request)
    with enter(access):
        row = collection_at(access, collection, Right.EDIT)
        form = record_form(access, row, request.POST or None)
        is_valid = request.method == "POST" and form.is_valid()
        name = row.name
    if is_valid and (made := _made(access, row, form)):
        messages.success(request, "The record is added.")
        is_next = "next" in request.POST
        where = ("record-new", collection) if is_next else ("record", collection, made.pk)
        return redirect(where[0], access.workspace.owner_id, *where[1:])
    context = {"form": form, "collection": collection, "name": name}
    return page(request, "records/new.html", context, 422 if form.errors else 200)


def _made(access: Access, row: Collection, form: RecordForm) -> Record | None:
    row_id = form.row_id()
    if row_id is None:
        # Only the mark of the form is too old; what was typed is not, and goes under a new one.
        form.say_again(submission=form.fields["submission"].initial)
        form.add_error(None, OLD)
        return None
    try:
        return flows.make_record(access, row, form.texts(), row_id)
    except Wrong as wrong:
        form.take(wrong)
    except NotUnique as why:
        form.add_error(None, str(why))
    return None


@require_http_methods(["GET", "HEAD", "POST"])
@let_in(changes=True)
def edit(request: HttpRequest, collection: UUID, record: UUID) -> HttpResponseBase:
    """The form of a record.  Of two who change it at once the second sees what the first one wrote."""
    access = access_of(request)
    with enter(access):
        row = record_at(access, collection, record, Right.EDIT)
        values = unpacked(row.content)
        form = record_form(access, row.collection, request.POST or None, values=values, revision=row.revision)
        is_valid = request.method == "POST" and form.is_valid()
        fields = list(Field.objects.filter(collection=collection))
        context: dict[str, Any] = {
            "form": form, "collection": collection, "record": row.pk,
            "title": _title(fields, values, references(access, fields[:1], [values])),
        }  # fmt: skip
    if not is_valid:
        return page(request, "records/edit.html", context, 422 if form.errors else 200)
    try:
        if flows.change_record(access, row, form.texts(), form.cleaned_data["revision"] or 0):
            messages.success(request, "The record is changed.")
    except Changed:
        if _is_said_already(form.texts(), values):
            return redirect("record", access.workspace.owner_id, collection, row.pk)
        context["meanwhile"] = _meanwhile(access, fields, form, values)
        form.say_again(revision=row.revision)
        return page(request, "records/edit.html", {**context, "changed": MEANWHILE}, 409)
    except Wrong as wrong:
        form.take(wrong)
        return page(request, "records/edit.html", context, 422)
    except NotUnique as why:
        form.add_error(None, str(why))
        return page(request, "records/edit.html", context, 422)
    return redirect("record", access.workspace.owner_id, collection, row.pk)


def _is_said_already(texts: dict[UUID, str], values: dict[UUID, str]) -> bool:
    """Whether the record is as the form says: the button was pressed twice."""
    return all(_flat(text) == _flat(values.get(pk, "")) for pk, text in texts.items())


def _flat(text: str) -> str:
    return " ".join(text.split())


def _meanwhile(
    access: Access, fields: list[Field], form: RecordForm, values: dict[UUID, str]
) -> list[tuple[str, str]]:
    """What the record says now, where the form says something else."""
    texts = form.texts()
    differing = [
        field for field in fields
        if field.pk in texts and _flat(texts[field.pk]) != _flat(values.get(field.pk, ""))
    ]  # fmt: skip
    with enter(access):
        named = references(access, differing, [values])
        return [(field.name, said(field, values.get(field.pk, ""), named)) for field in differing]
