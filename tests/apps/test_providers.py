"""Providers: the public register, a duty fetched by its key and reported on, the office, and what an attacker tries."""

import hashlib
import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.apps.conftest import Secure
from tests.apps.test_enquiries import thread_of
from tests.cast import ALICE, CHARLIE, durable, enquiry_of
from tests.gate.test_duties import a_duty, asked, contract, in_days
from troth.apps.enquiries.models import Call, Enquiry
from troth.apps.providers import door
from troth.gate.duties import handing, registering
from troth.gate.duties.models import Contract, Duty, Handover
from troth.gate.files.models import StoredFile
from troth.gate.journal.models import Entry
from troth.gate.proving.answers import CONTROLS
from troth.gate.subjects.erase import erase
from troth.gate.telling.ending import of_duty
from troth.gate.uses import SYSTEM, disclose

pytestmark = durable
API, OFFICE, PORTAL = "/api/v1/duty/", "/office/providers/", "/providers/"
SignIn = Callable[..., Client]
SCRIPT = "<script>alert(1)</script>"


class Program:
    """A provider's program, with a key."""

    def __init__(self, key: str) -> None:
        self._client, self._key = Secure(SERVER_NAME="localhost"), key

    def get(self, path: str = "", **asked: Any) -> Any:
        return self._client.get(API + path, asked, headers={"Authorization": f"Bearer {self._key}"})

    def report(self, body: Any, **more: Any) -> Any:
        sent = body if isinstance(body, bytes | str) else json.dumps(body)
        headers = {"Authorization": f"Bearer {self._key}"}
        return self._client.post(
            API + "reports/", sent, content_type="application/json", headers=headers, **more
        )


@pytest.fixture
def duty() -> Duty:
    return a_duty()


@pytest.fixture
def program(duty: Duty) -> Program:
    return Program(registering.make_key(duty))


def a_report(mark: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "mark": mark,
        "outcome": "reached",
        "note": "Will think about it.",
        **changes,
    }


def first_mark(program: Program) -> str:
    return str(program.get("records/").json()["records"][0]["mark"])


def proof() -> tuple[str, str]:
    found = CONTROLS["share.providers"]()
    return found.status.value, found.evidence


# -- a call list, from the form to the note


def test_a_call_list_is_fetched_called_and_reported_and_the_person_sees_all_of_it(
    program: Program, victor: Client, sign_in: SignIn
) -> None:
    alice = asked()
    said = program.get().json()
    assert said["fields"] == ["contact.name", "contact.phone"] and said["is_live"] and said["records"] == 0
    pulled = program.get("records/").json()
    assert pulled["records"] == [{
        "number": 1, "mark": pulled["records"][0]["mark"], "again": False,
        "values": {"contact.name": ALICE["name"], "contact.phone": ALICE["phone"]},
    }]  # fmt: skip
    answer = program.report(a_report(pulled["records"][0]["mark"], note=f"Call again. {SCRIPT}"))
    assert answer.json() == {"taken": True, "again": False} and answer["Cache-Control"] == "no-store"
    text = victor.get(thread_of(victor, alice)).content.decode()
    assert "The call centre" in text and "Call again." in text and SCRIPT not in text
    assert "Call again." in sign_in("sales").get(f"/office/enquiries/{alice.pk}/").content.decode()
    assert program.get("records/", after=1).json()["records"] == []
    assert proof()[0] == "kept"


def test_the_public_register_names_each_provider_its_country_duties_and_fields(
    victor: Client, duty: Duty
) -> None:
    text = victor.get("/privacy/providers/").content.decode()
    for word in (
        "Ring Round",
        "IE",
        "Postbox Relay",
        "Sandbox Payments",
        "Letterbox",
        "Phone",
        "asked for a call",
    ):
        assert word in text
    registering.end(duty)
    assert "asked for a call" not in victor.get("/privacy/providers/").content.decode()


# -- the API's door


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic abc", "Bearer troth_duty_" + "A" * 43])
def test_without_a_key_nothing_is_said(victor: Client, duty: Duty, header: str) -> None:
    for answer in (
        victor.get(API, headers={"Authorization": header}), victor.get(API + "records/"),
        victor.post(API + "reports/", b"{}", content_type="application/json"),
    ):  # fmt: skip
        assert answer.status_code == 401 and answer.json()["error"] == "not-signed-in"
    assert Handover.objects.count() == 0


def test_charlies_key_opens_charlies_duty_and_reports_on_nobody_elses(program: Program) -> None:
    asked()
    mark = first_mark(program)
    other = Program(registering.make_key(a_duty("mailer", "people-with-accounts", ("contact.email",))))
    assert other.get("records/").json()["records"] == []
    assert other.report(a_report(mark, outcome="sent")).status_code == 404
    assert Call.every.count() == 0


def test_an_ended_duty_is_cut_off_at_once(program: Program, duty: Duty) -> None:
    asked()
    mark = first_mark(program)
    registering.end(duty)
    answers = (program.get(), program.get("records/"), program.report(a_report(mark)))
    assert [answer.status_code for answer in answers] == [401] * 3 and Call.every.count() == 0


def test_a_duty_past_its_day_is_refused_with_its_clause_before_the_worker_comes_by(
    program: Program, duty: Duty
) -> None:
    Duty.objects.filter(pk=duty.pk).update(ends_at=timezone.now() - timedelta(seconds=1))
    answer = program.get("records/")
    assert answer.status_code == 403 and "share.providers" in answer.json()["advice"]


def test_a_key_that_is_ended_alone_leaves_the_others(program: Program, duty: Duty) -> None:
    other = Program(registering.make_key(duty))
    registering.end_key(duty.keys.latest("made_at"))
    assert other.get().status_code == 401 and program.get().status_code == 200


def test_a_replayed_report_is_taken_once_and_another_under_its_id_not_at_all(program: Program) -> None:
    asked()
    sent = a_report(first_mark(program))
    assert [program.report(sent).json()["again"] for _ in range(3)] == [False, True, True]
    assert program.report({**sent, "note": "Other words."}).status_code == 422
    assert Call.every.count() == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"[]", 400), (b"\xff\xfe", 400), (b"[" * 50_000, 400), (b'{"a": 1}', 422),
        (b"x" * 1_000_000, 413), (b'{"id": 7}', 422), (b'{"id": "7", "mark": "x"}', 422),
    ],
    ids=["empty", "broken", "list", "bytes", "deep", "strange", "large", "number", "id"],
)  # fmt: skip
def test_what_is_no_report_is_said_to_be_none(program: Program, body: bytes, status: int) -> None:
    answer = program.report(body)
    assert answer.status_code == status and set(answer.json()) == {"error", "what", "where", "advice"}


@pytest.mark.parametrize(
    "changes",
    [
        {"note": "5555 5555 5555 4444"}, {"outcome": "\r\nSet-Cookie: a=b"}, {"note": "a\x00b"}, {"note": "\ud800"},
        {"note": "\u202eevil"}, {"mark": "'; DROP TABLE duties_duty; --"}, {"mark": "\x00"}, {"values": {"x": 1}},
        {"values": []}, {"note": ["x"]}, {"note": "x" * 2001}, {"note": "  "},
    ],
    ids=["card", "header", "nul", "surrogate", "hidden", "sql", "nul-mark", "value", "values", "list", "long", "blank"],
)  # fmt: skip
def test_what_an_attacker_reports_is_refused_and_nothing_of_it_is_kept_or_repeated(
    program: Program, changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    asked()
    answer = program.report(a_report(first_mark(program)) | changes)
    assert answer.status_code in (404, 422) and Call.every.count() == 0
    assert "5555" not in answer.content.decode() + caplog.text and "Set-Cookie" not in str(answer.headers)


@pytest.mark.parametrize(
    "wanted",
    [
        {"after": "9"}, {"after": "-1"}, {"after": "x"}, {"after": "9" * 30}, {"most": "0"}, {"most": "1001"},
        {"after": "\u0663"},
    ],
    ids=["unknown", "negative", "word", "huge", "none", "many", "arabic"],
)  # fmt: skip
def test_a_pull_that_makes_no_sense_hands_over_nothing(program: Program, wanted: dict[str, str]) -> None:
    asked()
    assert program.get("records/", **wanted).status_code == 422 and Handover.objects.count() == 0


def test_a_program_that_asks_too_often_waits(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST", 2)
    assert [program.get().status_code for _ in range(3)] == [200, 200, 429]


def test_a_method_that_is_not_known_is_named(program: Program, victor: Client) -> None:
    answer = victor.post(API, b"", content_type="application/json")
    assert answer.status_code == 405 and answer["Allow"] == "GET"


# -- the provider's own page


def come_in(client: Client, key: str) -> Any:
    return client.post(PORTAL, {"key": key})


def test_a_provider_comes_in_by_its_key_sees_records_reports_and_confirms_the_deletion(
    victor: Client, duty: Duty
) -> None:
    alice = asked({**ALICE, "name": f"Alice {SCRIPT}"})
    here = come_in(victor, registering.make_key(duty))["Location"]
    assert here == f"{PORTAL}{duty.pk}/" and "You have nothing yet" in victor.get(here).content.decode()
    shown = victor.post(here + "records/", {"after": "0"}).content.decode()
    assert ALICE["phone"] in shown and SCRIPT not in shown and Handover.objects.count() == 1
    said = re.search(r'name="said" value="([^"]+)"', shown)
    assert said
    told = {
        "said": said[1],
        "mark": Handover.objects.get().mark,
        "outcome": "no-answer",
        "note": "Nobody there.",
    }
    for words in ("The report is kept", "kept before"):
        assert words in victor.post(here + "report/", told, follow=True).content.decode()
    assert Call.every.get(about=alice.owner_id).outcome == "no-answer"
    registering.end(duty)
    over = victor.get(here).content.decode()
    assert "This duty is over" in over and ALICE["phone"] not in over
    assert (
        victor.post(here + "records/").status_code == 403 == victor.post(here + "report/", told).status_code
    )
    assert "You confirmed" in victor.post(here + "deleted/", follow=True).content.decode()
    assert of_duty(duty.pk).state == "confirmed"  # type: ignore[union-attr]
    victor.post(PORTAL + "leave/")
    assert victor.get(here).status_code == 404


def test_records_come_as_a_file_with_no_name_of_anybody_in_its_name(victor: Client, duty: Duty) -> None:
    asked()
    here = come_in(victor, registering.make_key(duty))["Location"]
    answer = victor.post(here + "file/", {"after": "0"})
    assert answer.json()["records"][0]["values"]["contact.name"] == ALICE["name"]
    assert answer["Content-Disposition"] == f'attachment; filename="duty-{duty.reference}-1.json"'
    assert (
        "no record was handed over"
        in victor.post(here + "file/", {"after": "7"}, follow=True).content.decode()
    )


def test_nobody_comes_in_without_a_key_and_none_sees_anothers_duty(victor: Client, duty: Duty) -> None:
    other = a_duty("mailer", "people-with-accounts", ("contact.email",))
    assert come_in(victor, "troth_duty_" + "A" * 43).status_code == 422 == come_in(victor, "").status_code
    come_in(victor, registering.make_key(other))
    for path in ("", "records/", "file/", "report/", "deleted/"):
        here = f"{PORTAL}{duty.pk}/{path}"
        assert (victor.post(here) if path else victor.get(here)).status_code == 404
    assert victor.post(f"{PORTAL}{other.pk}/deleted/").status_code == 403


def test_a_key_that_was_ended_alone_lets_nobody_in_when_the_duty_ends_later(
    victor: Client, duty: Duty
) -> None:
    key = registering.make_key(duty)
    registering.end_key(duty.keys.get())
    registering.end(duty)
    assert come_in(victor, key).status_code == 422


# -- the office


def a_form(**changes: Any) -> dict[str, Any]:
    return {
        "recipient": "call-centre", "rule": "asked-for-a-call", "categories": ["contact.name"], "channel": "pull",
        "ends_on": str(in_days(30).date()), **changes,
    }  # fmt: skip


def test_staff_put_a_duty_on_the_register_give_its_key_and_end_it(sign_in: SignIn) -> None:
    officer = sign_in("privacy-officer")
    assert b"no contract" in officer.post(OFFICE + "duty/", a_form()).content
    sent = {"recipient": "call-centre", "number": f"7 {SCRIPT}", "signed_on": "2026-01-02"}
    assert officer.post(OFFICE + "contract/", sent)["Location"] == OFFICE
    assert SCRIPT not in officer.get(OFFICE).content.decode() and Contract.objects.get().number
    here = officer.post(OFFICE + "duty/", a_form())["Location"]
    made = re.search(r'id="new-key">([^<]+)<', officer.post(here + "key/").content.decode())
    assert made and Program(made[1]).get().status_code == 200
    assert made[1] not in officer.get(here).content.decode()
    officer.post(here + "end/")
    assert (
        Program(made[1]).get().status_code == 401
        and "to be asked for" not in officer.get(OFFICE).content.decode()
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"recipient": "payment-processor"}, "Select a valid choice"),
        ({"categories": ["enquiry.message"]}, "Select a valid choice"),
        ({"categories": []}, "what the duty needs"),
        ({"recipient": "quality-checker"}, "wider than the clause"),
        ({"ends_on": "2020-01-01"}, "a day to come"),
        ({"channel": "webhook", "endpoint": "https://evil.example/"}, "not the host"),
        ({"endpoint": "https://hooks.ring-round.example/\r\nHost: evil.example"}, "one line"),
    ],
    ids=["processor", "message", "nothing", "purpose", "past", "channel", "lines"],
)  # fmt: skip
def test_a_duty_wider_than_its_clause_is_refused_at_the_form(
    sign_in: SignIn, changes: dict[str, Any], why: str
) -> None:
    contract()
    contract("quality-checker")
    answer = sign_in("owner").post(OFFICE + "duty/", a_form(**changes))
    assert answer.status_code == 422 and why in answer.content.decode() and not Duty.objects.exists()


def test_a_contracts_file_is_kept_sealed_read_by_staff_on_record_and_goes_with_the_next_contract(
    sign_in: SignIn, victor: Client
) -> None:
    owner, words, folder = sign_in("owner"), b"signed by both of us", Path(settings.TROTH_HOME, "files")
    others = {path for path in folder.rglob("*") if path.is_file()}
    sent = {"recipient": "mailer", "number": "8", "signed_on": "2026-01-02"}
    owner.post(OFFICE + "contract/", {**sent, "file": SimpleUploadedFile("c.pdf", words)})
    kept = Contract.objects.get()
    assert kept.sha256 == hashlib.sha256(words).hexdigest()
    on_disk = {path for path in folder.rglob("*") if path.is_file()} - others
    assert on_disk and all(words not in path.read_bytes() for path in on_disk)
    looks = Entry.objects.filter(kind=3, purpose="keeping-contracts")
    assert not looks.exists()
    answer = owner.get(OFFICE + "contract/mailer/")
    assert answer.content == words and 'filename="c.pdf"' in answer["Content-Disposition"]
    assert [(each.recipient, each.clauses) for each in looks] == [("owner", "share.providers")]
    assert sign_in("sales").get(OFFICE + "contract/mailer/").status_code == 403
    assert victor.get(OFFICE + "contract/mailer/").status_code == 302 and looks.count() == 1
    assert owner.post(OFFICE + "contract/", {**sent, "ends_on": "2025-01-02"}).status_code == 422
    owner.post(OFFICE + "contract/", {**sent, "ends_on": "2027-01-02"})
    assert owner.get(OFFICE + "contract/mailer/").content == words
    owner.post(OFFICE + "contract/", {**sent, "number": "9"})
    assert owner.get(OFFICE + "contract/mailer/").status_code == 404 and not StoredFile.objects.exists()
    assert not any(path.exists() for path in on_disk)


@pytest.mark.parametrize("role", ["sales", "support", "administrator"])
def test_dana_changes_nothing_on_the_register(sign_in: SignIn, role: str, duty: Duty) -> None:
    dana, here = sign_in(role), f"{OFFICE}{duty.pk}/"
    reads = 200 if role == "administrator" else 403
    assert dana.get(OFFICE).status_code == reads == dana.get(here).status_code
    for path in (
        OFFICE + "contract/",
        OFFICE + "duty/",
        here + "key/",
        here + "end/",
        f"{here}key/{uuid.uuid4()}/end/",
    ):
        assert dana.post(path, a_form()).status_code == 403
    duty.refresh_from_db()
    assert duty.is_live() and not duty.keys.exists()


def test_victor_is_sent_to_sign_in(victor: Client, duty: Duty) -> None:
    for path in (OFFICE, f"{OFFICE}{duty.pk}/"):
        assert victor.get(path).status_code == 302


# -- what the control sees


def test_a_disclosure_without_a_duty_breaks_the_clause(duty: Duty) -> None:
    asked()
    handing.hand_over(duty)
    assert proof()[0] == "kept"

    class Planted:
        ground = "duty"

        def is_live(self) -> bool:
            return True

        def covers(self, row: Any) -> bool:
            return True

    disclose(
        enquiry_of(CHARLIE), ("phone",), to="call-centre", purpose="contacting-on-our-behalf", by=SYSTEM, country="IE",
        given=Planted(),
    )  # fmt: skip
    assert proof() == ("broken", "1 to call-centre without a duty")


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ("entry", {"country": ""}), ("entry", {"purpose": "checking-quality"}), ("entry", {"recipient": "mailer"}),
        ("entry", {"at": timezone.now() + timedelta(days=99)}), ("duty", {"categories": "qualification"}),
        ("duty", {"begun_at": timezone.now() - timedelta(days=-1)}), ("handover", {"entry": "0" * 32}),
    ],
    ids=["country", "purpose", "recipient", "late", "wider", "early", "no-entry"],
)  # fmt: skip
def test_each_planted_breach_breaks_the_clause(duty: Duty, table: str, changes: dict[str, Any]) -> None:
    asked()
    handing.hand_over(duty)
    rows = {
        "entry": Entry.objects.filter(recipient="call-centre"),
        "duty": Duty.objects,
        "handover": Handover.objects,
    }
    rows[table].update(**changes)  # type: ignore[attr-defined]
    assert proof()[0] == "broken"


def test_a_record_that_is_counted_no_more_breaks_the_clause_though_its_entry_has_others(duty: Duty) -> None:
    asked(), asked(CHARLIE)
    handing.hand_over(duty)
    assert proof()[0] == "kept"
    Handover.objects.filter(number=2).delete()
    assert proof()[0] == "broken"


def test_a_provider_or_a_carrier_on_no_register_breaks_the_clause(duty: Duty, settings: Any) -> None:
    known = settings.TROTH_RECIPIENTS
    for missing in ("call-centre", "mail-carrier"):
        settings.TROTH_RECIPIENTS = {word: known[word] for word in known if word != missing}
        assert proof()[0] == "broken"


def test_somebody_who_is_erased_leaves_the_clause_kept(duty: Duty) -> None:
    alice = asked()
    handing.hand_over(duty)
    erase(alice.owner_id.hex, SYSTEM)
    assert proof()[0] == "kept" and not Enquiry.objects.exists()
