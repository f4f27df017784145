"""The shape of collections: made from nothing or from a template, their fields added, changed, taken away."""

import json
from dataclasses import dataclass
from uuid import UUID

from troth.accounts.people.companies import NotNow
from troth.gate.uses import act
from troth.workspaces.access import Access, enter
from troth.workspaces.models import Right

from . import clearing
from .models import Change, Collection, Field, Finding, Kind, Record, Value

MOST_COLLECTIONS, MOST_FIELDS, MOST_CHOICES = 200, 60, 100


@dataclass(frozen=True, slots=True)
class Draft:
    """A field to be: what it is called, what its values are, how they can be found."""

    name: str
    kind: str = Kind.TEXT
    finding: str = Finding.NONE
    is_required: bool = False
    choices: tuple[str, ...] = ()
    target: UUID | None = None


TEMPLATES: dict[str, tuple[str, tuple[Draft, ...]]] = {
    "contacts": ("Contacts", (
        Draft("Name", finding=Finding.PLAIN, is_required=True), Draft("Company", finding=Finding.SEARCHABLE),
        Draft("E-mail address", Kind.EMAIL, Finding.SEARCHABLE), Draft("Phone number", Kind.PHONE, Finding.SEARCHABLE),
        Draft("Notes"),
    )),
    "calls": ("Call log", (
        Draft("Day", Kind.DATE, Finding.PLAIN, is_required=True), Draft("Who", is_required=True),
        Draft("Phone number", Kind.PHONE, Finding.SEARCHABLE),
        Draft("Outcome", Kind.CHOICE, Finding.PLAIN, choices=("Reached", "No answer", "Call back")), Draft("Notes"),
    )),
    "appointments": ("Appointments", (
        Draft("Day", Kind.DATE, Finding.PLAIN, is_required=True), Draft("With", is_required=True),
        Draft("About"), Draft("Confirmed", Kind.BOOLEAN, Finding.PLAIN),
    )),
}  # fmt: skip
"""Collections to begin with: title, fields."""


def make_collection(
    by: Access, name: str, drafts: tuple[Draft, ...] = (), row_id: UUID | None = None
) -> Collection:
    """A new collection with its fields; the one of the same id where there is one already.  Raises NotNow, Refused."""
    by.must(Right.EDIT)
    with enter(by, writes=True), act():
        if row_id and (found := Collection.objects.filter(pk=row_id).first()):
            return found  # type: ignore[no-any-return]
        count = Collection.objects.count()
        if count >= MOST_COLLECTIONS:
            raise NotNow(f"A workspace has {MOST_COLLECTIONS} collections at most.")
        made = Collection(position=count, **({"id": row_id} if row_id else {}))
        made.name = name
        made.save(force_insert=True)
        for draft in drafts:
            put(made, draft)
    return made


def rename_collection(by: Access, collection: Collection, name: str) -> None:
    """Give it another name.  Raises Refused."""
    by.must(Right.EDIT, collection.pk)
    with enter(by, writes=True), act():
        collection.name = name
        collection.save(update_fields=[])


def delete_collection(by: Access, collection: Collection) -> None:
    """Delete it with everything in it, for good.  Raises NotNow while another collection refers to it, Refused."""
    by.must(Right.MANAGE)
    with enter(by), act():
        if Field.objects.filter(target=collection).exclude(collection=collection).exists():
            raise NotNow("Another collection refers to this one. Take that field away first.")
        records = Record.objects.filter(collection=collection)
        clearing.forget(collection)
        Value.objects.filter(record__in=records).delete()
        Change.objects.filter(collection=collection).delete()
        records.delete()
        Field.objects.filter(collection=collection).update(target=None)
        Field.objects.filter(collection=collection).delete()
        collection.delete()


def add_field(by: Access, collection: Collection, draft: Draft, row_id: UUID | None = None) -> Field:
    """A further field; records have no value in it yet.  The one of the same id where there is one already.

    Raises NotNow, Refused.
    """
    by.must(Right.EDIT, collection.pk)
    with enter(by, writes=True), act():
        if row_id and (found := Field.objects.filter(pk=row_id, collection=collection).first()):
            return found  # type: ignore[no-any-return]
        return put(collection, draft, row_id)


def put(collection: Collection, draft: Draft, row_id: UUID | None = None) -> Field:
    """The part of `add_field` within an act.  Raises NotNow."""
    count = Field.objects.filter(collection=collection).count()
    if count >= MOST_FIELDS:
        raise NotNow(f"A collection has {MOST_FIELDS} fields at most.")
    if draft.target and not Collection.objects.filter(pk=draft.target).exists():
        raise NotNow("The collection to refer to is gone.")
    made = Field(
        collection=collection, kind=draft.kind, finding=draft.finding, is_required=draft.is_required, position=count,
        target_id=draft.target, **({"id": row_id} if row_id else {}),
    )  # fmt: skip
    made.name, made.choices = draft.name, json.dumps(draft.choices[:MOST_CHOICES])
    made.save(force_insert=True)
    return made


def change_field(
    by: Access, field: Field, name: str, *, is_required: bool, choices: tuple[str, ...] = ()
) -> None:
    """Another name, other choices, required or not: what is kept stays as it is.  Raises Refused."""
    by.must(Right.EDIT, field.collection_id)
    with enter(by, writes=True), act():
        field.name, field.choices, field.is_required = name, json.dumps(choices[:MOST_CHOICES]), is_required
        field.save(update_fields=["is_required"])


def move_field(by: Access, field: Field, to: int) -> None:
    """Put it at another place (from 0) among the fields.  Raises Refused."""
    by.must(Right.EDIT, field.collection_id)
    with enter(by), act():
        rows = [row for row in Field.objects.filter(collection=field.collection_id) if row.pk != field.pk]
        rows.insert(max(0, min(to, len(rows))), field)
        for position, row in enumerate(rows):
            Field.objects.filter(pk=row.pk).update(position=position)


def delete_field(by: Access, field: Field) -> None:
    """Take a field away: from then on its values are neither shown nor found.

    What finds them goes at once.  The values themselves lie sealed in their records and leave each when it is next
    changed, because to rewrite every record would hold up everybody.  Raises Refused.
    """
    by.must(Right.EDIT, field.collection_id)
    with enter(by), act():
        Value.objects.filter(field=field).delete()
        Field.objects.filter(pk=field.pk).delete()


def choices_of(field: Field) -> list[str]:
    """The texts to choose from, inside a use that may read them."""
    found: list[str] = json.loads(field.choices or "[]")
    return found
