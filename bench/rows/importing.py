"""A CSV file into a collection of eight sealed fields, three of them searchable, beside `bulk_create` in clear."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from troth.accounts.people.models import Membership, Role
from troth.apps.records import errands, importing, shape
from troth.apps.records.import_models import Import
from troth.apps.records.models import Collection, Field, Finding, Kind, Record
from troth.apps.records.shape import Draft
from troth.gate.ids import uuid7
from troth.gate.subjects.models import DataSubject
from troth.gate.subjects.models import Kind as Subject
from troth.workspaces import flows, reading_files
from troth.workspaces.access import Access, enter, find

from ..method import Contender, by_turns
from ..peers.models import PlainPot
from ..report import Section, Target

OURS, PLAIN, FLOOR = "import: sealed, indexed, in the ledger", "bulk_create in clear", "executemany in clear"
FIELDS = (
    Draft("name", finding=Finding.SEARCHABLE), Draft("email", Kind.EMAIL, Finding.SEARCHABLE),
    Draft("phone", Kind.PHONE, Finding.SEARCHABLE), Draft("city"), Draft("day", Kind.DATE), Draft("price", Kind.NUMBER),
    Draft("is_paid", Kind.BOOLEAN), Draft("note"),
)  # fmt: skip
NAMES = [field.name for field in FIELDS]
CITIES = ("Brno", "Leeds", "Lyon", "Porto", "Ghent", "Turku", "Graz", "Gdansk")


def rows(rounds: int, count: int) -> list[Section]:
    """One file of so many rows, each way by turns."""
    data = _file(count)
    found = by_turns(
        [
            Contender(FLOOR, lambda: _executemany(data), before=_empty),
            Contender(PLAIN, lambda: _bulk_create(data), before=_empty),
            _ours(data, count),
        ],
        rounds,
    )
    return [
        Section(
            f"Import of {count:,} rows x {len(FIELDS)} fields", "an import", list(found.values()),
            [Target("clock, import to bulk_create", found[OURS].ratio(found[PLAIN]), 3)],
            ["ours: every field sealed and checked, 3 found by blind index, all shown at once at the end"],
        )
    ]  # fmt: skip


def _file(count: int) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(NAMES)
    for number in range(count):
        writer.writerow([
            f"Alice Archer {number}", f"alice.{number}@archer.example", f"+1202555{number % 10_000:04}",
            CITIES[number % 8], f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}", f"{number % 900}.50",
            "yes" if number % 3 else "no", f"Order {number}: two bowls and a jug",
        ])  # fmt: skip
    return text.getvalue().encode()


def _values(data: bytes) -> Iterator[list[Any]]:
    reader = csv.reader(io.StringIO(data.decode(), newline=""))
    next(reader)
    for name, email, phone, city, day, price, paid, note in reader:
        yield [name, email, phone, city, date.fromisoformat(day), Decimal(price), paid == "yes", note]


def _empty() -> None:
    PlainPot.objects.all().delete()


def _bulk_create(data: bytes) -> None:
    owner = uuid7()
    with transaction.atomic(durable=True):
        pots = [PlainPot(owner_id=owner, **dict(zip(NAMES, row, strict=True))) for row in _values(data)]
        PlainPot.objects.bulk_create(pots)


def _executemany(data: bytes) -> None:
    owner = uuid7().hex
    columns = ["id", "owner_id", *NAMES]
    asked = f"INSERT INTO peers_plainpot ({', '.join(columns)}) VALUES ({', '.join(['%s'] * 10)})"  # noqa: S608 - ours
    told = [
        (uuid7().hex, owner, *row[:4], row[4].isoformat(), str(row[5]), row[6], row[7])
        for row in _values(data)
    ]
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.executemany(asked, told)


def _ours(data: bytes, count: int) -> Contender:
    here, made = _workspace(), list[Collection]()

    def fresh() -> None:
        while made:
            shape.delete_collection(here, made.pop())
        made.append(shape.make_collection(here, "Pots", FIELDS))

    return Contender(OURS, _importing(here, made, data, count), before=fresh)


def _importing(here: Access, made: list[Collection], data: bytes, count: int) -> Callable[[], None]:
    def run() -> None:
        (into,) = made
        with enter(here):
            named = {field.name: field.pk for field in Field.objects.filter(collection=into)}
        imported = importing.begin(here, into, "pots.csv", data)
        known = reading_files.Format()
        importing.start(here, imported, known, NAMES, [named[name] for name in NAMES], keeps_good=False)
        while errands.run_one():
            pass
        assert Import.every.get(pk=imported.pk).state == Import.State.DONE
        assert Record.every.filter(is_shown=True).count() == count

    return run


def _workspace() -> Access:
    person, company = DataSubject.begin(Subject.PERSON), DataSubject.begin(Subject.CUSTOMER)
    place = Membership(owner=person, customer=company, role=Role.OWNER)
    place.save(force_insert=True)
    found = find(flows.begin(place, "Kiln Ledger", accepts=True), person.pk)
    assert found is not None
    return found
