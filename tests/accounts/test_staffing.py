"""Who works here: invited without a password, given another role, signed out, gone, and erased in the time promised."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.accounts.conftest import PASS_PHRASE, browser, set_up_app, sign_in
from tests.accounts.test_sign_in_reset import BETTER, CODE, RESET, choose, mailed_code
from tests.cast import durable, enquiry_of, staff
from tests.gate.at_the_prompt import beside, tables_holding
from tests.gate.conftest import Clock, set_clock
from troth.accounts import staffing
from troth.accounts.addresses import handle_for
from troth.accounts.models import AddressHandle, Role, SignIn, StaffMember, User
from troth.apps.enquiries.models import Enquiry
from troth.gate.journal.models import Entry, Share
from troth.gate.outbound.models import Message
from troth.gate.subjects.models import DataSubject
from troth.gate.subjects.retention import end_expired
from troth.gate.uses import SYSTEM, using

pytestmark = durable
__all__ = ["set_clock"]

PAGE = "/office/staff/"
NADIA = "nadia.new@iplum.example"


@pytest.fixture(autouse=True)
def _password_alone(settings: Any) -> None:
    settings.TROTH_SECOND_FACTOR = False


def member(role: str, number: int = 0) -> StaffMember:
    return staff(role, f"{role}{number}@iplum.example", PASS_PHRASE)


def at(one: StaffMember) -> Client:
    """Their browser, signed in by password just now."""
    client = browser()
    with using("signing-in", by=SYSTEM):
        address = one.email
    assert sign_in(client, address)["Location"] == "/office/"
    return client


def form(**changes: str) -> dict[str, str]:
    return {"name": "Nadia New", "email": NADIA, "role": "support", "country": "CZ", **changes}


def invite(client: Client, **changes: str) -> Any:
    submission = re.findall(r'name="submission" value="([^"]+)"', client.get(PAGE).content.decode())[0]
    return client.post(f"{PAGE}invite/", form(submission=submission, **changes))


def act(client: Client, one: StaffMember, what: str, **told: str) -> Any:
    return client.post(f"{PAGE}{one.pk}/{what}/", told)


def bodies(one: StaffMember) -> list[str]:
    with using("sending-mail", by=SYSTEM):
        return [row.body for row in Message.objects.filter(owner=one.owner_id).order_by("due_at", "pk")]


def said(answer: Any, client: Client) -> str:
    assert answer.status_code == 302 and answer["Location"] == PAGE, answer
    found = re.findall(r'<p class="notice [\w-]+">([^<]+)</p>', client.get(PAGE).content.decode())
    return str(found[-1])


def test_who_is_invited_chooses_a_password_nobody_else_knows_and_then_opens_the_office(settings: Any) -> None:
    owner = at(member("owner"))
    assert said(invite(owner), owner) == "The invitation is on its way."
    nadia = StaffMember.objects.get(role="support")
    assert not nadia.user.has_usable_password()
    (mail,) = bodies(nadia)
    assert "as: Support" in mail and f"{settings.TROTH_BASE_URLS['company']}{RESET}" in mail
    settings.TROTH_SECOND_FACTOR = True
    client = browser()
    assert sign_in(client, NADIA).status_code == 200
    assert client.post(RESET, {"email": NADIA})["Location"] == CODE
    client.post(CODE, {"code": mailed_code(nadia.owner_id)})
    assert choose(client, PASS_PHRASE)["Location"] == "/accounts/password/reset/done/"
    client = browser()
    assert sign_in(client, NADIA)["Location"] == "/office/"
    assert client.get("/office/")["Location"] == "/accounts/2fa/totp/activate/"
    set_up_app(client)
    assert client.get("/office/").status_code == 200
    assert client.get(PAGE).status_code == 403


def test_the_invitation_is_on_record_under_its_clause_and_nothing_of_it_in_clear() -> None:
    owner = at(member("owner"))
    before = Entry.objects.count()
    invite(owner)
    made = Entry.objects.filter(seq__gt=before, recipient="owner", kind=2)
    assert [entry.clauses for entry in made] == ["security.credentials"]
    assert tables_holding(b"Nadia New") == tables_holding(NADIA.encode()) == []


def test_the_page_shows_who_works_here_and_each_look_is_on_their_record() -> None:
    dana, owner = member("sales"), member("owner")
    at(dana)
    client = at(owner)
    before = Share.objects.filter(subject=dana.owner_id.hex).count()
    page = client.get(PAGE).content.decode()
    assert "sales0@iplum.example" in page and "1 open session, last seen" in page
    assert Share.objects.filter(subject=dana.owner_id.hex).count() == before + 1


@pytest.mark.parametrize("role", ["sales", "support", "privacy-officer"])
def test_nobody_else_opens_the_page_or_changes_anything(role: str) -> None:
    owner = member("owner")
    client = at(member(role))
    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}invite/", form()).status_code == 403
    for what in ("role", "sign-out", "left", "back", "again", "anew"):
        assert act(client, owner, what, role="sales").status_code == 403
    assert browser().get(PAGE)["Location"].startswith("/accounts/login/")
    assert browser().post(f"{PAGE}invite/", form())["Location"].startswith("/accounts/login/")
    assert StaffMember.objects.count() == 2 and StaffMember.objects.get(pk=owner.pk).role == "owner"


def test_without_a_fresh_sign_in_nothing_is_changed() -> None:
    dana, owner = member("sales"), member("owner")
    client = browser()
    client.force_login(owner.user)
    for answer in (
        invite(client),
        act(client, dana, "left"),
        act(client, dana, "role", role="owner"),
        act(client, dana, "sign-out"),
    ):
        assert answer["Location"].startswith("/accounts/reauthenticate/?next=%2Foffice%2Fstaff%2F")
    assert set(StaffMember.objects.values_list("role", flat=True)) == {"sales", "owner"}
    assert "Nothing was changed yet" in client.get("/accounts/reauthenticate/").content.decode()


def test_an_administrator_neither_makes_nor_touches_those_who_run_the_installation() -> None:
    owner, other, dana = member("owner"), member("administrator", 1), member("sales")
    client = at(member("administrator"))
    page = client.get(PAGE).content.decode()
    assert f"{PAGE}{dana.pk}/role/" in page
    assert f"{PAGE}{owner.pk}/" not in page and f"{PAGE}{other.pk}/" not in page
    assert '<option value="owner"' not in page and '<option value="administrator"' not in page
    assert invite(client, role="owner").status_code == 422
    for one in (owner, other):
        for what in ("role", "left", "sign-out", "anew"):
            assert "Only an owner" in said(act(client, one, what, role="sales"), client)
    assert "Only an owner" in said(act(client, dana, "role", role="administrator"), client)
    assert "Only an owner" in said(act(client, dana, "role", role="owner"), client)
    assert StaffMember.objects.filter(role="owner").get().pk == owner.pk
    assert StaffMember.objects.get(pk=dana.pk).role == "sales"


def test_nobody_changes_their_own_place() -> None:
    me = member("owner")
    client = at(me)
    for what in ("role", "left", "sign-out", "anew"):
        assert "nobody changes their own place" in said(act(client, me, what, role="sales"), client)
    assert StaffMember.objects.get(pk=me.pk).role == "owner" and client.get(PAGE).status_code == 200


def test_another_role_holds_from_the_next_page_on_and_is_told() -> None:
    dana, owner = member("sales"), at(member("owner"))
    hers = at(dana)
    assert hers.get("/office/enquiries/").status_code == 200
    assert said(act(owner, dana, "role", role="administrator"), owner) == "The role is changed."
    assert hers.get("/office/enquiries/").status_code == 403 and hers.get(PAGE).status_code == 200
    assert "another role: Administrator" in bodies(dana)[-1]
    assert act(owner, dana, "role", role="king").status_code == 404


def test_who_is_signed_out_everywhere_signs_in_again() -> None:
    dana, owner = member("sales"), at(member("owner"))
    here, there = at(dana), at(dana)
    assert said(act(owner, dana, "sign-out"), owner) == "They are signed out everywhere."
    assert here.get("/office/").status_code == there.get("/office/").status_code == 302
    assert "ended all your sessions" in bodies(dana)[-1]
    assert at(dana).get("/office/").status_code == 200
    assert owner.get("/office/").status_code == 200


def test_who_lost_the_second_step_sets_everything_up_anew_by_a_code_to_their_own_address(
    settings: Any,
) -> None:
    dana, owner = member("sales"), at(member("owner"))
    hers = at(dana)
    set_up_app(hers)
    assert said(act(owner, dana, "anew"), owner).startswith("They choose a password anew")
    assert hers.get("/office/").status_code == 302
    assert "took back your password" in bodies(dana)[-1] and RESET in bodies(dana)[-1]
    client, address = browser(), "sales0@iplum.example"
    assert sign_in(client, address).status_code == 200
    client.post(RESET, {"email": address})
    client.post(CODE, {"code": mailed_code(dana.owner_id)})
    assert choose(client)["Location"] == "/accounts/password/reset/done/"
    settings.TROTH_SECOND_FACTOR = True
    client = browser()
    assert sign_in(client, address, BETTER)["Location"] == "/office/"
    assert client.get("/office/")["Location"] == "/accounts/2fa/totp/activate/"


def test_whoever_left_is_out_at_once_and_comes_in_by_no_way() -> None:
    dana, owner = member("sales"), at(member("owner"))
    hers, enquiry = at(dana), enquiry_of()
    Enquiry.objects.filter(pk=enquiry.pk).update(assignee=dana.owner_id)
    assert said(act(owner, dana, "left"), owner) == "Their access has ended."
    assert hers.get("/office/").status_code == 302
    client = browser()
    sign_in(client, "sales0@iplum.example")
    assert client.get("/office/").status_code == 302
    sent = len(bodies(dana))
    assert "ended your access" in bodies(dana)[-1] and "12 months" in bodies(dana)[-1]
    client.post(RESET, {"email": "sales0@iplum.example"})
    assert len(bodies(dana)) == sent
    assert not StaffMember.objects.filter(pk=dana.pk).exists()
    assert Enquiry.objects.get(pk=enquiry.pk).assignee_id is None
    page = owner.get(PAGE).content.decode()
    assert page.index("Have left") < page.index("sales0@iplum.example")
    assert "do not work here any more" in said(act(owner, dana, "role", role="owner"), owner)


def test_whoever_left_by_mistake_is_let_in_again_as_before() -> None:
    dana, owner = member("sales"), at(member("owner"))
    act(owner, dana, "left")
    assert said(act(owner, dana, "back"), owner).startswith("They are let in again")
    assert at(dana).get("/office/enquiries/").status_code == 200
    assert "They work here already" in said(act(owner, dana, "back"), owner)


def test_an_administrator_lets_no_owner_in_again() -> None:
    former, owner = member("owner", 1), at(member("owner"))
    act(owner, former, "left")
    assert "Only an owner" in said(act(client := at(member("administrator")), former, "back"), client)
    assert StaffMember.objects.filter(role="owner").count() == 1


def test_twelve_months_after_leaving_nothing_of_them_is_left(set_clock: Clock) -> None:
    dana, owner = member("sales"), at(member("owner"))
    at(dana)
    act(owner, dana, "left")
    left = StaffMember.every.get(pk=dana.pk).left_at
    set_clock(left + timedelta(days=364))
    end_expired()
    assert StaffMember.every.filter(pk=dana.pk).exists()
    set_clock(left + timedelta(days=366))
    end_expired()
    assert not StaffMember.every.filter(pk=dana.pk).exists()
    assert not User.objects.filter(pk=dana.user_id).exists()
    assert not DataSubject.objects.filter(pk=dana.owner_id).exists()
    assert not SignIn.objects.filter(owner=dana.owner_id).exists()
    assert not AddressHandle.objects.filter(handle=handle_for("sales0@iplum.example")).exists()
    assert StaffMember.every.filter(role="owner").exists()


def test_of_whoever_has_something_else_here_record_and_login_go_alone(set_clock: Clock) -> None:
    dana, owner = member("sales"), at(member("owner"))
    enquiry = enquiry_of()
    at(dana)
    act(owner, dana, "left")
    Enquiry.objects.filter(pk=enquiry.pk).update(
        owner=dana.owner_id
    )  # something of theirs with a time of its own
    set_clock(StaffMember.every.get(pk=dana.pk).left_at + timedelta(days=366))
    Enquiry.objects.filter(pk=enquiry.pk).update(
        last_contact_at=StaffMember.every.get(pk=dana.pk).left_at + timedelta(days=365)
    )
    end_expired()
    assert (
        not StaffMember.every.filter(pk=dana.pk).exists()
        and not User.objects.filter(pk=dana.user_id).exists()
    )
    assert not SignIn.objects.filter(owner=dana.owner_id).exists()
    assert DataSubject.objects.filter(pk=dana.owner_id).exists()


def test_a_form_with_faults_says_so_keeps_what_was_typed_and_invites_nobody() -> None:
    owner = at(member("owner"))
    for changes, words in (
        ({"email": "no address"}, "email"),
        ({"name": "Nadia\r\nBcc: all@iplum.example"}, "on one line"),
        ({"country": "Narnia"}, "Please choose one of these."),
        ({"role": "king"}, "Please choose one of these."),
        ({"email": "owner0@iplum.example"}, "belongs to a member of staff already"),
    ):
        answer = invite(owner, **changes)
        assert answer.status_code == 422 and words in answer.content.decode(), changes
    assert 'value="Nadia New"' in answer.content.decode()
    assert StaffMember.objects.count() == 1


def test_the_invitation_is_sent_again_until_they_signed_in() -> None:
    owner = at(member("owner"))
    invite(owner)
    nadia = StaffMember.objects.get(role="support")
    assert "on its way once more" in said(act(owner, nadia, "again"), owner)
    assert len(bodies(nadia)) == 2
    dana = member("sales")
    at(dana)
    assert "signed in already" in said(act(owner, dana, "again"), owner)


def test_of_two_owners_who_let_each_other_go_one_stays() -> None:
    one, two = member("owner", 1), member("owner", 2)
    pairs = [(one, two), (two, one)]
    given = beside(lambda: staffing.let_go(*pairs.pop()), 2)
    assert sorted(map(type, given), key=str) == sorted([type(None), staffing.NotNow], key=str)
    assert StaffMember.objects.filter(role=Role.OWNER).count() == 1


def test_the_other_owners_are_told_of_each_change_and_not_of_whom() -> None:
    owner, other = at(member("owner")), member("owner", 1)
    invite(owner)
    nadia = StaffMember.objects.get(role="support")
    act(owner, nadia, "role", role="administrator")
    act(owner, nadia, "left")
    act(owner, nadia, "back")
    told = bodies(other)
    for mail, words in zip(
        told,
        (
            "appointed somebody, as: Support",
            "another role: Administrator",
            "ended the access",
            "had left, as: Adm",
        ),
        strict=True,
    ):
        assert words in mail and "role Owner" in mail and PAGE in mail
        assert "Nadia" not in mail and NADIA not in mail
    assert not bodies(StaffMember.objects.get(role="owner", user__email=handle_for("owner0@iplum.example")))


def test_an_address_in_the_place_of_a_member_is_no_page() -> None:
    owner = at(member("owner"))
    nobody = DataSubject.objects.first()
    assert nobody is not None
    for what in ("role", "sign-out", "left", "back", "again", "anew"):
        assert owner.post(f"{PAGE}{nobody.pk}/{what}/", {"role": "sales"}).status_code == 404
        assert owner.get(f"{PAGE}{nobody.pk}/{what}/").status_code == 405
