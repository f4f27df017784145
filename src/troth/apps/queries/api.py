"""Kept queries in a workspace's API: run, waited for, answered."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query as InQuery
from ninja import Router, Schema, Status
from pydantic import Field

from troth.gate.problems import Trouble
from troth.workspaces.access import Access, enter
from troth.workspaces.api import COMMON, Cut, Sent, cursor_to, place_of, reading, row_id, shown_to_nobody
from troth.workspaces.hosted import opened
from troth.workspaces.models import Right

from . import flows, shown
from .models import Query, Run

router, runs = Router(tags=["queries"]), Router(tags=["queries"])


class QueryTold(Schema):
    """A query that is kept under a name, and what has to be said at each run."""

    id: UUID
    name: str
    sql: str
    parameters: list[str]


class Asked(Sent):
    """A value for each parameter of the query."""

    parameters: Annotated[dict[str, Annotated[str, Field(max_length=500)]], Field(max_length=50)] = {}


class RunTold(Schema):
    """One run: how far it is; once it is done, how many rows it answered; once it failed, what is wrong."""

    id: UUID
    query: UUID | None
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    rows: int
    is_cut: bool
    wrong: str
    asked_at: datetime
    ended_at: datetime | None


class Column(Schema):
    """A column of an answer, and its SQL type."""

    name: str
    type: str


class AnswerTold(Schema):
    """A page of an answer; values are texts, blank for none."""

    columns: list[Column]
    rows: list[list[str]]
    next: str | None


@router.get("", response={200: list[QueryTold], **COMMON}, url_name="api-queries", summary="Kept queries")
def queries(request: HttpRequest) -> Any:
    """For keys to the whole workspace."""
    access = reading(request)
    if not access.allows(Right.VIEW):
        return []
    with enter(access):
        return [_query(each) for each in Query.objects.all()]


def _query(row: Query) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "sql": row.sql, "parameters": flows.parameters_of(row.sql)}


@router.post(
    "/{uuid:query}/runs", response={202: RunTold, **COMMON}, url_name="api-query-run", summary="Run a query"
)
def run_query(request: HttpRequest, query: UUID, wanted: Asked) -> Any:
    """Asks for it; ask the run how far it is.  It sees what whoever made the key may see."""
    access = reading(request)
    if not access.allows(Right.VIEW):
        raise shown_to_nobody()
    with enter(access):
        found: Query | None = Query.objects.filter(pk=query).first()
        sql = found.sql if found else ""
    if found is None:
        raise shown_to_nobody()
    if set(wanted.parameters) != set(flows.parameters_of(sql)):
        raise Trouble(
            422, "invalid", "each parameter of the query has one value, and nothing else has",
            "ask for the query and see its parameters", "parameters",
        )  # fmt: skip
    made = flows.ask(access, sql, wanted.parameters, row_id(request), query)
    return Status(202, _told(access, made))


def _run(access: Access, which: UUID) -> Run:
    with opened(access.workspace.owner_id):
        found: Run | None = Run.objects.filter(pk=which).first()
    if found is None or not flows.is_shown_to(access, found):
        raise shown_to_nobody()
    return found


def _told(access: Access, run: Run) -> dict[str, Any]:
    with enter(access):
        return {
            "id": run.pk, "query": run.query_id, "state": run.state, "rows": run.rows, "is_cut": run.is_cut,
            "wrong": run.wrong or "", "asked_at": run.asked_at, "ended_at": run.ended_at,
        }  # fmt: skip


@runs.get("/{uuid:run}", response={200: RunTold, **COMMON}, url_name="api-run", summary="How far a run is")
def one_run(request: HttpRequest, run: UUID) -> Any:
    """Ask once a second; most are done then."""
    access = reading(request)
    return _told(access, _run(access, run))


@runs.get(
    "/{uuid:run}/answer",
    response={200: AnswerTold, **COMMON},
    url_name="api-run-answer",
    summary="What it answered",
)
def answer(request: HttpRequest, run: UUID, asked: InQuery[Cut]) -> Any:
    """A page of rows.  409 until the run is done."""
    access = reading(request)
    found = _run(access, run)
    if found.state != Run.State.DONE:
        raise Trouble(409, "not-ready", "this run has no answer", "ask for its state")
    start = int(place_of(request, run.hex, asked.cursor) or 0)
    stop = start + asked.limit
    with enter(access):
        columns, rows = shown.answer(found)
    return {
        "columns": [{"name": name, "type": kind} for name, kind in columns], "rows": rows[start:stop],
        "next": cursor_to(request, run.hex, str(stop)) if stop < len(rows) else None,
    }  # fmt: skip
