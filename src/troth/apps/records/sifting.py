"""Texts of a file into values that can be kept, many at once: what is the same for all rows is worked out once."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError

from troth.gate.subjects.index import indexer
from troth.workspaces.reading_files import Format, Row

from . import kinds
from .models import Field, Finding, Kind

REMEMBERED = 4_000
"""Texts of one column that are not read again when they come again."""
SHORTEST_CARD = 13
"""Digits; no shorter text holds a card's number."""


class Taken(NamedTuple):
    """One value: as it is kept, as a piece of a record's JSON, and by what it is found."""

    value: str
    piece: str
    mark: bytes | None
    text: str | None
    number: Decimal | None


NOTHING = Taken("", "", None, None, None)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is read, what its columns are called, and which field each fills (None for none)."""

    known: Format
    columns: list[str]
    into: list[UUID | None]

    def as_text(self) -> str:
        """As it is kept."""
        return json.dumps({
            "format": [self.known.form, self.known.encoding, self.known.delimiter, self.known.has_header],
            "columns": self.columns, "into": [field.hex if field else "" for field in self.into],
        })  # fmt: skip

    @classmethod
    def from_text(cls, text: str) -> "Plan":
        """As it was kept."""
        held = json.loads(text)
        return cls(
            Format(*held["format"]), held["columns"], [UUID(each) if each else None for each in held["into"]]
        )


class Column:
    """One column of a file and the field that it fills."""

    def __init__(self, place: int, name: str, field: Field, choices: list[str] | None) -> None:
        self.place, self.name, self.field = place, name, field
        self.pk, self.kind, self.is_required = field.pk, str(field.kind), bool(field.is_required)
        self.is_unique, self.is_plain = field.finding == Finding.UNIQUE, field.finding == Finding.PLAIN
        self.is_found, self._choices = field.is_found, choices
        self._key = f'"{field.pk.hex}": '
        self._is_text, self._is_phone = self.kind == Kind.TEXT, self.kind == Kind.PHONE
        self._index: Callable[[str], bytes | None] | None = None
        if self.is_found:
            self._index = self._indexer()
        self._met: dict[str, Taken] = {}

    def _indexer(self) -> Callable[[str], bytes | None]:
        if self.kind in (Kind.TEXT, Kind.EMAIL, Kind.PHONE):
            return indexer(kinds.label(self.pk), kinds.FOUND_AS.get(Kind(self.kind), "text"))
        return lambda value: kinds.index_of(self.kind, self.pk, value)

    def take(self, text: str) -> Taken:
        """The value that a text stands for.  Raises ValidationError, which quotes nothing."""
        met = self._met.get(text)
        if met is not None:
            return met
        short = text.strip()
        is_easy = len(short) < SHORTEST_CARD and short.isprintable()
        index = self._index(short) if self._index and self._is_phone and is_easy else None
        # A number that has an index is one that can be dialled.
        is_read = index is not None or (self._is_text and is_easy)
        value = short if is_read else kinds.read(self.kind, short, self._choices)
        taken = self._made(value, index) if value else NOTHING
        if len(self._met) >= REMEMBERED:
            self._met.clear()
        self._met[text] = taken
        return taken

    def _made(self, value: str, index: bytes | None) -> Taken:
        plain, number = kinds.plain_of(self.kind, value) if self.is_plain else (None, None)
        if index is None and self._index:
            index = self._index(value)
        return Taken(value, self._key + encode_basestring(value), index, plain, number)


Fault = tuple[str, str]
"""Column (blank for the row as a whole) and reason."""


class Sifted:
    """One row that was read: its values by column, or what is wrong with it."""

    __slots__ = ("faults", "number", "row", "taken")

    def __init__(self, number: int, row: Row) -> None:
        self.number, self.row = number, row
        self.taken: list[tuple[Column, Taken]] = []
        self.faults: list[Fault] = []

    @property
    def content(self) -> str:
        """The record's content, as `flows.packed` writes it."""
        return "{" + ", ".join([taken.piece for _, taken in self.taken]) + "}"


def columns_for(plan: Plan, fields: Iterable[Field], choices: Callable[[Field], list[str]]) -> list[Column]:
    """The columns of a plan that fill a field, inside a use that may read the fields.

    Required fields that no column fills are columns without a place.
    """
    by_id = {field.pk: field for field in fields}
    made = []
    for place, (name, into) in enumerate(zip(plan.columns, plan.into, strict=True)):
        field = by_id.pop(into, None) if into else None
        if field is not None:
            made.append(Column(place, name, field, choices(field) if field.kind == Kind.CHOICE else None))
    made += [Column(-1, field.name, field, None) for field in by_id.values() if field.is_required]
    return made


def sift(columns: list[Column], row: Row, number: int) -> Sifted:
    """Read one row; `number` is its place among the rows of the file."""
    found = Sifted(number, row)
    if row.fault:
        found.faults.append(("", row.fault))
        return found
    cells, width, taken = row.cells, len(row.cells), found.taken
    for column in columns:
        place = column.place
        text = cells[place] if 0 <= place < width else ""
        try:
            each = column.take(text) if text else NOTHING
        except ValidationError as wrong:
            found.faults.append((column.name, wrong.messages[0]))
            continue
        if each is not NOTHING:
            taken.append((column, each))
        elif column.is_required:
            found.faults.append((column.name, "This is empty, and the field must be filled in."))
    if not taken and not found.faults:
        found.faults.append(("", "Nothing in this row goes into a field."))
    return found


def as_kept(faulty: list[Sifted]) -> str:
    """Refused rows as they are kept: the row's number, what is wrong, its cells."""
    lines: list[Any] = [
        [each.row.number, each.faults, [_storable(cell) for cell in each.row.cells]] for each in faulty
    ]
    return json.dumps(lines, ensure_ascii=False)


def _storable(cell: str) -> str:
    """A cell as it can be kept at all: half a character is shown as a question mark."""
    return cell if cell.isascii() else cell.encode("utf-8", "replace").decode()
