"""Collections and records in a workspace's API."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from troth.gate.problems import Trouble
from troth.workspaces.access import Access, enter
from troth.workspaces.api import COMMON, changing, cursor_to, place_of, reading, row_id
from troth.workspaces.models import Right

from . import api_schemas as schemas
from . import bulk, flows, grid
from .api_values import Columns, about
from .flows import Changed, NotUnique, Wrong
from .looking import Looked
from .models import Collection, Record
from .opening import collection_at, open_collections, record_at

router = Router(tags=["records"])
ONE, ALL = "/{uuid:collection}", "/{uuid:collection}/records"
ITS = ALL + "/{uuid:record}"
CUT = ("limit", "cursor", "sort")


def described(row: Collection) -> dict[str, Any]:
    """A collection, inside the use."""
    return {"id": row.pk, "name": row.name, "fields": Columns(row).described()}


@router.get(
    "",
    response={200: list[schemas.CollectionTold], **COMMON},
    url_name="api-collections",
    summary="Collections",
)
def collections(request: HttpRequest) -> Any:
    """Those that are open to the key, with their fields."""
    access = reading(request)
    with enter(access):
        return [described(row) for row in open_collections(access)]


@router.get(
    ONE, response={200: schemas.CollectionTold, **COMMON}, url_name="api-collection", summary="A collection"
)
def one_collection(request: HttpRequest, collection: UUID) -> Any:
    """Its name and its fields."""
    access = reading(request)
    with enter(access):
        return described(collection_at(access, collection))


@router.get(ALL, response={200: schemas.RecordsTold, **COMMON}, url_name="api-records", summary="Records",
            openapi_extra={"parameters": [{
                "in": "query", "name": "fields", "style": "form", "explode": True,
                "schema": {"type": "object", "additionalProperties": {"type": "string"}},
                "description": "What the value of a field must be, by the field’s name or id: `?City=Ghent`. Only"
                " fields that can be found by. An address is easily kept by others: for what is personal, look by POST.",
            }]})  # fmt: skip
def records(request: HttpRequest, collection: UUID, asked: Query[schemas.Listed]) -> Any:
    """Oldest first, or by a plain field; what is made meanwhile comes at the end."""
    wanted = [
        (name, "is", value) for name in request.GET if name not in CUT for value in request.GET.getlist(name)
    ]
    return _page(request, collection, asked, wanted)


@router.post(ALL + "/find", response={200: schemas.RecordsTold, **COMMON}, url_name="api-records-find",
             summary="Look for records")  # fmt: skip
def find(request: HttpRequest, collection: UUID, asked: schemas.Found) -> Any:
    """As the list, with what is looked for in the body, so that no value stands in an address."""
    wanted = [(each.field, each.how, each.value) for each in asked.where]
    return _page(request, collection, asked, wanted)


def _page(request: HttpRequest, collection: UUID, asked: schemas.Listed, wanted: list[Any]) -> dict[str, Any]:
    access, limit = reading(request), asked.limit
    with enter(access):
        row = collection_at(access, collection)
        columns = Columns(row)
        conditions = tuple(columns.condition(name, how, value, "where") for name, how, value in wanted)
        order, of = columns.order(asked.sort), about(collection, asked.sort, conditions)
        place = place_of(request, of, asked.cursor)
        found = grid.matching(row, columns.fields, Looked(conditions=conditions), order)
        start = int(place) if place and order else 0
        rows = (
            found[slice(start, start + limit + 1)]
            if order
            else found.after(UUID(place) if place else None, limit + 1)
        )
        told, is_more = [columns.told(each) for each in rows[:limit]], len(rows) > limit
    behind = str(start + limit) if order else rows[limit - 1].pk.hex if is_more else ""
    return {"records": told, "next": cursor_to(request, of, behind) if is_more else None}


@router.post(
    ALL, response={201: schemas.RecordTold, **COMMON}, url_name="api-records-make", summary="Make a record"
)
def make(request: HttpRequest, collection: UUID, wanted: schemas.New) -> Any:
    """The same checks as on the page."""
    access = changing(request)
    row, columns = _at(access, collection)
    try:
        made = flows.make_record(access, row, columns.texts(wanted.values), row_id(request))
    except Wrong as wrong:
        raise columns.wrong(wrong) from None
    except NotUnique as why:
        raise _not_unique(why) from None
    return Status(201, _told(access, columns, made))


@router.get(ITS, response={200: schemas.RecordTold, **COMMON}, url_name="api-record", summary="A record")
def one_record(request: HttpRequest, collection: UUID, record: UUID) -> Any:
    """What it holds."""
    access = reading(request)
    with enter(access):
        row = record_at(access, collection, record)
        return Columns(row.collection).told(row)


@router.patch(
    ITS, response={200: schemas.RecordTold, **COMMON}, url_name="api-record-change", summary="Change a record"
)
def change(request: HttpRequest, collection: UUID, record: UUID, wanted: schemas.Changing) -> Any:
    """Fields that are left out keep their values.  Of two who change it at once the second gets 409."""
    access = changing(request)
    with enter(access):
        row = record_at(access, collection, record, Right.EDIT)
        columns = Columns(row.collection)
    try:
        flows.change_record(access, row, columns.texts(wanted.values), wanted.revision)
    except Changed as why:
        raise Trouble(
            409, "changed", str(why), "get the record, and send this with its revision", "revision"
        ) from None
    except Wrong as wrong:
        raise columns.wrong(wrong) from None
    except NotUnique as why:
        raise _not_unique(why) from None
    with enter(access):
        return columns.told(record_at(access, collection, record))


@router.delete(ITS, response={204: None, **COMMON}, url_name="api-record-delete", summary="Delete a record")
def delete(request: HttpRequest, collection: UUID, record: UUID) -> Any:
    """It can be brought back on the page of its collection for fifteen minutes, by whoever made the key."""
    access = changing(request)
    with enter(access):
        row = record_at(access, collection, record, Right.EDIT).collection
    flows.delete_records(access, row, [record])
    return Status(204, None)


# -- many at once


@router.post(ALL + "/make", response={201: schemas.Written, **COMMON}, url_name="api-records-make-many",
             summary="Make many records")  # fmt: skip
def make_many(request: HttpRequest, collection: UUID, wanted: schemas.Many) -> Any:
    """All of them, or none and what is wrong with each."""
    access = changing(request)
    row, columns = _at(access, collection)
    rows = [columns.texts(each.values, f"records.{n}.values") for n, each in enumerate(wanted.records)]
    ids = [row_id(request, n) for n in range(len(rows))]
    try:
        return Status(201, _written(bulk.make_records(access, row, rows, ids)))
    except bulk.WrongRows as wrong:
        raise columns.wrong(wrong) from None


@router.post(ALL + "/change", response={200: schemas.Written, **COMMON}, url_name="api-records-change-many",
             summary="Change many records")  # fmt: skip
def change_many(request: HttpRequest, collection: UUID, wanted: schemas.ChangingMany) -> Any:
    """All of them, or none and what is wrong with each; each must be at the revision that is named."""
    access = changing(request)
    row, columns = _at(access, collection)
    rows = [
        (each.id, each.revision, columns.texts(each.values, f"records.{n}.values"))
        for n, each in enumerate(wanted.records)
    ]
    try:
        return _written(bulk.change_each(access, row, rows))
    except bulk.WrongRows as wrong:
        raise columns.wrong(wrong) from None


@router.post(ALL + "/delete", response={200: schemas.Deleted, **COMMON}, url_name="api-records-delete-many",
             summary="Delete many records")  # fmt: skip
def delete_many(request: HttpRequest, collection: UUID, wanted: schemas.Ids) -> Any:
    """All of them, or none."""
    access, ids = changing(request), list(dict.fromkeys(wanted.ids))
    row, columns = _at(access, collection)
    try:
        with enter(access):
            bulk.must_be_here(row, ids)
    except bulk.WrongRows as wrong:
        raise columns.wrong(wrong) from None
    return {"deleted": flows.delete_records(access, row, ids)}


def _at(access: Access, collection: UUID) -> tuple[Collection, Columns]:
    """A collection that is to be changed, and its fields."""
    with enter(access):
        row = collection_at(access, collection, Right.EDIT)
        return row, Columns(row)


def _told(access: Access, columns: Columns, record: Record) -> dict[str, Any]:
    with enter(access):
        return columns.told(record)


def _written(records: list[Record]) -> dict[str, Any]:
    return {"records": [{"id": each.pk, "revision": each.revision} for each in records]}


def _not_unique(why: NotUnique) -> Trouble:
    return Trouble(422, "invalid", str(why), "send another value, or change the record that has it")
