"""Where opened values lie in clear: in files below TROTH_HOME, and in columns of any table."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models

CHUNK = 1 << 20
NO_TEXT: "tuple[type[models.Field[Any, Any]], ...]" = (
    models.IntegerField, models.FloatField, models.DecimalField, models.BooleanField, models.DateField,
    models.TimeField, models.DurationField, models.UUIDField, models.ForeignKey,
)  # fmt: skip
"""Columns that cannot hold a text; every other can, third parties' too."""

OF_COMPANIES: list[Callable[[], Iterable[str]]] = []
"""Who knows addresses of recipients' desks: those are companies', and stand in clear where the company is registered."""


def apart_from_desks(values: set[bytes]) -> set[bytes]:
    """The values without the addresses of desks, which a letter to one holds sealed as well."""
    return values - {address.encode() for known in OF_COMPANIES for address in known()}


def files(values: set[bytes]) -> list[str]:
    """Files under TROTH_HOME (databases, write-ahead logs, logs, spools) that hold one of the values.

    Raises OSError for one that is there and cannot be read: nobody looked at it.
    """
    home = Path(settings.TROTH_HOME)
    # The company's own file names the addresses of its staff and of its recipients' desks; the file of alarms names the
    # nets that are blocked, for the machine's own firewall (clause security.environment).
    apart = (home / "company.toml", Path(settings.TROTH_PROTECTION_LOG))
    found = (path for path in _below(home) if home / "static" not in path.parents and path not in apart)
    return sorted(str(path.relative_to(home)) for path in found if _holds(_pieces(path), values))


def columns_with(is_found: Callable[[str], bool]) -> list[str]:
    """Columns of any table in which a text is found to be something."""
    return [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if not isinstance(field, NO_TEXT) and not field.choices and any(map(is_found, _words(model, field)))
    ]


def files_with(is_found: Callable[[str], bool], names: tuple[str, ...]) -> list[str]:
    """Files under TROTH_HOME of these kinds (`*.log`) in which a line is found to be something."""
    home = Path(settings.TROTH_HOME)
    found = (path for path in _below(home) if any(path.match(name) for name in names))
    return sorted(
        str(path.relative_to(home))
        for path in found
        if any(is_found(line) for line in path.read_text("utf-8", "replace").splitlines())
    )


def _words(model: type[models.Model], field: "models.Field[Any, Any]") -> Iterator[str]:
    """The texts of a column, bytes left out: those are sealed, or hashes."""
    rows = model._base_manager.filter(**{f"{field.name}__isnull": False}).values_list(field.name, flat=True)
    for value in rows.iterator(chunk_size=500):
        if not isinstance(value, bytes | memoryview):
            yield from (text.decode() for text in _spelled(value))


def _below(home: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(home, onerror=_unless_gone):
        yield from (path for name in names if (path := Path(folder, name)).is_file())


def _unless_gone(error: OSError) -> None:
    # What went while we looked holds nothing any more.
    if not isinstance(error, FileNotFoundError):
        raise error


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(CHUNK):
                yield block
    except OSError as error:
        _unless_gone(error)


def columns(values: set[bytes]) -> list[str]:
    """Columns of any table that hold one of the values: also where no file is ours to read."""
    return [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if not isinstance(field, NO_TEXT) and not field.choices and _holds(_texts(model, field), values)
    ]


def _texts(model: type[models.Model], field: "models.Field[Any, Any]") -> Iterator[bytes]:
    """What a column holds, in pieces of some size: many rows are searched as fast as one."""
    rows = model._base_manager.filter(**{f"{field.name}__isnull": False}).values_list(field.name, flat=True)
    piece, size = list[bytes](), 0
    for value in rows.iterator(chunk_size=500):
        for text in _spelled(value):
            piece.append(text)
            size += len(text)
        if size >= CHUNK:
            yield b"\n".join((*piece, b""))
            piece, size = [], 0
    yield b"\n".join((*piece, b""))


def _spelled(value: Any) -> Iterator[bytes]:
    """Every text in a value; JSON is taken apart, since its spelling may hide one."""
    if isinstance(value, str):
        yield value.encode("utf-8", "replace")
    elif isinstance(value, bytes | memoryview):
        yield bytes(value)
    elif isinstance(value, dict):
        yield from _each((*value, *value.values()))
    elif isinstance(value, list | tuple):
        yield from _each(value)


def _each(values: Iterable[Any]) -> Iterator[bytes]:
    for value in values:
        yield from _spelled(value)


def _holds(pieces: Iterator[bytes], values: set[bytes]) -> bool:
    longest, tail = max(map(len, values), default=1), b""
    for piece in pieces:
        data = tail + piece
        if any(value in data for value in values):
            return True
        tail = data[-longest:]
    return False
