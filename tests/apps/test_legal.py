"""What the law asks: on record first, approved by two others, no further than its scope, told when it may be."""

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pyrage
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.apps.privacy_people import ALICE, BOB, CHARLIE, browser, person
from tests.apps.support_house import Desk, desk, fill, kept
from tests.cast import durable, enquiry_of
from tests.gate.conftest import Clock, set_clock
from tests.workspaces.customers import at, customer, mails, submission, workspace
from troth.accounts.people.models import Person
from troth.apps.enquiries.models import Enquiry
from troth.apps.legal import flows, jobs
from troth.apps.legal.counting import rounded
from troth.apps.legal.models import LegalRecord, LegalSignature, NamedSubject
from troth.engine.ledger import Receipt
from troth.gate.errors import Refused
from troth.gate.files.models import StoredFile
from troth.gate.journal.models import Entry
from troth.gate.outbound.models import Message
from troth.gate.proving.answers import CONTROLS, Finding
from troth.gate.subjects import holds
from troth.gate.subjects.erase import Obstructed, erase
from troth.gate.subjects.merging import merge
from troth.gate.subjects.models import LegalHold
from troth.gate.subjects.retention import end_expired
from troth.gate.uses import SYSTEM, faults, using

__all__ = ["set_clock"]
pytestmark = durable
OFFICE = "/office/legal/"
KEY = pyrage.x25519.Identity.generate()
SUBJECT = "Your data and the law"
TOLD = {
    "kind": "order", "authority": "District Court of Springfield", "reference_given": "24 C 1138",
    "reasons": "The address under which an order was placed.", "country": "US", "dated": "2026-01-02",
    "who": ALICE["email"], "categories": ["contact"], "key": str(KEY.to_public()),
}  # fmt: skip


@pytest.fixture(autouse=True)
def files_of_its_own(tmp_path: Path, settings: Any) -> None:
    settings.TROTH_HOME = tmp_path
    settings.TROTH_SECOND_FACTOR = False


@pytest.fixture
def alice() -> Person:
    return person()


@dataclass
class Three:
    """Who enters, and the two who approve."""

    ada: Desk
    petra: Desk
    olivia: Desk


@pytest.fixture
def staff() -> Three:
    return Three(desk("administrator", "ada"), desk("privacy-officer", "petra"), desk("owner", "olivia"))


def day(days: int) -> str:
    return f"{timezone.now() + timedelta(days=days):%Y-%m-%d}"


def send(by: Desk, **more: Any) -> Any:
    hidden = submission(by.client.get(OFFICE))
    return by.client.post(OFFICE + "enter/", {**TOLD, "ends_at": day(30), "submission": hidden, **more})


def entered(by: Desk, **more: Any) -> LegalRecord:
    answer = send(by, **more)
    assert answer.status_code == 302, text(answer)
    return LegalRecord.objects.latest("entered_at")


def approved(by: Three, **more: Any) -> LegalRecord:
    row = entered(by.ada, **more)
    for each in (by.petra, by.olivia):
        each.client.post(f"{OFFICE}{row.number}/approve/")
    found = LegalRecord.objects.get(pk=row.pk)
    assert found.is_live()
    return found


def text(page: Any) -> str:
    return str(page.content.decode())


def open_package(by: Desk, row: LegalRecord) -> zipfile.ZipFile:
    """As the authority opens it: with its own key, in a stock program."""
    page = by.client.get(f"{OFFICE}{row.number}/package.zip.age")
    assert page.status_code == 200 and page.content.startswith(b"age-encryption.org/v1")
    return zipfile.ZipFile(io.BytesIO(pyrage.decrypt(page.content, [KEY])))


def find() -> Finding:
    return CONTROLS["share.legal"]()


def opens(row: LegalRecord, by: Desk, which: Any, name: str) -> Any:
    with faults.wanted(), using(row.purpose, by=by.actor, given=row):
        return getattr(which, name)


# -- two people approve what a third put on record


def test_a_record_opens_nothing_before_two_others_approved_it(staff: Three, alice: Person) -> None:
    row = entered(staff.ada)
    page = f"{OFFICE}{row.number}/"
    assert "Approve it" not in text(staff.ada.client.get(page))
    assert staff.ada.client.post(page + "approve/").status_code == 403
    for by in (staff.petra, staff.petra):
        by.client.post(page + "approve/")
        assert not LegalRecord.objects.get(pk=row.pk).is_live()
        with pytest.raises(Refused, match="legal-record"):
            opens(row, staff.petra, alice, "email")
    assert LegalSignature.approvals(row.pk) == 1 and not LegalHold.objects.exists()
    assert "Approve it" in text(staff.olivia.client.get(page))
    staff.olivia.client.post(page + "approve/")
    assert opens(row, staff.petra, alice, "email") == ALICE["email"]
    assert find().status == "kept"


def test_whoever_entered_it_is_neither_of_the_two(staff: Three, alice: Person) -> None:
    row = entered(staff.petra)
    other = desk("privacy-officer", "paul")
    assert staff.petra.client.post(f"{OFFICE}{row.number}/approve/").status_code == 403
    staff.olivia.client.post(f"{OFFICE}{row.number}/approve/")
    assert not LegalRecord.objects.get(pk=row.pk).is_live()
    other.client.post(f"{OFFICE}{row.number}/approve/")
    assert row.is_live()


def test_two_of_one_role_are_not_two_approvals(staff: Three, alice: Person) -> None:
    row = entered(staff.ada)
    for by in (staff.petra, desk("privacy-officer", "paul")):
        by.client.post(f"{OFFICE}{row.number}/approve/")
    assert not row.is_live() and LegalSignature.approvals(row.pk) == 1


@pytest.mark.parametrize("role", ["support", "sales"])
def test_dana_reaches_no_page_of_them(staff: Three, alice: Person, role: str) -> None:
    row, dana = entered(staff.ada), desk(role)
    for page in ("", f"{row.number}/", f"{row.number}/order/", f"{row.number}/package.zip.age"):
        assert dana.client.get(OFFICE + page).status_code == 403
    for act in ("enter/", f"{row.number}/approve/", f"{row.number}/end/", f"{row.number}/package/"):
        assert dana.client.post(OFFICE + act).status_code == 403
    charlie = browser(person(CHARLIE))
    assert charlie.get(f"{OFFICE}{row.number}/").status_code == 403


def test_what_makes_no_record_is_said_and_nothing_is_kept(staff: Three, alice: Person) -> None:
    wrong: list[dict[str, Any]] = [
        {"who": ""}, {"who": "nobody@nowhere.example"}, {"who": "not an id"}, {"categories": []},
        {"categories": ["staff-record"]}, {"authority": ""}, {"ends_at": day(-1)}, {"ends_at": day(900)},
        {"untold_to": day(-3)}, {"key": "age1nonsense"}, {"reasons": ""}, {"country": "XX"}, {"dated": day(9)},
        {"since": day(-1), "before": day(-9)}, {"authority": "A court\r\nBcc: x@y.example"},
        {"file": SimpleUploadedFile("o.pdf", b"x" * 900_001)}, {"submission": "forged"},
        {"who": "\n".join(f"{n}@archer.example" for n in range(60))},
    ]  # fmt: skip
    for more in wrong:
        assert send(staff.ada, **more).status_code == 422, more
    assert not LegalRecord.objects.exists() and not StoredFile.objects.exists()


def test_a_second_press_makes_no_second_record(staff: Three, alice: Person) -> None:
    hidden = submission(staff.ada.client.get(OFFICE))
    for _ in range(2):
        assert send(staff.ada, submission=hidden).status_code == 302
    assert LegalRecord.objects.count() == 1


# -- no further than its scope


def test_it_reaches_whom_what_and_when_it_says_and_no_further(staff: Three, alice: Person) -> None:
    bob, message = person(BOB), enquiry_of()
    row = approved(staff)
    assert opens(row, staff.petra, alice, "phone") == ALICE["phone"]
    assert opens(row, staff.petra, message, "email") == ALICE["email"], "the address names both"
    for which, name in ((bob, "email"), (message, "message")):
        with pytest.raises(Refused):
            opens(row, staff.petra, which, name)
    late = approved(staff, since=day(1))
    with pytest.raises(Refused):
        opens(late, staff.petra, alice, "phone")
    with pytest.raises(Refused):
        opens(row, staff.ada, alice, "phone")  # her role is none of the clause's


def test_an_expired_one_and_an_ended_one_open_nothing(staff: Three, alice: Person, set_clock: Clock) -> None:
    row, other = approved(staff), approved(staff)
    staff.ada.client.post(f"{OFFICE}{other.number}/end/")
    with pytest.raises(Refused):
        opens(other, staff.petra, alice, "email")
    set_clock(timedelta(days=31))
    with pytest.raises(Refused):
        opens(row, staff.petra, alice, "email")
    staff.petra.client.post(f"{OFFICE}{row.number}/package/")
    assert LegalRecord.objects.get(pk=row.pk).package is None
    assert jobs.end_over() == 1 and not holds.everybody()


def test_the_package_holds_what_the_scope_covers_with_receipts_and_only_its_key_opens_it(
    staff: Three, alice: Person
) -> None:
    person(BOB)
    enquiry = enquiry_of()
    row = approved(staff, file=SimpleUploadedFile("order.pdf", b"%PDF order of the court"))
    page = f"{OFFICE}{row.number}/"
    for _ in range(2):
        staff.petra.client.post(page + "package/")
    box = open_package(staff.petra, row)
    manifest = json.loads(box.read("manifest.json"))
    held = b"".join(box.read(item["path"]) for item in manifest["items"]).decode()
    assert ALICE["email"] in held and ALICE["phone"] in held
    assert BOB["email"] not in held and str(enquiry.pk) in held and ALICE["message"] not in held
    entries = Entry.objects.filter(kind=4, recipient="authority")
    assert {item["entry"] for item in manifest["items"]} == set(entries.values_list("id", flat=True))
    for item in manifest["items"]:
        receipt = Receipt.from_json(box.read(item["receipt"]).decode())
        assert receipt.place is not None and json.loads(receipt.detail)["ground"].endswith(row.number)
    assert {each.country for each in entries} == {"US"} and find().status == "kept"
    # Nobody expects an authority to have a desk for corrections: that clause stays kept too.
    assert CONTROLS["rights.update"]().status == "kept"
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(
            staff.petra.client.get(page + "package.zip.age").content, [pyrage.x25519.Identity.generate()]
        )
    assert staff.petra.client.get(page + "order/").content == b"%PDF order of the court"
    assert staff.ada.client.get(page + "package.zip.age").status_code == 403
    assert staff.ada.client.post(page + "package/").status_code == 403


def test_what_ends_while_its_package_is_made_or_before_it_is_fetched_hands_nothing_over(
    staff: Three, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, real = approved(staff), flows.handing.package

    def later(*args: Any) -> Any:
        made = real(*args)
        flows.end(staff.ada.actor, row.number)
        return made

    monkeypatch.setattr(flows.handing, "package", later)
    staff.petra.client.post(f"{OFFICE}{row.number}/package/")
    assert LegalRecord.objects.get(pk=row.pk).package is None and not StoredFile.objects.exists()
    monkeypatch.undo()
    other = approved(staff)
    staff.petra.client.post(f"{OFFICE}{other.number}/package/")
    assert open_package(staff.petra, other)
    staff.ada.client.post(f"{OFFICE}{other.number}/end/")
    assert staff.petra.client.get(f"{OFFICE}{other.number}/package.zip.age").status_code == 403
    assert "Take the package" not in text(staff.petra.client.get(f"{OFFICE}{other.number}/"))


def test_without_a_key_nothing_is_handed_over(staff: Three, alice: Person) -> None:
    row = approved(staff, key="")
    staff.petra.client.post(f"{OFFICE}{row.number}/package/")
    assert not Entry.objects.filter(recipient="authority").exists()


# -- told at once, or when it may be


def test_the_customer_is_told_at_once_and_sees_each_use(staff: Three, alice: Person) -> None:
    row = approved(staff)
    ((subject, body),) = [each for each in mails(ALICE["email"]) if each[0] == SUBJECT]
    assert subject == SUBJECT and row.number in body and TOLD["authority"] in body and "Contact data" in body
    opens(row, staff.petra, alice, "email")
    page = text(browser(alice).get("/account/privacy/uses/"))
    assert "duties of law" in page or "law requires" in page
    assert jobs.tell_due() == 0


def test_while_it_is_forbidden_nobody_is_told_and_then_they_are(
    staff: Three, alice: Person, set_clock: Clock
) -> None:
    row = approved(staff, untold_to=day(10))
    opens(row, staff.petra, alice, "email")
    staff.petra.client.post(f"{OFFICE}{row.number}/package/")
    client = browser(alice)
    for page in ("", "uses/", "held/", "erase/"):
        shown = text(client.get(f"/account/privacy/{page}"))
        assert row.number not in shown and "what the law requires" not in shown.lower(), page
    assert jobs.tell_due() == 0 and SUBJECT not in [each for each, _ in mails(ALICE["email"])]
    set_clock(timedelta(days=11))
    assert jobs.tell_due() == 1 and jobs.tell_due() == 0
    assert [each for each, _ in mails(ALICE["email"])].count(SUBJECT) == 1
    assert "law requires" in text(browser(alice).get("/account/privacy/uses/"))


# -- what it covers stays


def test_what_it_covers_is_not_erased_before_it_ends(staff: Three, alice: Person) -> None:
    row = approved(staff)
    with pytest.raises(Obstructed):
        erase(alice.owner_id.hex, SYSTEM)
    staff.ada.client.post(f"{OFFICE}{row.number}/end/")
    erase(alice.owner_id.hex, SYSTEM)
    assert not NamedSubject.objects.exists() and LegalRecord.objects.count() == 1


def test_retention_keeps_what_it_covers_and_ends_the_rest(
    staff: Three, alice: Person, set_clock: Clock
) -> None:
    sent, other = enquiry_of(), enquiry_of(CHARLIE)
    approved(staff, who=str(sent.owner_id), ends_at=day(729))
    approved(staff, who=str(other.owner_id), ends_at=day(729), categories=["posts"])
    type(sent).objects.update(last_contact_at=timezone.now() - timedelta(days=740))
    end_expired()
    assert [each.pk for each in type(sent).objects.all()] == [sent.pk]


def test_the_record_itself_goes_seven_years_after_it_ended(
    staff: Three, alice: Person, set_clock: Clock
) -> None:
    row = approved(staff)
    staff.ada.client.post(f"{OFFICE}{row.number}/end/")
    end_expired()
    assert LegalRecord.objects.exists()
    LegalRecord.objects.update(ended_at=timezone.now() - timedelta(days=8 * 366))
    end_expired()
    assert not LegalRecord.objects.exists() and not LegalSignature.objects.exists()


# -- the fourth ground of looks


def test_an_order_lets_two_roles_look_into_the_workspace_it_names_and_tells(staff: Three) -> None:
    here = workspace(customer())
    made = fill(here, kilns=3)
    with kept(made):
        row = approved(staff, who=str(here.workspace.owner_id), categories=["customer-data"])
        path = f"/office/looks/{row.number}/{here.workspace.owner_id}/"
        assert (
            staff.ada.client.get(path).status_code == 403
            and desk("support").client.get(path).status_code == 403
        )
        staff.petra.begin(row.number, here.workspace.owner_id)
        assert "kilns-0" in text(staff.petra.client.get(f"{path}{next(iter(made.parts))}/"))
        assert CONTROLS["hosting.access"]().status == "kept" and find().status == "kept"
        assert "Our staff look into your workspace" in [each for each, _ in mails(ALICE["email"])]
        other = workspace(customer(CHARLIE))
        assert (
            staff.petra.client.get(f"/office/looks/{row.number}/{other.workspace.owner_id}/").status_code
            == 403
        )


def test_nobody_looks_on_a_record_that_may_not_be_told(staff: Three) -> None:
    here = workspace(customer())
    row = approved(staff, who=str(here.workspace.owner_id), categories=["customer-data"], untold_to=day(9))
    page = staff.petra.client.get(f"/office/looks/{row.number}/{here.workspace.owner_id}/", follow=True)
    assert "may not be told of this record yet" in text(page)
    assert row.number not in text(browser(Person.objects.get(owner=here.person)).get(at(here, "log/")))


# -- what proves it, and what the public sees


@dataclass
class Forged:
    """A ground that says yes to everything, as a careless script would have it."""

    reference: str = ""
    ground: ClassVar[str] = "legal-record"

    def is_live(self) -> bool:
        return True

    def covers(self, row: Any) -> bool:
        return True


def breach(
    staff: Three, whom: Any, number: str = "", name: str = "email", purpose: str = "complying-with-law"
) -> str:
    """A use that the gate let go on a forged ground, and what the proof says of it."""
    with using(purpose, by=staff.petra.actor, given=Forged(number)):
        getattr(whom, name)
    found = find()
    assert found.status == "broken"
    return found.evidence


def hers(alice: Person) -> Enquiry:
    """An enquiry that is Alice's."""
    merge(enquiry_of().owner_id, alice.owner_id, SYSTEM)
    return Enquiry.objects.get(owner=alice.owner_id)


def test_a_use_without_a_record_breaks_the_clause(staff: Three, alice: Person) -> None:
    assert "no record" in breach(staff, alice)


@pytest.mark.parametrize("beyond", ["whom", "what", "purpose", "waiting", "over"])
def test_a_use_outside_its_record_breaks_the_clause(staff: Three, alice: Person, beyond: str) -> None:
    row = entered(staff.ada) if beyond == "waiting" else approved(staff)
    assert find().status == "kept"
    if beyond == "over":
        old = timezone.now() - timedelta(days=3)
        LegalRecord.objects.update(approved_at=old, ended_at=old + timedelta(days=1))
    said = {
        "whom": lambda: breach(staff, person(BOB), row.number),
        "what": lambda: breach(staff, hers(alice), row.number, "message"),
        "purpose": lambda: breach(staff, alice, row.number, purpose="protecting-rights"),
        "waiting": lambda: breach(staff, alice, row.number),
        "over": lambda: breach(staff, alice, row.number),
    }[beyond]()
    words = {"whom": "does not name", "what": "does not cover", "purpose": "another purpose"}
    assert words.get(beyond, "was not approved then") in said


def test_a_record_that_a_hand_in_the_tables_approved_breaks_the_clause(staff: Three, alice: Person) -> None:
    row = entered(staff.ada)
    LegalRecord.objects.update(approved_at=timezone.now())
    assert not row.is_live() and find().status == "broken"


def test_the_public_count_tells_no_single_record_from_none(
    staff: Three, alice: Person, victor: Client
) -> None:
    before = text(victor.get("/privacy/legal/"))
    approved(staff, untold_to=day(9))
    assert text(victor.get("/privacy/legal/")) == before and "0 to 9" in before
    assert [rounded(number) for number in (0, 9, 10, 25)] == ["0 to 9", "0 to 9", "10 to 19", "20 to 29"]
    assert "0 to 9" in text(victor.get("/privacy/proof/"))


def test_two_who_approve_at_once_make_one_ground_and_one_letter(staff: Three, alice: Person) -> None:
    row = entered(staff.ada)
    staff.petra.client.post(f"{OFFICE}{row.number}/approve/")
    for _ in range(2):
        staff.olivia.client.post(f"{OFFICE}{row.number}/approve/")
    assert [each for each, _ in mails(ALICE["email"])].count(SUBJECT) == 1
    assert LegalHold.objects.count() == 1


def test_no_word_of_the_matter_lies_about_unlocked(staff: Three, alice: Person) -> None:
    row = approved(staff)
    with pytest.raises(Exception, match="no use is open"), faults.wanted():
        assert LegalRecord.objects.get(pk=row.pk).reasons
    assert Message.objects.exists() and isinstance(row.entered_at, datetime) and flows.PLACE == "legal-desk"
