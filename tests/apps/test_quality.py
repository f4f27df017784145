"""What could be better in somebody's data is proposed to them, and nothing changes before they accept it."""

import uuid
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from tests.apps.privacy_people import browser, person
from tests.apps.test_providers import Program
from tests.cast import ALICE, CHARLIE, durable
from tests.gate.test_duties import a_duty, in_days
from troth.accounts.people import flows
from troth.accounts.people.models import Person
from troth.apps.quality import checks, proposing
from troth.apps.quality.models import Checked, Proposal, Run
from troth.gate.duties import registering
from troth.gate.duties.models import Duty
from troth.gate.errors import Refused
from troth.gate.journal.models import Entry
from troth.gate.proving.answers import CONTROLS
from troth.gate.subjects.erase import erase
from troth.gate.subjects.limits import restrict
from troth.gate.telling.models import Correction
from troth.gate.uses import SYSTEM, Actor, OwnData, using

pytestmark = durable
OWN, OFFICE = "/account/privacy/proposals/", "/office/quality/"
ALL = ("contact.name", "contact.company", "contact.address", "contact.phone", "contact.email")
SLIPS = {**ALICE, "phone": "(202) 555-0101", "email": "alice@gmial.com", "company": "Archer  Pottery"}


@pytest.fixture
def here() -> Duty:
    """The duty of the built-in check."""
    return registering.begin(registering.Wanted("system", "accounts-to-check", ALL, in_days(30), "here"))


def theirs(*categories: str) -> tuple[Duty, Program]:
    """The duty of a provider that checks, and its program."""
    duty = a_duty("quality-checker", "accounts-to-check", categories or ("contact.name", "contact.phone"))
    return duty, Program(registering.make_key(duty))


def value_of(who: Person, field: str) -> Any:
    who.refresh_from_db()
    with using("showing-own-data", by=Actor("data-subject", who.owner_id), given=OwnData(who.owner_id)):
        return getattr(who, field)


def waiting(who: Person) -> dict[str, Proposal]:
    return {row.field: row for row in Proposal.objects.filter(owner=who.owner_id, state="waiting")}


def press(client: Client, pk: UUID, what: str = "accept") -> str:
    return str(client.post(f"{OWN}{pk}/{what}/", follow=True).content.decode())


def proof() -> str:
    return CONTROLS["share.quality"]().status.value


def proposed(program: Program, values: dict[str, str], **changes: Any) -> Any:
    mark = program.get("records/", after=0).json()["records"][0]["mark"]
    said = {"id": str(uuid.uuid4()), "mark": mark, "outcome": "proposal", "values": values}
    return program.report({**said, **changes})


# -- the built-in check


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"phone": "+1 202 555 0101"}, {}),
        ({"phone": "(202) 555-0101"}, {"phone": "+1 202-555-0101"}),
        ({"phone": "+1 202 555 01"}, {"phone": ""}),
        ({"email": "a@hotmial.com"}, {"email": "a@hotmail.com"}),
        ({"email": "a@archer.example"}, {}),
        ({"address": "Dlouhá 1, 11000 Praha", "phone": "+420 601 123 456"}, {"address": "Dlouhá 1, 110 00 Praha"}),
        ({"address": "1 High St, sw1a1aa", "phone": "+44 20 7946 0018"}, {"address": "1 High St, SW1A 1AA"}),
        ({"address": "12345 Main St, Springfield 62704"}, {}),
        ({"name": "Alice   Archer "}, {"name": "Alice Archer"}),
        ({"name": "", "phone": ""}, {}),
    ],
    ids=["good", "national", "no-number", "slip", "domain", "czech", "british", "american", "spaces", "empty"],
)  # fmt: skip
def test_what_could_be_better_is_found(values: dict[str, str], found: dict[str, str]) -> None:
    assert {each.field: each.value for each in checks.look(values, "US")} == found


def test_a_run_proposes_and_changes_nothing_and_is_on_the_persons_record(here: Duty) -> None:
    alice, charlie = person(SLIPS), person(CHARLIE)
    assert proposing.check_due() == 2 and proposing.check_due() == 0
    assert set(waiting(alice)) == {"phone", "email", "company"} and not waiting(charlie)
    assert value_of(alice, "phone") == SLIPS["phone"] and not Correction.objects.exists()
    assert Entry.objects.filter(purpose="checking-quality", clauses__contains="share.quality").exists()
    assert Run.objects.get().looked_at == 2 and proof() == "kept"


def test_a_month_later_it_looks_again_and_proposes_nothing_twice(here: Duty) -> None:
    alice = person(SLIPS)
    proposing.check_due()
    press(browser(alice), waiting(alice)["phone"].pk, "decline")
    Checked.objects.update(at=timezone.now() - timedelta(days=31))
    assert proposing.check_due() == 1 and set(waiting(alice)) == {"email", "company"}
    assert Checked.objects.count() == 1


def test_without_a_live_duty_nothing_is_looked_at(here: Duty) -> None:
    person(SLIPS)
    registering.end(here)
    assert proposing.check_due() == 0 and not Run.objects.exists()


def test_whoever_restricts_the_use_of_their_data_is_not_looked_at(here: Duty) -> None:
    alice = person(SLIPS)
    restrict(alice.owner_id, SYSTEM)
    assert proposing.check_due() == 0 and not waiting(alice)


def test_numbers_that_accounts_share_are_counted_for_staff_and_told_to_nobody(here: Duty, sign_in) -> None:  # type: ignore[no-untyped-def]
    alice, charlie = person(), person(CHARLIE)
    proposing.check_due()
    assert Run.objects.get().shared == 1 and not waiting(alice) and not waiting(charlie)
    assert ALICE["phone"] not in sign_in("owner").get(OFFICE).content.decode()


# -- a provider's


def test_a_provider_proposes_and_the_person_sees_by_whom_and_why_and_accepts() -> None:
    alice = person()
    _, program = theirs()
    assert proposed(program, {"contact.phone": "+1 202 555 0177"}).json()["taken"]
    hers = browser(alice)
    page = hers.get(OWN).content.decode()
    for word in ("+1 202 555 0177", ALICE["phone"], "Clean Slate", "A service provider that checks data"):
        assert word in page
    assert value_of(alice, "phone") == ALICE["phone"]
    assert "Corrected." in press(hers, waiting(alice)["phone"].pk)
    assert value_of(alice, "phone") == "+1 202 555 0177"
    made = Correction.objects.get()
    assert (made.role, made.category) == (
        "data-subject",
        "contact.phone",
    ) and "quality-checker" in made.names()
    assert "You" in hers.get(OWN).content.decode() and proof() == "kept"
    received = hers.get("/account/privacy/received/").content.decode()
    assert "DE" in received and "#share.quality" in received and "checking that the data is right" in received


@pytest.mark.parametrize(
    "values",
    [
        {"contact.email": "evil@example.com"}, {"contact.phone": "none"}, {"contact.name": "x" * 121},
        {"contact.name": "a\r\nBcc: x@y.example"}, {"contact.name": "4111 1111 1111 1111"}, {"qualification": "good"},
        {"phone": "+1 202 555 0177"}, {},
    ],
    ids=["field", "no-number", "long", "header", "card", "category", "column", "nothing"],
)  # fmt: skip
def test_what_a_provider_may_not_propose_is_refused_and_not_kept(values: dict[str, str]) -> None:
    person()
    _, program = theirs()
    answer = proposed(program, values)
    assert answer.status_code == 422 and not Proposal.objects.exists()
    assert not [value for value in values.values() if len(value) > 3 and value in answer.content.decode()]


def test_script_in_a_proposal_is_shown_as_text() -> None:
    alice = person()
    _, program = theirs()
    assert proposed(program, {"contact.name": "<script>alert(1)</script>"}).status_code == 200
    page = browser(alice).get(OWN).content.decode()
    assert "&lt;script&gt;alert(1)" in page and "<script>alert(1)" not in page


def test_a_check_that_found_nothing_is_noted_and_proposes_nothing() -> None:
    person()
    _, program = theirs()
    assert proposed(program, {}, outcome="right").status_code == 200
    assert not Proposal.objects.exists() and Run.objects.get().looked_at == 1


# -- who answers


def test_nobody_answers_in_anothers_place(here: Duty, victor: Client) -> None:
    alice, charlie = person(SLIPS), person(CHARLIE)
    proposing.check_due()
    pk = waiting(alice)["phone"].pk
    his = browser(charlie)
    assert SLIPS["phone"] not in his.get(OWN).content.decode()
    for what in ("accept", "decline"):
        assert "not waiting" in press(his, pk, what)
        assert victor.post(f"{OWN}{pk}/{what}/").status_code == 302
    assert value_of(alice, "phone") == SLIPS["phone"] and pk in {row.pk for row in waiting(alice).values()}


def test_what_the_person_corrected_meanwhile_is_not_overwritten(here: Duty) -> None:
    alice = person(SLIPS)
    proposing.check_due()
    flows.correct(alice, {"phone": "+12025550199"})
    hers = browser(alice)
    assert "changed this yourself" in press(hers, waiting(alice)["phone"].pk)
    assert value_of(alice, "phone") == "+12025550199"


def test_an_address_is_moved_on_its_own_page_and_by_no_button(here: Duty) -> None:
    alice = person(SLIPS)
    proposing.check_due()
    hers = browser(alice)
    assert "/account/email/" in hers.get(OWN).content.decode()
    assert "on its own page" in press(hers, waiting(alice)["email"].pk)
    assert value_of(alice, "email") == SLIPS["email"]


def test_two_presses_are_one_answer(here: Duty) -> None:
    alice = person(SLIPS)
    proposing.check_due()
    hers, pk = browser(alice), waiting(alice)["company"].pk
    assert "Corrected." in press(hers, pk) and "not waiting" in press(hers, pk)
    assert Correction.objects.count() == 1


@pytest.mark.parametrize(("role", "status"), [("privacy-officer", 200), ("sales", 403), ("support", 403)])
def test_dana_sees_numbers_at_the_most(sign_in, here: Duty, role: str, status: int) -> None:  # type: ignore[no-untyped-def]
    person(SLIPS)
    proposing.check_due()
    answer = sign_in(role).get(OFFICE)
    assert answer.status_code == status and "gmial" not in answer.content.decode()


def test_with_the_person_go_their_proposals(here: Duty) -> None:
    alice = person(SLIPS)
    proposing.check_due()
    erase(alice.owner_id.hex, SYSTEM)
    assert not Proposal.objects.exists() and not Checked.objects.exists() and proof() == "kept"


def test_means_of_payment_are_no_part_of_any_check() -> None:
    with pytest.raises(Refused):
        a_duty("quality-checker", "accounts-to-check", ("payment-instrument.last4",))


# -- what the control sees


def test_a_correction_that_was_applied_without_its_run_breaks_the_clause(here: Duty) -> None:
    alice = person(SLIPS)
    proposing.check_due()
    press(browser(alice), waiting(alice)["phone"].pk)
    assert proof() == "kept"
    Correction.objects.update(role="system")
    assert proof() == "broken"


@pytest.mark.parametrize("planted", ["early", "ended", "purpose", "unanswered"])
def test_each_planted_breach_breaks_the_clause(here: Duty, planted: str) -> None:
    alice = person(SLIPS)
    proposing.check_due()
    press(browser(alice), waiting(alice)["phone"].pk)
    long_ago = timezone.now() - timedelta(days=9)
    if planted == "early":
        Run.objects.update(at=long_ago)
    elif planted == "ended":
        Duty.objects.update(ended_at=long_ago)
    elif planted == "purpose":
        Duty.objects.update(purpose="contacting-on-our-behalf")
    else:
        Proposal.objects.filter(state="accepted").update(answered_at=None)
    assert proof() == "broken"


def test_data_given_to_a_checker_without_a_duty_breaks_the_clause() -> None:
    person()
    _, program = theirs()
    program.get("records/")
    assert proof() == "kept"
    Entry.objects.filter(recipient="quality-checker").update(country="")
    assert proof() == "broken"
