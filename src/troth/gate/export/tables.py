"""The rows of an export for programs: `data.json`, and a CSV table for each kind of row."""

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models

from ..subjects.models import PersonalModel
from ..subjects.register import items
from ..uses.history import Used, history
from .reading import File, Reading, Row
from .zipped import FORMAT, Member, Zipped

Known = dict[str, dict[str, Any]]
"""Categories by name, each with its label, reason, places and clause, and how many values are of it."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula."""


class Listing:
    """A JSON array, written one element at a time."""

    def __init__(self, out: Member, name: str) -> None:
        self._out, self._before = out, "\n"
        out.text(f',\n"{name}": [')

    def add(self, *elements: Any) -> None:
        """The next elements."""
        for element in elements:
            self._out.text(self._before + encode(element))
            self._before = ",\n"

    def __enter__(self) -> "Listing":
        return self

    def __exit__(self, *_: object) -> None:
        self._out.text("\n]")


def write_json(zipped: Zipped, reading: Reading, facts: Mapping[str, Any]) -> Known:
    """Write `data.json`; returns what the statement says of each category that occurs."""
    known: Known = {}
    with zipped.member("data.json") as out:
        out.text(f'{{"format": {encode(FORMAT)},\n"about": {encode(facts)}')
        with Listing(out, "rows") as rows:
            reading.rows(lambda row: rows.add(_row(row, known)))
        with Listing(out, "files") as files:
            reading.files(lambda file: files.add(_file(file)))
        with Listing(out, "uses") as uses:
            reading.entries(lambda part, entries: uses.add(*map(_use, history(entries))))
        out.text(f',\n"categories": {encode(known)}\n}}\n')
    return known


def write_tables(zipped: Zipped, reading: Reading) -> None:
    """Write a table for each kind of row, one after the other as the rows come."""
    with ExitStack() as stack:
        table = _Tables(zipped, stack)
        reading.rows(table.add)


class _Tables:
    def __init__(self, zipped: Zipped, stack: ExitStack) -> None:
        self._zipped, self._stack = zipped, stack
        self._open: tuple[int, str] = (0, "")
        self._writer: Any = None

    def add(self, row: Row) -> None:
        if self._open != (row.part, row.held.model):
            self._begin(row)
        cells = {value.name: cell(value.value) for value in row.values}
        until = row.held.keep_until
        self._writer.writerow({
            **cells, "(withheld)": cell(", ".join(row.held.hidden)),
            "(kept until)": until.date().isoformat() if until else "",
        })  # fmt: skip

    def _begin(self, row: Row) -> None:
        self._stack.close()
        self._open = row.part, row.held.model
        name = row.held.model.lower() + (f"-{row.part}" if row.part > 1 else "")
        out = self._stack.enter_context(self._zipped.member(f"csv/{name}.csv"))
        out.write(b"\xef\xbb\xbf")  # without it spreadsheets do not take the text for UTF-8
        # Everything in quotes: where `;` parts the cells, one inside a value must not begin a new one.
        columns = [*_columns(type(row.held.row)), "(withheld)", "(kept until)"]
        self._writer = csv.DictWriter(_Lines(out), columns, quoting=csv.QUOTE_ALL)
        self._writer.writeheader()


class _Lines:
    def __init__(self, out: Member) -> None:
        self.write = out.text


def _columns(model: type[PersonalModel]) -> Iterator[str]:
    for item in items(model):
        if item.state != "sealed":
            field = model._meta.get_field(item.field)
            if isinstance(field, models.ForeignKey | models.BinaryField):
                continue
        yield item.field


def cell(value: Any) -> str:
    """A value for a spreadsheet, which must not take what somebody typed for a formula."""
    text = value if isinstance(value, str) else encode(value).strip('"')
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"'{text}" if text.startswith(FORMULA) and not is_number else text


def _use(used: Used) -> dict[str, Any]:
    return {
        "entry": used.entry, "at": used.at, "role": used.role, "purpose": used.purpose, "act": used.act,
        "clauses": used.clauses, "fields": used.fields, "place": used.place, "country": used.country,
    }  # fmt: skip


def _row(row: Row, known: Known) -> dict[str, Any]:
    held = row.held
    for value in row.values:
        if value.category:
            about = known.setdefault(
                value.category,
                {
                    "label": value.label,
                    "why": value.why,
                    "places": value.places,
                    "clause": value.clause,
                    "values": 0,
                },
            )
            about["values"] += 1
    return {
        "part": row.part, "model": held.model, "title": held.title, "id": held.row.pk, "is_own": held.is_own,
        "values": [
            {"name": each.name, "label": each.label, "category": each.category, "value": each.value}
            for each in row.values
        ],
        "withheld": held.hidden, "keep_until": held.keep_until, "keep_clause": held.keep_clause,
    }  # fmt: skip


def _file(file: File) -> dict[str, Any]:
    return {
        "path": file.path, "name": file.name, "content_type": file.content_type, "size": file.row.size,
        "category": file.row.category, "stored_at": file.row.stored_at,
    }  # fmt: skip


def encode(value: Any) -> str:
    """JSON in one line; what JSON does not know becomes text."""
    return json.dumps(value, ensure_ascii=False, default=_text)


def _text(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return list(value) if isinstance(value, set | frozenset) else str(value)
