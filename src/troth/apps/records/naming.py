"""How records are named where another one refers to them, as far as the reader may see it.

The name is the value of the first field that itself refers to nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from troth.workspaces.access import Access
from troth.workspaces.models import Right
from troth.workspaces.sections import FILES, NamedFile, find_files

from . import kinds
from .flows import unpacked
from .models import Field, Kind, Record, Value

NOT_OPEN, GONE, NAMELESS = "not open to you", "no longer there", "Without a name"
OFFERED = 200
"""Records that are offered as a list to choose from; of more, one is named."""
IN_ADDRESS = re.compile(
    r"([0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12})/?(?:edit/)?$", re.I
)


@dataclass(frozen=True, slots=True)
class Named:
    """What a reference is shown as, and whether it leads to a page that the reader can open; of a file, which `page`."""

    label: str
    is_open: bool = False
    page: str = ""


def title_of(values: Mapping[UUID, str], first: Field | None) -> str:
    """What a record is called by its value in the field that names it."""
    value = kinds.shown(first.kind, values.get(first.pk, "")) if first else ""
    return value[:120] or NAMELESS


def first_fields(collections: Iterable[UUID]) -> dict[UUID, Field]:
    """The field of each collection that names its records."""
    found: dict[UUID, Field] = {}
    named = Field.objects.exclude(kind__in=(Kind.REFERENCE, Kind.FILE))
    for field in named.filter(collection__in=list(collections)):
        found.setdefault(field.collection_id, field)
    return found


def references(
    access: Access, fields: Iterable[Field], many: Iterable[Mapping[UUID, str]]
) -> dict[tuple[UUID, str], Named]:
    """What the references in many records are shown as, by field and value: as many queries, however many there are.

    Those to files too.
    """
    fields, many = list(fields), list(many)
    asked: dict[tuple[UUID, str], UUID] = {}
    linking = [field for field in fields if field.kind == Kind.REFERENCE and field.target_id]
    for values in many:
        asked |= {(field.pk, values[field.pk]): field.target_id for field in linking if values.get(field.pk)}
    targets = {target for target in asked.values() if access.allows(Right.VIEW, target)}
    titles = _titles({key[1] for key, target in asked.items() if target in targets}, targets)
    return _files(access, fields, many) | {
        key: titles.get((target, key[1]), Named(GONE)) if target in targets else Named(NOT_OPEN)
        for key, target in asked.items()
    }


def _files(
    access: Access, fields: list[Field], many: list[Mapping[UUID, str]]
) -> dict[tuple[UUID, str], Named]:
    naming = [field.pk for field in fields if field.kind == Kind.FILE]
    asked = {(pk, values[pk]) for pk in naming for values in many if values.get(pk)}
    held = find_files(access, {UUID(value) for _, value in asked})
    return {(pk, value): _of_file(held, UUID(value)) for pk, value in asked}


def _of_file(held: Mapping[UUID, NamedFile | None], pk: UUID) -> Named:
    found = held.get(pk)
    if found is None:
        return Named(NOT_OPEN if pk in held else GONE)
    return Named(found.name, True, found.page)


def offered_files(access: Access) -> list[tuple[str, str]] | None:
    """The files that the reader may open, to choose from; None when they are too many for a list."""
    lists = [app.offered(access, OFFERED) for app in FILES]
    if any(each is None for each in lists):
        return None
    return [(str(one.pk), one.name) for each in lists for one in each or ()]


def _titles(wanted: set[str], targets: set[UUID]) -> dict[tuple[UUID, str], Named]:
    if not wanted:
        return {}
    first = first_fields(targets)
    rows = Record.objects.filter(pk__in=wanted, collection__in=targets, is_shown=True)
    return {
        (row.collection_id, str(row.pk)): Named(
            title_of(unpacked(row.content), first.get(row.collection_id)), True
        )
        for row in rows
    }


def offered(target: UUID) -> list[tuple[str, str]] | None:
    """The records of a collection to choose from, by name; None when they are too many for a list."""
    rows = list(Record.objects.filter(collection=target, is_shown=True)[: OFFERED + 1])
    if len(rows) > OFFERED:
        return None
    first = first_fields([target]).get(target)
    named = [(str(row.pk), title_of(unpacked(row.content), first)) for row in rows]
    return sorted(named, key=lambda each: each[1].casefold())


def pointed_at(target: UUID, text: str) -> list[UUID]:
    """The records that somebody may mean: by address or id, or by the whole value of the first field; two at most."""
    shown = Record.objects.filter(collection=target, is_shown=True)
    if named := IN_ADDRESS.search(text.strip()):
        return [row.pk for row in shown.filter(pk=UUID(named[1]))]
    first = first_fields([target]).get(target)
    if first is None or not first.is_found:
        return []
    wanted = Value.objects.filter(field=first, index__in=kinds.wanted(first.kind, first.pk, text))
    return [row.pk for row in shown.filter(pk__in=wanted.values("record"))[:2]]
