"""The Company is a Customer of its own install: its people are its staff, and what it keeps is kept as everybody's is."""

from typing import Any

import pytest
from django.test import Client

from tests.cast import acting, durable, enquiry_of, staff
from tests.workspaces.customers import CHARLIE, access, customer, workspace
from troth.accounts.models import StaffMember
from troth.apps.enquiries import calls
from troth.apps.enquiries.models import Call, Enquiry
from troth.apps.records import flows, shape
from troth.gate.errors import Refused
from troth.gate.ids import uuid7
from troth.gate.journal.models import Share
from troth.gate.proving.answers import CONTROLS
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM, using
from troth.workspaces import agreement, company, letting_in
from troth.workspaces import flows as workspaces
from troth.workspaces.access import enter, find
from troth.workspaces.hosted import HostedManager
from troth.workspaces.models import Acceptance, Right, Seat, Workspace

pytestmark = durable
CLAUSE = "security.same"


def answer() -> Any:
    """What the control says."""
    return CONTROLS[CLAUSE]()


def both() -> tuple[Workspace, Workspace]:
    """The Company's workspace and a customer's, with something in each."""
    alice = workspace(customer())
    flows.make_record(alice, shape.make_collection(alice, "Glazes"), {})
    sales = acting(staff(email="sam@iplum.example"))
    assert calls.note_call(enquiry_of(), uuid7().hex, "reached", "Rings at four.", sales)
    return company.begin(), alice.workspace


def test_it_is_begun_once_under_the_agreement_in_force() -> None:
    first = company.begin()
    assert company.begin().pk == first.pk and Workspace.objects.filter(is_companys=True).count() == 1
    assert agreement.is_accepted(first.customer_id)
    Acceptance.objects.update(agreement_hash="0" * 64)
    assert company.begin().pk == first.pk and agreement.is_accepted(first.customer_id)


@pytest.mark.parametrize(
    ("role", "right"),
    [
        ("owner", Right.MANAGE),
        ("administrator", Right.MANAGE),
        ("sales", Right.EDIT),
        ("privacy-officer", Right.EDIT),
    ],
)
def test_staff_are_its_people_by_their_role_for_as_long_as_they_are_staff(role: str, right: Right) -> None:
    ours, member = company.begin(), staff(role)
    theirs = access(member, ours)  # type: ignore[arg-type]
    assert theirs.right == right and theirs.actor.country == "CZ"
    with pytest.raises(Refused):
        workspaces.end(theirs)
    erase(member.owner_id.hex, SYSTEM)
    assert find(ours, member.owner_id) is None and not theirs.is_live_now()


def test_nobody_else_gets_in_and_staff_into_no_other(settings: Any) -> None:
    settings.TROTH_SECOND_FACTOR = False
    ours, theirs = both()
    alice, dana = Client(), Client()
    alice.force_login(customer(CHARLIE).user)
    dana.force_login(StaffMember.objects.get().user)
    assert alice.get(f"/workspaces/{ours.owner_id}/", secure=True).status_code == 404
    assert dana.get(f"/workspaces/{theirs.owner_id}/", secure=True).status_code == 404
    assert dana.get("/office/workspace/", secure=True)["Location"] == f"/workspaces/{ours.owner_id}/"
    assert b"Calls" in dana.get(f"/workspaces/{ours.owner_id}/", secure=True).content


def test_it_is_opened_to_nobody_outside() -> None:
    theirs = access(staff("owner"), company.begin())  # type: ignore[arg-type]
    with pytest.raises(Refused) as refused:
        letting_in.offer(theirs, "victor@outside.example", Right.VIEW)
    assert refused.value.clause == "share.no-promotion"


def test_the_same_probes_pass_on_both() -> None:
    assert answer().status == "broken", "without a workspace of its own the Company is no Customer"
    company.begin()
    assert answer().status == "unproven"
    both()
    found = answer()
    assert found.status == "kept" and "1 items about Customers" in found.evidence, found


def test_reading_ones_own_notes_is_no_look_at_customer_data() -> None:
    ours, _ = both()
    enquiry, sales = Enquiry.objects.get(), acting(StaffMember.objects.get())
    with using("answering-enquiries", by=sales, given=enquiry):
        assert calls.of_enquiry(enquiry)[0][1] == "Rings at four."
    assert Share.objects.filter(subject=ours.owner_id.hex).exists()
    assert CONTROLS["hosting.access"]().status == "kept"


def test_a_note_in_another_workspace_breaks_it() -> None:
    _, theirs = both()
    enquiry = enquiry_of()
    (seat,) = Seat.objects.filter(workspace=theirs.owner_id)
    with enter(access(seat, theirs), writes=True):  # type: ignore[arg-type]
        Call(enquiry=enquiry, about_id=enquiry.owner_id, outcome="reached").save(force_insert=True)
    assert answer().status == "broken" and "outside the Company's workspace" in answer().evidence


def test_a_hole_in_the_scope_breaks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    both()
    monkeypatch.setattr(HostedManager, "get_queryset", lambda manager: manager._queryset_class(manager.model))
    assert answer().status == "broken" and "from another workspace" in answer().evidence


def test_a_statement_that_opens_ours_to_staff_without_a_ground_breaks_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both()
    monkeypatch.setattr("troth.gate.proving.probing.closed_to", lambda *asked: None)
    assert answer().status == "broken" and "without a ground" in answer().evidence
