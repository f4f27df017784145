"""Many new rows of one owner at once, sealed and inserted without an object for each.

It does for each row what setting its one sealed field and `bulk_create` do: the open use decides, takes it on record,
and seals it for its place.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import BinaryField, BooleanField, CharField, IntegerField, TextField, UUIDField

from troth.engine.seal import seal_row

from ..keystore import keys
from ..published import statement
from ..uses import envelopes
from ..uses.use import current_use
from .models import PersonalModel

ROW = Sequence[Any]


def insert(
    model: type[PersonalModel],
    owner: UUID,
    same: Mapping[str, Any],
    names: Sequence[str],
    rows: Iterable[ROW],
) -> None:
    """Insert rows of a model: `same` is what all of them have, `names` what each row lists, its `id` first.

    Names are of columns (`collection_id`); one of them may be the model's only sealed field.  What neither gives must
    have a default in the store.  Raises Refused; IntegrityError where the store refuses a row.
    """
    sealed = [name for name in names if name in model.seals]
    made: Iterable[ROW] = _sealed(model, owner, sealed[0], names.index(sealed[0]), rows) if sealed else rows
    kept = {"owner_id": owner, "collected_under": statement.under(), **same}
    columns = [*("sealed" if name in sealed else name for name in names), *kept]
    fields = {field.attname: field for field in model._meta.concrete_fields}
    changes = [_prepared(fields[name]) for name in columns]
    tail = tuple(change(value) for change, value in zip(changes[len(names) :], kept.values(), strict=True))
    own = changes[: len(names)]
    quote = connection.ops.quote_name
    asked = (
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(quote(str(fields[name].column)) for name in columns)})"  # noqa: S608 - our own names
        f" VALUES ({', '.join(['%s'] * len(columns))})"
    )
    told = [(*[change(value) for change, value in zip(own, row, strict=True)], *tail) for row in made]
    if told:
        with connection.cursor() as cursor:
            cursor.executemany(asked, told)


def _sealed(model: type[PersonalModel], owner: UUID, name: str, at: int, rows: Iterable[ROW]) -> list[ROW]:
    use, seal = current_use(), model.seals[name]
    clause, cipher = use._collecting(seal.category), use.cipher(owner.hex)
    place = envelopes.places(model.seal_label, statement.under(), keys.deployment())
    found: list[ROW] = []
    is_given = False
    for row in rows:
        line = list(row)
        if line[at] is not None:  # of what nobody gave, nothing is kept
            line[at] = seal_row(cipher, {name: line[at]}, place(None, owner, line[0]))
            is_given = True
        found.append(line)
    if is_given:
        use._collected.setdefault(owner.hex, {})[seal.category] = clause
    return found


def _prepared(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """How a value of a column becomes one that the store takes."""
    target = field.target_field if field.is_relation else field  # type: ignore[attr-defined]
    if isinstance(target, UUIDField):
        return _same if connection.features.has_native_uuid_field else _hex
    if isinstance(target, CharField | TextField | BinaryField | BooleanField | IntegerField):
        return _same
    return lambda value: None if value is None else field.get_db_prep_save(value, connection)


def _same(value: Any) -> Any:
    return value


def _hex(value: UUID | None) -> str | None:
    return None if value is None else value.hex
