"""Who gets into a workspace, how far, and that what is taken back is gone at once."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import durable
from tests.workspaces.customers import (
    ALICE,
    BOB,
    CHARLIE,
    LEDGER,
    accept,
    access,
    at,
    browser,
    colleague,
    customer,
    mails,
    offer,
    person,
    submission,
    workspace,
)
from troth.accounts.people.models import Membership, Person
from troth.apps.records import shape
from troth.gate.errors import Refused
from troth.gate.ids import uuid7
from troth.gate.subjects import obstacles
from troth.gate.subjects.erase import erase
from troth.gate.subjects.models import DataSubject, Erasure
from troth.gate.uses import SYSTEM
from troth.workspaces import closing, flows, jobs, letting_in, sparing
from troth.workspaces.access import Access, enter, find
from troth.workspaces.models import Acceptance, Asked, Grant, Offer, Right, Role, Seat, Workspace

pytestmark = durable
EVE = {**CHARLIE, "name": "Eve Ek", "company": "Ek AB", "email": "eve@ek.example"}


@pytest.fixture
def alice() -> Person:
    return customer()


@pytest.fixture
def charlie() -> Person:
    return customer(CHARLIE)


@pytest.fixture
def here(alice: Person) -> Access:
    return workspace(alice)


@pytest.fixture
def as_alice(alice: Person) -> Client:
    return browser(alice, confirmed=True)


def shared(here: Access, to: Person, right: Right = Right.VIEW, **more: object) -> Grant:
    row = Grant(owner_id=here.workspace.owner_id, to_id=to.owner_id, right=right, **more)
    row.save(force_insert=True)
    return row


# -- the first workspace


def test_the_first_workspace_needs_the_agreement_and_its_acceptance_is_kept(
    alice: Person, as_alice: Client
) -> None:
    page = as_alice.get("/workspaces/new/")
    assert "Subscription Agreement" in page.content.decode()
    told = {"name": LEDGER, "submission": submission(page)}
    refused = as_alice.post("/workspaces/new/", told)
    assert refused.status_code == 422 and not Workspace.objects.exists() and not Acceptance.objects.exists()
    made = as_alice.post("/workspaces/new/", {**told, "accepts": "on"})
    row = Workspace.objects.get()
    assert made["Location"] == f"/workspaces/{row.owner_id}/"
    kept = Acceptance.objects.get()
    assert kept.by_id == alice.owner_id and len(kept.agreement_hash) == 64
    assert 'name="accepts"' not in as_alice.get("/workspaces/new/").content.decode()
    assert LEDGER in as_alice.get("/workspaces/").content.decode()


def test_a_colleague_without_the_owners_acceptance_makes_none(alice: Person) -> None:
    bob = colleague(alice)
    assert browser(bob).get("/workspaces/new/").status_code == 404
    Membership.objects.filter(owner=bob.owner_id).update(role="administrator")
    page = browser(bob).get("/workspaces/new/").content.decode()
    assert "An owner of your company has to accept" in page
    flows.begin(Membership.objects.get(owner=alice.owner_id), "A", accepts=True)
    assert browser(bob).get("/workspaces/new/").content.decode().count("<form") > 1


def test_its_name_lies_sealed_and_others_learn_not_even_that_it_is_there(
    here: Access, charlie: Person
) -> None:
    assert LEDGER.encode() not in bytes(Workspace.objects.get().sealed)
    stranger = browser(charlie)
    for page in ("", "people/", "log/", "settings/", "settings/delete/"):
        assert stranger.get(at(here, page)).status_code == 404
    assert LEDGER not in stranger.get("/workspaces/").content.decode()
    assert find(here.workspace, charlie.owner_id) is None
    with pytest.raises(Refused), enter(Access(here.workspace, charlie.owner_id, Right.OWN, asked_at=-10.0)):
        pass


# -- the company's own people


def test_a_colleague_is_seated_told_and_gets_what_the_role_allows(
    here: Access, alice: Person, as_alice: Client
) -> None:
    bob = colleague(alice)
    assert browser(bob).get(at(here)).status_code == 404
    sent = as_alice.post(at(here, "people/seat/"), {"person": str(bob.owner_id), "role": "viewer"})
    assert sent.status_code == 302 and "open to you" in mails(BOB["email"])[-1][0]
    as_bob = browser(bob)
    assert LEDGER in as_bob.get(at(here)).content.decode()
    assert as_bob.get(at(here, "settings/")).status_code == 403
    assert (
        as_bob.post(at(here, "people/seat/"), {"person": str(bob.owner_id), "role": "owner"}).status_code
        == 403
    )
    as_alice.post(at(here, f"people/{bob.owner_id}/role/"), {"role": "administrator"})
    assert as_bob.get(at(here, "settings/")).status_code == 200
    assert as_bob.post(at(here, f"people/{alice.owner_id}/remove/")).status_code == 403
    assert as_bob.post(at(here, f"people/{bob.owner_id}/role/"), {"role": "owner"}).status_code == 403


def test_nobody_of_another_company_is_seated(here: Access, charlie: Person, as_alice: Client) -> None:
    assert (
        as_alice.post(
            at(here, "people/seat/"), {"person": str(charlie.owner_id), "role": "viewer"}
        ).status_code
        == 422
    )
    with pytest.raises(letting_in.NotNow):
        letting_in.seat(here, charlie.owner_id, Role.VIEWER)


def test_a_workspace_keeps_an_owner(here: Access, alice: Person, as_alice: Client) -> None:
    left = as_alice.post(at(here, f"people/{alice.owner_id}/remove/"), follow=True)
    assert "needs an owner" in left.content.decode()
    as_alice.post(at(here, f"people/{alice.owner_id}/role/"), {"role": "viewer"})
    assert Seat.objects.get().role == Role.OWNER
    assert closing.ALONE in obstacles.of(alice.owner_id.hex)
    bob = colleague(alice)
    letting_in.seat(here, bob.owner_id, Role.OWNER)
    assert closing.ALONE not in obstacles.of(alice.owner_id.hex)


# -- others


def test_another_customer_accepts_by_the_link_and_sees_until_it_is_taken_back(
    here: Access, charlie: Person, as_alice: Client
) -> None:
    assert offer(as_alice, here, CHARLIE["email"]).status_code == 302
    subject, body = mails(CHARLIE["email"])[-1]
    assert ALICE["name"] in body and LEDGER not in subject + body
    as_charlie = browser(charlie)
    assert as_charlie.get(at(here)).status_code == 404
    accepted = accept(as_charlie, CHARLIE["email"])
    assert accepted["Location"] == at(here) and not Offer.objects.exists()
    assert LEDGER in as_charlie.get(at(here)).content.decode()
    assert as_charlie.get(at(here, "settings/")).status_code == 403
    listed = as_alice.get(at(here, "people/")).content.decode()
    assert CHARLIE["name"] in listed
    way = access(charlie, here.workspace)
    with enter(way):
        as_alice.post(at(here, f"people/grants/{Grant.objects.get().pk}/revoke/"))
        assert not way.is_live_now()
    assert as_charlie.get(at(here)).status_code == 404
    with pytest.raises(Refused), enter(way):
        pass


def test_an_offer_is_for_its_address_alone_and_good_once(
    here: Access, charlie: Person, as_alice: Client
) -> None:
    eve = browser(customer(EVE))
    offer(as_alice, here, CHARLIE["email"])
    assert accept(eve, CHARLIE["email"]).status_code == 410 and not Grant.objects.exists()
    as_charlie = browser(charlie)
    assert accept(as_charlie, CHARLIE["email"]).status_code == 302
    assert as_charlie.post("/workspaces/offer/").status_code == 410


def test_an_offer_taken_back_or_too_old_leaves_no_address(here: Access, as_alice: Client) -> None:
    offer(as_alice, here, CHARLIE["email"])
    first = Offer.objects.get()
    as_alice.post(at(here, f"people/offers/{first.pk}/withdraw/"))
    assert not Offer.objects.exists() and not DataSubject.objects.filter(pk=first.owner_id).exists()
    offer(as_alice, here, CHARLIE["email"])
    Offer.objects.update(made_at=timezone.now() - timedelta(days=8))
    jobs.tidy()
    assert not Offer.objects.exists()


def test_the_end_of_a_grant_comes_by_itself(here: Access, charlie: Person) -> None:
    shared(here, charlie, ends_at=timezone.now() + timedelta(seconds=60))
    assert find(here.workspace, charlie.owner_id)
    Grant.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert find(here.workspace, charlie.owner_id) is None
    assert browser(charlie).get(at(here)).status_code == 404
    jobs.tidy()
    assert not Grant.objects.exists()


def test_a_last_day_that_is_over_is_no_last_day(here: Access, as_alice: Client) -> None:
    yesterday = (timezone.now() - timedelta(days=1)).date()
    answer = offer(as_alice, here, CHARLIE["email"], last_day=yesterday.isoformat())
    assert answer.status_code == 422 and "This day is over" in answer.content.decode()
    assert not Offer.objects.exists()


def test_nobody_gives_more_than_they_have_or_for_longer(here: Access, charlie: Person) -> None:
    end = timezone.now() + timedelta(days=2)
    shared(here, charlie, Right.SHARE, ends_at=end)
    as_charlie = browser(charlie)
    assert offer(as_charlie, here, EVE["email"], right="edit").status_code == 302
    passed = Offer.objects.get()
    assert passed.ends_at == end and passed.giver_id == charlie.owner_id
    Grant.objects.update(right=Right.VIEW)
    assert "Open it to somebody else" not in as_charlie.get(at(here, "people/")).content.decode()
    with pytest.raises(Refused):
        letting_in.offer(access(charlie, here.workspace), "x@y.example", Right.VIEW)
    # The grant it was passed on by no longer allows it: what was offered is void.
    assert accept(browser(customer(EVE)), EVE["email"]).status_code == 410


def test_what_was_passed_on_ends_with_what_its_giver_had(
    here: Access, charlie: Person, as_alice: Client
) -> None:
    eve = customer(EVE)
    mine = shared(here, charlie, Right.SHARE)
    shared(here, eve, giver_id=charlie.owner_id)
    as_alice.post(at(here, f"people/grants/{mine.pk}/revoke/"))
    assert not Grant.objects.exists() and find(here.workspace, eve.owner_id) is None


def test_sharing_ends_with_the_right_to_share_and_not_with_a_longer_look(
    here: Access, charlie: Person
) -> None:
    end = timezone.now() + timedelta(days=2)
    part = uuid7()
    shared(here, charlie, Right.VIEW)
    shared(here, charlie, Right.SHARE, part=part, ends_at=end)
    letting_in.offer(access(charlie, here.workspace), EVE["email"], Right.VIEW, part=part)
    assert Offer.objects.get().ends_at == end


def test_what_a_company_may_share_its_people_pass_on_and_it_ends_with_the_companys(
    here: Access, charlie: Person, as_alice: Client
) -> None:
    company, eve = Membership.objects.get(owner=charlie.owner_id).customer_id, customer(EVE)
    end = timezone.now() + timedelta(days=2)
    row = Grant(owner_id=here.workspace.owner_id, to_id=company, right=Right.SHARE, ends_at=end)
    row.save(force_insert=True)
    assert offer(browser(charlie), here, EVE["email"]).status_code == 302
    assert (Offer.objects.get().giver_id, Offer.objects.get().ends_at) == (company, end)
    assert accept(browser(eve), EVE["email"]).status_code == 302 and find(here.workspace, eve.owner_id)
    as_alice.post(at(here, f"people/grants/{row.pk}/revoke/"))
    assert not Grant.objects.exists() and find(here.workspace, eve.owner_id) is None


def test_what_somebody_passes_on_takes_no_better_access_away(here: Access, charlie: Person) -> None:
    eve = customer(EVE)
    mine = shared(here, eve, Right.SHARE)
    shared(here, charlie, Right.SHARE)
    letting_in.offer(access(charlie, here.workspace), EVE["email"], Right.VIEW)
    assert accept(browser(eve), EVE["email"]).status_code == 302
    kept = Grant.objects.get(pk=mine.pk)
    assert (kept.right, kept.giver_id) == (Right.SHARE, None)


def test_who_may_share_no_longer_has_passed_on_nothing(
    here: Access, charlie: Person, as_alice: Client
) -> None:
    eve = customer(EVE)
    shared(here, charlie, Right.SHARE)
    shared(here, eve, giver_id=charlie.owner_id)
    offer(as_alice, here, CHARLIE["email"], right="view")
    accept(browser(charlie), CHARLIE["email"])
    assert find(here.workspace, charlie.owner_id) and find(here.workspace, eve.owner_id) is None


def test_circles_of_grants_end_too(here: Access, charlie: Person, as_alice: Client) -> None:
    eve = customer(EVE)
    mine = shared(here, charlie, Right.SHARE, giver_id=eve.owner_id)
    shared(here, eve, Right.SHARE, giver_id=charlie.owner_id)
    as_alice.post(at(here, f"people/grants/{mine.pk}/revoke/"))
    assert not Grant.objects.exists()


def test_a_guest_sees_own_access_and_nobody_elses(here: Access, charlie: Person) -> None:
    shared(here, charlie)
    shared(here, customer(EVE))
    page = browser(charlie).get(at(here, "people/")).content.decode()
    assert CHARLIE["name"] in page and EVE["name"] not in page and EVE["email"] not in page


def test_a_guest_ends_own_access_and_no_other(here: Access, charlie: Person) -> None:
    own, other = shared(here, charlie), shared(here, customer(EVE))
    as_charlie = browser(charlie)
    assert as_charlie.post(at(here, f"people/grants/{other.pk}/revoke/")).status_code == 403
    assert as_charlie.post(at(here, f"people/grants/{own.pk}/revoke/"))["Location"] == "/workspaces/"
    assert [each.pk for each in Grant.objects.all()] == [other.pk]


def test_a_company_is_let_in_by_one_who_runs_it(here: Access, charlie: Person, as_alice: Client) -> None:
    worker = colleague(charlie, {**BOB, "email": "wu@chen.example", "name": "Wu"})
    offer(as_alice, here, "wu@chen.example", is_for_company="on")
    refused = accept(browser(worker), "wu@chen.example")
    assert "owner or an administrator" in refused.content.decode() and not Grant.objects.exists()
    offer(as_alice, here, CHARLIE["email"], is_for_company="on")
    assert accept(browser(charlie), CHARLIE["email"]).status_code == 302
    assert find(here.workspace, worker.owner_id)
    assert "everybody in this company" in as_alice.get(at(here, "people/")).content.decode()
    Membership.objects.filter(owner=worker.owner_id).delete()
    assert find(here.workspace, worker.owner_id) is None


def test_nobody_lets_themselves_in_again(here: Access, as_alice: Client) -> None:
    answer = offer(as_alice, here, ALICE["email"].upper())
    assert answer.status_code == 302 and not Offer.objects.exists()


# -- the end


def test_an_ended_workspace_is_read_and_taken_back_but_not_changed(here: Access, as_alice: Client) -> None:
    as_alice.post(at(here, "settings/end/"))
    page = as_alice.get(at(here, "settings/")).content.decode()
    assert "is erased" in page and Workspace.objects.get().ended_at
    assert as_alice.get(at(here)).status_code == 200
    assert offer_is_shut(as_alice, here)
    assert "Change the name" not in page
    now = find(Workspace.objects.get(), here.person)
    with pytest.raises(letting_in.NotNow):
        flows.rename(now or here, "Other")
    as_alice.post(at(here, "settings/take-back/"))
    assert Workspace.objects.get().ended_at is None


def offer_is_shut(client: Client, here: Access) -> bool:
    answer = client.post(at(here, "people/offer/"), {"email": CHARLIE["email"], "right": "view"}, follow=True)
    return "nothing in it is changed any more" in answer.content.decode() and not Offer.objects.exists()


def test_a_workspace_is_erased_when_its_name_is_typed(
    here: Access, charlie: Person, as_alice: Client
) -> None:
    shared(here, charlie)
    wrong = as_alice.post(at(here, "settings/delete/"), {"name": "Another"})
    assert wrong.status_code == 422 and Workspace.objects.exists()
    assert as_alice.post(at(here, "settings/delete/"), {"name": LEDGER.upper()})["Location"] == "/workspaces/"
    assert not Workspace.objects.exists() and not Grant.objects.exists() and not Seat.objects.exists()
    assert Erasure.objects.exists()
    for client in (as_alice, browser(charlie)):
        assert client.get(at(here)).status_code == 404


def test_with_its_company_a_workspace_ends_and_keeps_its_people(
    here: Access, alice: Person, as_alice: Client
) -> None:
    company = Membership.objects.get(owner=alice.owner_id).customer_id
    erase(company.hex, SYSTEM)
    row = Workspace.objects.get()
    assert row.ended_at and row.customer_id is None
    assert LEDGER in as_alice.get(at(here)).content.decode()
    said = as_alice.post(at(here, "settings/take-back/"), follow=True).content.decode()
    assert "cannot go on" in said


def test_whoever_leaves_takes_along_what_they_passed_on(here: Access, charlie: Person) -> None:
    eve = person(EVE)
    shared(here, charlie, Right.SHARE)
    shared(here, eve, giver_id=charlie.owner_id)
    Membership.objects.filter(owner=charlie.owner_id).delete()
    erase(charlie.owner_id.hex, SYSTEM)
    assert not Grant.objects.exists()


def test_each_look_is_in_the_log_of_those_who_manage_it(
    here: Access, charlie: Person, as_alice: Client
) -> None:
    shared(here, charlie)
    browser(charlie).get(at(here))
    quiet = as_alice.get(at(here, "log/")).content.decode()
    assert "None of us" in quiet
    told = as_alice.get(at(here, "log/") + "?who=all").content.decode()
    assert (
        f"<strong>{CHARLIE['name']}</strong>" in told
        and "<strong>You</strong>" in told
        and "providing the Services" in told
    )
    assert browser(charlie).get(at(here, "log/")).status_code == 403


def test_the_log_names_who_looked_and_nobody_who_is_out_again(
    here: Access, alice: Person, charlie: Person, as_alice: Client
) -> None:
    bob, grant = colleague(alice), shared(here, charlie)
    letting_in.seat(here, bob.owner_id, Role.VIEWER)
    for who in (bob, charlie):
        browser(who).get(at(here))
    told = as_alice.get(at(here, "log/") + "?who=all").content.decode()
    assert all(f"<strong>{name}</strong>" in told for name in (BOB["name"], CHARLIE["name"], "You"))
    letting_in.revoke(here, grant.pk)
    later = as_alice.get(at(here, "log/") + "?who=all").content.decode()
    assert CHARLIE["name"] not in later and "Somebody you had let in" in later


# -- offers again and again


def test_an_address_is_spared_when_it_was_asked_three_times_today(here: Access, as_alice: Client) -> None:
    for _ in range(5):
        offer(as_alice, here, EVE["email"])
    assert Asked.objects.count() == 3 and len(mails(EVE["email"])) == 1, "the third offer stands"
    as_alice.post(at(here, f"people/offers/{Offer.objects.get().pk}/withdraw/"))
    said = offer(as_alice, here, EVE["email"].upper())
    assert "Wait a day" in as_alice.get(said["Location"]).content.decode() and not Offer.objects.exists()
    offer(as_alice, here, CHARLIE["email"])
    assert Offer.objects.count() == 1
    Asked.objects.update(made_at=timezone.now() - timedelta(days=1))
    offer(as_alice, here, EVE["email"])
    assert Offer.objects.count() == 2
    jobs.tidy()
    assert Asked.objects.count() == 1


def test_many_workspaces_together_spare_an_address_too(alice: Person) -> None:
    for _ in range(4):
        there = workspace(alice)
        for _ in range(3):
            with suppress(letting_in.NotNow):
                letting_in.offer(there, EVE["email"], Right.VIEW)
    assert Asked.objects.count() == sparing.MOST_IN_ALL


def test_what_was_accepted_does_not_count_and_whoever_is_erased_is_not_counted(
    here: Access, charlie: Person, as_alice: Client
) -> None:
    for _ in range(4):
        offer(as_alice, here, CHARLIE["email"])
        assert accept(browser(charlie), CHARLIE["email"]).status_code == 302
    offer(as_alice, here, CHARLIE["email"])
    assert Asked.objects.count() == 1
    Membership.objects.filter(owner=charlie.owner_id).delete()
    erase(charlie.owner_id.hex, SYSTEM)
    assert not Asked.objects.exists()


# -- guests who may share


def test_who_may_share_a_part_finds_the_page_and_shares_that_and_nothing_else(
    here: Access, charlie: Person, as_alice: Client
) -> None:
    ours, other = (shape.make_collection(here, name) for name in ("Kilns", "Prices"))
    shared(here, charlie, Right.SHARE, part=ours.pk)
    as_charlie = browser(charlie)
    page = as_charlie.get(at(here, "people/")).content.decode()
    assert "Kilns" in page and "Prices" not in page and "The whole workspace" not in page
    assert ALICE["email"] not in page, "the people of the workspace are not shown to who sees a part"
    assert at(here, "people/") in as_charlie.get(at(here)).content.decode()
    for part in ("", str(other.pk)):
        assert offer(as_charlie, here, EVE["email"], part=part).status_code == 422
    assert offer(as_charlie, here, EVE["email"], part=str(ours.pk)).status_code == 302
    row = Offer.objects.get()
    assert (row.giver_id, row.part) == (charlie.owner_id, ours.pk)
    assert EVE["email"] in as_charlie.get(at(here, "people/")).content.decode()
    as_charlie.post(at(here, f"people/offers/{row.pk}/withdraw/"))
    offer(as_alice, here, EVE["email"])
    theirs = Offer.objects.get()
    assert as_charlie.post(at(here, f"people/offers/{theirs.pk}/withdraw/")).status_code == 403
    assert EVE["email"] not in as_charlie.get(at(here, "people/")).content.decode()


def test_who_sees_a_part_only_is_offered_nothing_to_share(here: Access, charlie: Person) -> None:
    shared(here, charlie, part=shape.make_collection(here, "Kilns").pk)
    page = browser(charlie).get(at(here, "people/")).content.decode()
    assert "Open it to somebody else" not in page and CHARLIE["name"] in page and "End it" in page


def test_a_viewer_of_the_company_shares_a_part_no_longer_than_it_is_theirs(
    here: Access, alice: Person
) -> None:
    bob, part = colleague(alice), shape.make_collection(here, "Kilns").pk
    letting_in.seat(here, bob.owner_id, Role.VIEWER)
    end = timezone.now() + timedelta(days=2)
    shared(here, bob, Right.SHARE, part=part, ends_at=end)
    letting_in.offer(access(bob, here.workspace), EVE["email"], Right.VIEW, part=part)
    assert (Offer.objects.get().giver_id, Offer.objects.get().ends_at) == (bob.owner_id, end)


def test_what_was_passed_on_ends_no_later_than_what_it_rests_on_now(here: Access, charlie: Person) -> None:
    eve, late, soon = customer(EVE), timezone.now() + timedelta(days=9), timezone.now() + timedelta(hours=1)
    mine = shared(here, charlie, Right.SHARE, ends_at=late)
    letting_in.offer(access(charlie, here.workspace), EVE["email"], Right.VIEW)
    assert accept(browser(eve), EVE["email"]).status_code == 302
    letting_in.offer(here, CHARLIE["email"], Right.SHARE, ends_at=soon)
    assert accept(browser(charlie), CHARLIE["email"]).status_code == 302
    assert {each.ends_at for each in Grant.objects.all()} == {soon}
    Grant.objects.filter(pk=mine.pk).update(ends_at=timezone.now())
    jobs.tidy()
    assert not Grant.objects.exists()
