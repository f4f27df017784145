"""Imports: a file becomes records, all at once or not at all, whatever is in it and whatever happens meanwhile."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import timezone

from tests.cast import durable
from tests.workspaces.customers import CHARLIE, access, colleague, customer, workspace
from troth.accounts.people.companies import NotNow
from troth.accounts.people.models import Person
from troth.apps.records import errands, filling, flows, importing, shape
from troth.apps.records.import_models import FORGOTTEN_AFTER, LEFT_AFTER, Errand, Import, ImportPart, Refusal
from troth.apps.records.models import Collection, Field, Finding, Kind, Record, Value
from troth.apps.records.shape import Draft
from troth.gate.errors import Refused
from troth.gate.files import disk
from troth.gate.files.models import StoredFile
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM
from troth.workspaces import letting_in, reading_files
from troth.workspaces.access import Access, enter
from troth.workspaces.models import Grant, Right, Role, Seat

pytestmark = durable

POTS = (
    Draft("Glaze", finding=Finding.PLAIN, is_required=True), Draft("Buyer", Kind.EMAIL, Finding.SEARCHABLE),
    Draft("Number", finding=Finding.UNIQUE), Draft("Price", Kind.NUMBER, Finding.PLAIN), Draft("Notes"),
)  # fmt: skip
HEADER = "Glaze,Buyer,Number,Price,Notes\n"


@pytest.fixture
def alice() -> Person:
    return customer()


@pytest.fixture
def here(alice: Person) -> Access:
    return workspace(alice)


@pytest.fixture
def into(here: Access) -> Collection:
    return shape.make_collection(here, "Pots", POTS)


def lines(count: int, start: int = 0) -> str:
    return "".join(f"Ash,vera{n}@buyer.example,A-{n},{n}.50,\n" for n in range(start, start + count))


def send(
    here: Access, into: Collection, text: str | bytes, *, keeps_good: bool = False, name: str = "pots.csv"
) -> Import:
    """A file whose columns go into the fields of their names, ready for the worker."""
    data = text.encode() if isinstance(text, str) else text
    made = importing.begin(here, into, name, data)
    known = reading_files.guess(data, is_whole=True)
    columns = reading_files.columns_of([data], known)
    with enter(here):
        named = {field.name: field.pk for field in Field.objects.filter(collection=into)}
    targets = [named.get(name) for name in columns]
    importing.start(here, made, known, columns, targets, keeps_good=keeps_good)
    return made


def work() -> None:
    """What the worker does until nothing is left."""
    while errands.run_one():
        pass


def now(made: Import) -> Import:
    found: Import = Import.every.get(pk=made.pk)
    return found


def kept(here: Access) -> list[dict[UUID, str]]:
    with enter(here):
        return [flows.unpacked(row.content) for row in Record.objects.filter(is_shown=True).order_by("pk")]


def refused(here: Access, made: Import) -> list[Any]:
    with enter(here):
        return [line for row in Refusal.objects.filter(of=made) for line in json.loads(row.content)]


def test_a_file_becomes_records_and_lies_nowhere_in_clear(here: Access, into: Collection) -> None:
    made = send(here, into, HEADER + lines(3) + '"Ash, dark",,,12,"Two\nlines"\n')
    on_disk = [path.read_bytes() for path in (settings.TROTH_HOME / "files").rglob("*") if path.is_file()]
    assert on_disk and not any(b"vera" in data for data in on_disk)
    assert not kept(here)
    work()
    assert now(made).state == Import.State.DONE and now(made).done == 4 and now(made).kept == 4
    texts = [set(values.values()) for values in kept(here)]
    assert texts[0] == {"Ash", "vera0@buyer.example", "A-0", "0.50"} and texts[3] == {
        "Ash, dark",
        "12",
        "Two\nlines",
    }
    assert not StoredFile.objects.exists() and not ImportPart.every.exists()
    assert b"vera" not in b"".join(bytes(row.sealed) for row in Record.every.all())
    with enter(here):
        assert Value.objects.filter(plain_text="ash").count() == 3


def test_all_or_nothing_means_nothing_when_one_row_is_wrong(here: Access, into: Collection) -> None:
    made = send(here, into, HEADER + lines(600) + "Ash,none,A-9999,x,\n" + ",,,,note\n" + lines(1, 700))
    work()
    assert now(made).state == Import.State.REFUSED and not Record.every.exists() and not Value.every.exists()
    faults = refused(here, made)
    assert [fault[0] for fault in faults] == [602, 603]
    assert [column for column, _ in faults[0][1]] == ["Buyer", "Price"] and faults[1][1][0][0] == "Glaze"
    assert faults[0][2] == ["Ash", "none", "A-9999", "x", ""]


def test_good_rows_are_kept_where_that_was_chosen(here: Access, into: Collection) -> None:
    made = send(here, into, HEADER + lines(2) + "Ash,none,A-9,x,\n" + lines(1, 2), keeps_good=True)
    work()
    assert now(made).state == Import.State.DONE and (now(made).kept, now(made).refused) == (3, 1)
    assert len(kept(here)) == 3


def test_nothing_is_seen_before_the_end(
    here: Access, into: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BATCH", 2)
    seen = []
    real = filling.Filling._keep

    def keep(self: filling.Filling, batch: list[Any]) -> None:
        real(self, batch)
        seen.append((Record.every.count(), len(kept(here))))

    monkeypatch.setattr(filling.Filling, "_keep", keep)
    send(here, into, HEADER + lines(5))
    work()
    assert seen == [(2, 0), (4, 0), (5, 0)] and len(kept(here)) == 5


@pytest.mark.parametrize("keeps_good", [True, False])
def test_a_worker_killed_between_two_batches_leaves_no_double(
    here: Access, into: Collection, monkeypatch: pytest.MonkeyPatch, *, keeps_good: bool
) -> None:
    monkeypatch.setattr(filling, "BATCH", 3)
    made = send(here, into, HEADER + lines(10), keeps_good=keeps_good)
    real, calls = filling.Filling._still, []

    def still(self: filling.Filling) -> None:
        calls.append(1)
        if len(calls) in (3, 4, 7):
            raise KeyboardInterrupt
        real(self)

    monkeypatch.setattr(filling.Filling, "_still", still)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            work()
        assert not errands.run_one()  # the dead worker's lease still stands
        Import.every.update(held_until=timezone.now() - timedelta(seconds=1))
    work()
    assert now(made).state == Import.State.DONE and now(made).done == 10
    assert len(kept(here)) == Record.every.count() == 10
    assert Value.every.filter(is_unique=True).count() == 10


def test_a_batch_that_fails_each_time_ends_the_import_and_leaves_nothing(
    here: Access, into: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BATCH", 3)
    made = send(here, into, HEADER + lines(10))

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(filling.Filling, "_finish", fail)
    work()
    assert now(made).state == Import.State.STOPPED and now(made).why == Import.Why.FAILED
    assert not Record.every.exists() and not StoredFile.objects.exists()


def test_a_worker_whose_lease_was_taken_writes_nothing_more(
    here: Access, into: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BATCH", 3)
    made, real = send(here, into, HEADER + lines(10)), filling.Filling._still

    def still(self: filling.Filling) -> None:
        if self.imported.done == 3:
            Import.every.update(holder="somebody else")
        real(self)

    monkeypatch.setattr(filling.Filling, "_still", still)
    errands.run_one()
    assert Record.every.count() == now(made).done == 3 and now(made).state == Import.State.RUNNING


def test_a_unique_value_comes_once_within_the_file_and_with_what_is_here(
    here: Access, into: Collection
) -> None:
    with enter(here):
        at = {field.name: field.pk for field in Field.objects.filter(collection=into)}
    flows.make_record(here, into, {at["Glaze"]: "Ash", at["Number"]: "a-1"})
    made = send(
        here,
        into,
        HEADER + "Ash,,A-1,,\nAsh,,A-2,,\nAsh,, a-2,,\n" + lines(600, 10) + "Ash,,A-11,,\n",
        keeps_good=True,
    )
    work()
    assert [fault[0] for fault in refused(here, made)] == [2, 4, 605]
    assert len(kept(here)) == 1 + 601
    again = send(
        here, into, HEADER + "Ash,,A-77777,,\nAsh,,A-1,,\n" + lines(600, 100_000) + "Ash,,A-100001,,\n"
    )
    work()
    assert [fault[0] for fault in refused(here, again)] == [3, 604]


def test_an_import_is_undone_whole_but_for_what_was_changed_since(here: Access, into: Collection) -> None:
    with enter(here):
        at = {field.name: field.pk for field in Field.objects.filter(collection=into)}
    mine = flows.make_record(here, into, {at["Glaze"]: "Salt"})
    made = send(here, into, HEADER + lines(5))
    work()
    one = Record.every.get(pk=made.record_id(2))
    flows.change_record(here, one, {at["Glaze"]: "Slip"}, 1)
    assert importing.undo(here, now(made)) == 1
    assert {row[at["Glaze"]] for row in kept(here)} == {"Salt", "Slip"}  # at once, before the worker comes
    work()
    assert set(Record.every.values_list("pk", flat=True)) == {mine.pk, one.pk}
    with pytest.raises(NotNow):
        importing.undo(here, now(made))


def test_an_import_is_undone_for_seven_days(here: Access, into: Collection) -> None:
    made = send(here, into, HEADER + lines(2))
    work()
    Import.every.update(ended_at=timezone.now() - timedelta(days=7, seconds=1))
    with pytest.raises(NotNow):
        importing.undo(here, now(made))
    assert len(kept(here)) == 2


def test_a_running_import_is_stopped_and_nothing_of_it_stays(
    here: Access, into: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BATCH", 3)
    made, real = send(here, into, HEADER + lines(10)), filling.Filling._still

    def still(self: filling.Filling) -> None:
        if self.imported.done == 6:
            importing.stop(here, made)
        real(self)

    monkeypatch.setattr(filling.Filling, "_still", still)
    work()
    assert now(made).state == Import.State.STOPPED and now(made).why == Import.Why.ASKED
    assert not Record.every.exists() and not Value.every.exists() and not StoredFile.objects.exists()


def test_who_lost_their_access_imports_nothing_more(
    here: Access, alice: Person, into: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BATCH", 3)
    monkeypatch.setattr(filling, "ASKED_EVERY", 0)
    bob = colleague(alice)
    letting_in.seat(here, bob.owner_id, Role.EDITOR)
    made, real = send(access(bob, here.workspace), into, HEADER + lines(10)), filling.Filling._keep

    def keep(self: filling.Filling, batch: list[Any]) -> None:
        real(self, batch)
        Seat.objects.filter(owner=bob.owner_id).delete()

    monkeypatch.setattr(filling.Filling, "_keep", keep)
    work()
    assert now(made).state == Import.State.STOPPED and now(made).why == Import.Why.ACCESS
    assert not Record.every.exists()


def test_a_workspace_erased_while_its_import_runs_leaves_nothing(
    here: Access, into: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BATCH", 3)
    send(here, into, HEADER + lines(10))
    token, real = StoredFile.objects.get().token, filling.Filling._keep

    def keep(self: filling.Filling, batch: list[Any]) -> None:
        real(self, batch)
        erase(here.workspace.owner_id.hex, SYSTEM)

    monkeypatch.setattr(filling.Filling, "_keep", keep)
    work()
    for model in (Import, ImportPart, Refusal, Record, Value):
        assert not model.every.exists()
    assert not StoredFile.objects.exists()
    assert not disk.path(token).exists()


def test_who_was_let_into_one_collection_imports_into_it_and_no_other(here: Access, into: Collection) -> None:
    charlie, other = customer(CHARLIE), shape.make_collection(here, "Other", POTS)
    Grant(owner_id=here.workspace.owner_id, to_id=charlie.owner_id, right=Right.EDIT, part=into.pk).save(
        force_insert=True
    )
    guest = access(charlie, here.workspace)
    made = importing.begin(guest, into, "pots.csv", (HEADER + lines(2)).encode())
    assert b"vera0" in importing.sample_of(guest, made)
    with pytest.raises(Refused):
        importing.begin(guest, other, "pots.csv", (HEADER + lines(2)).encode())
    theirs = importing.begin(here, other, "pots.csv", (HEADER + lines(2)).encode())
    with pytest.raises(Refused):
        importing.sample_of(guest, theirs)
    with pytest.raises(Refused):
        importing.stop(guest, theirs)


def test_a_reference_names_a_record_of_the_right_collection(here: Access, into: Collection) -> None:
    sales = shape.make_collection(here, "Sales", (Draft("Pot", Kind.REFERENCE, target=into.pk), Draft("Day")))
    with enter(here):
        at = {field.name: field.pk for field in Field.objects.filter(collection=into)}
        day = Field.objects.get(collection=sales, kind=Kind.TEXT).pk
    pot = flows.make_record(here, into, {at["Glaze"]: "Ash"})
    other = flows.make_record(here, sales, {day: "Monday"})
    made = send(here, sales, f"Pot,Day\n{pot.pk},Monday\n{other.pk},Tuesday\n", keeps_good=True)
    work()
    assert now(made).kept == 1 and refused(here, made)[0][1][0][0] == "Pot"


def test_a_collection_that_is_deleted_takes_its_imports_along(here: Access, into: Collection) -> None:
    send(here, into, HEADER + lines(10))
    shape.delete_collection(here, into)
    work()
    assert not Import.every.exists() and not StoredFile.objects.exists() and not Record.every.exists()


def test_a_file_that_comes_in_pieces_is_one_file(here: Access, into: Collection) -> None:
    data = (HEADER + lines(20)).encode()
    made = importing.begin(here, into, "pots.csv", data[:200], len(data))
    known = reading_files.guess(data, is_whole=True)
    with pytest.raises(NotNow):
        importing.add_piece(here, made, 2, data[400:])
    assert importing.add_piece(here, made, 1, data[200:400]) == 400
    assert importing.add_piece(here, made, 1, data[200:400]) == 400  # sent again
    columns = reading_files.columns_of([data], known)
    with enter(here):
        named = {field.name: field.pk for field in Field.objects.filter(collection=into)}
    targets = [named[name] for name in columns]
    with pytest.raises(NotNow):
        importing.start(here, made, known, columns, targets, keeps_good=False)
    with pytest.raises(NotNow):
        importing.add_piece(here, made, 2, data)  # more than was said
    importing.add_piece(here, made, 2, data[400:])
    importing.start(here, made, known, columns, targets, keeps_good=False)
    work()
    assert now(made).kept == 20


def test_an_import_that_nobody_goes_on_with_is_over_after_a_week(here: Access, into: Collection) -> None:
    made = importing.begin(here, into, "pots.csv", (HEADER + lines(2)).encode())
    work()
    assert now(made).state == Import.State.MAPPING and StoredFile.objects.exists()
    Import.every.update(asked_at=timezone.now() - LEFT_AFTER)
    Errand.objects.update(due_at=timezone.now())
    work()
    assert now(made).why == Import.Why.LEFT and not StoredFile.objects.exists()


def test_an_import_and_the_rows_it_refused_are_forgotten_after_thirty_days(
    here: Access, into: Collection
) -> None:
    send(here, into, HEADER + lines(2) + "Ash,none,,,\n", keeps_good=True)
    work()
    assert Refusal.every.exists()
    Import.every.update(ended_at=timezone.now() - FORGOTTEN_AFTER)
    Errand.objects.update(due_at=timezone.now())
    work()
    assert not Import.every.exists() and not Refusal.every.exists() and not Errand.objects.exists()
    assert len(kept(here)) == 2


def test_what_is_imported_is_found_and_sorted_like_what_is_typed(here: Access) -> None:
    """The same text in every kind and every finding, once by the form and once by a file."""
    texts = {
        Kind.TEXT: "  Ash\u00a0GLAZE, dark ", Kind.NUMBER: "1 250.50", Kind.DATE: "2027-01-31", Kind.BOOLEAN: "Yes",
        Kind.CHOICE: "Salt", Kind.EMAIL: "Vera@Büyer.example", Kind.PHONE: "(202) 555-0142",
    }  # fmt: skip
    for finding in (Finding.SEARCHABLE, Finding.PLAIN):
        into = shape.make_collection(
            here, "All", tuple(Draft(kind.label, kind, finding, choices=("Salt",)) for kind in texts)
        )
        with enter(here):
            at = {field.kind: field.pk for field in Field.objects.filter(collection=into)}
        typed = flows.make_record(here, into, {at[kind]: text for kind, text in texts.items()})
        made = importing.begin(
            here, into, "one.csv", ("\t".join(texts) + "\n" + "\t".join(texts.values())).encode()
        )
        known = reading_files.Format(delimiter="\t")
        targets = [at[kind] for kind in texts]
        importing.start(here, made, known, [str(kind) for kind in texts], targets, keeps_good=False)
        work()
        with enter(here):
            records = [typed.pk, made.record_id(0)]
            contents = [flows.unpacked(Record.objects.get(pk=pk).content) for pk in records]
            found = [
                {
                    (row.field_id, bytes(row.index), row.plain_text, row.plain_number)
                    for row in Value.objects.filter(record=pk)
                }
                for pk in records
            ]
        assert contents[0] == contents[1] and len(contents[0]) == len(texts)
        assert found[0] == found[1] and len(found[0]) == len(texts)
