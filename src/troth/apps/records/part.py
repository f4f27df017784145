"""What records put into a workspace: collections as parts that can be shared alone, and as staff look at them."""

from collections.abc import Iterator
from functools import partial
from uuid import UUID

from troth.gate.uses import current_use
from troth.workspaces.access import Access
from troth.workspaces.hosted import opened
from troth.workspaces.sections import LOOKS, PARTS, SIZES, TABLES, Columns, Look, Table

from . import kinds
from .flows import picked, unpacked
from .models import Collection, Field, Kind, Record


def collections() -> list[tuple[UUID, str]]:
    """The open workspace's collections by name, those that are open to the reader."""
    use = current_use()
    return [(row.pk, row.name) for row in Collection.objects.all() if use.permits(row)]


def is_collection(part: UUID) -> bool:
    """Whether a part is a collection of the open workspace."""
    return bool(Collection.objects.filter(pk=part).exists())


def rows(part: UUID, offset: int, limit: int) -> tuple[list[str], list[list[str]], int]:
    """The columns of a collection, some of its records, and how many there are."""
    fields = list(Field.objects.filter(collection=part))
    shown = Record.objects.filter(collection=part, is_shown=True)
    lines = []
    for record in shown[offset : offset + limit]:
        values = unpacked(record.content)
        lines.append([kinds.shown(field.kind, values.get(field.pk, "")) for field in fields])
    return [field.name for field in fields], lines, shown.count()


SQL = {Kind.NUMBER: "DECIMAL(30,10)", Kind.DATE: "DATE", Kind.BOOLEAN: "BOOLEAN"}
BATCH = 500


def tables(_: Access) -> list[Table]:
    """The open workspace's collections as tables: the record's id, and a column for each field.

    A collection that is not open to the reader is left out.
    """
    use, found = current_use(), list[Table]()
    for row in Collection.objects.all():
        if use.permits(row):
            fields = list(Field.objects.filter(collection=row))
            names = _apart(["id", *(field.name for field in fields)])
            types = ["VARCHAR", *(SQL.get(Kind(field.kind), "VARCHAR") for field in fields)]
            columns = tuple(zip(names, types, strict=True))
            found.append(Table((row.pk,), row.name, partial(_opened, columns, row.pk, fields), columns))
    return found


def _opened(columns: Columns, collection: UUID, fields: list[Field]) -> tuple[Columns, Iterator[list[str]]]:
    return columns, _lines(collection, fields)


def _apart(names: list[str]) -> list[str]:
    """Names of columns, each once, whatever their case."""
    found, taken = list[str](), set[str]()
    for name in names:
        given, number = name, 2
        while given.casefold() in taken:
            given, number = f"{name} {number}", number + 1
        taken.add(given.casefold())
        found.append(given)
    return found


def _lines(collection: UUID, fields: list[Field]) -> Iterator[list[str]]:
    """The records of a collection as texts, a batch at a time.

    The ids are asked for first: no index has the records of one collection by id, and to sort what is left for each
    batch would take as many times longer as there are batches.
    """
    use, shown = current_use(), Record.objects.filter(collection=collection, is_shown=True).order_by()
    ids, names = list(shown.values_list("pk", flat=True)), [field.pk.hex for field in fields]
    for start in range(0, len(ids), BATCH):
        for record in shown.filter(pk__in=ids[start : start + BATCH]):
            yield [str(record.pk), *picked(record.content, names)]
            use.release(record)


def size(workspace: UUID) -> int:
    """How many records a workspace holds; opens nothing."""
    with opened(workspace):
        return int(Record.objects.filter(is_shown=True).count())


def register() -> None:
    """Make them known to the workspace."""
    PARTS.append(collections)
    LOOKS.append(Look(is_collection, rows))
    SIZES.append(("Records", size))
    TABLES.append(tables)
