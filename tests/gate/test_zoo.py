"""Rows that people share: what each of them sees of one, and what becomes of it when one of them is erased."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Count

from tests.cast import durable
from tests.gate.at_the_prompt import beside, tables_holding
from tests.gate.test_receipts import verdict
from tests.gate.zoo.keeping import erased, foreseen, kept, named_in, person, read, shown_to, words
from tests.gate.zoo.models import Magpie, Parrot
from tests.gate.zoo.opening import zoo
from tests.gate.zoo.society import (
    Acquaintance,
    CaseNote,
    Finding,
    Glimpse,
    Group,
    Holding,
    Introduction,
    Invoice,
    Letter,
    Member,
    Post,
    SharedFile,
    Tally,
)
from troth.gate.errors import Erased, GateError, Refused, Unfinished
from troth.gate.journal import log
from troth.gate.journal.integrating import begin_log, integrate
from troth.gate.journal.models import Entry, Share
from troth.gate.keystore import keys
from troth.gate.subjects import access, holds, limits
from troth.gate.subjects import erase as erasing
from troth.gate.subjects.access import title
from troth.gate.subjects.checks import check_declarations
from troth.gate.subjects.erase import Obstructed, erase
from troth.gate.subjects.find import of_address
from troth.gate.subjects.foresee import foresee
from troth.gate.subjects.jobs import finish_erasures
from troth.gate.subjects.merging import MERGINGS, merge
from troth.gate.subjects.models import DataSubject, Erasure, Kind
from troth.gate.subjects.register import ENDINGS
from troth.gate.uses import SYSTEM, Actor, OwnData, using
from troth.gate.uses.history import history, receipt

__all__ = ["zoo"]
pytestmark = durable

BOB = "bob@archer.example"


def letter(sender: UUID, to: UUID | None, text: str = "Are you coming on Sunday?") -> Letter:
    return kept(Letter, sender, to=to, signed="Alice", to_name="Bob", to_email=BOB, text=text)


def contact(owner: UUID, about: UUID | None) -> Acquaintance:
    return kept(
        Acquaintance, owner, about=about, name="Bob Brown", email=BOB, nickname="Bobby", born=date(1980, 2, 29),
        note="lent him a spade",
    )  # fmt: skip


def test_every_animal_declares_what_it_holds() -> None:
    assert [problem for problem in check_declarations(None) if "zoo." in str(problem.msg)] == []


def test_an_animal_that_could_not_be_blanked_or_handed_over_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    about = Acquaintance._meta.get_field("about")
    monkeypatch.setattr(about, "blank_fields", ("name", "collected_at", "owner"))
    monkeypatch.setattr(Group.Privacy, "heir", "nobody")
    monkeypatch.setattr(Group.Privacy, "joined", "nobody", raising=False)
    found = {(problem.id, problem.msg) for problem in check_declarations(None)}
    assert found == {
        ("troth.E008", "`zoo.Acquaintance` cannot blank `collected_at`"),
        ("troth.E008", "`zoo.Acquaintance` cannot blank `owner`"),
        ("troth.E009", "`zoo.Group` names `nobody` as its heir"),
        ("troth.E010", "`zoo.Group` names `nobody` for two rows that become one"),
    }


# -- a message between two people


def test_a_message_stays_with_its_sender_and_forgets_to_whom_it_went() -> None:
    alice, bob = person(), person()
    sent = letter(alice, bob)
    erased(bob)
    found = Letter.objects.get()
    assert (found.to_id, found.to_email_index) == (None, None)
    assert (read(sent, "signed"), read(sent, "text")) == ("Alice", "Are you coming on Sunday?")
    assert read(sent, "to_name") is None and read(sent, "to_email") is None


def test_a_message_goes_with_its_sender_and_whom_it_went_to_is_still_here() -> None:
    alice, bob = person(), person()
    letter(alice, bob)
    erased(alice)
    assert not Letter.objects.exists() and shown_to(bob) == []
    assert DataSubject.objects.filter(pk=bob).exists() and keys.is_whole(bob.hex)


@pytest.mark.parametrize("sender_first", [True, False])
def test_erasing_both_in_either_order_leaves_nothing(sender_first: bool) -> None:
    alice, bob = person(), person()
    letter(alice, bob), letter(bob, alice)
    erased(*((alice, bob) if sender_first else (bob, alice)))
    assert not Letter.objects.exists() and not named_in(alice) and not named_in(bob)


def test_erasing_both_at_once_leaves_nothing_and_says_so_once_for_each() -> None:
    alice, bob, charlie = person(), person(), person()
    for _ in range(5):
        letter(alice, bob), letter(bob, alice), letter(charlie, alice), letter(charlie, bob)
    turns = iter([alice, bob])
    given = beside(lambda: erase(next(turns).hex, SYSTEM), 2)
    assert all(isinstance(each, Erasure) for each in given), given
    finish_erasures()
    assert [row.owner_id for row in Letter.objects.all()] == [charlie] * 10
    assert not named_in(alice) and not named_in(bob) and Entry.objects.filter(kind=6).count() == 2


def test_an_address_no_longer_finds_a_message_whose_receiver_is_erased() -> None:
    alice, bob = person(), person()
    letter(alice, bob)
    assert Letter.objects.lookup(to_email=BOB).count() == 1
    erased(bob)
    assert not Letter.objects.lookup(to_email=BOB).exists() and of_address(BOB) == set()


def test_both_ends_of_a_message_prove_to_be_one_person() -> None:
    alice, bob = person(), person()
    letter(alice, bob)
    merge(bob, alice, SYSTEM)
    finish_erasures()
    (mine,) = shown_to(alice)
    assert mine.is_own and mine.hidden == ()
    assert {value.name for value in mine.values} == {"signed", "to_name", "to_email", "text"}
    assert not named_in(bob) and foreseen(alice) == 1
    (done,) = erased(alice)
    assert done.rows == 1 and not Letter.objects.exists() and not named_in(alice)


def test_a_message_read_before_cannot_bring_its_receiver_back() -> None:
    alice, bob = person(), person()
    letter(alice, bob)
    with using("answering-enquiries", by=SYSTEM, at="contact-us"):
        held = Letter.objects.get()
        held.text = "Sunday is off."
        erased(bob)
        with pytest.raises(IntegrityError):
            held.save(update_fields=[])
    assert read(held, "to_name") is None and read(held, "text") == "Are you coming on Sunday?"


# -- what each of two people sees of one row


def test_whoever_is_in_somebody_elses_row_sees_just_what_tells_of_them() -> None:
    alice, bob, charlie = person(), person(), person()
    letter(alice, bob)
    assert words(shown_to(bob)) == {"Letter": {"to_name": "Bob", "to_email": BOB}}
    assert not shown_to(bob)[0].is_own and shown_to(charlie) == []


def test_the_owner_sees_the_rest_and_is_told_what_is_withheld() -> None:
    alice, bob = person(), person()
    letter(alice, bob)
    (mine,) = shown_to(alice)
    assert {value.name for value in mine.values} == {"signed", "text"}
    assert mine.hidden == ("E-mail address", "Name") and BOB not in repr(mine)


def test_what_is_withheld_in_clear_is_said_too() -> None:
    alice, bob = person(), person()
    kept(Magpie, alice, about=bob, nickname="Bobby")
    (mine,) = shown_to(alice)
    assert "Bobby" not in repr(mine) and "Name" in mine.hidden


def test_a_look_at_what_somebody_else_wrote_is_on_the_record_of_both() -> None:
    alice, bob = person(), person()
    letter(alice, bob)
    before = [Share.objects.filter(subject=one.hex).count() for one in (alice, bob)]
    shown_to(bob)
    assert [Share.objects.filter(subject=one.hex).count() for one in (alice, bob)] == [n + 1 for n in before]


def test_nobody_sees_anybody_elses_part_on_the_ground_of_their_own() -> None:
    alice, bob, charlie = person(), person(), person()
    letter(alice, bob)
    with using("showing-own-data", by=Actor("data-subject", charlie), given=OwnData(charlie)):
        for subject in (alice, bob):
            with pytest.raises(Refused, match="their own data"):
                next(access.held(subject))


def test_the_erasure_of_a_sender_that_has_begun_does_not_stop_the_receivers_view() -> None:
    alice, bob = person(), person()
    letter(alice, bob)
    kept(Parrot, bob, about=alice, name="Polly")
    keys.intend_erasure(alice.hex)
    assert words(shown_to(bob)) == {"Parrot": {"name": "Polly"}}


def test_two_people_in_one_row_of_a_third_each_see_their_own_part() -> None:
    alice, bob, charlie = person(), person(), person()
    row = kept(Introduction, alice, one=bob, other=charlie, one_name="Bob", other_name="Charlie")
    assert words(shown_to(bob)) == {"Introduction": {"one_name": "Bob"}}
    assert words(shown_to(charlie)) == {"Introduction": {"other_name": "Charlie"}}
    assert words(shown_to(alice)) == {"Introduction": {}}
    erased(bob)
    assert (read(row, "one_name"), read(row, "other_name")) == (None, "Charlie")


def test_the_restriction_of_one_side_does_not_stop_the_other() -> None:
    alice, bob = person(), person()
    theirs, mine = letter(alice, bob), letter(bob, alice, "I am.")
    limits.restrict(alice, Actor("data-subject", alice))
    with pytest.raises(Refused, match="restricted"):
        read(theirs, "text")
    assert read(mine, "text") == "I am."
    assert len(shown_to(bob)) == 2 and len(shown_to(alice)) == 2


# -- doctor and patient


def test_a_finding_is_the_patients_and_stays_without_the_doctor() -> None:
    patient, doctor = person(), person()
    row = kept(Finding, patient, doctor=doctor, text="a cold", doctor_name="Dr Dana Novak")
    assert words(shown_to(patient)) == {"Finding": {"text": "a cold"}}
    assert words(shown_to(doctor)) == {"Finding": {"doctor_name": "Dr Dana Novak"}}
    erased(doctor)
    assert (read(row, "text"), read(row, "doctor_name")) == ("a cold", None)
    erased(patient)
    assert not Finding.objects.exists()


def test_a_doctors_note_goes_with_the_patient_who_could_see_what_it_says_of_them() -> None:
    doctor, patient, other = person(), person(), person()
    kept(CaseNote, doctor, patient=patient, observed="sneezes", signed="Dana")
    stays = kept(CaseNote, doctor, patient=other, observed="limps", signed="Dana")
    assert words(shown_to(patient)) == {"CaseNote": {"observed": "sneezes"}}
    erased(patient)
    assert [row.pk for row in CaseNote.objects.all()] == [stays.pk] and read(stays, "observed") == "limps"


# -- a file with many holders


def shared(*holders: UUID) -> SharedFile:
    file = kept(SharedFile, holders[0], sender=holders[0], title="holiday.jpg", sent_by="Alice")
    for number, holder in enumerate(holders):
        kept(Holding, holder, file=file, note=f"copy {number}")
    return file


def test_a_shared_file_goes_to_the_next_holder_without_a_word_about_the_first() -> None:
    alice, bob, charlie = person(), person(), person()
    file = shared(alice, bob, charlie)
    erased(alice)
    assert SharedFile.objects.get().owner_id == bob and Holding.objects.count() == 2
    assert (read(file, "title"), read(file, "sent_by")) == ("holiday.jpg", None)
    with using("showing-own-data", by=Actor("data-subject", bob), given=OwnData(bob)):
        assert "handed over" in {used.act for used in history()}
    assert words(shown_to(bob))["SharedFile"] == {"title": "holiday.jpg"} and not named_in(alice)


def test_a_shared_file_goes_with_the_last_of_its_holders() -> None:
    holders = [person() for _ in range(4)]
    shared(*holders)
    for gone, left in zip(holders, (3, 2, 1, 0), strict=True):
        erased(gone)
        assert Holding.objects.count() == left and SharedFile.objects.count() == (1 if left else 0)


def test_an_heir_who_is_being_erased_is_passed_over() -> None:
    alice, bob, charlie = person(), person(), person()
    file = shared(alice, bob, charlie)
    keys.intend_erasure(bob.hex)
    assert [line.title for line in foresee(alice).shared] == ["Shared file"]
    erased(alice)
    assert SharedFile.objects.get().owner_id == charlie and read(file, "title") == "holiday.jpg"


def test_an_heir_whose_erasure_has_only_just_begun_is_passed_over_too() -> None:
    alice, bob, charlie = person(), person(), person()
    shared(alice, bob, charlie)
    Erasure.objects.create(subject=bob.hex)
    erased(alice)
    assert SharedFile.objects.get().owner_id == charlie and not named_in(bob)


def test_a_file_whose_owner_and_first_heir_leave_at_once_stays_with_the_third() -> None:
    alice, bob, charlie = person(), person(), person()
    for _ in range(3):
        shared(alice, bob, charlie), shared(bob, alice, charlie)
    turns = iter([alice, bob])
    beside(lambda: erase(next(turns).hex, SYSTEM), 2)
    finish_erasures()
    assert [row.owner_id for row in SharedFile.objects.all()] == [charlie] * 6
    assert not named_in(alice) and not named_in(bob)


# -- a group with an administrator


def group(admin: UUID, *members: UUID) -> Group:
    made = kept(Group, admin, title="Potters")
    for member in (admin, *members):
        kept(Member, member, group=made, nickname="P")
    return made


def test_the_administrator_leaves_and_the_next_member_takes_over() -> None:
    alice, bob, charlie = person(), person(), person()
    made = group(alice, bob, charlie)
    erased(alice)
    assert Group.objects.get().owner_id == bob and read(made, "title") == "Potters"
    assert {row.owner_id for row in Member.objects.all()} == {bob, charlie}


def test_a_member_leaves_and_the_group_stays_as_it_is() -> None:
    alice, bob = person(), person()
    group(alice, bob)
    erased(bob)
    assert Group.objects.get().owner_id == alice and Member.objects.get().owner_id == alice


def test_a_group_that_nobody_can_take_over_goes_with_what_hangs_on_it() -> None:
    alice, bob = person(), person()
    made = group(alice, bob)
    Member.objects.filter(owner=bob).delete()
    assert foreseen(alice) == 2
    (done,) = erased(alice)
    assert done.rows == 2 and not Group.objects.exists() and not Member.objects.exists()
    assert not tables_holding(made.pk.hex.encode()) and not tables_holding(str(made.pk).encode())


def test_what_hangs_on_a_row_that_goes_does_not_hold_the_erasure_up() -> None:
    alice, bob = person(), person()
    file = kept(SharedFile, alice, title="holiday.jpg")
    kept(Holding, alice, file=file, note="mine")
    made = kept(Group, alice, title="Potters")
    kept(Member, bob, group=made, nickname="B")
    keys.intend_erasure(bob.hex)  # nobody is left who could take the group over
    (done,) = erased(alice)
    assert done.rows == 4 and not named_in(alice) and not Member.objects.exists()


def test_two_members_prove_to_be_one_and_keep_one_place() -> None:
    alice, bob, charlie = person(), person(), person()
    group(alice, bob, charlie)
    merge(charlie, bob, SYSTEM)
    finish_erasures()
    assert sorted(row.owner_id for row in Member.objects.all()) == sorted([alice, bob])
    assert not named_in(charlie)
    merge(alice, bob, SYSTEM)
    finish_erasures()
    assert Group.objects.get().owner_id == bob and Member.objects.get().owner_id == bob
    erased(bob)
    assert not Group.objects.exists() and not Member.objects.exists() and not named_in(bob)


# -- a chain of replies


def test_a_chain_of_replies_closes_over_the_one_that_is_gone() -> None:
    alice, bob, charlie = person(), person(), person()
    first = kept(Post, alice, text="Which glaze?")
    second = kept(Post, bob, parent=first, text="Celadon.")
    third = kept(Post, charlie, parent=second, text="I agree.")
    kept(Post, alice, parent=third, text="Thank you both.")
    erased(bob)
    assert Post.objects.get(pk=third.pk).parent_id is None and read(third, "text") == "I agree."
    erased(alice)
    assert [row.pk for row in Post.objects.all()] == [third.pk]


# -- an invoice that stays


def test_an_invoice_stays_and_nothing_of_the_customer_is_in_it() -> None:
    books, alice = person(Kind.PERIOD), person()
    row = kept(Invoice, books, customer=alice, amount=Decimal("99.00"))
    (line,) = foresee(alice).stays
    assert (line.title, line.count, line.clause) == ("Invoice", 1, "collect.billing")
    erased(alice)
    assert Invoice.objects.get().customer_id is None and read(row, "amount") == Decimal("99.00")
    assert not named_in(alice)


# -- somebody's address book


def test_a_person_who_is_somebodys_contact_sees_the_entry_and_leaves_only_the_note() -> None:
    alice, bob = person(), person()
    row = contact(alice, bob)
    assert words(shown_to(bob)) == {
        "Acquaintance": {"name": "Bob Brown", "email": BOB, "nickname": "Bobby", "born": date(1980, 2, 29)}
    }
    assert words(shown_to(alice)) == {"Acquaintance": {"note": "lent him a spade"}}
    erased(bob)
    found = Acquaintance.objects.get()
    assert (found.about_id, found.email_index, found.nickname, found.born) == (None, None, "", None)
    assert read(row, "name") is None and read(row, "note") == "lent him a spade"
    assert not tables_holding(b"Bobby")


def test_a_contact_who_is_nobody_here_is_the_owners_to_see() -> None:
    alice = person()
    contact(alice, None)
    (mine,) = shown_to(alice)
    assert mine.hidden == () and {value.name for value in mine.values} >= {"name", "email", "note"}


def test_two_entries_for_one_person_follow_when_they_are_merged() -> None:
    alice, one, into = person(), person(), person()
    contact(alice, one), contact(alice, into)
    merge(one, into, SYSTEM)
    finish_erasures()
    assert len(shown_to(into)) == 2 and not named_in(one)
    erased(into)
    assert {row.about_id for row in Acquaintance.objects.all()} == {None} and shown_to(alice)


# -- counts and caches


@pytest.fixture
def counted() -> Iterator[None]:
    def recount(subject: str) -> None:
        Tally.objects.all().delete()
        for found in Member.objects.values("group").annotate(members=Count("pk")):
            Tally.objects.create(**found)
        Glimpse.objects.filter(subject=subject).delete()

    def follow(one: str, into: str) -> None:
        Glimpse.objects.filter(subject=one).update(subject=into)

    ENDINGS.append(recount)
    MERGINGS.append(follow)
    yield
    ENDINGS.remove(recount)
    MERGINGS.remove(follow)


def counts() -> tuple[list[int], int]:
    return list(Tally.objects.values_list("members", flat=True)), Glimpse.objects.count()


@pytest.fixture
def counted_group(counted: None) -> tuple[UUID, UUID]:
    alice, bob = person(), person()
    made = group(alice, bob)
    Tally.objects.create(group=made.pk, members=2)
    Glimpse.objects.create(subject=bob.hex, shown="Bob, two groups")
    return alice, bob


def test_counts_and_caches_follow_in_the_same_transaction(counted_group: tuple[UUID, UUID]) -> None:
    _, bob = counted_group
    erase(bob.hex, SYSTEM)
    assert counts() == ([1], 0) and not Member.objects.filter(owner=bob).exists()


def test_a_crash_in_the_middle_rolls_rows_counts_and_caches_back_together(
    counted_group: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*args: object) -> None:
        assert counts() == ([1], 0) and Member.objects.count() == 1
        raise Killed

    _, bob = counted_group
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_completion_leaf", killed)
        with pytest.raises(Killed):
            erase(bob.hex, SYSTEM)
    assert counts() == ([2], 1) and Member.objects.count() == 2
    finish_erasures()
    assert counts() == ([1], 0) and Member.objects.count() == 1 and not named_in(bob)


def test_a_cache_moves_with_a_merge(counted_group: tuple[UUID, UUID]) -> None:
    alice, bob = counted_group
    merge(bob, alice, SYSTEM)
    assert counts() == ([1], 1) and Glimpse.objects.get().subject == alice.hex


# -- owners


def test_a_row_that_would_be_left_without_an_owner_is_refused() -> None:
    alice, bob = person(), person()
    row = letter(alice, bob)
    row.owner_id = None
    for write in (
        lambda: row.save(),
        lambda: Letter().save(),
        lambda: Letter.objects.bulk_create([Letter()]),
        lambda: Letter.objects.filter(pk=row.pk).update(owner=None),
        lambda: DataSubject.objects.get(pk=alice).delete(),
    ):
        with pytest.raises((GateError, IntegrityError)), transaction.atomic():
            write()
    assert [found.owner_id for found in Letter.objects.all()] == [alice]


def test_an_owner_being_erased_gets_no_new_rows() -> None:
    alice, bob = person(), person()
    keys.intend_erasure(alice.hex)
    with pytest.raises(Erased):
        letter(alice, bob)
    assert not Letter.objects.exists()


def test_nobody_writes_about_the_erased_nor_for_them() -> None:
    alice, bob = person(), person()
    erased(bob)
    with pytest.raises(IntegrityError):
        letter(alice, bob)
    with pytest.raises(Erased):
        letter(bob, alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        Letter(owner_id=bob).save()  # nothing sealed in it, so no key is asked for
    assert not Letter.objects.exists() and not named_in(bob)


# -- before and after


def household() -> tuple[UUID, UUID, UUID]:
    """Alice with a row of every kind, shared in every way with Bob and Charlie."""
    alice, bob, charlie, books = person(), person(), person(), person(Kind.PERIOD)
    letter(alice, bob), letter(bob, alice), letter(alice, alice), letter(charlie, bob)
    kept(Finding, alice, doctor=bob, text="a cold", doctor_name="Bob")
    (
        kept(CaseNote, alice, patient=bob, observed="sneezes"),
        kept(CaseNote, bob, patient=alice, observed="limps"),
    )
    shared(alice, bob, charlie), shared(bob, alice), shared(alice)
    group(alice, bob), group(charlie, alice), group(alice)
    first = kept(Post, alice, text="one")
    second = kept(Post, bob, parent=first, text="two")
    kept(Post, alice, parent=second, text="three")
    kept(Invoice, books, customer=alice, amount=Decimal(1))
    contact(alice, bob), contact(bob, alice)
    kept(Introduction, bob, one=alice, other=charlie, one_name="Alice", other_name="Charlie")
    kept(Introduction, alice, one=bob, other=charlie, one_name="Bob", other_name="Charlie")
    return alice, bob, charlie


SHARED = (
    Letter,
    Finding,
    CaseNote,
    SharedFile,
    Holding,
    Group,
    Member,
    Post,
    Acquaintance,
    Introduction,
    Invoice,
)


def test_what_is_foreseen_is_what_happens_to_every_animal() -> None:
    alice, _, charlie = household()
    seen = foresee(alice)
    lines = [line for line in (*seen.goes, *seen.shared, *seen.stays) if line.title != "Record of uses"]
    goes, changed, handed = Counter[str](), 0, 0
    for line in lines:
        if line.what.startswith("goes"):
            goes[line.title] += line.count
        elif line.what == "stays with those who share it":
            handed += line.count
        else:
            changed += line.count
    before = {model: model.objects.count() for model in SHARED}
    (done,) = erased(alice)
    gone = {title(model): before[model] - model.objects.count() for model in SHARED}
    assert goes == {kind: count for kind, count in gone.items() if count}
    # Of the two rows that are handed over, the file changes as well: it no longer says who sent it.
    assert handed == 2 and done.rows == sum(goes.values()) + changed + 1
    assert foreseen(alice) == 0 and shown_to(charlie)


def test_no_column_of_any_table_names_the_erased() -> None:
    alice, bob, charlie = household()
    assert named_in(alice)
    for gone in (alice, bob, charlie):
        erased(gone)
        assert named_in(gone) == []
    assert {model for model in (Letter, Group, SharedFile, Post, Member) if model.objects.exists()} == set()


def test_a_second_request_after_the_erasure_gets_an_empty_answer() -> None:
    alice, bob = person(), person()
    letter(alice, bob)
    erased(alice)
    assert shown_to(alice) == [] and foreseen(alice) == 0 and foresee(alice).goes == []


def test_erasing_again_finds_nothing_and_is_no_error() -> None:
    alice = person()
    letter(alice, None)
    (first,) = erased(alice)
    entries = Entry.objects.count()
    (again,) = erased(alice)
    assert (first.rows, again.rows) == (1, 0)
    assert again.state == "done" and Entry.objects.count() == entries and Erasure.objects.count() == 1


def test_an_obstacle_stops_an_erasure_before_anything_begins() -> None:
    alice, bob, charlie = household()
    before = tables()
    holds.place(alice, datetime.now(UTC) + timedelta(days=9), Actor("privacy-officer"))
    with pytest.raises(Obstructed, match="kept for now"):
        erase(alice.hex, SYSTEM)
    finish_erasures()
    assert tables() == before and not Erasure.objects.exists() and keys.is_whole(alice.hex)
    holds.lift(alice, Actor("privacy-officer"))
    erased(alice)
    assert not named_in(alice) and shown_to(bob) and shown_to(charlie)


def tables() -> dict[str, int]:
    """How many rows the zoo's tables have."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("zoo_"):
                cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - from the catalogue
                found[table] = int(cursor.fetchone()[0])
    return found


def test_receipts_of_those_who_stay_hold_after_the_others_are_erased(tmp_path: Path) -> None:
    begin_log()
    alice, bob = person(), person()
    letter(alice, bob)
    shown_to(bob)  # one entry with a part of each
    integrate()
    head = log.head()
    erased(alice)
    integrate()
    with using("showing-own-data", by=Actor("data-subject", bob), given=OwnData(bob)):
        papers = [receipt(used.entry).to_json().encode() for used in history()]
    assert len(papers) == 1 and head is not None
    assert [verdict(tmp_path, paper, head.note.encode()) for paper in papers] == [0]
    assert alice.hex.encode() not in papers[0]


def test_an_erasure_that_the_store_refuses_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = person(), person()
    letter(alice, bob), letter(bob, alice)
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_cut_shares", lambda subject: (_ for _ in ()).throw(DatabaseError("busy")))
        with pytest.raises(Unfinished):
            erase(alice.hex, SYSTEM)
    assert Letter.objects.count() == 2
    finish_erasures()
    assert Letter.objects.get().to_id is None and not named_in(alice)
