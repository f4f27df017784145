"""What can be done with records: made, changed, deleted, and the last act undone.  One function for each verb.

A record's values are kept by field id (`kinds`): what is not given is not kept.
"""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from troth.accounts.people.companies import NotNow
from troth.gate.uses import act
from troth.workspaces.access import Access, enter
from troth.workspaces.models import Right
from troth.workspaces.sections import find_files

from . import kinds
from .models import Change, Collection, Field, Finding, Kind, Record, Value
from .shape import choices_of

Values = Mapping[UUID, str]


class Wrong(Exception):
    """Values that cannot be kept: what is wrong with each, by field id.  No value is repeated."""

    def __init__(self, faults: dict[UUID, str]) -> None:
        super().__init__(f"{len(faults)} values cannot be kept")
        self.faults = faults


class Changed(NotNow):
    """Somebody changed the record meanwhile."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody changed this record meanwhile. Look at it again; nothing of yours was kept."
        )


class NotUnique(NotNow):
    """Another record has the same value in a field where no two may."""

    def __init__(self) -> None:
        super().__init__("Another record has the same value in a field that is unique. Nothing was kept.")


@dataclass(frozen=True, slots=True)
class Reader:
    """How the texts of one collection become values: made once, inside a use, for many records."""

    fields: tuple[Field, ...]
    choices: dict[UUID, list[str]]

    def read(self, texts: Mapping[UUID, str], before: Values | None = None) -> dict[UUID, str]:
        """Values out of texts.  Raises Wrong with everything that is wrong.

        Of a record that was there `before`, what is left out or said again stays as it was, also when its field would
        not take it any more; what belongs to a field that is gone goes.
        """
        values, faults = dict[UUID, str](), dict[UUID, str]()
        for field in self.fields:
            kept = before.get(field.pk, "") if before is not None else None
            text = texts.get(field.pk, kept or "")
            if kept is not None and text == kept and (kept or field.pk not in texts):
                values |= {field.pk: kept} if kept else {}
                continue
            try:
                value = kinds.read(field.kind, text, self.choices.get(field.pk))
            except ValidationError as error:
                faults[field.pk] = error.messages[0]
                continue
            if value:
                values[field.pk] = value
            elif field.is_required:
                faults[field.pk] = "Please fill this in."
        if faults:
            raise Wrong(faults)
        return values

    def known(self, values: Values) -> dict[UUID, str]:
        """Values without those of fields that are gone."""
        return {field.pk: values[field.pk] for field in self.fields if field.pk in values}


def reader_of(collection: Collection) -> Reader:
    """The reader of a collection, inside a use that may read its fields."""
    fields = tuple(Field.objects.filter(collection=collection))
    return Reader(fields, {field.pk: choices_of(field) for field in fields if field.kind == Kind.CHOICE})


def make_record(by: Access, collection: Collection, texts: Values, row_id: UUID | None = None) -> Record:
    """A new record; the one of the same id where there is one already.  Raises Wrong, NotUnique, Refused."""
    by.must(Right.EDIT, collection.pk)
    try:
        with enter(by, writes=True), act():
            if row_id and (found := Record.objects.filter(pk=row_id, collection=collection).first()):
                return found  # type: ignore[no-any-return]
            reader = reader_of(collection)
            return write_new(by, collection, texts, row_id, uuid.uuid4(), reader)
    except IntegrityError:
        raise NotUnique from None


def write_new(
    by: Access, collection: Collection, texts: Values, row_id: UUID | None, one_act: UUID, reader: Reader
) -> Record:
    """The part of `make_record` within an act."""
    values = reader.read(texts)
    _must_name_what_is_here(by, reader, values)
    made = Record(collection=collection, **({"id": row_id} if row_id else {}))
    made.content = packed(values)
    made.save(force_insert=True)
    Value.objects.bulk_create(findable(made, reader.fields, values))
    _note(made, Change.What.MADE, "", by, one_act)
    return made


def change_record(
    by: Access, record: Record, texts: Values, revision: int, one_act: UUID | None = None
) -> bool:
    """Write what is different; whether anything was.

    Raises Changed when the record is no longer at `revision`; Wrong, NotUnique, Refused.
    """
    by.must(Right.EDIT, record.collection_id)
    try:
        with enter(by, writes=True), act():
            return write_change(by, record, texts, revision, one_act or uuid.uuid4())
    except IntegrityError:
        raise NotUnique from None


def write_change(
    by: Access, record: Record, texts: Values, revision: int, one_act: UUID, reader: Reader | None = None
) -> bool:
    """The part of `change_record` within an act; fields that `texts` leaves out keep their values."""
    locked: Record | None = Record.objects.select_for_update().filter(pk=record.pk).first()
    if locked is None or locked.revision != revision:
        raise Changed
    reader = reader or reader_of(locked.collection)
    before = unpacked(locked.content)
    values = reader.read(texts, before)
    if values == before:
        return False
    said = {key: value for key, value in values.items() if before.get(key) != value}
    _must_name_what_is_here(by, reader, said)
    _note(locked, Change.What.CHANGED, locked.content, by, one_act)
    _rewrite(locked, reader, values)
    return True


def _rewrite(record: Record, reader: Reader, values: dict[UUID, str]) -> None:
    record.content = packed(values)
    record.revision += 1
    record.changed_at = timezone.now()
    record.save(update_fields=["revision", "changed_at"])
    Value.objects.filter(record=record).delete()
    Value.objects.bulk_create(findable(record, reader.fields, values))


def change_records(by: Access, collection: Collection, records: Iterable[UUID], texts: Values) -> int:
    """Write the same values into many records, all or none; returns how many changed.  Raises Wrong, NotUnique."""
    by.must(Right.EDIT, collection.pk)
    one_act, changed = uuid.uuid4(), 0
    try:
        with enter(by, writes=True), act():
            reader = reader_of(collection)
            for record in Record.objects.filter(collection=collection, pk__in=list(records)):
                changed += write_change(by, record, texts, record.revision, one_act, reader)
    except IntegrityError:
        raise NotUnique from None
    return changed


def delete_records(by: Access, collection: Collection, records: Iterable[UUID]) -> int:
    """Delete records, all or none; they can be brought back by `undo`.  Returns how many."""
    by.must(Right.EDIT, collection.pk)
    one_act, deleted = uuid.uuid4(), 0
    with enter(by, writes=True), act():
        wanted = Record.objects.select_for_update().filter(collection=collection, pk__in=list(records))
        for record in list(wanted):
            _note(record, Change.What.DELETED, record.content, by, one_act)
            Value.objects.filter(record=record).delete()
            record.delete()
            deleted += 1
    return deleted


def last_act(by: Access, collection: Collection) -> UUID | None:
    """The reader's own last act here that still stands: what “undo” takes back."""
    mine = Change.objects.filter(collection=collection, by=by.person).order_by("-at", "-pk").first()
    return mine.act if mine and not mine.is_undone else None


def undo(by: Access, collection: Collection, one_act: UUID) -> int:
    """Take one's own last act back, all of it or nothing; returns how many records it touched.

    Raises NotNow when it is not the last one any more, or somebody changed one of its records since.
    """
    by.must(Right.EDIT, collection.pk)
    try:
        with enter(by, writes=True), act():
            if last_act(by, collection) != one_act:
                raise NotNow("This is not your last change here any more. Nothing was undone.")
            changes = list(Change.objects.filter(act=one_act, collection=collection))
            reader = reader_of(collection)
            for change in changes:
                _take_back(change, reader)
            Change.objects.filter(act=one_act).update(is_undone=True)
    except IntegrityError:
        raise NotUnique from None
    return len(changes)


def _take_back(change: Change, reader: Reader) -> None:
    record = Record.objects.select_for_update().filter(pk=change.record).first()
    if change.what == Change.What.DELETED:
        if record is not None:
            raise Changed
        values = reader.known(unpacked(change.before))
        back = Record(id=change.record, collection_id=change.collection_id, revision=change.revision + 1)
        back.content = packed(values)
        back.save(force_insert=True)
        Value.objects.bulk_create(findable(back, reader.fields, values))
        return
    if record is None or record.revision != change.revision:
        raise Changed
    if change.what == Change.What.MADE:
        Value.objects.filter(record=record).delete()
        record.delete()
        return
    _rewrite(record, reader, reader.known(unpacked(change.before)))


def _note(record: Record, what: Change.What, before: str, by: Access, one_act: UUID) -> None:
    leads_to = record.revision + 1 if what == Change.What.CHANGED else record.revision
    note = Change(
        collection_id=record.collection_id, record=record.pk, act=one_act, what=what, revision=leads_to,
        by_id=by.person,
    )  # fmt: skip
    note.before = before
    note.save(force_insert=True)


def _must_name_what_is_here(by: Access, reader: Reader, values: dict[UUID, str]) -> None:
    """Raises Wrong for a record that is not in the collection it must be of, and a file that the writer may not open."""
    faults = {}
    for field in reader.fields:
        named = values.get(field.pk)
        if named and not _is_here(by, field, named):
            faults[field.pk] = "This names nothing that is here."
    if faults:
        raise Wrong(faults)


def _is_here(by: Access, field: Field, named: str) -> bool:
    if field.kind == Kind.FILE:
        return bool(find_files(by, [UUID(named)]).get(UUID(named)))
    return field.kind != Kind.REFERENCE or bool(
        Record.objects.filter(pk=named, collection=field.target_id).exists()
    )


def findable(record: Record, fields: Iterable[Field], values: Values) -> list[Value]:
    """The rows by which a record is found and sorted."""
    found = []
    for field in fields:
        value = values.get(field.pk, "")
        if not value or not field.is_found:
            continue
        row = Value(record=record, field=field, index=kinds.index_of(field.kind, field.pk, value))
        row.is_unique = field.finding == Finding.UNIQUE
        if field.finding == Finding.PLAIN:
            row.plain_text, row.plain_number = kinds.plain_of(field.kind, value)
        found.append(row)
    return found


def packed(values: Values) -> str:
    """Values as a record keeps them."""
    return json.dumps({key.hex: value for key, value in values.items()}, ensure_ascii=False)


def picked(content: str, fields: Sequence[str]) -> list[str]:
    """The values of a record in the order of fields (their ids in hex), blank for none: for long lists."""
    values = json.loads(content or "{}")
    return [values.get(field, "") for field in fields]


def unpacked(content: str) -> dict[UUID, str]:
    """The values of a record by field id."""
    return {UUID(key): value for key, value in json.loads(content or "{}").items()}
