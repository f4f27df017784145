"""Many workspaces with a collection of records each, sealed and in clear: what the rows about hosting measure among."""

import json
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from troth.accounts.models import StaffMember
from troth.accounts.people.models import Membership, Role
from troth.accounts.staff import appoint
from troth.apps.records import shape
from troth.apps.records.kinds import FOUND_AS, label
from troth.apps.records.models import Collection, Field, Finding, Kind, Record, Value
from troth.apps.records.shape import Draft
from troth.gate.ids import uuid7
from troth.gate.subjects.index import indexer
from troth.gate.subjects.models import DataSubject
from troth.gate.subjects.models import Kind as Subject
from troth.gate.uses import act
from troth.workspaces import flows
from troth.workspaces.access import Access, enter, find
from troth.workspaces.hosted import insert
from troth.workspaces.models import Role as InWorkspace
from troth.workspaces.models import Seat

from ..peers.models import PlainCollection, PlainField, PlainRecord
from ..peers.records_view import here as plainly

DRAFTS = (
    Draft("name"), Draft("email", Kind.EMAIL, Finding.SEARCHABLE), Draft("city"), Draft("day", Kind.DATE),
    Draft("note"),
)  # fmt: skip
CITIES = ("Brno", "Leeds", "Lyon", "Porto", "Ghent", "Turku", "Graz", "Gdansk")
BATCH = 1000


@dataclass(frozen=True)
class Kiln:
    """A workspace with its collection, the same in clear, and the e-mail address of one record in it."""

    access: Access
    collection: Collection
    plain: UUID
    email: str

    @property
    def id(self) -> UUID:
        """The workspace's."""
        found: UUID = self.access.workspace.owner_id
        return found


def reader() -> StaffMember:
    """Somebody who can sign in: to the house, a seat is a seat."""
    member: StaffMember = appoint("Dana Novak", "dana.kiln@iplum.example", "sales", "CZ")
    return member


def seated(member: StaffMember, kiln: Kiln) -> None:
    """Give somebody a seat in a workspace."""
    Seat(owner_id=member.owner_id, workspace_id=kiln.id, role=InWorkspace.OWNER).save(force_insert=True)


def fill(workspaces: int, records: int) -> list[Kiln]:
    """So many more workspaces with so many records each."""
    return [workspace(records) for _ in range(workspaces)]


def workspace(records: int) -> Kiln:
    """A workspace with a collection of records, and the same in clear."""
    person, company = DataSubject.begin(Subject.PERSON), DataSubject.begin(Subject.CUSTOMER)
    place = Membership(owner=person, customer=company, role=Role.OWNER)
    place.save(force_insert=True)
    access = find(flows.begin(place, "Kiln Ledger", accepts=True), person.pk)
    assert access is not None
    made = shape.make_collection(access, "Pots", DRAFTS)
    with enter(access):
        fields = list(Field.objects.filter(collection=made))
    plain = _plain_shape(access, fields)
    kiln = Kiln(access, made, plain, email(records // 2))
    for start in range(0, records, BATCH):
        _insert(kiln, fields, range(start, min(start + BATCH, records)))
    return kiln


def email(number: int) -> str:
    """The address in a record."""
    return f"alice.{number}@archer.example"


def texts(number: int) -> list[str]:
    """The values of a record in the order of its fields."""
    day = f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}"
    return [
        f"Alice Archer {number}",
        email(number),
        CITIES[number % 8],
        day,
        f"Order {number}: two bowls and a jug",
    ]


def _insert(kiln: Kiln, fields: list[Field], numbers: range) -> None:
    index, found = indexer(label(fields[1].pk), FOUND_AS[Kind.EMAIL]), fields[1].pk
    records, values, plain = [], [], []
    now = timezone.now()
    for number in numbers:
        row, told = uuid7(), texts(number)
        content = json.dumps({field.pk.hex: text for field, text in zip(fields, told, strict=True)})
        records.append((row, content))
        values.append((uuid7(), row, found, index(told[1]), False, None, None))
        plain.append(
            PlainRecord(
                id=row, owner_id=kiln.id, collection_id=kiln.plain, content=content, email=told[1], made_at=now,
                changed_at=now,
            )
        )  # fmt: skip
    same = {
        "collection_id": kiln.collection.pk,
        "revision": 1,
        "is_shown": True,
        "made_at": now,
        "changed_at": now,
    }
    names = ("id", "record_id", "field_id", "index", "is_unique", "plain_text", "plain_number")
    with enter(kiln.access, writes=True), act():
        insert(Record, same, ("id", "content"), records)
        insert(Value, {}, names, values)
    with transaction.atomic():
        PlainRecord.every.bulk_create(plain, batch_size=90)


def _plain_shape(access: Access, fields: list[Field]) -> UUID:
    owner: UUID = access.workspace.owner_id
    with plainly(owner):
        made = PlainCollection.objects.create(owner_id=owner, name="Pots")
        for field, draft in zip(fields, DRAFTS, strict=True):
            PlainField.objects.create(
                id=field.pk, owner_id=owner, collection=made, name=draft.name, kind=draft.kind, finding=draft.finding,
                position=field.position,
            )  # fmt: skip
    found: UUID = made.pk
    return found
