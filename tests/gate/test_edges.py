"""Rows that concern two subjects: what becomes of them when one of the two is erased."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from tests.cast import durable
from tests.gate.at_the_prompt import everything_in, spoil
from tests.gate.zoo.models import Animal, Chameleon, Elephant, Magpie, Parrot
from tests.gate.zoo.opening import zoo
from troth.gate.errors import Erased, KeyMissing, SealBroken
from troth.gate.keystore import keys
from troth.gate.keystore.models import DataKey
from troth.gate.subjects.erase import erase
from troth.gate.subjects.jobs import finish_erasures
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import EACH, SYSTEM, using

__all__ = ["zoo"]
pytestmark = durable


def subject(kind: Kind = Kind.PERSON) -> DataSubject:
    return DataSubject.begin(kind)


def kept(model: type[Animal], **values: Any) -> Any:
    with using("answering-enquiries", by=SYSTEM, at="contact-us"):
        row = model(**values)
        row.save(force_insert=True)
    return row


def read(row: Animal, name: str) -> Any:
    found = type(row).objects.get(pk=row.pk)
    with using("answering-enquiries", by=SYSTEM, given=found):
        return getattr(found, name)


def ended(gone: DataSubject) -> None:
    erase(gone.pk.hex, SYSTEM)
    finish_erasures()


def test_a_row_that_says_delete_goes_with_whom_it_concerns() -> None:
    alice, bob, charlie = subject(), subject(), subject()
    kept(Parrot, owner=alice, about=bob, name="about Bob")
    stays = kept(Parrot, owner=alice, about=charlie, name="about Charlie")
    ended(bob)
    assert [row.pk for row in Parrot.objects.all()] == [stays.pk] and read(stays, "name") == "about Charlie"


def test_a_row_that_says_cut_keeps_what_is_its_owners() -> None:
    alice, bob = subject(), subject()
    row = kept(Elephant, owner=alice, about=bob, name="mine")
    ended(bob)
    assert read(row, "name") == "mine" and Elephant.objects.get().about_id is None
    assert bob.pk.hex.encode() not in everything_in("zoo_elephant").replace(b"-", b"")


def test_a_row_that_says_blank_forgets_the_named_fields_and_keeps_the_others() -> None:
    alice, bob = subject(), subject()
    row = kept(Magpie, owner=alice, about=bob, nickname="Bobby", email="bob@archer.example", name="mine")
    assert Magpie.objects.lookup(email="bob@archer.example").count() == 1
    ended(bob)
    found = Magpie.objects.get()
    assert (found.nickname, found.about_id, found.email_index) == ("", None, None)
    assert read(row, "name") == "mine" and not read(row, "email")
    assert not Magpie.objects.lookup(email="bob@archer.example").exists()


def test_blanking_does_not_bring_an_erased_owner_back() -> None:
    alice, bob = subject(), subject()
    kept(Magpie, owner=alice, about=bob, nickname="Bobby", email="bob@archer.example", name="mine")
    keys.intend_erasure(alice.pk.hex)
    ended(bob)
    finish_erasures()
    assert not Magpie.objects.exists()


def test_erasing_the_owner_takes_the_row_whoever_it_concerns() -> None:
    alice, bob = subject(), subject()
    for model in (Parrot, Elephant):
        kept(model, owner=alice, about=bob, name="x")
    ended(alice)
    assert not Parrot.objects.exists() and not Elephant.objects.exists()
    assert DataSubject.objects.filter(pk=bob.pk).exists()


VALUES: dict[str, list[Any]] = {
    "text": [None, "", " ", "0", "\x00", "Grüße 🐘"],
    "number": [None, 0, -1, 2**40],
    "flag": [None, False, True],
    "day": [None, date(2024, 2, 29)],
    "amount": [None, Decimal("0.00"), Decimal("12.30")],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in VALUES for value in VALUES[name]])
def test_null_and_empty_and_nought_stay_three_different_values(name: str, value: Any) -> None:
    found = read(kept(Chameleon, owner=subject(), **{name: value}), name)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize("kind", [Kind.PERSON, Kind.WORKSPACE])
def test_a_value_of_either_algorithm_opens(kind: Kind) -> None:
    assert read(kept(Chameleon, owner=subject(kind), text="Hello"), "text") == "Hello"


def two_rows() -> tuple[Chameleon, Chameleon, Elephant]:
    alice, bob = subject(), subject()
    return (
        kept(Chameleon, owner=alice, text="Alice"),
        kept(Chameleon, owner=alice, text="Alice's other"),
        kept(Elephant, owner=bob, name="Bob"),
    )


def put(row: Animal, sealed: object) -> None:
    table = row._meta.db_table
    changed = spoil(
        f"UPDATE {table} SET sealed = %s WHERE id = %s",  # noqa: S608 - our own table
        sealed,
        row.pk if connection.vendor == "postgresql" else row.pk.hex,
    )
    assert changed == 1


def sealed_of(row: Animal) -> bytes:
    return bytes(type(row).objects.values_list("sealed", flat=True).get(pk=row.pk))


def test_an_envelope_moved_to_another_row_of_its_owner_does_not_open() -> None:
    one, other, _ = two_rows()
    put(other, sealed_of(one))
    with pytest.raises(SealBroken):
        read(other, "text")
    assert read(one, "text") == "Alice"


def test_an_envelope_moved_to_another_subject_or_model_does_not_open() -> None:
    alice, _, bob = two_rows()
    mine = kept(Elephant, owner_id=alice.owner_id, name="Alice's elephant")
    mine_blob, bobs_blob = sealed_of(mine), sealed_of(bob)
    put(bob, mine_blob)
    put(mine, bobs_blob)
    put(alice, mine_blob)
    for row, name in ((bob, "name"), (mine, "name"), (alice, "text")):
        with pytest.raises(SealBroken):
            read(row, name)


def test_an_envelope_of_the_same_row_id_in_another_model_does_not_open() -> None:
    alice = subject()
    row = kept(Chameleon, owner=alice, text="Alice")
    twin = kept(Elephant, id=row.pk, owner=alice, name="Alice")
    put(twin, sealed_of(row))
    with pytest.raises(SealBroken):
        read(twin, "name")


def test_a_row_given_to_another_owner_does_not_open() -> None:
    alice, _, bob = two_rows()
    Chameleon.objects.filter(pk=alice.pk).update(owner=bob.owner_id)
    with pytest.raises(SealBroken):
        read(alice, "text")


@pytest.mark.parametrize(
    "forge",
    [
        lambda blob: b"",
        lambda blob: b"Alice",
        lambda blob: b'{"text":"Alice"}',
        lambda blob: blob[:-1],
        lambda blob: blob[:20],
        lambda blob: blob + b"\x00",
        lambda blob: blob[:2] + b"\x02" + blob[3:],
        lambda blob: blob[:3] + b"\x00\x02" + blob[5:],
        lambda blob: blob[:-1] + bytes([blob[-1] ^ 1]),
        lambda blob: blob[::-1],
    ],
)
def test_an_altered_envelope_is_broken_and_never_a_value(forge: Any) -> None:
    row = two_rows()[0]
    put(row, forge(sealed_of(row)))
    with pytest.raises(SealBroken):
        read(row, "text")


def test_missing_and_erased_and_broken_are_told_apart() -> None:
    one, other, bob = two_rows()
    put(other, b"x")
    with pytest.raises(SealBroken):
        read(other, "text")
    DataKey.objects.filter(subject=one.owner_id.hex).delete()  # type: ignore[attr-defined]
    with pytest.raises(KeyMissing, match="doctor"):
        read(one, "text")
    keys.destroy(bob.owner_id.hex)  # type: ignore[attr-defined]
    with pytest.raises(Erased):
        read(bob, "name")


def test_one_broken_row_stops_a_list_and_shows_none_of_it() -> None:
    _, other, _ = two_rows()
    put(other, b"x")
    seen: list[str] = []
    with pytest.raises(SealBroken), using("answering-enquiries", by=SYSTEM, given=EACH):
        for row in Chameleon.objects.order_by("-pk"):
            seen.append(row.text)
    assert "Alice" not in seen


def test_a_key_swapped_between_two_subjects_opens_neither() -> None:
    alice, _, bob = two_rows()
    one, other = (DataKey.objects.get(subject=row.owner_id.hex) for row in (alice, bob))  # type: ignore[attr-defined]
    DataKey.objects.filter(pk=one.pk).update(wrapped=other.wrapped)
    DataKey.objects.filter(pk=other.pk).update(wrapped=one.wrapped)
    for row, name in ((alice, "text"), (bob, "name")):
        keys.forget_cached()
        with pytest.raises(SealBroken):
            read(row, name)
