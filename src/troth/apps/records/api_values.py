"""A record's values by the names of their fields, as programs read and write them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from troth.gate.problems import Trouble
from troth.workspaces.api import Detailed

from . import bulk, kinds, looking, shape
from .exporting import plain, told_apart
from .flows import Wrong, unpacked
from .grid import Order
from .looking import Condition
from .models import Collection, Field, Finding, Kind, Record

READ = (Kind.NUMBER, Kind.DATE, Kind.BOOLEAN, Kind.REFERENCE)
"""The kinds whose wanted values have one form."""


class Columns:
    """The fields of a collection, made once inside a use that may read them."""

    def __init__(self, collection: Collection) -> None:
        self.fields = list(Field.objects.filter(collection=collection))
        told = told_apart([(field.pk, str(field.kind), field.name) for field in self.fields])
        self.names = {pk: name for pk, _, name in told}
        self._kinds = {field.pk: str(field.kind) for field in self.fields}
        self._by_name: dict[str, Field] = {
            name: field
            for field in self.fields
            for name in (self.names[field.pk], str(field.pk), field.pk.hex)
        }

    def field(self, said: str, where: str) -> Field:
        """The field of a name or an id.  Raises Trouble."""
        found = self._by_name.get(said)
        if found is None:
            raise Trouble(
                422, "invalid", "this collection has no such field", "ask for the collection and take one of its fields",
                where,
            )  # fmt: skip
        return found

    def described(self) -> list[dict[str, Any]]:
        """The fields, as the API tells them."""
        return [
            {
                "id": field.pk, "name": self.names[field.pk], "kind": field.kind, "finding": field.finding,
                "is_required": field.is_required, "choices": shape.choices_of(field), "target": field.target_id,
            }
            for field in self.fields
        ]  # fmt: skip

    def told(self, record: Record) -> dict[str, Any]:
        """A record, as the API tells it."""
        held = unpacked(record.content)
        return {
            "id": record.pk, "revision": record.revision, "made_at": record.made_at, "changed_at": record.changed_at,
            "values": {self.names[pk]: plain(self._kinds[pk], held[pk]) for pk in self.names if held.get(pk)},
        }  # fmt: skip

    def texts(self, given: Mapping[str, Any], where: str = "values") -> dict[UUID, str]:
        """Values that were sent, as texts by field.  Raises Trouble."""
        return {self.field(name, where).pk: text_of(value) for name, value in given.items()}

    def condition(self, said: str, how: str, value: Any, where: str) -> Condition:
        """What is looked for.  Raises Trouble for what cannot be looked for."""
        field, text = self.field(said, where), text_of(value)
        if not field.is_found or field.kind == Kind.FILE:
            raise Trouble(
                422, "invalid", "this field is locked: nobody can search by it",
                "take one whose `finding` is searchable, unique or plain", where,
            )  # fmt: skip
        if how != "is" and not looking.is_ranged(field):
            raise Trouble(
                422,
                "invalid",
                "only plain numbers and dates have ranges",
                "say `is`, or take another field",
                where,
            )
        if field.kind in READ:
            try:
                text = kinds.read(field.kind, text)
            except ValidationError as wrong:
                raise Trouble(422, "invalid", wrong.messages[0], "correct it and ask again", where) from None
        if not text.strip():
            raise Trouble(422, "invalid", "nothing cannot be looked for", "say a value", where)
        return Condition(field.pk, how, text)

    def order(self, said: str) -> Order | None:
        """The order that is asked for, None for that of the ids.  Raises Trouble."""
        if not said:
            return None
        field = self.field(said.removeprefix("-"), "sort")
        if field.finding != Finding.PLAIN:
            raise Trouble(
                422,
                "invalid",
                "only plain fields can be sorted by",
                "take one whose `finding` is plain",
                "sort",
            )
        return Order(field, said.startswith("-"))

    def wrong(self, wrong: Wrong | bulk.WrongRows) -> Trouble:
        """What is wrong with the values that were sent."""
        rows: Iterable[bulk.Fault] = (
            wrong.faults
            if isinstance(wrong, bulk.WrongRows)
            else [(0, pk, what) for pk, what in wrong.faults.items()]
        )
        faults = [
            {"row": row, "where": self.names.get(pk) if pk else None, "what": what} for row, pk, what in rows
        ]
        return Detailed(
            422, "invalid", f"nothing was kept: {len(faults)} {'fault' if len(faults) == 1 else 'faults'}",
            "correct what `faults` names and send all of it again", faults=faults,
        )  # fmt: skip


def text_of(value: Any) -> str:
    """A value that was sent, as text; none is blank."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else str(value)


def about(collection: UUID, sort: str, conditions: Iterable[Condition]) -> str:
    """All that a list was asked for, for its cursors."""
    return json.dumps([collection.hex, sort, [[each.field.hex, each.how, each.text] for each in conditions]])
