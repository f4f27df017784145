"""CSV files as tables that can be queried: named after the file, their first row the columns, read only when named."""

from collections.abc import Iterator
from functools import partial
from itertools import chain

from troth.workspaces import reading_files
from troth.workspaces.access import Access
from troth.workspaces.models import Right
from troth.workspaces.reading_files import Format, Spot, Unreadable
from troth.workspaces.sections import Table

from . import kinds, reaching, showing
from .models import Document, Version

MOST = 500
MOST_COLUMNS = 1000
ENDINGS = (".csv", ".tsv")


def tables(by: Access) -> list[Table]:
    """The CSV files that somebody reaches, the oldest first; none of them is opened."""
    found = Document.objects.filter(trashed_at=None).select_related("folder")[:MOST]
    seen = [each for each in found if not each.is_gone and reaching.allows(by, Right.VIEW, each)]
    newest = showing.newest_of(seen)
    return [
        Table(
            each.parts, str(each.name), opens=partial(_opened, by, kept, str(each.name)),
            where=" / ".join(name for _, name in showing.path(by, each.folder)),
        )
        for each in seen
        if (kept := newest.get(each.pk)) and _is_table(str(each.name), str(kept.media_type))
    ]  # fmt: skip


def _is_table(name: str, kind: str) -> bool:
    return kind == kinds.CSV or (kind == kinds.TEXT and name.casefold().endswith(ENDINGS))


def _opened(by: Access, kept: Version, name: str) -> tuple[tuple[tuple[str, str], ...], Iterator[list[str]]]:
    """Its columns, all of text, and its rows.  Raises Unreadable with name and line, there and on the way."""
    try:
        chunks = reaching.stream(by, kept)
        first = next(chunks, b"")
        known = (
            Format(delimiter=",")
            if not first
            else reading_files.guess(first, is_whole=len(first) == kept.size)
        )
        known = Format(encoding=known.encoding, delimiter=known.delimiter)
        names = reading_files.columns_of(chain([first], chunks), known, MOST_COLUMNS)
    except Unreadable as why:
        raise Unreadable(f"“{name}”, line 1: {why}") from None
    return tuple((each, "VARCHAR") for each in names), _rows(by, kept, name, known, names)


def _rows(by: Access, kept: Version, name: str, known: Format, names: list[str]) -> Iterator[list[str]]:
    width, spot = len(names), Spot()
    try:
        for row in reading_files.rows(reaching.stream(by, kept), known, names, spot):
            if row.fault:
                raise Unreadable(row.fault)
            cells = row.cells[:width] + [""] * (width - len(row.cells))
            yield [cell.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "") for cell in cells]
    except Unreadable as why:
        raise Unreadable(f"“{name}”, line {spot.line}: {why}") from None
