"""Legal holds: what the law wants kept is not erased and does not end, until the day it names."""

from contextlib import suppress
from datetime import timedelta
from threading import Thread

import pytest
from django.utils import timezone

from tests.cast import CHARLIE, durable, enquiry_of
from tests.gate.at_the_prompt import beside
from tests.gate.conftest import Clock
from troth.apps.enquiries.models import Enquiry
from troth.gate.errors import GateError
from troth.gate.journal.models import Entry
from troth.gate.subjects import holds, obstacles, retention
from troth.gate.subjects.erase import Obstructed, erase
from troth.gate.subjects.merging import merge
from troth.gate.subjects.models import Erasure, LegalHold
from troth.gate.subjects.obstacles import Obstacle
from troth.gate.uses import SYSTEM, Actor

pytestmark = durable
OWNER = Actor("owner")


def hold(enquiry: Enquiry, days: int = 900) -> LegalHold:
    return holds.place(enquiry.owner_id, timezone.now() + timedelta(days=days), OWNER)


def test_a_held_subject_is_not_erased_and_the_reason_names_clause_and_day() -> None:
    enquiry = enquiry_of()
    placed = hold(enquiry)
    with pytest.raises(Obstructed) as caught:
        erase(enquiry.owner_id.hex, SYSTEM)
    (obstacle,) = caught.value.obstacles
    assert obstacle.clause == "share.legal" and obstacle.until == placed.until and obstacle.advice
    assert not Erasure.objects.exists() and Enquiry.objects.exists()


def test_when_it_is_lifted_the_erasure_goes_through_and_leaves_no_hold() -> None:
    enquiry = enquiry_of()
    hold(enquiry)
    assert holds.lift(enquiry.owner_id, OWNER) == 1 and holds.lift(enquiry.owner_id, OWNER) == 0
    erase(enquiry.owner_id.hex, SYSTEM)
    assert not Enquiry.objects.exists() and not LegalHold.objects.exists()


def test_an_erasure_that_has_begun_cannot_be_held() -> None:
    enquiry = enquiry_of()
    Erasure.objects.create(subject=enquiry.owner_id.hex)
    with pytest.raises(GateError, match="has begun"):
        hold(enquiry)
    assert not LegalHold.objects.exists()


def test_a_hold_goes_along_when_two_subjects_prove_to_be_one() -> None:
    one, other = enquiry_of(), enquiry_of()
    hold(one)
    merge(one.owner_id, other.owner_id, SYSTEM)
    with pytest.raises(Obstructed):
        erase(other.owner_id.hex, SYSTEM)
    assert Enquiry.objects.count() == 2


def test_it_ends_by_itself_on_its_day(set_clock: Clock) -> None:
    enquiry = enquiry_of()
    hold(enquiry, days=10)
    set_clock(timedelta(days=11))
    erase(enquiry.owner_id.hex, SYSTEM)
    assert not Enquiry.objects.exists()


def test_retention_passes_over_what_is_held_and_ends_the_rest(set_clock: Clock) -> None:
    kept, free = enquiry_of(), enquiry_of(CHARLIE)
    hold(kept)
    set_clock(timedelta(days=740))
    (due,) = [due for due in retention.survey() if due.model == "enquiries.Enquiry"]
    assert (due.past, due.held) == (1, 1)
    retention.end_expired()
    assert [row.pk for row in Enquiry.objects.all()] == [kept.pk] and free.pk != kept.pk


def test_placing_and_lifting_are_on_record_and_tell_the_subject_nothing() -> None:
    enquiry = enquiry_of()
    before = Entry.objects.count()
    hold(enquiry)
    holds.lift(enquiry.owner_id, OWNER)
    made = Entry.objects.order_by("seq")[before:]
    assert [(entry.kind, entry.purpose, entry.subjects) for entry in made] == [
        (6, "complying-with-law", 0)
    ] * 2


def test_a_hold_needs_a_clause_a_day_ahead_and_somebody() -> None:
    enquiry = enquiry_of()
    for wrong in (
        lambda: holds.place(enquiry.owner_id, timezone.now() - timedelta(days=1), OWNER),
        lambda: holds.place(enquiry.owner_id, timezone.now() + timedelta(days=1), OWNER, "no.such"),
        lambda: holds.place(enquiry.pk, timezone.now() + timedelta(days=1), OWNER),
    ):
        with pytest.raises(GateError):
            wrong()
    assert not LegalHold.objects.exists()


@pytest.mark.parametrize("receipt_to", [None, "alice@archer.example"])
def test_a_hold_placed_while_an_erasure_begins_comes_first_or_is_refused(
    monkeypatch: pytest.MonkeyPatch, receipt_to: str | None
) -> None:
    enquiry = enquiry_of()
    placed: list[object] = []
    hurry = Thread(target=lambda: placed.extend(beside(lambda: hold(enquiry))))

    def asked(subject: str) -> list[Obstacle]:
        if hurry.ident is None:
            hurry.start()
            hurry.join(0.5)
        return []

    monkeypatch.setattr(obstacles, "OBSTACLES", [*obstacles.OBSTACLES, asked])
    with suppress(Obstructed):
        erase(enquiry.owner_id.hex, SYSTEM, receipt_to=receipt_to)
    hurry.join()
    is_held = not isinstance(placed[0], GateError)
    facts = {is_held, LegalHold.objects.exists(), Enquiry.objects.exists(), not Erasure.objects.exists()}
    assert len(facts) == 1, "both a hold and an erasure"
