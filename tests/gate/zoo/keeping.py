"""What the zoo's tests do: rows put in, read, shown to whom they tell of, and ended."""

from typing import Any, TypeVar
from uuid import UUID

from django.db import connections

from troth.gate.subjects import access
from troth.gate.subjects.access import Held
from troth.gate.subjects.erase import erase
from troth.gate.subjects.foresee import foresee
from troth.gate.subjects.jobs import finish_erasures
from troth.gate.subjects.models import DataSubject, Erasure, Kind
from troth.gate.uses import SYSTEM, Actor, OwnData, using

from .models import Animal

Row = TypeVar("Row", bound=Animal)


def person(kind: Kind = Kind.PERSON) -> UUID:
    """Somebody of whom nothing is held yet."""
    subject: UUID = DataSubject.begin(kind).pk
    return subject


def kept(model: type[Row], owner: UUID, **values: Any) -> Row:
    """A row sent through the gate; a person is named by their id, another row by itself."""
    links = {f.name for f in model._meta.concrete_fields if f.related_model is DataSubject}
    named = {f"{name}_id" if name in links else name: value for name, value in values.items()}
    with using("answering-enquiries", by=SYSTEM, at="contact-us"):
        row = model(owner_id=owner, **named)
        row.save(force_insert=True)
    return row


def read(row: Animal, name: str) -> Any:
    """A sealed value, by our systems, on the ground of the row itself."""
    found = type(row).objects.get(pk=row.pk)
    with using("answering-enquiries", by=SYSTEM, given=found):
        return getattr(found, name)


def shown_to(subject: UUID) -> list[Held]:
    """Everything held about somebody, as they see it."""
    with using("showing-own-data", by=Actor("data-subject", subject), given=OwnData(subject)):
        return list(access.held(subject))


def words(held: list[Held]) -> dict[str, dict[str, Any]]:
    """What is shown of each kind of row: {kind: {field: value}}."""
    return {one.model.removeprefix("zoo."): {v.name: v.value for v in one.values} for one in held}


def foreseen(subject: UUID) -> int:
    """How many rows an erasure is said to end or to change."""
    seen = foresee(subject)
    lines = [*seen.goes, *seen.shared, *seen.stays]
    return sum(line.count for line in lines if line.title != "Record of uses")


def erased(*subjects: UUID) -> list[Erasure]:
    """Erase people one after the other, until nothing of them is left to purge."""
    done = [erase(subject.hex, SYSTEM) for subject in subjects]
    finish_erasures()
    return done


def named_in(subject: UUID) -> list[str]:
    """The columns of all tables, keys' and data's, in which somebody's id stands in any of its spellings."""
    found = []
    for store in connections.all():
        with store.cursor() as cursor:
            tables = store.introspection.table_names(cursor)
        for table in tables:
            with store.cursor() as cursor:
                cursor.execute(f"SELECT * FROM {store.ops.quote_name(table)}")  # noqa: S608 - from the catalogue
                columns = [column[0] for column in cursor.description]
                found += [
                    f"{table}.{column}"
                    for row in cursor.fetchall()
                    for column, value in zip(columns, row, strict=True)
                    if _names(value, subject)
                ]
    return sorted(set(found))


def _names(value: Any, subject: UUID) -> bool:
    if isinstance(value, bytes | memoryview):
        return any(
            form in bytes(value) for form in (subject.bytes, subject.hex.encode(), str(subject).encode())
        )
    return any(form in str(value) for form in (subject.hex, str(subject)))
