"""Incidents signed by two, jobs without eyes, the law's port, and what proves that there is nothing beside them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from tests.apps.support_house import Desk, Kept, asked, desk, fill, kept
from tests.cast import acting, durable
from tests.workspaces.customers import (
    ALICE,
    CHARLIE,
    LEDGER,
    at,
    browser,
    customer,
    mails,
    submission,
    workspace,
)
from troth.accounts.people.models import Person
from troth.apps.support import grounds, incidents
from troth.apps.support.grounds import Kind
from troth.apps.support.models import Affected, Incident, Signature, SupportRequest
from troth.engine.ledger import Kind as LeafKind
from troth.gate.errors import GateError, Refused
from troth.gate.ids import uuid7
from troth.gate.journal import writing
from troth.gate.journal.models import Share
from troth.gate.keystore import keys
from troth.gate.proving.answers import CONTROLS, Finding
from troth.gate.published import statement
from troth.gate.uses import Actor, Use, act, faults, using
from troth.workspaces import flows as workspaces
from troth.workspaces.access import Access
from troth.workspaces.hosted import opened
from troth.workspaces.models import Workspace
from troth.workspaces.serving import ServiceJob, serve

pytestmark = durable


@pytest.fixture
def here() -> Access:
    return workspace(customer())


@pytest.fixture
def as_alice(here: Access) -> Client:
    return browser(Person.objects.get(owner=here.person), confirmed=True)


@pytest.fixture
def house(here: Access) -> Any:
    made = fill(here, kilns=60)
    with kept(made):
        yield made


@pytest.fixture
def ada(settings: Any) -> Desk:
    settings.TROTH_SECOND_FACTOR = False
    return desk("administrator", "ada")


@pytest.fixture
def ben() -> Desk:
    return desk("administrator", "ben")


def text(page: Any) -> str:
    return str(page.content.decode())


def open_incident(by: Desk, *reached: Access, **more: str) -> Any:
    page, end = "/office/incidents/", timezone.now() + timedelta(hours=5)
    told = {
        "kind": "problem", "about": "Pages are slow.", "ends_at": f"{end:%Y-%m-%dT%H:%M}",
        "workspaces": "\n".join(str(each.workspace.owner_id) for each in reached),
    }  # fmt: skip
    return by.client.post(page + "open/", {**told, "submission": submission(by.client.get(page)), **more})


def incident(by: Desk, *reached: Access) -> Incident:
    assert open_incident(by, *reached).status_code == 302
    return Incident.objects.latest("opened_at")


def find(clause: str) -> Finding:
    return CONTROLS[clause]()


# -- incidents


def test_an_incident_is_a_ground_only_when_somebody_else_approved_it(
    here: Access, as_alice: Client, house: Kept, ada: Desk, ben: Desk
) -> None:
    row = incident(ada, here)
    page, path = f"/office/incidents/{row.number}/", f"/office/looks/{row.number}/{here.workspace.owner_id}/"
    assert "has ended, or was never approved" in text(ada.client.get(path, follow=True))
    assert "Approve it" not in text(ada.client.get(page))
    assert ada.client.post(page + "approve/").status_code == 403 and not row.is_live()
    assert desk("support").client.post(page + "approve/").status_code == 403
    assert "Approve it" in text(ben.client.get(page))
    for _ in range(2):
        ben.client.post(page + "approve/")
    assert row.is_live() and Signature.objects.count() == 2
    ada.begin(row.number, here.workspace.owner_id)
    assert "Pages are slow." in text(ada.client.get(path))
    assert "kilns-0" in text(ada.client.get(f"{path}{next(iter(house.parts))}/"))
    assert f"on incident {row.number}" in text(as_alice.get(at(here, "log/")))
    ((_, body),) = mails(ALICE["email"])
    assert "Pages are slow." in text(as_alice.get(at(here, "help/")))
    assert "The kilns." in text(as_alice.get(at(here, f"help/{row.number}/")))  # the note of who looks
    assert f"incident {row.number}" in body and "slow" not in body and LEDGER not in body
    ben.client.post(page + "end/")
    assert "kilns-0" not in text(ada.client.get(f"{path}{next(iter(house.parts))}/", follow=True))
    assert "approved already, or is over" in text(ben.client.post(page + "approve/", follow=True))


def test_an_incident_that_waits_for_approval_is_not_told(here: Access, as_alice: Client, ada: Desk) -> None:
    row = incident(ada, here)
    assert row.number not in text(as_alice.get(at(here, "help/")))
    assert as_alice.get(at(here, f"help/{row.number}/")).status_code == 404


def test_a_forged_approval_makes_no_ground(here: Access, ada: Desk) -> None:
    row = incident(ada, here)
    Incident.objects.update(approved_at=timezone.now())
    assert not row.is_live()


def test_an_incident_reaches_the_workspaces_it_names(here: Access, house: Kept, ada: Desk, ben: Desk) -> None:
    other = workspace(customer(CHARLIE), "Chen")
    row = incident(ada, other)
    incidents.approve(ben.actor, row.number)
    assert ada.client.get(f"/office/looks/{row.number}/{here.workspace.owner_id}/").status_code == 403
    assert ada.client.get(f"/office/looks/{row.number}/{other.workspace.owner_id}/").status_code == 200
    assert row.number in text(ada.client.get("/office/workspaces/"))
    as_alice = browser(Person.objects.get(owner=here.person))
    assert as_alice.get(at(here, f"help/{row.number}/")).status_code == 404
    workspaces.delete(other)
    assert not Affected.objects.exists()
    assert ada.client.get(f"/office/looks/{row.number}/{other.workspace.owner_id}/").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"workspaces": ""}, {"workspaces": "x"}, {"workspaces": str(uuid7())}, {"about": "ask alice@archer.example"},
        {"ends_at": "2020-01-01T10:00"}, {"ends_at": f"{timezone.now() + timedelta(days=40):%Y-%m-%dT%H:%M}"},
        {"kind": "whim"}, {"submission": "forged"},
    ],
    ids=lambda wrong: "-".join(wrong),
)  # fmt: skip
def test_a_wrong_incident_is_not_opened(here: Access, ada: Desk, wrong: dict[str, str]) -> None:
    assert open_incident(ada, here, **wrong).status_code == 422
    assert not Incident.objects.exists()


def test_a_second_press_opens_one_incident(here: Access, ada: Desk) -> None:
    sent = submission(ada.client.get("/office/incidents/"))
    for _ in range(2):
        assert open_incident(ada, here, submission=sent).status_code == 302
    assert Incident.objects.count() == Signature.objects.count() == 1


@pytest.mark.parametrize("role", ["support", "sales", "privacy-officer", "owner"])
def test_incidents_and_approvals_are_for_administrators(settings: Any, here: Access, role: str) -> None:
    settings.TROTH_SECOND_FACTOR = False
    other = desk(role)
    for page in ("incidents/", "incidents/I-2222-2222/", "approvals/"):
        assert other.client.get(f"/office/{page}").status_code == 403
    with pytest.raises(Refused):
        incidents.open_one(other.actor, "I-1", "problem", "x", {here.workspace.owner_id}, timezone.now())
    for page in ("approve/", "end/"):
        assert other.client.post(f"/office/incidents/I-2222-2222/{page}").status_code == 403


def test_an_administrator_does_not_approve_their_own_longer_look(
    here: Access, house: Kept, ada: Desk, ben: Desk
) -> None:
    row = incident(ada, here)
    incidents.approve(ben.actor, row.number)
    ada.begin(row.number, here.workspace.owner_id)
    ada.client.post(f"/office/looks/{row.number}/{here.workspace.owner_id}/more/")
    page = text(ada.client.get("/office/approvals/"))
    assert "Yours: a colleague has to approve it" in page and "Approve<" not in page
    path = (
        ben.client.get("/office/approvals/")
        .content.decode()
        .split('action="/office/approvals/')[1]
        .split('"')[0]
    )
    assert ada.client.post(f"/office/approvals/{path}").status_code == 403
    assert ben.client.post(f"/office/approvals/{path}").status_code == 302


# -- jobs of the system


def test_a_job_reads_and_writes_in_its_workspace_and_the_log_names_it(here: Access, as_alice: Client) -> None:
    job = ServiceJob(here.workspace.owner_id, "import")
    with serve(job, writes=True), act():
        row = Workspace.objects.get(pk=here.workspace.pk)
        assert row.name == LEDGER
        row.name = "Renamed"
        row.save()
    assert "on service job import" in text(as_alice.get(at(here, "log/")))
    other = workspace(customer(CHARLIE), "Chen")
    with pytest.raises(Refused), serve(job):
        str(Workspace.objects.get(pk=other.workspace.pk).name)
    workspaces.delete(here)
    with pytest.raises(Refused), serve(ServiceJob(here.workspace.owner_id, "import")):
        pass
    with pytest.raises(GateError):
        ServiceJob(here.workspace.owner_id, "Import of Alice’s list")


# -- what the law requires: where its register comes in


@dataclass
class Order:
    """A legal record as its register will have them."""

    workspace: UUID
    number: str = "Z-2222-2222"
    reference: str = "Z-2222-2222"
    since: datetime = field(default_factory=timezone.now)
    ground: ClassVar[str] = "legal-record"
    is_open: bool = True

    @property
    def until(self) -> datetime:
        return self.since + timedelta(days=1)

    def is_live(self) -> bool:
        return True

    def covers(self, row: Any) -> bool:
        return bool(row.owner_id == self.workspace)

    def lock(self) -> None:
        pass

    def workspaces(self) -> list[UUID]:
        return [self.workspace]

    def part_ids(self, workspace: UUID) -> set[UUID] | None:
        return None if workspace == self.workspace else set()


def test_a_legal_record_comes_in_by_its_port(
    here: Access, as_alice: Client, house: Kept, settings: Any
) -> None:
    settings.TROTH_SECOND_FACTOR = False
    order = Order(here.workspace.owner_id, since=timezone.now())
    grounds.register(Kind(
        "Z", "legal record", "complying-with-law", ("privacy-officer", "owner"),
        lambda number: order if number == order.number else None, lambda workspace: [order], lambda row: order.since,
    ))  # fmt: skip
    try:
        officer, dana = desk("privacy-officer", "pia"), desk("support")
        path = f"/office/looks/{order.number}/{order.workspace}/"
        assert dana.client.get(path).status_code == 403
        officer.begin(order.number, order.workspace)
        assert "kilns-0" in text(officer.client.get(f"{path}{next(iter(house.parts))}/"))
        assert f"on legal record {order.number}" in text(as_alice.get(at(here, "log/")))
        assert find("hosting.access").status == "kept"
    finally:
        del grounds.KINDS["Z"]


# -- what proves it


@dataclass
class Forged:
    """A ground that says yes to everything, as a careless script would have it."""

    reference: str = ""
    ground: ClassVar[str] = "support-request"

    def is_live(self) -> bool:
        return True

    def covers(self, row: Any) -> bool:
        return True


def forged_look(who: Actor, at_what: Workspace, reference: str = "", **more: Any) -> None:
    given = Forged(reference)
    given.__class__ = type("Forged", (Forged,), more) if more else Forged
    purpose = "preventing-problems" if who.role == "administrator" else "supporting"
    with opened(at_what.owner_id), using(purpose, by=who, given=given):
        assert str(at_what.name)


def test_looks_on_grounds_keep_both_clauses(
    here: Access, as_alice: Client, house: Kept, ada: Desk, ben: Desk
) -> None:
    assert find("hosting.access").figure == "0 looks of staff, each on a ground"
    row, dana, problem = asked(as_alice, here, "whole"), desk(), incident(ada, here)
    incidents.approve(ben.actor, problem.number)
    for who, number in ((dana, row.number), (ada, problem.number)):
        who.begin(number, row.owner_id)
        for page in ("", f"{next(iter(house.parts))}/"):
            assert who.client.get(f"/office/looks/{number}/{row.owner_id}/{page}").status_code == 200
    with serve(ServiceJob(row.owner_id, "import")):
        str(here.workspace.name)
    found = find("hosting.access")
    # The incident's own page opens nothing.
    assert (found.status, found.figure) == ("kept", "5 looks of staff, each on a ground")
    assert find("hosting.no-review").status == "kept"
    incidents.end(ada.actor, problem.number)
    SupportRequest.objects.update(ended_at=timezone.now())
    assert find("hosting.access").status == "kept"


@pytest.mark.parametrize(
    "how", ["no ground", "no such ground", "no reason", "elsewhere", "late", "early", "role"]
)
def test_a_look_without_a_live_ground_breaks_hosting_access(
    here: Access, as_alice: Client, house: Kept, settings: Any, how: str
) -> None:
    settings.TROTH_SECOND_FACTOR = False
    dana, row = desk(), asked(as_alice, here, "whole")
    other = workspace(customer(CHARLIE), "Chen").workspace
    if how != "no reason":
        dana.begin(row.number, row.owner_id)
    assert find("hosting.access").status == "kept"
    hours = timedelta(hours=2)
    if how == "late":
        SupportRequest.objects.update(opened_at=timezone.now() - 2 * hours, ended_at=timezone.now() - hours)
    if how == "early":
        SupportRequest.objects.update(opened_at=timezone.now() + hours)
    number = {"no ground": "", "no such ground": "S-2222-2222"}.get(how, row.number)
    who = desk("administrator", "ada") if how == "role" else dana
    more = {"ground": "incident"} if how == "role" else {}
    forged_look(acting(who.member), other if how == "elsewhere" else here.workspace, number, **more)
    found = find("hosting.access")
    assert found.status == "broken" and LEDGER not in found.evidence and ALICE["email"] not in found.evidence


def plant(workspace: Workspace, kind: LeafKind, role: str, purpose: str, told: dict[str, Any]) -> None:
    """An entry about the workspace as the gate would never have written it."""
    subject = workspace.owner_id.hex
    clauses = tuple(clause for part in told.values() for clause in part.values())
    facts = writing.Facts(kind, purpose, "doing-what-was-asked", clauses, role, statement.under())
    details = [(subject, keys.ciphers([subject])[subject], told)]
    writing.insert([writing.build(writing.new_id(), facts, details, bytes(32))])


@pytest.mark.parametrize(
    ("kind", "role", "told"),
    [
        (LeafKind.DISCLOSE, "mail-carrier", {"disclosed": {"customer-data.record": "share.providers"}}),
        (LeafKind.DISCLOSE, "partner", {"disclosed": {"customer-data.file": "hosting.access"}}),
        (LeafKind.USE, "system", {"used": {"customer-data.record": "use.operate"}}),
        (LeafKind.USE, "sales", {"used": {"customer-data.query": "use.requested"}}),
    ],
    ids=["mailed", "shared", "counted", "read"],
)
def test_customer_data_used_or_shared_outside_the_grounds_breaks_no_review(
    here: Access, kind: LeafKind, role: str, told: dict[str, Any]
) -> None:
    assert find("hosting.no-review").status == "kept"
    plant(here.workspace, kind, role, "supporting", told)
    found = find("hosting.no-review")
    assert found.status == "broken" and "1 " in found.figure


def test_a_gate_or_a_statement_that_opens_customer_data_breaks_no_review(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    shares = Share.objects.count()
    assert find("hosting.no-review").status == "kept" and Share.objects.count() == shares
    with monkeypatch.context() as patched:
        patched.setattr(Use, "read", lambda *_: "read")
        assert find("hosting.no-review").status == "broken"
    here, text = Path(settings.TROTH_STATEMENT), Path(settings.TROTH_STATEMENT).read_text(encoding="utf-8")
    rule = "allow use of customer-data for operating-and-improving by system, except to hosting.no-review"
    settings.TROTH_STATEMENT = tmp_path / "statement.md"
    settings.TROTH_STATEMENT.write_text(
        text.replace("\nkeep correspondence", f"\n{rule}\nkeep correspondence", 1)
    )
    try:
        statement.forget_cached()
        found = find("hosting.no-review")
        assert found.status == "broken" and found.evidence == "opened by use.requested"
    finally:
        settings.TROTH_STATEMENT = here
        statement.forget_cached()


def test_a_control_that_tries_what_is_refused_is_no_fault_of_the_page_that_asks_for_it() -> None:
    noted = faults.begin()
    try:
        assert find("hosting.no-review").status == "kept" and not noted
    finally:
        faults.end()
