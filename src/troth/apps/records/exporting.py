"""A collection as a file: CSV or JSON Lines, a batch at a time.

Each batch is a use of its own, on record before its bytes leave; whoever loses their access meanwhile gets no further
batch.  Memory stays the same however many records there are.
"""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from troth.workspaces.access import Access, enter
from troth.workspaces.models import Right

from . import kinds
from .cells import neutral
from .flows import unpacked
from .models import Collection, Field, Kind, Record

BATCH = 500
CSV, JSON_LINES = "csv", "jsonl"


def export(by: Access, collection: Collection, form: str) -> Iterator[bytes]:
    """The collection's records, oldest first.  Raises Refused; on the way too, once the access is gone."""
    by.must(Right.VIEW, collection.pk)
    fields, head = _begin(by, collection.pk, form)
    return _pieces(by, collection.pk, form, fields, head)


def _begin(by: Access, collection: UUID, form: str) -> tuple[list[tuple[UUID, str, str]], bytes]:
    with enter(by):
        fields = [(row.pk, str(row.kind), row.name) for row in Field.objects.filter(collection=collection)]
    if form == JSON_LINES:
        return told_apart(fields), b""
    return fields, b"\xef\xbb\xbf" + _csv([[neutral(name) for _, _, name in fields]])


def told_apart(fields: list[tuple[UUID, str, str]]) -> list[tuple[UUID, str, str]]:
    """Two fields of one name would be one in JSON."""
    found, taken = [], set[str]()
    for pk, kind, name in fields:
        free, number = name, 2
        while free in taken:
            free, number = f"{name} ({number})", number + 1
        taken.add(free)
        found.append((pk, kind, free))
    return found


def _pieces(by: Access, collection: UUID, form: str, fields: list[Any], head: bytes) -> Iterator[bytes]:
    if head:
        yield head
    last: UUID | None = None
    while True:
        piece, last = _batch(by, collection, form, fields, last)
        if piece:
            yield piece
        if last is None:
            return


def _batch(
    by: Access, collection: UUID, form: str, fields: list[Any], last: UUID | None
) -> tuple[bytes, UUID | None]:
    """The records behind `last`, and the last of them; None when none follow.  Raises Refused."""
    by.must(Right.VIEW, collection)
    with enter(by):
        rows = Record.objects.filter(collection=collection, is_shown=True).order_by("pk")
        found = list((rows.filter(pk__gt=last) if last else rows)[:BATCH])
        values = [unpacked(row.content) for row in found]
    made = _csv(_cells(each, fields) for each in values) if form == CSV else _json(values, fields)
    return made, found[-1].pk if len(found) == BATCH else None


def _cells(values: dict[UUID, str], fields: list[Any]) -> list[str]:
    return [neutral(kinds.shown(kind, values.get(pk, ""))) for pk, kind, _ in fields]


def _csv(lines: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()


def _json(values: list[dict[UUID, str]], fields: list[Any]) -> bytes:
    lines = [
        json.dumps(
            {name: plain(kind, each[pk]) for pk, kind, name in fields if pk in each}, ensure_ascii=False
        )
        + "\n"
        for each in values
    ]
    return "".join(lines).encode()


def plain(kind: str, value: str) -> Any:
    """A value as JSON has it; numbers stay text, since JSON's would lose digits in most programs."""
    return value == "1" if kind == Kind.BOOLEAN else value
