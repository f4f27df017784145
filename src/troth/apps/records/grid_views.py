"""The page of a collection: its table, what is looked for in it, and what is done to the records that are chosen."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.people.companies import NotNow
from troth.workspaces.access import Access, enter
from troth.workspaces.doors import access_of, let_in
from troth.workspaces.models import Right

from . import flows, grid, kinds, looking
from .flows import NotUnique, Wrong
from .forms import name_of
from .models import Change, Collection, Field, Finding, Kind, Record
from .opening import collection_at, rights
from .record_forms import RecordForm, record_form
from .shape import choices_of
from .views import page, to_collection

UNDONE_FOR = timedelta(minutes=15)
"""How long the table offers to take the reader's last act back."""
SAFE = re.compile("-?[0-9a-f]{8}(?:[0-9a-f]{24})?")
DONE = {Change.What.MADE: "added", Change.What.CHANGED: "changed", Change.What.DELETED: "deleted"}


@require_safe
@let_in()
def collection_page(request: HttpRequest, collection: UUID) -> HttpResponseBase:
    """The table."""
    looked = looking.kept(request, collection, request.GET.get("find", ""))
    return _table(request, collection, looked)


@require_POST
@let_in()
def find(request: HttpRequest, collection: UUID) -> HttpResponseBase:
    """Look for something: remembered, so that no value stands in an address."""
    access = access_of(request)
    with enter(access):
        row = collection_at(access, collection)
        form = _looking_form(list(Field.objects.filter(collection=row)), request.POST)
        is_valid = form.is_valid()
    if not is_valid:
        return _table(request, collection, looking.NOTHING, form)
    looked = form.looked()
    if not looked:
        return to_collection(access, collection)
    number = looking.keep(request, collection, looked)
    return redirect(
        f"{reverse('records-collection', args=[access.workspace.owner_id, collection])}?find={number}"
    )


def _looking_form(fields: list[Field], data: Any = None, initial: Any = None) -> looking.LookingForm:
    choices = {
        field.pk: choices_of(field) for field in fields if field.kind == Kind.CHOICE and field.is_found
    }
    return looking.LookingForm(data, initial=initial, fields=fields, choices=choices)


def _table(
    request: HttpRequest, collection: UUID, looked: looking.Looked, form: looking.LookingForm | None = None
) -> HttpResponseBase:
    access = access_of(request)
    with enter(access):
        row = collection_at(access, collection)
        fields = list(Field.objects.filter(collection=row))
        order = grid.order_of(fields, request.GET.get("sort", ""))
        found: Any = grid.matching(row, fields, looked, order)
        pages: Any = Paginator(found, grid.PER_PAGE).get_page(request.GET.get("page"))
        context = {
            "collection": row.pk, "name": row.name, "count": pages.paginator.count, "page": pages,
            "columns": _columns(fields, order), "rows": grid.lines(access, fields, pages.object_list),
            "fields": [(field.pk, field.name) for field in fields],
            "looked": _told(fields, looked), "by_field": bool(looked.conditions), "find": looked.number,
            "sort": request.GET.get("sort", "") if order else "", "may_undo": _last(access, row),
            "form": form or _looking_form(fields, initial=_initial(looked)), **rights(access, row.pk),
        }  # fmt: skip
        context["can_find"] = bool(context["form"].of)
    return page(request, "records/collection.html", context, 422 if form else 200)


def _columns(fields: list[Field], order: grid.Order | None) -> list[dict[str, Any]]:
    columns = []
    for field in fields:
        is_sorted = order is not None and order.field.pk == field.pk
        is_up = is_sorted and order is not None and not order.is_descending
        columns.append({
            "name": field.name, "is_number": field.kind == Kind.NUMBER,
            "sort": f"{'-' if is_up else ''}{field.pk.hex}" if field.finding == Finding.PLAIN else "",
            "state": ("ascending" if is_up else "descending") if is_sorted else "",
        })  # fmt: skip
    return columns


def _initial(looked: looking.Looked) -> dict[str, str]:
    told = {f"{name_of(each.field)}-{each.how}": each.text for each in looked.conditions}
    return {"text": looked.text, **told}


def _told(fields: list[Field], looked: looking.Looked) -> list[str]:
    """What is looked for, in words."""
    names = {field.pk: (field.kind, str(field.name)) for field in fields}
    told = [f"any field is “{looked.text}”"] if looked.text else []
    for each in looked.conditions:
        kind, name = names.get(each.field, ("", ""))
        value = kinds.shown(kind, each.text)
        told += [f"{name} {'is' if each.how == 'is' else each.how} “{value}”"] if name else []
    return told


def _last(access: Access, collection: Collection) -> dict[str, Any] | None:
    """The reader's own last act here, while it is fresh."""
    last = Change.objects.filter(collection=collection, by=access.person).order_by("-at", "-pk").first()
    if last is None or last.is_undone or timezone.now() - last.at > UNDONE_FOR:
        return None
    count = Change.objects.filter(act=last.act, collection=collection).count()
    return {"act": last.act, "count": count, "what": DONE[Change.What(last.what)]}


# -- what is done to those that are chosen


@require_POST
@let_in(changes=True)
def chosen(request: HttpRequest, collection: UUID) -> HttpResponseBase:
    """Ask before records are deleted, or what one field of theirs shall be."""
    access, wanted = access_of(request), _chosen(request)
    is_deletion = request.POST.get("do") == "delete"
    with enter(access):
        row = collection_at(access, collection, Right.EDIT)
        ids = [each.pk for each in _of(row, wanted)]
        form = None if is_deletion else record_form(access, row, only=_id(request.POST.get("field", "")))
        context = {
            "collection": row.pk,
            "name": row.name,
            "records": ids,
            "form": form,
            **_shown(request, collection),
        }
    if not ids:
        messages.error(request, "Choose some records first: tick the boxes in front of them.")
        return redirect(_back(request, collection))
    if form is not None and not form.fields:
        messages.error(request, "Choose the field to change first.")
        return redirect(_back(request, collection))
    return page(request, "records/delete.html" if is_deletion else "records/change.html", context)


@require_POST
@let_in(changes=True)
def delete(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Delete those that are chosen; the table offers to bring them back."""
    access = access_of(request)
    with enter(access):
        row = collection_at(access, collection, Right.EDIT)
    if not flows.delete_records(access, row, _chosen(request)):
        messages.success(request, "They are deleted already.")
    return redirect(_back(request, collection))


@require_POST
@let_in(changes=True)
def change(request: HttpRequest, collection: UUID) -> HttpResponseBase:
    """Give one field of those that are chosen the same value: all of them, or none."""
    access, wanted = access_of(request), _chosen(request)
    with enter(access):
        row = collection_at(access, collection, Right.EDIT)
        form = record_form(access, row, request.POST, only=_id(request.POST.get("field", "")))
        is_valid = bool(form.fields) and form.is_valid()
        context = {
            "collection": row.pk,
            "name": row.name,
            "records": wanted,
            "form": form,
            **_shown(request, collection),
        }
    if not form.fields or not wanted:
        return redirect(_back(request, collection))
    if is_valid and _changed(access, row, wanted, form):
        return redirect(_back(request, collection))
    return page(request, "records/change.html", context, 422)


def _changed(access: Access, row: Collection, wanted: list[UUID], form: RecordForm) -> bool:
    try:
        flows.change_records(access, row, wanted, form.texts())
    except Wrong as wrong:
        form.take(wrong)
    except NotUnique as why:
        form.add_error(None, str(why))
    return form.is_valid()


@require_POST
@let_in(changes=True)
def undo(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Take the reader's own last act back."""
    access, one_act = access_of(request), _id(request.POST.get("act", ""))
    with enter(access):
        row = collection_at(access, collection, Right.EDIT)
        mine = Change.objects.filter(act=one_act, collection=row, by=access.person)
        is_done = mine.filter(is_undone=True).exists()
    try:
        if one_act is None:
            raise NotNow("There is nothing to undo.")
        if not is_done:
            count = flows.undo(access, row, one_act)
            messages.success(request, f"Undone: {count} record{'' if count == 1 else 's'} as before.")
    except NotNow as why:
        messages.error(request, str(why))
    return redirect(_back(request, collection))


def _shown(request: HttpRequest, collection: UUID) -> dict[str, str]:
    """What the table showed when the records were chosen, so that the way leads back to it."""
    told = {name: request.POST.get(name, "") for name in ("find", "sort")}
    return {**told, "back": _back(request, collection)}


def _back(request: HttpRequest, collection: UUID) -> str:
    """The table as it was: in the same order, with the same records looked for."""
    told = {name: text for name in ("find", "sort") if SAFE.fullmatch(text := request.POST.get(name, ""))}
    where = reverse("records-collection", args=[access_of(request).workspace.owner_id, collection])
    return f"{where}?{urlencode(told)}" if told else where


def _of(row: Collection, wanted: list[UUID]) -> Any:
    return Record.objects.filter(collection=row, is_shown=True, pk__in=wanted)


def _chosen(request: HttpRequest) -> list[UUID]:
    """The records whose boxes are ticked; what is no id is left out."""
    found = [each for text in request.POST.getlist("record") if (each := _id(text))]
    return list(dict.fromkeys(found))[: grid.PER_PAGE]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
