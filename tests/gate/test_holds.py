"""Legal holds: what the law wants kept is not erased and does not end, until the day it names."""

from contextlib import suppress
from datetime import timedelta
from threading import Thread
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.accounts.registering import (
    BOB,
    CODE,
    ask,
    code_to,
    company_page,
    invite,
    person_of,
    register,
)  # fmt: skip
from tests.cast import ALICE, CHARLIE, durable, enquiry_of, link_in
from tests.gate.at_the_prompt import beside
from tests.gate.conftest import Clock
from troth.accounts.people import jobs as people_jobs
from troth.accounts.people.jobs import tidy
from troth.accounts.people.models import Customer, Invitation, Person
from troth.apps.enquiries.models import Enquiry
from troth.gate.errors import GateError
from troth.gate.journal.models import Entry
from troth.gate.outbound.models import Message
from troth.gate.subjects import holds, obstacles, retention
from troth.gate.subjects.erase import Obstructed, erase
from troth.gate.subjects.merging import merge
from troth.gate.subjects.models import Erasure, LegalHold
from troth.gate.subjects.obstacles import Obstacle
from troth.gate.uses import SYSTEM, Actor, using

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


# -- what people meet


def keep(subject: UUID, days: int = 900) -> LegalHold:
    return holds.place(subject, timezone.now() + timedelta(days=days), OWNER)


def test_a_visitor_who_deletes_a_held_enquiry_is_told_clause_and_day_and_no_more(victor: Client) -> None:
    enquiry = enquiry_of()
    with using("sending-mail", by=SYSTEM):
        body = Message.objects.get(owner=enquiry.owner_id).body
    victor.get(urlsplit(link_in(body)).path)
    placed = hold(enquiry)
    answer = victor.post(reverse("thread-delete", args=[enquiry.pk]))
    page = answer.content.decode()
    assert answer.status_code == 409 and "Nothing was erased" in page
    assert "#share.legal" in page and f"{placed.until:%Y-%m-%d}" in page
    assert ALICE["email"] not in page and Enquiry.objects.exists()


def test_one_held_registration_keeps_nobody_elses_from_being_erased(victor: Client) -> None:
    for address in ("one@archer.example", "two@archer.example"):
        ask(victor, email=address)
    kept, free = Person.objects.order_by("pk")
    Person.objects.update(made_at=timezone.now() - timedelta(days=2))
    keep(kept.owner_id)
    tidy()
    assert [row.pk for row in Person.objects.all()] == [kept.pk] != [free.pk]


def test_held_registrations_take_up_no_batch(victor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_jobs, "BATCH", 1)
    for address in ("one@archer.example", "two@archer.example"):
        ask(victor, email=address)
    kept, _ = Person.objects.order_by("pk")
    Person.objects.update(made_at=timezone.now() - timedelta(days=2))
    keep(kept.owner_id)
    tidy()
    assert [row.pk for row in Person.objects.all()] == [kept.pk]


def test_a_strangers_held_registration_under_an_address_does_not_stop_its_owner(victor: Client) -> None:
    ask(victor)
    theirs = Person.objects.get()
    keep(theirs.owner_id)
    alice = register()
    assert alice.get("/account/").status_code == 200
    mine = person_of(ALICE["email"])
    assert Person.objects.filter(pk=theirs.pk).exists() and not mine.is_gathered
    holds.lift(theirs.owner_id, OWNER)
    tidy()
    assert not Person.objects.filter(pk=theirs.pk).exists() and person_of(ALICE["email"]).is_gathered


def test_a_held_registration_of_an_address_that_is_taken_says_so_all_the_same(victor: Client) -> None:
    ask(victor)
    keep(Person.objects.get().owner_id)
    digits = code_to(ALICE["email"])
    register()
    answer = victor.post(CODE, {"code": digits})
    assert answer.status_code == 409 and "You have an account already" in answer.content.decode()
    assert Person.objects.filter(proven_at=None).exists()


def test_a_held_invitation_is_neither_withdrawn_nor_replaced_nor_in_the_way_of_a_500() -> None:
    alice = register()
    assert invite(alice, ALICE["email"]).status_code == 302
    invitation = Invitation.objects.get()
    placed = keep(invitation.owner_id)
    page = company_page(ALICE["email"])
    for answer in (
        invite(alice, ALICE["email"]),
        alice.post(f"{page}invitations/{invitation.pk}/withdraw/"),
    ):
        said = answer.content.decode()
        assert answer.status_code == 409 and "#share.legal" in said and BOB not in said
        assert f"{placed.until:%Y-%m-%d}" in said
    assert Invitation.objects.get().pk == invitation.pk


def test_a_company_with_a_held_invitation_is_closed_wholly_or_not_at_all() -> None:
    alice = register()
    for address in (BOB, "carla@archer.example"):
        invite(alice, ALICE["email"], address)
    keep(Invitation.objects.order_by("pk").last().owner_id)
    answer = alice.post(company_page(ALICE["email"]) + "close/", {"name": ALICE["company"]})
    assert answer.status_code == 409 and Customer.objects.exists() and Invitation.objects.count() == 2
