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
FEW = 300
"""Records of one value up to which they are fetched from the value's index and put in order here."""
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
    """One value as the table shows it; `link` is (collection, record) of a reference that can be followed, `page`
    the address of a file's page.

    A short one stays on one line.
    """

    field: UUID
    label: str
    text: str
    is_number: bool = False
    is_cut: bool = False
    is_short: bool = False
    link: tuple[UUID, str] | None = None
    page: str = ""


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


class Found:
    """The records that are looked for, in their order: counted and cut as a paginator does it."""

    def __init__(
        self, rows: Any, order: Order | None, *, few: list[Record] | None = None, is_all: bool
    ) -> None:
        self._rows, self._order, self._few, self._is_all = rows, order, few, is_all

    def count(self) -> int:
        """How many there are."""
        return self._rows.count() if self._few is None else len(self._few)

    def __getitem__(self, at: slice) -> list[Record]:
        if self._few is not None:
            return self._few[at]
        return self._by_value(self._order, at.start, at.stop) if self._order else list(self._rows[at])

    def after(self, last: UUID | None, limit: int) -> list[Record]:
        """The next of them by id, whatever their order: how a program goes through all of them, however many."""
        if self._few is not None:
            rest = [row for row in self._few if last is None or row.pk > last]
            return sorted(rest, key=lambda row: row.pk)[:limit]
        rows = self._rows.filter(pk__gt=last) if last else self._rows
        return list(rows.order_by("pk")[:limit])

    def _by_value(self, order: Order, start: int, stop: int) -> list[Record]:
        """Those with a value in the field that is sorted by, and then the others.

        The walk along the field's own index ends with the page: it does not matter how many more there are.
        """
        of_field = Value.objects.filter(field=order.field)
        valued = (
            of_field.filter(record__is_shown=True) if self._is_all else of_field.filter(record__in=self._rows)
        )
        ordered = valued.select_related("record").order_by(order.column, "record_id")
        page = [value.record for value in ordered[start:stop]]
        if missing := stop - start - len(page):
            without = self._rows.exclude(pk__in=of_field.values("record"))
            first = max(0, start - valued.count())
            page += without[first : first + missing]
        return page


def matching(
    collection: Collection, fields: list[Field], looked: Looked, order: Order | None = None
) -> Found:
    """The records that are looked for, in an order."""
    by_id, marked = {field.pk: field for field in fields}, []
    if looked.text:
        marks = [mark for field in fields for mark in _marks(field, looked.text)]
        marked.append(Value.objects.filter(field__in=by_id, index__in=marks))
    for each in looked.conditions:
        if (field := by_id.get(each.field)) is not None and field.is_found:
            marked.append(_where(field, each))
    is_whole = looked.text or (looked.conditions and looked.conditions[0].how == "is")
    few = _few(marked[0], order) if is_whole and len(marked) == 1 else None
    if few is not None:
        return Found(None, order, few=few, is_all=False)
    rows = Record.objects.filter(collection=collection, is_shown=True)
    for values in marked:
        rows = rows.filter(pk__in=values.values("record"))
    return Found(rows, order, is_all=not marked)


def _few(values: Any, order: Order | None) -> list[Record] | None:
    """The records of a whole value, taken from its own index; None when they are too many for that."""
    shown = values.filter(record__is_shown=True).select_related("record")
    rows = [value.record for value in shown.order_by("-record__made_at", "-record_id")[: FEW + 1]]
    if len(rows) > FEW:
        return None
    found = list({row.pk: row for row in rows}.values())
    if order is None:
        return found
    keys = {row.pk: _key(order, row) for row in found}
    with_value = sorted(
        (row for row in found if keys[row.pk]),
        key=lambda row: (keys[row.pk], row.pk),
        reverse=order.is_descending,
    )
    return with_value + [row for row in found if not keys[row.pk]]


def _key(order: Order, row: Record) -> tuple[str, Decimal] | None:
    text, number = kinds.plain_of(order.field.kind, unpacked(row.content).get(order.field.pk, ""))
    return None if text is None and number is None else (text or "", number or Decimal())


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
    if value and (found := named.get((field.pk, value))):
        link = (field.target_id, value) if found.is_open and field.target_id else None
        return Cell(field.pk, label, found.label, link=link, page=found.page)
    text = kinds.shown(field.kind, value)
    is_cut = len(text) > CELL
    shown = text[:CELL].rstrip() + "…" if is_cut else text
    is_short = field.kind in ONE_LINE and len(text) <= SHORT
    return Cell(field.pk, label, shown, field.kind == Kind.NUMBER, is_cut, is_short)
