"""Declarations beside the field: `Sealed`, `Declared`, `OwnerField`, `ConcernsField`.

All sealed fields of a row travel in one envelope, the `sealed` column (docs/decisions/0002).  A `Sealed` attribute is
therefore no column: outside a use there is nothing to read, and a query that names it does not compile.
"""

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import wraps
from typing import Any, cast

from django.core.exceptions import FieldError
from django.db import models

from ..uses.use import _current, current_use, open_use
from .index import candidates
from .scope import everywhere


class OnErase(Enum):
    """What becomes of a row when a subject it names is erased."""

    DELETE = "delete the row"
    BLANK = "blank the named fields"
    CUT = "cut the link"


class Sealed(property):
    """A field whose value lies in the row's envelope and is readable only inside a use that permits it.

    `inner` gives the type, validation and form field; `category` is the statement's item; `lookup` adds a
    full-width blind index (`<name>_index`), normalised as `lookup` says: "email", "phone" or "text".
    """

    def __init__(self, inner: "models.Field[Any, Any]", category: str, *, lookup: str = "") -> None:
        super().__init__()
        self.inner, self.category, self.lookup = inner, category, lookup
        self.is_text = isinstance(inner, models.CharField | models.TextField)
        self.name = ""

    def contribute_to_class(self, model: type[models.Model], name: str) -> None:
        """Django's hook while the class is being made."""
        self.name = name
        self.inner.set_attributes_from_name(name)
        own = dict(getattr(model, "seals", {}))
        own[name] = self
        model.seals = own  # type: ignore[attr-defined]
        setattr(model, name, self)
        if self.lookup:
            index = models.BinaryField(null=True, max_length=32, db_index=True, editable=False)
            model.add_to_class(f"{name}_index", index)

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        if row is None:
            return self
        use = _current.get()
        return (current_use() if use is None else use).read(row, self)

    def __set__(self, row: Any, value: Any) -> None:
        current_use().write(row, self, value)

    def to_json(self, value: Any) -> Any:
        """The JSON scalar an envelope keeps: None, "" and 0 stay three things, a date or a decimal is text."""
        return (
            value
            if value is None or isinstance(value, str | bool | int)
            else str(self.inner.get_prep_value(value))
        )

    def to_python(self, value: Any) -> Any:
        """A value back from its JSON scalar."""
        return None if value is None else self.inner.to_python(value)

    def index_label(self, model: Any) -> str:
        """What a blind index of this field is bound to: the model's stable label and the field's name."""
        return f"{model.seal_label}.{self.name}"


def Declared(field: "models.Field[Any, Any]", category: str, *, because: str) -> Any:  # noqa: N802 - stands for a field
    """A column kept in clear: its category and the reason are listed on the statement page."""
    field.declared = (category, because)  # type: ignore[attr-defined]
    return field


class OwnerField(models.ForeignKey):  # type: ignore[type-arg]
    """The one data subject whose key seals the row.  Rows leave by erasure, never by a cascade."""

    def __init__(self, **kwargs: Any) -> None:
        defaults = {"to": "subjects.DataSubject", "on_delete": models.PROTECT, "related_name": "+"}
        super().__init__(**{**defaults, **kwargs})


class ConcernsField(models.ForeignKey):  # type: ignore[type-arg]
    """Another subject who appears in the row; `on_erase` says what becomes of it when that one is erased."""

    def __init__(
        self, *, on_erase: OnErase = OnErase.CUT, blank_fields: tuple[str, ...] = (), **kwargs: Any
    ) -> None:
        self.on_erase, self.blank_fields = on_erase, blank_fields
        defaults = {
            "to": "subjects.DataSubject", "on_delete": models.PROTECT, "related_name": "+",
            "null": on_erase is not OnErase.DELETE, "blank": True,
        }  # fmt: skip
        super().__init__(**{**defaults, **kwargs})

    def deconstruct(self) -> Any:
        """Django's, for migrations: they do not know `on_erase`, so whether a column may be empty is always said."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "null": self.null}


class PersonalQuerySet(models.QuerySet[Any]):
    """A queryset that loads the keys of its rows' owners when it is evaluated, and finds by blind index."""

    def _fetch_all(self) -> None:
        fresh = self._result_cache is None
        super()._fetch_all()
        if fresh and self._result_cache and isinstance(self._result_cache[0], self.model):
            use = open_use()
            if use is not None:
                use.preload(row.owner_id for row in self._result_cache)

    def lookup(self, **value: str) -> "PersonalQuerySet":
        """Rows whose sealed field equals a value after normalising: `lookup(email="alice@…")`."""
        if len(value) != 1:
            raise FieldError("look up one sealed field at a time")
        ((name, wanted),) = value.items()
        seal = cast("Sealed | None", self.model.seals.get(name))
        if seal is None or not seal.lookup:
            raise FieldError(f"`{self.model.__name__}.{name}` has no blind index; declare it with `lookup=`")
        return self.filter(
            **{f"{name}_index__in": candidates(seal.index_label(self.model), seal.lookup, wanted)}
        )

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Django's, with each row sealed first."""
        rows = list(objs)
        for row in rows:
            row.seal_pending()
        return super().bulk_create(rows, *args, **kwargs)


PersonalManager = models.Manager.from_queryset(PersonalQuerySet)


class EveryQuerySet(PersonalQuerySet):
    """Rows of all workspaces, for the gate's own rooms: each question is asked everywhere."""

    def _fetch_all(self) -> None:
        with everywhere():
            super()._fetch_all()

    def iterator(self, chunk_size: int | None = None) -> Iterator[Any]:
        """Django's; the scope is entered for each row, since a generator must not leave it open."""
        rows = super().iterator(chunk_size)
        while True:
            with everywhere():
                row = next(rows, _END)
            if row is _END:
                return
            yield row


def _asked_everywhere(name: str) -> Any:
    asked = getattr(PersonalQuerySet, name)

    @wraps(asked)
    def ask(rows: Any, *args: Any, **kwargs: Any) -> Any:
        with everywhere():
            return asked(rows, *args, **kwargs)

    return ask


_END = object()
for _name in ("aggregate", "bulk_create", "count", "delete", "exists", "update", "_raw_delete", "_update"):
    setattr(EveryQuerySet, _name, _asked_everywhere(_name))

EveryManager = models.Manager.from_queryset(EveryQuerySet)
