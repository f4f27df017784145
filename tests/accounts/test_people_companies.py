"""A company's people: who gets in, who may change what, and that nobody else learns of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.accounts.conftest import ADDRESS, PASS_PHRASE, browser, sign_in
from tests.accounts.registering import (
    AS_CHARLIE,
    BOB,
    CODE,
    code_to,
    company_page,
    fill_in,
    invite,
    join,
    link_to,
    mails,
    person_of,
    place_of,
    register,
    submission,
    wrong,
)  # fmt: skip
from tests.cast import ALICE, CHARLIE, durable, staff
from troth.accounts.people import companies
from troth.accounts.people.companies import MOST_OPEN
from troth.accounts.people.jobs import tidy
from troth.accounts.people.models import Customer, Invitation, Membership, Person
from troth.gate.journal.models import Entry
from troth.gate.subjects import obstacles
from troth.gate.subjects.erase import Obstructed, erase, purge
from troth.gate.subjects.models import DataSubject
from troth.gate.uses import SYSTEM

pytestmark = durable
OWNER = ALICE["email"]


@pytest.fixture
def alice() -> Client:
    return register()


@pytest.fixture
def charlie() -> Client:
    return register(AS_CHARLIE)


def confirm_again(client: Client) -> None:
    """As if the sign-in were older than ten minutes."""
    session = client.session
    session["account_authentication_methods"] = []
    session.save()


def test_a_colleague_joins_by_the_link_and_both_see_each_other(alice: Client) -> None:
    bob = join(alice)
    assert "Member of Archer Pottery" in bob.get("/account/").content.decode()
    for client in (alice, bob):
        page = client.get(company_page(OWNER)).content.decode()
        assert ALICE["name"] in page and "Bob Baptiste" in page and BOB in page
    assert Customer.objects.count() == 1
    assert Entry.objects.filter(recipient="customer-people", kind=3).exists()


def test_the_letter_names_inviter_company_and_role_and_its_token_is_not_kept(alice: Client) -> None:
    invite(alice, OWNER, role="billing")
    subject, body = mails(BOB)[-1]
    assert "Archer Pottery" in subject and ALICE["name"] in body and "Billing" in body
    token = link_to(BOB).split("/")[2]
    assert token.encode() not in b"".join(bytes(row.token_hash) for row in Invitation.objects.all())


def test_somebody_with_an_account_signs_in_and_joins(alice: Client, charlie: Client) -> None:
    invite(alice, OWNER, CHARLIE["email"])
    assert charlie.get(link_to(CHARLIE["email"]))["Location"] == "/join/"
    assert "Archer Pottery" in charlie.get("/join/").content.decode()
    assert charlie.post("/join/")["Location"] == "/account/"
    assert Membership.objects.filter(owner=person_of(CHARLIE["email"]).owner_id).count() == 2
    assert not Invitation.objects.exists()
    listed = charlie.get("/account/people/").content.decode()
    assert "Archer Pottery" in listed and "Chen &amp; Daughters" in listed


def test_only_the_invited_address_accepts(alice: Client, charlie: Client) -> None:
    invite(alice, OWNER)
    charlie.get(link_to(BOB))
    for answer in (charlie.get("/join/"), charlie.post("/join/")):
        assert answer.status_code == 403 and BOB not in answer.content.decode()
    stranger = browser()
    stranger.get(link_to(BOB))
    page = stranger.get("/join/").content.decode()
    assert BOB not in page and 'name="email"' not in page
    sent = fill_in(stranger, "/join/", {"name": "Eve", "password": PASS_PHRASE, "email": "eve@evil.example"})
    assert sent["Location"] == CODE and not mails("eve@evil.example")
    assert stranger.post(CODE, {"code": wrong(code_to(BOB))}).status_code == 422
    assert Membership.objects.count() == 2


def test_an_invitation_is_good_once(alice: Client) -> None:
    invite(alice, OWNER)
    link = link_to(BOB)
    bob, eve = browser(), browser()
    for client in (bob, eve):
        client.get(link)
        fill_in(client, "/join/", {"name": "Bob", "password": PASS_PHRASE})
    # The second asked last, so that its code is the one that works.
    assert eve.post(CODE, {"code": code_to(BOB)}).status_code == 302
    assert bob.post(CODE, {"code": code_to(BOB)}).status_code in (302, 410)
    assert Membership.objects.count() == 2
    assert browser().get(link).status_code == 410


def test_an_invitation_runs_out_after_a_week_and_its_address_is_erased(alice: Client) -> None:
    invite(alice, OWNER)
    link, subject = link_to(BOB), Invitation.objects.get().owner_id
    bob = browser()
    bob.get(link)
    Invitation.objects.update(made_at=timezone.now() - timedelta(days=7))
    assert bob.get("/join/").status_code == 410 and browser().get(link).status_code == 410
    tidy()
    purge()
    assert not DataSubject.objects.filter(pk=subject).exists() and not mails(BOB)


def test_an_invitation_that_ran_out_while_the_code_was_typed_opens_no_account(alice: Client) -> None:
    invite(alice, OWNER)
    bob = browser()
    bob.get(link_to(BOB))
    fill_in(bob, "/join/", {"name": "Bob", "password": PASS_PHRASE})
    code = code_to(BOB)
    Invitation.objects.update(made_at=timezone.now() - timedelta(days=7))
    assert bob.post(CODE, {"code": code}).status_code == 410
    assert not Person.objects.filter(proven_at__isnull=False).exclude(pk=person_of(OWNER).pk).exists()


def test_a_withdrawn_invitation_opens_nothing(alice: Client) -> None:
    invite(alice, OWNER)
    link, row = link_to(BOB), Invitation.objects.get()
    assert alice.post(f"{company_page(OWNER)}invitations/{row.pk}/withdraw/").status_code == 302
    assert browser().get(link).status_code == 410 and not Invitation.objects.exists()


def test_a_second_invitation_takes_the_place_of_the_first(alice: Client) -> None:
    invite(alice, OWNER)
    first = link_to(BOB)
    invite(alice, OWNER, role="administrator")
    assert browser().get(first).status_code == 410 and browser().get(link_to(BOB)).status_code == 302


def test_an_invitation_is_no_way_to_learn_who_has_an_account(alice: Client, charlie: Client) -> None:
    def seen(address: str) -> tuple[int, str]:
        answer = invite(alice, OWNER, address)
        link = link_to(address)
        browser().get(link)
        return answer.status_code, answer["Location"]

    assert seen(CHARLIE["email"]) == seen("nobody@elsewhere.example")


def test_a_company_cannot_invite_without_end(alice: Client) -> None:
    for number in range(MOST_OPEN + 1):
        invite(alice, OWNER, f"nobody{number}@elsewhere.example")
    assert Invitation.objects.count() == MOST_OPEN
    assert not mails(f"nobody{MOST_OPEN}@elsewhere.example")


def test_what_registered_under_the_address_elsewhere_stays_invited(alice: Client, charlie: Client) -> None:
    """Registering alone accepts nothing."""
    invite(alice, OWNER)
    register({**AS_CHARLIE, "name": "Bob", "email": BOB})
    assert Invitation.objects.count() == 1 and place_of(BOB).role == "owner"


# -- who may do what


def act_on(client: Client, member: Membership, act: str, **data: str) -> int:
    answer = client.post(f"{company_page(OWNER)}members/{member.pk}/{act}/", data)
    return answer.status_code


def test_an_owner_changes_roles_and_removes(alice: Client) -> None:
    bob = join(alice)
    assert act_on(alice, place_of(BOB), "role", role="administrator") == 302
    assert place_of(BOB).role == "administrator"
    assert "Administrator" in mails(BOB)[-1][1]
    assert act_on(alice, place_of(BOB), "remove") == 302
    assert not Membership.objects.filter(owner=person_of(BOB).owner_id).exists()
    assert (
        bob.get("/account/").status_code == 200
        and "no company" in bob.get("/account/people/").content.decode()
    )
    assert bob.get(company_page(OWNER)).status_code == 404


@pytest.mark.parametrize("role", ["member", "billing"])
def test_members_look_and_change_nothing(alice: Client, role: str) -> None:
    bob = join(alice, role=role)
    page = company_page(OWNER)
    assert "Invite a colleague" not in bob.get(page).content.decode()
    assert act_on(bob, place_of(OWNER), "remove") == 403
    assert act_on(bob, place_of(BOB), "role", role="owner") == 403
    assert act_on(bob, place_of(OWNER), "hand-over") == 403
    assert bob.post(page + "close/", {"name": ALICE["company"]}).status_code == 403
    invited = bob.post(page + "name/", {"name": "x", "submission": "x"})
    assert invited.status_code in (403, 422)
    assert place_of(OWNER).role == "owner" and place_of(BOB).role == role
    assert act_on(bob, place_of(BOB), "remove") == 302


def test_a_member_cannot_invite_even_with_a_form(alice: Client) -> None:
    bob = join(alice)
    token = submission(alice.get(company_page(OWNER)))
    for path, data in (
        ("invite/", {"email": "eve@evil.example", "role": "member"}),
        ("name/", {"name": "Evil"}),
    ):
        assert bob.post(company_page(OWNER) + path, {**data, "submission": token}).status_code == 403
    assert not Invitation.objects.exists()


def test_an_administrator_reaches_no_owner(alice: Client) -> None:
    bob = join(alice, role="administrator")
    assert act_on(bob, place_of(OWNER), "role", role="member") == 403
    assert act_on(bob, place_of(OWNER), "remove") == 403
    assert act_on(bob, place_of(BOB), "role", role="owner") == 403
    assert act_on(bob, place_of(BOB), "hand-over") == 403
    page = company_page(OWNER)
    assert bob.post(page + "close/", {"name": ALICE["company"]}).status_code == 403
    assert (
        fill_in(bob, page, {"email": "eve@evil.example", "role": "owner"}, page + "invite/").status_code
        == 422
    )
    assert place_of(OWNER).role == "owner" and place_of(BOB).role == "administrator"


def test_a_company_is_handed_over(alice: Client) -> None:
    join(alice)
    path = f"{company_page(OWNER)}members/{place_of(BOB).pk}/hand-over/"
    assert "Bob Baptiste" in alice.get(path).content.decode()
    assert alice.post(path).status_code == 302
    assert place_of(BOB).role == "owner" and place_of(OWNER).role == "administrator"


def test_what_cannot_be_taken_back_wants_a_fresh_sign_in(alice: Client) -> None:
    join(alice)
    confirm_again(alice)
    page = company_page(OWNER)
    for path in (f"{page}members/{place_of(BOB).pk}/hand-over/", page + "close/", "/account/email/"):
        assert "/accounts/reauthenticate/" in alice.get(path)["Location"]
        assert "/accounts/reauthenticate/" in alice.post(path, {"name": ALICE["company"]})["Location"]
    assert place_of(OWNER).role == "owner"
    answer = alice.post(f"/accounts/reauthenticate/?next={page}close/", {"password": PASS_PHRASE})
    assert answer["Location"] == page + "close/" and alice.get(page + "close/").status_code == 200


# -- the last owner


def test_the_last_owner_neither_leaves_nor_steps_down(alice: Client) -> None:
    bob = join(alice)
    assert (
        act_on(alice, place_of(OWNER), "remove")
        == 302
        == act_on(alice, place_of(OWNER), "role", role="member")
    )
    assert place_of(OWNER).role == "owner"
    assert "needs an owner" in alice.get(company_page(OWNER)).content.decode()
    assert bob.get(company_page(OWNER)).status_code == 200


def test_the_last_owner_is_not_erased_and_is_told_both_ways_out(alice: Client) -> None:
    bob = join(alice)
    subject = person_of(OWNER).owner_id
    (found,) = obstacles.of(subject.hex)
    assert "hand it over" in found.advice and "close it" in found.advice and "“People”" in found.advice
    with pytest.raises(Obstructed):
        erase(subject.hex, SYSTEM)
    assert alice.get("/account/").status_code == 200
    assert not obstacles.of(person_of(BOB).owner_id.hex)
    alice.post(f"{company_page(OWNER)}members/{place_of(BOB).pk}/hand-over/")
    page = company_page(BOB)
    erase(subject.hex, SYSTEM)
    after = bob.get(page).content.decode()
    assert ALICE["name"] not in after and "Bob Baptiste" in after


def test_a_closed_company_is_gone_and_its_people_stay(alice: Client) -> None:
    bob = join(alice)
    invite(alice, OWNER, "carol@archer.example")
    page, customer = company_page(OWNER), Customer.objects.get().owner_id
    assert alice.post(page + "close/", {"name": "Another Pottery"}).status_code == 422
    assert Customer.objects.exists()
    assert alice.post(page + "close/", {"name": "archer pottery"})["Location"] == "/account/"
    purge()
    assert (
        not Customer.objects.exists() and not Membership.objects.exists() and not Invitation.objects.exists()
    )
    assert not DataSubject.objects.filter(pk=customer).exists()
    assert bob.get("/account/").status_code == 200 and "was closed" in mails(BOB)[-1][0]
    assert not obstacles.of(person_of(OWNER).owner_id.hex)


def test_the_company_is_renamed_by_those_who_run_it(alice: Client) -> None:
    page = company_page(OWNER)
    fill_in(alice, page, {"name": "Archer & Daughters"}, page + "name/")
    assert "Archer &amp; Daughters" in alice.get(page).content.decode()


# -- nobody else


def paths(member: Membership, invitation: Invitation) -> list[str]:
    page = company_page(OWNER)
    return [
        page, *(page + end for end in ("name/", "invite/", "close/", f"invitations/{invitation.pk}/withdraw/")),
        *(f"{page}members/{member.pk}/{act}/" for act in ("role", "remove", "hand-over")),
    ]  # fmt: skip


def as_charlie() -> Client:
    return register(AS_CHARLIE)


def as_dana() -> Client:
    staff(email=ADDRESS, password=PASS_PHRASE)
    client = browser()
    sign_in(client)
    return client


@pytest.mark.parametrize(("who", "status"), [(as_charlie, 404), (as_dana, 403), (browser, 302)])
def test_others_see_and_change_nothing(alice: Client, who: Callable[[], Client], status: int) -> None:
    join(alice)
    invite(alice, OWNER, "carol@archer.example")
    other = who()
    before = list(Membership.objects.values_list("pk", "role"))
    for path in paths(place_of(BOB), Invitation.objects.get()):
        for answer in (other.get(path), other.post(path, {"role": "owner", "name": "x"})):
            assert answer.status_code in (status, 405)
            assert answer.status_code != 302 or "/accounts/login/" in answer["Location"]
            assert b"Archer" not in answer.content
    assert set(before) <= set(Membership.objects.values_list("pk", "role"))
    assert Invitation.objects.count() == 1


def test_charlies_company_is_no_door_to_alices_people(alice: Client, charlie: Client) -> None:
    """Charlie's own company in the address, Alice's people and invitations behind it."""
    join(alice)
    invite(alice, OWNER, "carol@archer.example")
    page = company_page(CHARLIE["email"])
    for act in ("role", "remove", "hand-over"):
        answer = charlie.post(f"{page}members/{place_of(BOB).pk}/{act}/", {"role": "member"})
        assert answer.status_code == 404
    assert charlie.get(f"{page}members/{place_of(BOB).pk}/hand-over/").status_code == 404
    charlie.post(f"{page}invitations/{Invitation.objects.get().pk}/withdraw/")
    assert Invitation.objects.count() == 1 and place_of(BOB).role == "member"


# -- bad input


@pytest.mark.parametrize("address", ["", "none", "a@b.example\r\nBcc: c@d.example", "x" * 300 + "@b.example"])
def test_an_invitation_needs_an_address(alice: Client, address: str) -> None:
    answer = invite(alice, OWNER, address)
    assert answer.status_code in (302, 422) and not mails("c@d.example")
    assert all("\n" not in row and "\r" not in row for row, _ in mails("a@b.example"))


def test_a_company_name_adds_no_header_to_a_letter(alice: Client) -> None:
    page = company_page(OWNER)
    assert fill_in(alice, page, {"name": "A\r\nBcc: eve@evil.example"}, page + "name/").status_code == 422
    invite(alice, OWNER)
    assert "\n" not in mails(BOB)[-1][0]


def test_a_colleague_is_not_invited_twice(alice: Client) -> None:
    join(alice)
    before = len(mails(BOB))
    invite(alice, OWNER)
    assert len(mails(BOB)) == before and not Invitation.objects.exists()


def test_a_link_that_never_was_says_the_same_as_one_that_ran_out(alice: Client) -> None:
    invite(alice, OWNER)
    link = link_to(BOB)
    Invitation.objects.update(made_at=timezone.now() - timedelta(days=8))
    assert browser().get(link).content == browser().get("/join/" + "A" * 43 + "/").content


def test_a_company_is_not_left_without_a_name(alice: Client) -> None:
    page = company_page(OWNER)
    assert fill_in(alice, page, {"name": " "}, page + "name/").status_code == 422
    assert "Archer Pottery" in alice.get(page).content.decode()


def test_the_flow_itself_lets_no_other_address_in(alice: Client, charlie: Client) -> None:
    invite(alice, OWNER)
    with pytest.raises(companies.Over):
        companies.accept(Invitation.objects.get(), person_of(CHARLIE["email"]))
    assert Membership.objects.count() == 2 and Invitation.objects.count() == 1
