"""Records: kept sealed, found as their fields were chosen to be, changed by one at a time, undone as one act."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils import timezone

from tests.cast import durable
from tests.workspaces.customers import CHARLIE, access, colleague, customer, workspace
from troth.accounts.people.companies import NotNow
from troth.accounts.people.models import Person
from troth.apps.records import flows, shape
from troth.apps.records.flows import Changed, NotUnique, Wrong
from troth.apps.records.kinds import wanted
from troth.apps.records.models import Change, Collection, Field, Finding, Kind, Record, Value
from troth.apps.records.shape import Draft
from troth.gate.errors import Refused
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM
from troth.workspaces import letting_in
from troth.workspaces.access import Access, enter
from troth.workspaces.hosted import OutsideWorkspace, opened
from troth.workspaces.models import Grant, Right, Role

pytestmark = durable


@pytest.fixture
def alice() -> Person:
    return customer()


@pytest.fixture
def here(alice: Person) -> Access:
    return workspace(alice)


POTS = (
    Draft("Glaze", finding=Finding.PLAIN, is_required=True), Draft("Buyer", Kind.EMAIL, Finding.SEARCHABLE),
    Draft("Number", finding=Finding.UNIQUE), Draft("Price", Kind.NUMBER, Finding.PLAIN), Draft("Notes"),
)  # fmt: skip


def pots(here: Access) -> tuple[Collection, dict[str, UUID]]:
    made = shape.make_collection(here, "Pots", POTS)
    with enter(here):
        return made, {field.name: field.pk for field in Field.objects.filter(collection=made)}


def pot(here: Access, into: Collection, at: dict[str, UUID], **values: str) -> Record:
    told = {"Glaze": "Ash", **values}
    return flows.make_record(here, into, {at[name]: value for name, value in told.items()})


def values_of(here: Access, record: UUID) -> dict[UUID, str]:
    with enter(here):
        return flows.unpacked(Record.objects.get(pk=record).content)


def test_what_is_kept_lies_sealed_and_only_plain_fields_give_themselves_away(here: Access) -> None:
    into, at = pots(here)
    pot(here, into, at, Buyer="vera@buyer.example", Number="A-17", Price="12.50", Notes="Chipped")
    stored = b"".join(bytes(row.sealed) for row in Record.every.all()) + b"".join(
        bytes(row.index) + (row.plain_text or "").encode() for row in Value.every.all()
    )
    for secret in (b"vera", b"A-17", b"Chipped"):
        assert secret not in stored
    assert b"ash" in stored
    assert Value.every.get(field=at["Price"]).plain_number == Decimal("12.5")
    assert not Value.every.filter(field=at["Notes"]).exists()


def test_a_searchable_value_is_found_whole_whatever_its_case(here: Access) -> None:
    into, at = pots(here)
    made = pot(here, into, at, Buyer="Vera@Buyer.example")
    pot(here, into, at, Buyer="other@buyer.example")
    with enter(here):
        asked = wanted(Kind.EMAIL, at["Buyer"], "vera@BUYER.example")
        assert [row.record_id for row in Value.objects.filter(index__in=asked)] == [made.pk]


def test_equal_values_of_two_workspaces_look_unrelated(here: Access) -> None:
    other = workspace(customer(CHARLIE))
    for each in (here, other):
        into, at = pots(each)
        pot(each, into, at, Buyer="vera@buyer.example")
    indexes = {bytes(row.index) for row in Value.every.all() if row.plain_text is None}
    assert len(indexes) == 2


def test_every_fault_is_named_at_once_and_nothing_is_kept_or_repeated(here: Access) -> None:
    into, at = pots(here)
    with pytest.raises(Wrong) as wrong:
        flows.make_record(here, into, {at["Buyer"]: "not an address", at["Price"]: "twelve"})
    assert wrong.value.faults.keys() == {at["Glaze"], at["Buyer"], at["Price"]}
    assert "twelve" not in str(wrong.value.faults) and not Record.every.exists()
    with pytest.raises(Wrong):
        pot(here, into, at, Notes="4111 1111 1111 1111")


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        (Kind.NUMBER, "1e3", "1000"), (Kind.NUMBER, "-0.50", "-0.50"), (Kind.NUMBER, "1 000", "1000"),
        (Kind.NUMBER, "NaN", None), (Kind.NUMBER, "1e400", None), (Kind.NUMBER, "0.00000000001", None),
        (Kind.DATE, "2027-01-31", "2027-01-31"), (Kind.DATE, "31/01/2027", None),
        (Kind.BOOLEAN, "Yes", "1"), (Kind.BOOLEAN, "maybe", None), (Kind.PHONE, "+1 202 555 0142", "+1 202 555 0142"),
        (Kind.PHONE, "12", None), (Kind.TEXT, "a\x00b", None), (Kind.TEXT, "x" * 5_001, None),
    ],
)  # fmt: skip
def test_what_a_kind_takes(here: Access, kind: Kind, text: str, kept: str | None) -> None:
    into = shape.make_collection(here, "One", (Draft("It", kind, Finding.SEARCHABLE),))
    with enter(here):
        field = Field.objects.get(collection=into).pk
    if kept is None:
        with pytest.raises(Wrong):
            flows.make_record(here, into, {field: text})
    else:
        assert values_of(here, flows.make_record(here, into, {field: text}).pk) == {field: kept}


def test_no_two_records_have_the_same_unique_value(here: Access) -> None:
    into, at = pots(here)
    pot(here, into, at, Number="A-17")
    second = pot(here, into, at, Number="A-18")
    with pytest.raises(NotUnique):
        pot(here, into, at, Number="a-17 ")
    with pytest.raises(NotUnique):
        flows.change_record(here, second, {at["Number"]: "A-17"}, second.revision)
    assert Record.every.count() == 2 and values_of(here, second.pk)[at["Number"]] == "A-18"


def test_of_two_who_change_a_record_at_once_the_second_is_told(here: Access) -> None:
    into, at = pots(here)
    row = pot(here, into, at)
    assert flows.change_record(here, row, {at["Glaze"]: "Salt"}, 1)
    with pytest.raises(Changed):
        flows.change_record(here, row, {at["Glaze"]: "Slip"}, 1)
    assert values_of(here, row.pk)[at["Glaze"]] == "Salt"


def test_a_second_press_makes_no_second_record(here: Access) -> None:
    into, at = pots(here)
    first = pot(here, into, at)
    again = flows.make_record(here, into, {at["Glaze"]: "Ash"}, first.pk)
    assert again.pk == first.pk and Record.every.count() == 1


def test_the_last_act_is_taken_back_whole(here: Access) -> None:
    into, at = pots(here)
    rows = [pot(here, into, at, Number=f"A-{n}") for n in range(3)]
    assert flows.change_records(here, into, [row.pk for row in rows], {at["Glaze"]: "Salt"}) == 3
    one_act = _last(here, into)
    assert flows.undo(here, into, one_act) == 3
    assert {values_of(here, row.pk)[at["Glaze"]] for row in rows} == {"Ash"}
    with pytest.raises(NotNow):
        flows.undo(here, into, one_act)


def _last(here: Access, into: Collection) -> UUID:
    with enter(here):
        found = flows.last_act(here, into)
    assert found is not None
    return found


def test_deleted_records_come_back_with_what_finds_them(here: Access) -> None:
    into, at = pots(here)
    row = pot(here, into, at, Number="A-17")
    assert flows.delete_records(here, into, [row.pk]) == 1 and not Record.every.exists()
    assert not Value.every.exists()
    flows.undo(here, into, _last(here, into))
    assert values_of(here, row.pk)[at["Number"]] == "A-17" and Value.every.filter(record=row.pk).count() == 2


def test_what_somebody_changed_since_is_not_undone(here: Access, alice: Person) -> None:
    into, at = pots(here)
    row = pot(here, into, at)
    flows.change_record(here, row, {at["Glaze"]: "Salt"}, 1)
    mine, bob = _last(here, into), colleague(alice)
    letting_in.seat(here, bob.owner_id, Role.EDITOR)
    as_bob = access(bob, here.workspace)
    flows.change_record(as_bob, row, {at["Glaze"]: "Slip"}, 2)
    with pytest.raises(NotNow):
        flows.undo(here, into, mine)
    assert values_of(here, row.pk)[at["Glaze"]] == "Slip"


def test_a_bulk_change_that_fails_for_one_changes_none(here: Access) -> None:
    into, at = pots(here)
    rows = [pot(here, into, at, Number=f"A-{n}") for n in range(3)]
    with pytest.raises(NotUnique):
        flows.change_records(here, into, [row.pk for row in rows], {at["Number"]: "same"})
    assert {values_of(here, row.pk)[at["Number"]] for row in rows} == {"A-0", "A-1", "A-2"}
    assert Change.every.filter(what=Change.What.CHANGED).count() == 0


def test_who_was_let_into_one_collection_reaches_no_other(here: Access) -> None:
    charlie = customer(CHARLIE)
    mine, at = pots(here)
    other, _ = pots(here)
    grant = Grant(owner_id=here.workspace.owner_id, to_id=charlie.owner_id, right=Right.EDIT, part=mine.pk)
    grant.save(force_insert=True)
    guest = access(charlie, here.workspace)
    row = pot(guest, mine, at)
    assert values_of(guest, row.pk)
    for act in (lambda: pot(guest, other, at), lambda: shape.delete_collection(guest, mine)):
        with pytest.raises(Refused):
            act()
    with pytest.raises(Refused), enter(guest):
        _ = Collection.objects.get(pk=other.pk).name
    Grant.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    guest.asked_at -= 5
    with pytest.raises(Refused):
        pot(guest, mine, at)


def test_rows_are_found_in_their_own_workspace_only(here: Access) -> None:
    other = workspace(customer(CHARLIE))
    into, at = pots(here)
    row = pot(here, into, at)
    with pytest.raises(OutsideWorkspace):
        Record.objects.exists()
    with enter(other):
        assert not Record.objects.filter(pk=row.pk).exists() and not Collection.objects.exists()
        assert Record.objects.filter(pk=row.pk).update(revision=9) == 0
        with pytest.raises(OutsideWorkspace):
            row.save()
        with pytest.raises(OutsideWorkspace):
            Value.objects.bulk_create(
                [Value(record=row, field_id=at["Glaze"], owner_id=here.workspace.owner_id)]
            )
    with pytest.raises(OutsideWorkspace):
        flows.make_record(other, into, {at["Glaze"]: "Ash"})
    with enter(other, writes=True), pytest.raises(OutsideWorkspace):
        Value(record_id=row.pk, field_id=at["Glaze"]).save()
    with opened(here.workspace.owner_id):
        assert Record.objects.count() == 1


def test_erasing_the_workspace_leaves_nothing(here: Access) -> None:
    into, at = pots(here)
    row = pot(here, into, at, Number="A-17")
    flows.change_record(here, row, {at["Glaze"]: "Salt"}, 1)
    erase(here.workspace.owner_id.hex, SYSTEM)
    for model in (Collection, Field, Record, Value, Change):
        assert not model.every.exists()
