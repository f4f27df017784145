"""A company never belongs to nobody, whoever leaves at the same time; what it takes along; what wants a fresh sign-in."""

from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from tests.accounts.conftest import PASS_PHRASE
from tests.accounts.registering import (
    BOB,
    company_page,
    fill_in,
    invite,
    join,
    link_to,
    mails,
    person_of,
    place_of,
    register,
)  # fmt: skip
from tests.cast import ALICE, durable
from tests.gate.at_the_prompt import beside
from troth.accounts.people import companies, flows
from troth.accounts.people.closing import close
from troth.accounts.people.companies import NotNow, Over
from troth.accounts.people.models import Customer, Invitation, Membership
from troth.gate.outbound.models import Message
from troth.gate.subjects import erase as erasing
from troth.gate.subjects import holds, limits, obstacles
from troth.gate.subjects.erase import Obstructed, erase
from troth.gate.subjects.merging import merge
from troth.gate.subjects.models import DataSubject, Erasure, Kind
from troth.gate.telling.models import Correction
from troth.gate.uses import SYSTEM, Actor, act, using

pytestmark = durable
OWNER = ALICE["email"]


@pytest.fixture
def alice() -> Client:
    return register()


@pytest.fixture
def bob(alice: Client) -> Client:
    """Owns the company too."""
    return join(alice, role="owner")


def leaves(address: str) -> str:
    """Somebody's erasure is begun, and their rows still stand."""
    subject: str = person_of(address).owner_id.hex
    Erasure.objects.create(subject=subject)
    return subject


def confirm_again(client: Client) -> None:
    """As if the sign-in were older than ten minutes."""
    session = client.session
    session["account_authentication_methods"] = []
    session.save()


def name_of(customer: Customer) -> str:
    with using(companies.PURPOSE, by=SYSTEM, given=customer):
        return str(customer.name)


# -- the last owner


def test_of_two_owners_who_leave_at_once_one_stays(bob: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    both, going = Barrier(2), iter([person_of(OWNER).owner_id.hex, person_of(BOB).owner_id.hex])

    def wait_for_the_other(subject: str) -> None:
        with suppress(BrokenBarrierError):
            both.wait(3)

    monkeypatch.setattr(erasing, "FAREWELLS", [wait_for_the_other, *erasing.FAREWELLS])
    given = beside(lambda: erase(next(going), SYSTEM), 2)
    assert sorted(type(each).__name__ for each in given) == ["Erasure", "Obstructed"]
    assert [row.role for row in Membership.objects.all()] == ["owner"] and Customer.objects.count() == 1


def test_who_is_on_the_way_out_is_no_owner_to_leave_a_company_to(bob: Client) -> None:
    leaves(BOB)
    mine = place_of(OWNER)
    assert [each.clause for each in obstacles.of(mine.owner_id.hex)] == ["rights.ninety-days"]
    for leave in (
        lambda: companies.remove(mine, mine.pk),
        lambda: companies.change_role(mine, mine.pk, "member"),
    ):
        with pytest.raises(NotNow, match="needs an owner"):
            leave()
    assert place_of(OWNER).role == "owner"


def test_a_company_is_not_handed_to_somebody_who_is_being_erased(alice: Client) -> None:
    join(alice)
    mine, of = place_of(OWNER), place_of(BOB)
    leaves(BOB)
    answer = alice.post(f"{company_page(OWNER)}members/{of.pk}/hand-over/", follow=True)
    assert "has left the company" in answer.content.decode()
    assert Membership.objects.get(pk=mine.pk).role == "owner"
    assert Membership.objects.get(pk=of.pk).role == "member"


def test_two_owners_who_hand_over_and_leave_at_once_leave_one(alice: Client) -> None:
    join(alice)
    mine, of = place_of(OWNER), place_of(BOB)
    both = iter([lambda: companies.hand_over(mine, of.pk), lambda: erase(of.owner_id.hex, SYSTEM)])
    beside(lambda: next(both)(), 2)
    left = Membership.objects.filter(role="owner").values_list("owner_id", flat=True)
    gone = {each.subject for each in Erasure.objects.all()}
    assert [owner.hex for owner in left if owner.hex not in gone]


# -- what has just gone


@pytest.mark.parametrize("act", ["role", "remove"])
def test_who_has_just_left_is_said_to_have_left(
    alice: Client, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(alice)
    page, of = company_page(OWNER), place_of(BOB)
    # As it is when somebody else removes him between the look and the deed.
    monkeypatch.setattr("troth.accounts.people.people._of_here", lambda place, member: member)
    Membership.objects.filter(pk=of.pk).delete()
    answer = alice.post(f"{page}members/{of.pk}/{act}/", {"role": "member"}, follow=True)
    assert answer.status_code == 200 and "has left the company" in answer.content.decode()


def test_who_was_removed_meanwhile_changes_nothing(alice: Client) -> None:
    join(alice, role="administrator")
    of = place_of(BOB)
    Membership.objects.filter(pk=of.pk).delete()
    with pytest.raises(NotNow):
        companies.change_role(of, place_of(OWNER).pk, "member")
    with pytest.raises(NotNow):
        companies.remove(of, of.pk)
    with pytest.raises(NotNow):
        companies.rename(of, "Evil")
    with pytest.raises(NotNow):
        companies.invite(of, "eve@evil.example", "member")
    assert not mails("eve@evil.example") and place_of(OWNER).role == "owner"


def test_nobody_is_invited_to_a_company_that_is_being_closed_and_nobody_joins_it(alice: Client) -> None:
    invite(alice, OWNER)
    mine, asked = place_of(OWNER), Invitation.objects.get()
    charlie = register({**ALICE_ELSEWHERE})
    invite(alice, OWNER, ALICE_ELSEWHERE["email"])
    charlie.get(link_to(ALICE_ELSEWHERE["email"]))
    Erasure.objects.create(subject=mine.customer_id.hex)
    with pytest.raises(NotNow, match="closed"):
        companies.invite(mine, "carol@archer.example", "member")
    assert not mails("carol@archer.example")
    assert charlie.post("/join/").status_code == 410
    with pytest.raises(Over):
        companies.accept(asked, person_of(OWNER))
    assert Membership.objects.filter(customer=mine.customer_id).count() == 1


ALICE_ELSEWHERE = {
    "name": "Charlie Chen",
    "company": "Chen & Daughters",
    "address": "",
    "phone": "",
    "email": "charlie@chen.example",
}


# -- closing


def test_a_held_company_is_not_closed_in_part(alice: Client) -> None:
    invite(alice, OWNER)
    mine = place_of(OWNER)
    holds.place(mine.customer_id, timezone.now() + timedelta(days=9), Actor("owner"))
    with pytest.raises(Obstructed):
        close(mine)
    assert Invitation.objects.count() == 1 and mails(BOB) and Customer.objects.exists()


def test_a_held_invitation_keeps_its_company_too(alice: Client) -> None:
    invite(alice, OWNER)
    invite(alice, OWNER, "carol@archer.example")
    mine, asked = place_of(OWNER), Invitation.objects.first()
    assert asked
    holds.place(asked.owner_id, timezone.now() + timedelta(days=9), Actor("owner"))
    page = company_page(OWNER)
    answer = alice.post(page + "close/", {"name": ALICE["company"]})
    assert answer.status_code == 409
    with pytest.raises(Obstructed):
        erase(mine.customer_id.hex, SYSTEM)
    assert Invitation.objects.count() == 2 and Customer.objects.exists()


def test_a_company_that_is_erased_any_way_takes_its_invitations_and_letters_along(alice: Client) -> None:
    invite(alice, OWNER)
    asked = Invitation.objects.get().owner_id
    erase(place_of(OWNER).customer_id.hex, SYSTEM)
    assert not DataSubject.objects.filter(pk=asked).exists()
    assert not Message.objects.filter(owner=asked).exists() and not Invitation.objects.exists()


def test_a_close_that_was_cut_short_is_finished_with_its_invitations(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(alice, OWNER)
    mine, asked = place_of(OWNER), Invitation.objects.get().owner_id
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "hand_over", _killed)
        with pytest.raises(_Killed):
            close(mine)
    erasing.resume()
    assert not DataSubject.objects.filter(pk__in=[asked, mine.customer_id]).exists()


class _Killed(BaseException):
    pass


def _killed(*args: object) -> None:
    raise _Killed


# -- its name


def test_a_new_name_is_a_correction_on_record(alice: Client) -> None:
    page, customer = company_page(OWNER), Customer.objects.get()
    fill_in(alice, page, {"name": "Archer & Daughters"}, page + "name/")
    fill_in(alice, page, {"name": "Archer & Daughters"}, page + "name/")
    (made,) = Correction.objects.filter(owner=customer.owner_id)
    assert made.category == "contact.company" and made.row_id == customer.pk


def test_who_corrects_their_companys_name_corrects_both_or_neither(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, customer = person_of(OWNER), Customer.objects.get()
    with monkeypatch.context() as patch:
        patch.setattr(flows.companies, "write_name", _killed)
        with pytest.raises(_Killed):
            flows.correct(person, {"company": "Archer & Daughters"})
    with flows.as_themselves(person_of(OWNER), writes=False):
        assert person_of(OWNER).company == name_of(customer) == ALICE["company"]
    flows.correct(person_of(OWNER), {"company": "Archer & Daughters"})
    assert name_of(Customer.objects.get()) == "Archer & Daughters"
    assert Correction.objects.filter(owner=customer.owner_id).count() == 1


# -- whoever limited the use of their data


def test_who_restricted_their_data_invites_without_their_name(alice: Client) -> None:
    person = person_of(OWNER)
    limits.restrict(person.owner_id, Actor("data-subject", person.owner_id))
    assert invite(alice, OWNER).status_code == 302
    subject, body = mails(BOB)[-1]
    assert "Archer Pottery" in subject and "Archer Pottery" in body and ALICE["name"] not in body


# -- a fresh sign-in


def deeds(page: str, member: Membership) -> list[tuple[str, dict[str, str]]]:
    return [
        (f"{page}members/{member.pk}/role/", {"role": "owner"}),
        (f"{page}members/{member.pk}/remove/", {}),
    ]


@pytest.mark.parametrize("which", [0, 1])
def test_an_open_browser_gives_and_takes_no_place(alice: Client, which: int) -> None:
    join(alice)
    page = company_page(OWNER)
    confirm_again(alice)
    path, data = deeds(page, place_of(BOB))[which]
    asked = alice.post(path, data)
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert place_of(BOB).role == "member"
    back = alice.post(asked["Location"], {"password": PASS_PHRASE}, follow=True)
    assert back.request["PATH_INFO"] == page and "do it again" in back.content.decode()
    assert alice.post(path, data).status_code == 302
    assert not Membership.objects.filter(owner=person_of(BOB).owner_id, role="member").exists()


@pytest.mark.parametrize(("role", "is_asked"), [("owner", True), ("administrator", True), ("member", False)])
def test_an_open_browser_invites_nobody_who_would_run_the_company(
    alice: Client, role: str, is_asked: bool
) -> None:
    confirm_again(alice)
    answer = invite(alice, OWNER, role=role)
    assert ("/accounts/reauthenticate/" in answer["Location"]) is is_asked
    assert bool(mails(BOB)) is not is_asked


# -- one person after all


@pytest.mark.parametrize(("one", "other"), [("owner", "member"), ("member", "owner")])
def test_of_two_places_of_one_person_the_stronger_role_stays(one: str, other: str) -> None:
    with act():
        customer = DataSubject.begin(Kind.CUSTOMER)
        first, second = DataSubject.begin(Kind.PERSON), DataSubject.begin(Kind.PERSON)
        for subject, role in ((first, one), (second, other)):
            Membership(id=uuid4(), owner=subject, customer=customer, role=role).save(force_insert=True)
    merge(first.pk, second.pk, SYSTEM)
    (place,) = Membership.objects.filter(customer=customer)
    assert place.role == "owner" and place.owner_id == second.pk
