"""The pages of queries: those that are kept, one being written, a run and its answer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.workspaces import sections
from troth.workspaces.access import Access
from troth.workspaces.doors import access_of, answered, let_in, shown, to
from troth.workspaces.hosted import opened
from troth.workspaces.models import Right
from troth.workspaces.taking_along import asked_first

from . import flows
from . import shown as pictures
from .forms import QueryForm
from .models import Query, Run
from .runner import identifier

RECENT = 10
RENEW = "2"
"""Seconds after which the page of a run that is not over asks again."""

sections.workspace_page(30, "queries", "Queries")


@require_http_methods(["GET", "HEAD", "POST"])
@let_in()
@answered("queries")
def queries(request: HttpRequest) -> HttpResponseBase:
    """Kept queries, one's latest runs, and room for a new one."""
    return (
        _written(request, None)
        if request.method == "POST"
        else shown(lambda asked: _page(asked, None))(request)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@let_in()
@answered("queries")
def query(request: HttpRequest, query: UUID) -> HttpResponseBase:
    """A kept query: run, changed, or kept under another name."""
    with opened(access_of(request).workspace.owner_id):
        found: Query | None = Query.objects.filter(pk=query).first()
    if found is None:
        raise Http404
    if request.method == "POST":
        return _written(request, found)
    return shown(lambda asked: _page(asked, found))(request)


def _page(request: HttpRequest, kept: Query | None, form: QueryForm | None = None) -> HttpResponseBase:
    """Runs inside the use."""
    access = access_of(request)
    if kept is not None and not access.allows(Right.VIEW):
        raise Http404
    found = sections.tables(access)
    first = {"sql": f"SELECT * FROM {identifier(found[0].name)} LIMIT 20"} if found else {}  # noqa: S608 - a suggestion
    initial = {"sql": kept.sql, "name": kept.name} if kept else _again(request, access) or first
    named = Query.objects.all() if access.allows(Right.VIEW) else []
    context = {
        "form": form or QueryForm(initial=initial), "kept": kept, "kept_name": kept.name if kept else "",
        "queries": [{"pk": each.pk, "name": each.name} for each in named],
        "runs": [_line(run) for run in Run.objects.filter(by=access.person)[:RECENT]],
        "tables": [_shown(table) for table in found], "may_keep": access.allows(Right.EDIT),
    }  # fmt: skip
    is_wrong = form is not None and bool(form.errors)
    return TemplateResponse(request, "queries/queries.html", context, status=422 if is_wrong else 200)


def _shown(table: sections.Table) -> dict[str, Any]:
    return {
        "name": identifier(table.name)[1:-1], "where": table.where, "is_file": table.columns is None,
        "columns": [identifier(name)[1:-1] for name, _ in table.columns or ()],
    }  # fmt: skip


def _again(request: HttpRequest, access: Access) -> dict[str, str]:
    """The SQL of a run that somebody wants to change; nothing for one that is not shown to them."""
    try:
        found = Run.objects.filter(pk=UUID(request.GET.get("run", ""))).first()
    except ValueError:
        return {}
    return {"sql": found.sql} if found and flows.is_shown_to(access, found) else {}


def _written(request: HttpRequest, kept: Query | None) -> HttpResponseBase:
    access, keeps = access_of(request), "keep" in request.POST
    form = QueryForm(request.POST, wants_name=keeps)
    if not form.is_valid() or (form.asks_for_more and not keeps):
        return shown(lambda asked: _page(asked, kept, form))(request)
    sql, row_id = form.cleaned_data["sql"], form.cleaned_data["submission"]
    if keeps:
        row = flows.keep_query(access, form.cleaned_data["name"], sql, kept.pk if kept else row_id)
        messages.success(request, "The query is kept.")
        return redirect("query", access.workspace.owner_id, row.pk)
    run = flows.ask(access, sql, form.parameters, row_id, kept.pk if kept else None)
    return redirect("query-run", access.workspace.owner_id, run.pk)


def _line(run: Run) -> dict[str, Any]:
    return {
        "pk": run.pk, "state": run.state, "state_label": run.get_state_display(), "asked_at": run.asked_at,
        "rows": run.rows, "sql": " ".join(run.sql.split()),
    }  # fmt: skip


@require_POST
@let_in(Right.EDIT)
@answered("queries")
def delete(request: HttpRequest, query: UUID) -> HttpResponse:
    """Delete a kept query."""
    flows.delete_query(access_of(request), query)
    messages.success(request, "The query is deleted. What it answered stays.")
    return to(request, "queries")


def _run_of(access: Access, which: UUID) -> Run:
    with opened(access.workspace.owner_id):
        run: Run | None = Run.objects.filter(pk=which).first()
    if run is None or not flows.is_shown_to(access, run):
        raise Http404
    return run


@require_safe
@let_in()
def run(request: HttpRequest, run: UUID) -> HttpResponseBase:
    """How far a run is, or what it answered."""
    found = _run_of(access_of(request), run)
    page = shown(lambda asked: TemplateResponse(asked, "queries/run.html", _answer(asked, found)))(request)
    if not found.is_over:
        page["Refresh"] = RENEW
    return page


def _answer(request: HttpRequest, run: Run) -> dict[str, Any]:
    """Runs inside the use."""
    columns, rows = pictures.answer(run) if run.state == Run.State.DONE else ([], [])
    figures = [pictures.is_number(kind) for _, kind in columns]
    page: Any = Paginator(rows, pictures.PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = [list(zip(map(pictures.cut, row), figures, strict=True)) for row in page.object_list]
    return {
        "run": run, "sql": run.sql, "wrong": run.wrong or "", "page": page, "plot": pictures.plot(columns, rows),
        "columns": [{"name": name, "is_number": pictures.is_number(kind)} for name, kind in columns],
        "query": run.query_id, "seconds": run.seconds,
    }  # fmt: skip


@require_safe
@let_in()
def answer(request: HttpRequest, run: UUID) -> HttpResponseBase:
    """The answer as a CSV file."""
    access = access_of(request)
    found = _run_of(access, run)
    if found.state != Run.State.DONE:
        raise Http404
    page = reverse("query-run", args=[access.workspace.owner_id, run])
    return asked_first(request, access, run, page) or shown(lambda asked: _file(found))(request)


def _file(run: Run) -> HttpResponse:
    told = HttpResponse(pictures.as_csv(*pictures.answer(run)), content_type="text/csv; charset=utf-8")
    told["Content-Disposition"] = 'attachment; filename="answer.csv"'
    return told


@require_POST
@let_in()
@answered("queries")
def cancel(request: HttpRequest, run: UUID) -> HttpResponse:
    """Stop a run."""
    access = access_of(request)
    flows.cancel(access, _run_of(access, run).pk)
    messages.success(request, "The query is cancelled.")
    return redirect("query-run", access.workspace.owner_id, run)
