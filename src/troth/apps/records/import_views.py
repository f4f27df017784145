"""The pages of an import: the file, what goes where, how far it is, what was refused."""

import csv
import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.people.companies import NotNow
from troth.workspaces.access import Access, enter
from troth.workspaces.doors import access_of, let_in, shown
from troth.workspaces.models import Right
from troth.workspaces.reading_files import Format, Row, Unreadable, columns_of, guess

from . import importing, mapping
from .cells import neutral
from .import_forms import GOOD, FileForm, FormatForm, MappingForm
from .import_models import Import, Refusal
from .models import Collection, Field, Kind

REFRESH_SECONDS = 2
LISTED = 20
"""Imports that the first page lists, and refused rows that an import's page shows."""


def collection_of(access: Access, pk: UUID, right: Right) -> Collection:
    """A collection that the reader may work with, inside the use.  Raises Http404, Refused."""
    row: Collection | None = (
        Collection.objects.filter(pk=pk).first() if access.allows(Right.VIEW, pk) else None
    )
    if row is None:
        raise Http404
    access.must(right, pk)
    return row


def _import_of(access: Access, collection: UUID, which: UUID) -> Import:
    row: Import | None = Import.objects.filter(
        pk=which, collection=collection_of(access, collection, Right.EDIT)
    ).first()
    if row is None:
        raise Http404
    return row


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponseBase:
    return shown(lambda asked: TemplateResponse(asked, template, context, status=status))(request)


def _to(access: Access, collection: UUID, which: UUID) -> HttpResponse:
    return redirect("records-import-one", access.workspace.owner_id, collection, which)


@require_http_methods(["GET", "HEAD", "POST"])
@let_in(changes=True)
def imports(request: HttpRequest, collection: UUID) -> HttpResponseBase:
    """Send a file; and what was imported before."""
    access = access_of(request)
    with enter(access):
        row = collection_of(access, collection, Right.EDIT)
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = importing.begin(access, row, *form.data_of(), row_id=form.cleaned_data["submission"])
        except NotNow as why:
            form.add_error(None, str(why))
        else:
            return _to(access, collection, made.pk)
    with enter(access):
        before = [_line(each) for each in Import.objects.filter(collection=collection)[:LISTED]]
        context = {"collection": collection, "name": row.name, "form": form, "imports": before}
    return _page(request, "records/imports.html", context, status=422 if form.errors else 200)


def _line(row: Import) -> dict[str, Any]:
    state = Import.State(row.state)
    return {
        "pk": row.pk, "name": row.name, "state": state.value, "word": state.label, "asked_at": row.asked_at,
        "kept": row.kept if state in (Import.State.DONE, Import.State.UNDONE) else None,
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@let_in(changes=True)
def one(request: HttpRequest, collection: UUID, which: UUID) -> HttpResponseBase:
    """One import: what goes where, then how far it is, then what became of it."""
    access = access_of(request)
    with enter(access):
        row = _import_of(access, collection, which)
    if row.state == Import.State.MAPPING:
        return _mapping(request, access, row)
    if request.method == "POST":
        return _to(access, collection, which)
    return _progress(request, access, row)


def _mapping(request: HttpRequest, access: Access, row: Import) -> HttpResponseBase:
    with enter(access):
        if not importing.is_here(row):
            context = {"collection": row.collection_id, "which": row.pk}
            return _page(request, "records/import_coming.html", context)
    sample = importing.sample_of(access, row)
    guessed = guess(sample, is_whole=row.size <= importing.SAMPLE)
    how = FormatForm(request.POST) if request.method == "POST" else FormatForm.showing(guessed)
    known = how.known() if how.is_bound and how.is_valid() else guessed
    columns, found, problem = _read(sample, known)
    with enter(access):
        fields = list(Field.objects.filter(collection=row.collection_id))
        # A file is chosen by somebody who may open it, one at a time.
        named = [(field.pk, field.name) for field in fields if field.kind != Kind.FILE]
    form = _mapping_form(request, columns, named, mapping.guess_targets(columns, found, named))
    is_asked = request.POST.get("do") == "start" and form.is_bound and form.is_valid()
    if is_asked and not (problem or how.errors):
        problem = _start(access, row, known, form)
        if not problem:
            return _to(access, row.collection_id, row.pk)
    is_fine = not form.is_bound or form.is_valid()
    with enter(access):
        targets = form.targets() if is_fine else [None] * len(columns)
        lines = mapping.preview(found, columns, targets, fields)
        shown_here: dict[str, Any] = {
            "collection": row.collection_id, "which": row.pk, "name": row.name, "size": row.size, "how": how,
            "form": form, "lines": form.lines(), "columns": columns, "rows": lines, "problem": problem,
            "is_csv": known.form == "csv", "faulty": sum(1 for line in lines if line["is_wrong"]),
        }  # fmt: skip
    is_wrong = problem or form.errors or how.errors
    return _page(request, "records/import_map.html", shown_here, status=422 if is_wrong else 200)


def _read(sample: bytes, known: Format) -> tuple[list[str], list[Row], str]:
    """Columns, the first rows, and why there are none."""
    try:
        columns = columns_of([sample], known)
        return columns, mapping.first_rows(sample, known, columns), ""
    except Unreadable as why:
        return [], [], str(why)


def _start(access: Access, row: Import, known: Format, form: MappingForm) -> str:
    """Leave it to the worker; says what stands in the way, if anything does."""
    try:
        keeps_good = form.cleaned_data["wrong"] == GOOD
        importing.start(access, row, known, form.columns, form.targets(), keeps_good=keeps_good)
    except NotNow as why:
        return str(why)
    return ""


def _mapping_form(
    request: HttpRequest, columns: list[str], named: list[tuple[UUID, str]], guesses: list[tuple[str, str]]
) -> MappingForm:
    # Read in another way, the file has other columns: what was chosen for the old ones says nothing of them.
    is_same = request.method == "POST" and request.POST.get("columns") == str(len(columns))
    return MappingForm(request.POST if is_same else None, columns=columns, fields=named, guessed=guesses)


def _progress(request: HttpRequest, access: Access, row: Import) -> HttpResponseBase:
    is_under_way = row.state in importing.OPEN
    with enter(access):
        refused = _refused(row, LISTED)
        context = {
            "collection": row.collection_id, "which": row.pk, "name": row.name, "state": row.state, "row": row,
            "why": Import.Why(row.why).label if row.why else "", "word": Import.State(row.state).label,
            "part": 100 * row.done // row.total if row.total else 0, "refused": refused,
            "is_renewed": is_under_way and "still" not in request.GET, "is_under_way": is_under_way,
        }  # fmt: skip
    answer = _page(request, "records/import_one.html", context)
    if context["is_renewed"]:
        answer["Refresh"] = str(REFRESH_SECONDS)
    return answer


def _refused(row: Import, most: int) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for batch in Refusal.objects.filter(of=row):
        for number, faults, _ in json.loads(batch.content):
            lines.append({"number": number, "faults": faults})
            if len(lines) >= most:
                return lines
    return lines


@require_POST
@let_in(changes=True)
def stop(request: HttpRequest, collection: UUID, which: UUID) -> HttpResponseBase:
    """End one that is under way."""
    access = access_of(request)
    with enter(access):
        row = _import_of(access, collection, which)
    importing.stop(access, row)
    messages.success(request, "The import is stopped. Nothing of it stays.")
    return redirect("records-import", access.workspace.owner_id, collection)


@require_POST
@let_in(changes=True)
def undo(request: HttpRequest, collection: UUID, which: UUID) -> HttpResponseBase:
    """Take everything away again that one brought."""
    access = access_of(request)
    with enter(access):
        row = _import_of(access, collection, which)
    try:
        stay = importing.undo(access, row)
    except NotNow as why:
        messages.error(request, str(why))
        return _to(access, collection, which)
    kept = f" {stay:,} of its records stay, since somebody changed them." if stay else ""
    messages.success(request, "The import is undone." + kept)
    return _to(access, collection, which)


@require_POST
@let_in(changes=True)
def piece(request: HttpRequest, collection: UUID, which: UUID) -> HttpResponseBase:
    """The next piece of a file that is too large for one form; answers with how many bytes are here."""
    access, file = access_of(request), request.FILES.get("piece")
    with enter(access):
        row = _import_of(access, collection, which)
    try:
        position = _number(request.POST.get("position", ""))
        size = importing.add_piece(access, row, position, file.read() if file else b"")
    except NotNow as why:
        return JsonResponse({"problem": str(why)}, status=409)
    return JsonResponse({"here": size, "size": row.size})


@require_POST
@let_in(changes=True)
def first_piece(request: HttpRequest, collection: UUID) -> HttpResponseBase:
    """The first piece of such a file; answers with where the next ones go."""
    access, form = access_of(request), FileForm(request.POST, request.FILES)
    with enter(access):
        row = collection_of(access, collection, Right.EDIT)
    try:
        if not form.is_valid():
            raise NotNow("This form has been open for too long. Please load the page again.")
        data = form.cleaned_data["file"].read() if form.cleaned_data.get("file") else b""
        name = request.POST.get("name", "")
        whole = _number(request.POST.get("size", ""))
        made = importing.begin(access, row, name, data, whole, form.cleaned_data["submission"])
    except NotNow as why:
        return JsonResponse({"problem": str(why)}, status=409)
    address = _to(access, collection, made.pk)["Location"]
    return JsonResponse({"address": address, "here": len(data), "size": made.size})


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0


@require_safe
@let_in()
def refused(request: HttpRequest, collection: UUID, which: UUID) -> HttpResponseBase:
    """The rows that were refused, as CSV: number, what is wrong, and the row as it was."""
    access = access_of(request)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="rows-not-imported.csv"'
    answer.write("\ufeff")
    writer = csv.writer(answer)
    with enter(access):
        row = _import_of(access, collection, which)
        writer.writerow(["Row", "What is wrong", *_columns(row)])
        for batch in Refusal.objects.filter(of=row):
            for number, faults, cells in json.loads(batch.content):
                said = " ".join(f"{column}: {reason}" if column else reason for column, reason in faults)
                writer.writerow([number, neutral(said), *map(neutral, cells)])
    return answer


def _columns(row: Import) -> list[str]:
    return [neutral(name) for name in json.loads(row.plan)["columns"]] if row.plan else []
