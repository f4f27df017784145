"""What somebody looks for in a collection: one whole value anywhere, or values and ranges of single fields.

It is sent by POST and kept in the sealed session under a number, so that no value stands in an address or a log.  The
newest few are kept; they end with the session.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from . import kinds
from .forms import name_of
from .models import Field, Finding, Kind

KEPT_AT, KEPT, LONGEST, NAMED = "records.looked", 5, 500, 6
RANGED = (Kind.NUMBER, Kind.DATE)
ANYWHERE = (Kind.TEXT, Kind.NUMBER, Kind.DATE, Kind.CHOICE, Kind.EMAIL, Kind.PHONE)
"""The kinds that the one search box looks into."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What the value of one field must be: `how` is "is", "from" or "to"."""

    field: UUID
    how: str
    text: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked for; nothing of it for everything."""

    text: str = ""
    conditions: tuple[Condition, ...] = ()
    number: str = ""

    def __bool__(self) -> bool:
        return bool(self.text or self.conditions)


NOTHING = Looked()


def is_ranged(field: Field) -> bool:
    """Whether values of a field can be looked for between two others."""
    return field.finding == Finding.PLAIN and field.kind in RANGED


def can_be_looked_for(fields: Iterable[Field]) -> list[Field]:
    """The fields that have a filter of their own."""
    return [field for field in fields if field.is_found and field.kind not in (Kind.REFERENCE, Kind.FILE)]


class LookingForm(forms.Form):
    """The search box, and the filters of the fields that can be found by."""

    text = forms.CharField(label="Find a whole value", required=False, max_length=LONGEST)

    def __init__(
        self, *args: Any, fields: Iterable[Field], choices: dict[UUID, list[str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.of = can_be_looked_for(fields)
        names = [str(field.name) for field in self.of if field.kind in ANYWHERE]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        self.fields["text"].help_text = f"In {', '.join(names[:NAMED])}{more}."
        for field in self.of:
            label, name = str(field.name), name_of(field.pk)
            if field.kind in (Kind.BOOLEAN, Kind.CHOICE):
                self.fields[f"{name}-is"] = forms.ChoiceField(
                    label=label, required=False, choices=[("", "Any"), *_options(field, choices)]
                )
                continue
            self.fields[f"{name}-is"] = _text(label, field)
            if is_ranged(field):
                self.fields[f"{name}-from"] = _text(f"{label}, from", field)
                self.fields[f"{name}-to"] = _text(f"{label}, to", field)

    def clean(self) -> dict[str, Any]:
        """What is looked for must be something that the field could hold."""
        told = super().clean() or self.cleaned_data
        for field, _, name in self._names():
            if told.get(name) and field.kind in RANGED:
                try:
                    told[name] = kinds.read(field.kind, told[name])
                except ValidationError as error:
                    self.add_error(name, error.messages[0])
        return told

    def _names(self) -> list[tuple[Field, str, str]]:
        pairs = [
            (field, how, f"{name_of(field.pk)}-{how}") for field in self.of for how in ("is", "from", "to")
        ]
        return [each for each in pairs if each[2] in self.fields]

    def looked(self) -> Looked:
        """What was asked for."""
        told = self.cleaned_data
        asked = (Condition(field.pk, how, told.get(name) or "") for field, how, name in self._names())
        return Looked(told["text"].strip(), tuple(each for each in asked if each.text.strip()))


def _options(field: Field, choices: dict[UUID, list[str]]) -> list[tuple[str, str]]:
    if field.kind == Kind.BOOLEAN:
        return [("1", "Yes"), ("0", "No")]
    return [(each, each) for each in choices.get(field.pk, [])]


def _text(label: str, field: Field) -> forms.CharField:
    attrs = {"autocomplete": "off"}
    attrs |= {"type": "date"} if field.kind == Kind.DATE else {}
    attrs |= {"inputmode": "decimal"} if field.kind == Kind.NUMBER else {}
    return forms.CharField(
        label=label, required=False, max_length=LONGEST, widget=forms.TextInput(attrs=attrs)
    )


def keep(request: HttpRequest, collection: UUID, looked: Looked) -> str:
    """Remember what is looked for; its number."""
    number = secrets.token_hex(4)
    told = [[each.field.hex, each.how, each.text] for each in looked.conditions]
    kept: list[Any] = request.session.get(KEPT_AT, [])
    request.session[KEPT_AT] = [[number, collection.hex, looked.text, told], *kept][:KEPT]
    return number


def kept(request: HttpRequest, collection: UUID, number: str) -> Looked:
    """What was looked for under a number; nothing when it is forgotten, or belongs to another collection."""
    for name, of, text, told in request.session.get(KEPT_AT, []):
        if number and (name, of) == (number, collection.hex):
            conditions = tuple(Condition(UUID(field), how, value) for field, how, value in told)
            return Looked(text, conditions, number)
    return NOTHING
