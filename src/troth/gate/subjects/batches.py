"""Rows of a subject in batches, by one prepared question for each link.

Django works out the same question anew each time, which costs more than asking it. An access to somebody with a few
rows in many tables is mostly that.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection

from ..uses.use import open_use
from .models import PersonalModel
from .scope import everywhere

BATCH = 200


def of(model: type[PersonalModel], field: str, subject: UUID) -> Iterator[PersonalModel]:
    """Rows whose `field` names the subject, by id.  No read transaction stays open between two batches."""
    names, key, first, later, converters = _prepared(model, field)
    known = model._meta.get_field(field).get_db_prep_value(subject, connection)  # type: ignore[union-attr]
    asked, given = first, [known]
    while True:
        with everywhere(), connection.cursor() as cursor:
            cursor.execute(asked, given)
            found = cursor.fetchall()
        rows = [model.from_db(connection.alias, names, _converted(row, converters)) for row in found]
        if use := open_use():
            use.preload(row.owner_id for row in rows)
        yield from rows
        if len(found) < BATCH:
            return
        asked, given = later, [known, found[-1][key]]


def _converted(row: Any, converters: list[tuple[int, list[Any], Any]]) -> list[Any]:
    values = list(row)
    for place, changes, column in converters:
        for change in changes:
            values[place] = change(values[place], column, connection)
    return values


@cache
def _prepared(
    model: type[PersonalModel], field: str
) -> tuple[list[str], int, str, str, list[tuple[int, list[Any], Any]]]:
    """(names, place of the id, the first question, the next ones, converters by place)."""
    table, quote = model._meta.db_table, connection.ops.quote_name
    fields = model._meta.concrete_fields
    columns = ", ".join(quote(str(each.column)) for each in fields)
    link = quote(str(model._meta.get_field(field).column))  # type: ignore[union-attr]
    key = next(place for place, each in enumerate(fields) if each.primary_key)
    by_id = quote(str(fields[key].column))
    asked = f"SELECT {columns} FROM {quote(table)} WHERE {link} = %s"  # noqa: S608 - our own names
    order = f" ORDER BY {by_id} LIMIT {BATCH}"
    converters = []
    for place, each in enumerate(fields):
        column = each.get_col(table)
        changes = connection.ops.get_db_converters(column) + each.get_db_converters(connection)
        if changes:
            converters.append((place, changes, column))
    return (
        [each.attname for each in fields],
        key,
        asked + order,
        f"{asked} AND {by_id} > %s{order}",
        converters,
    )
