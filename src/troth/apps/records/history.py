"""What became of a record: who changed which of its values, from what to what, and when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from troth.accounts.people.models import Person
from troth.gate.uses import current_use, using
from troth.workspaces import letting_in
from troth.workspaces.access import Access
from troth.workspaces.models import Seat

from . import kinds
from .flows import unpacked
from .models import Change, Field, Kind, Record
from .naming import GONE, Named, references

SHOWN = 50
"""The newest changes of a record that its page lists."""
WORDS = {Change.What.MADE: "added", Change.What.CHANGED: "changed", Change.What.DELETED: "deleted"}
YOU, SOMEBODY = "You", "Somebody"


@dataclass(frozen=True, slots=True)
class Difference:
    """One value, before and after; blank for none."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Event:
    """One change.  What was taken back has no differences: nothing of it stayed."""

    who: str
    what: str
    at: datetime
    is_undone: bool
    differences: list[Difference]


def changes_of(record: Record) -> list[Change]:
    """The newest changes of a record, the newest first; one more than are shown when there are more."""
    return list(Change.objects.filter(record=record.pk, collection=record.collection_id)[: SHOWN + 1])


def names(access: Access, people: Iterable[UUID | None]) -> dict[UUID, str]:
    """How those who changed something are called here: by name for those who belong to the workspace.

    In a use of its own: the workspace is the ground on which its people see each other's names.
    """
    others = {each for each in people if each and each != access.person}
    found = {access.person: YOU}
    if not others:
        return found
    row = access.workspace
    if not access.is_seated:
        seats = Seat.objects.filter(workspace=row.owner_id, owner__in=others)
        others = set(seats.values_list("owner_id", flat=True))
    with using(letting_in.RUNNING, by=access.actor, given=row):
        for person in Person.objects.filter(owner__in=others):
            if row.covers(person) and current_use().is_open_to(person):
                found[person.owner_id] = person.name
    return found


def events(
    access: Access, record: Record, fields: list[Field], changes: list[Change], who: Mapping[UUID, str]
) -> list[Event]:
    """The history of a record, inside the use; `fields` are those that it has now."""
    pairs, after = [], unpacked(record.content)
    for change in changes:
        before = unpacked(change.before)
        pairs.append((before, after))
        after = before
    named = references(access, fields, (values for pair in pairs for values in pair))
    told = []
    for change, (before, after) in list(zip(changes, pairs, strict=True))[:SHOWN]:
        is_told = change.what == Change.What.CHANGED and not change.is_undone
        differences = _differences(fields, before, after, named) if is_told else []
        name = (who.get(change.by_id) if change.by_id else None) or SOMEBODY
        what = WORDS[Change.What(change.what)]
        name = (who.get(change.by_id) if change.by_id else None) or SOMEBODY
        what = WORDS[Change.What(change.what)]
        told.append(Event(name, what, change.at, change.is_undone, differences))
    return told


def _differences(
    fields: list[Field], before: Mapping[UUID, str], after: Mapping[UUID, str],
    named: Mapping[tuple[UUID, str], Named],
) -> list[Difference]:  # fmt: skip
    return [
        Difference(
            field.name,
            said(field, before.get(field.pk, ""), named),
            said(field, after.get(field.pk, ""), named),
        )
        for field in fields
        if before.get(field.pk, "") != after.get(field.pk, "")
    ]


def said(field: Field, value: str, named: Mapping[tuple[UUID, str], Named]) -> str:
    """A value as it is read."""
    if field.kind in (Kind.REFERENCE, Kind.FILE) and value:
        return named.get((field.pk, value), Named(GONE)).label
    return kinds.shown(field.kind, value)
