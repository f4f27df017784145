"""What is guessed about a file before it is imported, and what its first rows would become."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from troth.workspaces.reading_files import CSV, JSON_LINES, LOOKED_AHEAD, Format, Row, rows

from . import kinds
from .importing import Target
from .models import Field, Finding, Kind
from .shape import MOST_FIELDS, Draft, choices_of
from .sifting import Column, sift

SHOWN = 20
"""Rows of the preview."""
LONGEST_SHOWN = 80
SURE = {Kind.BOOLEAN: "01", Kind.NUMBER: "", Kind.DATE: "", Kind.EMAIL: "", Kind.PHONE: ""}
"""Kinds in the order in which they are tried, and the letters that alone would not show that kind."""


def first_rows(sample: bytes, known: Format, columns: list[str]) -> list[Row]:
    """The rows at the start of a file."""
    return list(islice(rows([sample], known, columns), LOOKED_AHEAD))


def guess_targets(
    columns: list[str], found: Iterable[Row], fields: list[tuple[UUID, str]]
) -> list[tuple[str, str]]:
    """For each column what the form offers first: the field of its name, or, where there are none yet, a new one."""
    named = {name.strip().casefold(): pk for pk, name in fields}
    lines, guesses, taken = [row.cells for row in found if not row.fault], [], set[UUID]()
    for place, name in enumerate(columns):
        kind = _kind_of([line[place] for line in lines if place < len(line)])
        finding = Finding.SEARCHABLE if kind in (Kind.EMAIL, Kind.PHONE) else Finding.NONE
        field = named.get(name.strip().casefold())
        into = ""
        if field is not None and field not in taken:
            into = field.hex
            taken.add(field)
        elif not fields and place < MOST_FIELDS:
            into = f"new:{kind.value}"
        guesses.append((into, finding.value))
    return guesses


def _kind_of(texts: list[str]) -> Kind:
    told = [text.strip() for text in texts if text.strip()]
    for kind, unsure in SURE.items():
        if told and all(_reads(kind, text) for text in told) and not all(text in unsure for text in told):
            return Kind.TEXT if kind == Kind.NUMBER and any(_is_code(text) for text in told) else kind
    return Kind.TEXT


def _is_code(text: str) -> bool:
    """A number whose zeros in front would be lost, or that is a phone number or a code rather than an amount."""
    digits = text.lstrip("+-")
    return text.startswith("+") or (len(digits) > 1 and digits[0] == "0" and digits[1].isdigit())


def _reads(kind: Kind, text: str) -> bool:
    try:
        kinds.read(kind, text)
    except ValidationError:
        return False
    return True


def preview(
    found: Sequence[Row], columns: list[str], targets: Sequence[Target], fields: list[Field]
) -> list[dict[str, Any]]:
    """The first rows as they would be read: number, cells with what is wrong, and what is wrong with the row.

    Inside a use that may read the fields.
    """
    reading = _reading(columns, targets, {field.pk: field for field in fields})
    lines = []
    for row in found[:SHOWN]:
        faults = dict(sift(reading, row, 0).faults)
        cells = row.cells if len(row.cells) <= len(columns) else row.cells[: len(columns)]
        lines.append({
            "number": row.number, "fault": faults.get("", ""), "is_wrong": bool(faults),
            "cells": [(_cut(cell), faults.get(name, "")) for cell, name in zip(cells, columns, strict=False)],
            "why": [f"{name}: {reason}" for name, reason in faults.items() if name],
        })  # fmt: skip
    return lines


def _reading(columns: list[str], targets: Sequence[Target], fields: dict[UUID, Field]) -> list[Column]:
    reading = []
    for place, (name, target) in enumerate(zip(columns, targets, strict=True)):
        if isinstance(target, Draft):
            reading.append(Column(place, name, Field(kind=target.kind, finding=Finding.NONE), None))
        elif target and (field := fields.pop(target, None)) is not None:
            choices = choices_of(field) if field.kind == Kind.CHOICE else None
            reading.append(Column(place, name, field, choices))
    return reading + [Column(-1, field.name, field, None) for field in fields.values() if field.is_required]


def _cut(cell: str) -> str:
    text = cell.encode("utf-8", "replace").decode().replace("\x00", "�")
    return text[:LONGEST_SHOWN].rstrip() + "…" if len(text) > LONGEST_SHOWN else text


__all__ = ["CSV", "JSON_LINES", "first_rows", "guess_targets", "preview"]
