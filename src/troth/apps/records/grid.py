"""The table of a collection: which records, in what order, a page at a time.

The number of queries is the same for one record and for a million, and each of them begins at this workspace's rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from troth.workspaces.access import Access

from . import kinds
from .flows import unpacked
from .looking import ANYWHERE, Condition, Looked
from .models import Collection, Field, Finding, Kind, Record, Value
from .naming import NAMELESS, references

PER_PAGE = 100
CELL = 160
"""Characters of a value that the table shows."""
ONE_LINE, SHORT = (Kind.NUMBER, Kind.DATE, Kind.EMAIL, Kind.PHONE), 32
NUMERIC = (Kind.NUMBER, Kind.BOOLEAN)


@dataclass(frozen=True, slots=True)
class Order:
    """A plain field to sort by; without one the newest records come first."""

    field: Field
    is_descending: bool = False

    @property
    def column(self) -> str:
        """The column that is sorted by."""
        name = "plain_number" if self.field.kind in NUMERIC else "plain_text"
        return f"-{name}" if self.is_descending else name


@dataclass(frozen=True, slots=True)
class Cell:
    """One value as the table shows it; `link` is (collection, record) of a reference that can be followed.

    A short one stays on one line.
    """

    field: UUID
    label: str
    text: str
    is_number: bool = False
    is_cut: bool = False
    is_short: bool = False
    link: tuple[UUID, str] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One record in the table."""

    pk: UUID
    title: str
    cells: list[Cell]


def order_of(fields: Iterable[Field], asked: str) -> Order | None:
    """The order that an address asks for: a field's id in hex, with a minus for the other direction."""
    wanted = asked.removeprefix("-")
    for field in fields:
        if field.pk.hex == wanted and field.finding == Finding.PLAIN:
            return Order(field, asked.startswith("-"))
    return None


def matching(collection: Collection, fields: Iterable[Field], looked: Looked) -> Any:
    """The records that are looked for, as a queryset."""
    found = Record.objects.filter(collection=collection, is_shown=True)
    by_id = {field.pk: field for field in fields}
    if looked.text:
        marks = [mark for field in by_id.values() for mark in _marks(field, looked.text)]
        found = found.filter(pk__in=Value.objects.filter(field__in=by_id, index__in=marks).values("record"))
    for each in looked.conditions:
        if (field := by_id.get(each.field)) is not None and field.is_found:
            found = found.filter(pk__in=_where(field, each).values("record"))
    return found


def _marks(field: Field, text: str) -> list[bytes]:
    is_asked = field.is_found and field.kind in ANYWHERE
    return kinds.wanted(field.kind, field.pk, text) if is_asked else []


def _where(field: Field, condition: Condition) -> Any:
    of_field = Value.objects.filter(field=field)
    if condition.how == "is":
        return of_field.filter(index__in=kinds.wanted(field.kind, field.pk, condition.text))
    name = "plain_number" if field.kind in NUMERIC else "plain_text"
    end = Decimal(condition.text) if field.kind in NUMERIC else condition.text
    return of_field.filter(**{f"{name}__{'gte' if condition.how == 'from' else 'lte'}": end})


def page_of(found: Any, order: Order | None, number: int) -> list[Record]:
    """One page (from 1) of the records that are looked for; those without a value come last."""
    start = (number - 1) * PER_PAGE
    if order is None:
        return list(found[start : start + PER_PAGE])
    valued = Value.objects.filter(field=order.field, record__in=found)
    sorted_ids = valued.order_by(order.column, "record_id").values_list("record_id", flat=True)
    ids = list(sorted_ids[start : start + PER_PAGE])
    rows = {row.pk: row for row in found.filter(pk__in=ids)}
    page = [rows[pk] for pk in ids if pk in rows]
    if len(ids) < PER_PAGE:
        start = max(0, start - valued.count())
        without = found.exclude(pk__in=Value.objects.filter(field=order.field).values("record"))
        page += without[start : start + PER_PAGE - len(ids)]
    return page


def lines(access: Access, fields: list[Field], records: Iterable[Record]) -> list[Row]:
    """Records as the table shows them, inside the use."""
    opened = [(record.pk, unpacked(record.content)) for record in records]
    named = references(access, fields, (values for _, values in opened))
    labels = [(field, str(field.name)) for field in fields]
    rows = []
    for pk, values in opened:
        cells = [_cell(field, label, values.get(field.pk, ""), named) for field, label in labels]
        rows.append(Row(pk, (cells[0].text if cells else "") or NAMELESS, cells))
    return rows


def _cell(field: Field, label: str, value: str, named: dict[tuple[UUID, str], Any]) -> Cell:
    if field.kind == Kind.REFERENCE and value and (found := named.get((field.pk, value))):
        link = (field.target_id, value) if found.is_open and field.target_id else None
        return Cell(field.pk, label, found.label, link=link)
    text = kinds.shown(field.kind, value)
    is_cut = len(text) > CELL
    shown = text[:CELL].rstrip() + "…" if is_cut else text
    is_short = field.kind in ONE_LINE and len(text) <= SHORT
    return Cell(field.pk, label, shown, field.kind == Kind.NUMBER, is_cut, is_short)
