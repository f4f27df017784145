"""The privacy officer's side of requests: queue, identity, answers, refusals, reminders, days, figures, the control."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from tests.apps.conftest import Secure
from tests.apps.privacy_people import browser, person
from tests.apps.rights_people import (
    ALICES,
    again,
    ago,
    asked,
    back_dated,
    carried_out,
    clock_to,
    mails,
    page_of,
    proven,
    submission,
)
from tests.cast import durable, enquiry_of, staff
from troth.accounts.models import StaffMember
from troth.apps.rights import controls, counting, days, figures, flows
from troth.apps.rights.models import Answered, Request, RequestMessage
from troth.apps.rights.reminding import remind
from troth.gate.errors import GateError
from troth.gate.outbound.models import Message
from troth.gate.proving.answers import prove as prove_clause
from troth.gate.subjects.erase import erase
from troth.gate.subjects.models import Erasure
from troth.gate.subjects.retention import end_expired
from troth.gate.uses import SYSTEM, using

pytestmark = durable
OFFICE = "/office/requests/"


@pytest.fixture(autouse=True)
def files_of_its_own(tmp_path: Path, settings) -> None:  # type: ignore[no-untyped-def]
    settings.TROTH_HOME = tmp_path


def post(client: Client, row: Request, act: str, **told: str):  # type: ignore[no-untyped-def]
    """Send one of the forms of a request's office page."""
    path = f"{OFFICE}{row.number}/"
    return client.post(f"{path}{act}/", {"submission": submission(client, path), **told})


def reminders() -> list[tuple[str, str]]:
    """(role, subject) of the reminders that were mailed."""
    found = []
    with using("sending-mail", by=SYSTEM):
        for member in StaffMember.objects.all():
            for message in Message.objects.filter(owner=member.owner_id):
                found.append((member.role, message.subject.split(": ")[1]))
    return sorted(found)


# -- who may


@pytest.mark.parametrize("role", ["sales", "support", "administrator"])
def test_other_roles_see_neither_queue_nor_request(sign_in, victor: Client, role: str) -> None:  # type: ignore[no-untyped-def]
    row, client = asked(victor), sign_in(role)
    for path in (OFFICE, f"{OFFICE}{row.number}/"):
        assert client.get(path).status_code == 403
    for act in ("identity", "message", "close"):
        assert client.post(f"{OFFICE}{row.number}/{act}/", {"text": "x"}).status_code == 403
    assert not RequestMessage.objects.exists()


def test_people_and_visitors_are_sent_to_sign_in(victor: Client) -> None:
    row, charlie = asked(victor), browser(person())
    for path in (OFFICE, f"{OFFICE}{row.number}/"):
        assert "/accounts/login/" in Secure(SERVER_NAME="localhost").get(path)["Location"]
        assert charlie.get(path).status_code in (302, 403)


def test_the_owner_sees_counts_and_opens_nothing(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    row, owner = asked(victor), sign_in("owner")
    page = owner.get(OFFICE).content.decode()
    assert row.number in page and f"{OFFICE}{row.number}/" not in page and ALICES not in page
    assert owner.get(f"{OFFICE}{row.number}/").status_code == 403


def test_the_queue_is_ordered_by_days_left(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    rows = [asked(victor) for _ in range(3)]
    back_dated(rows[1], 95)
    back_dated(rows[2], 40)
    page = sign_in("privacy-officer").get(OFFICE).content.decode()
    assert re.findall(r"R-\w{4}-\w{4}(?=</span><span)", page) == [rows[n].number for n in (1, 2, 0)]
    assert "Late" in page


def test_before_the_proof_the_officer_reads_the_request_and_nothing_else(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry_of()
    row = asked(victor, text="This is what I want.")
    page = sign_in("privacy-officer").get(f"{OFFICE}{row.number}/").content.decode()
    assert ALICES in page and "This is what I want." in page and "What we hold" not in page
    assert not row.is_live()


# -- identity, thread, outcome


def test_identity_checked_by_staff_needs_a_reason_which_the_person_sees(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry = enquiry_of()
    row, officer = asked(victor, "deletion"), sign_in("privacy-officer")
    assert post(officer, row, "identity", text="").status_code == 422 and again(row).proven_at is None
    assert post(officer, row, "identity", text="She called from the number we have.").status_code == 302
    assert again(row).identity == "staff" and enquiry.owner_id in again(row).subjects()
    seen = victor.get(page_of(row)).content.decode()
    assert "She called from the number we have." in seen and "By our privacy officer" in seen
    erase_page = victor.get(page_of(row, "erase/")).content.decode()
    assert 'name="code"' not in erase_page, "no code can reach them"
    assert victor.post(page_of(row, "erase/"), {"word": "delete"}).status_code == 302


def test_an_answer_closes_once_it_has_left_by_mail(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry_of()
    row, officer = proven(victor, "correction"), sign_in("privacy-officer")
    assert (
        post(officer, row, "close", text="It is right.", outcome="done", reason="It says so.").status_code
        == 302
    )
    flows.close_reached()
    assert again(row).state == "closing" and not Answered.objects.exists()
    carried_out()
    row = again(row)
    assert row.state == "done" and row.closed_at and Answered.objects.get().outcome == "done"
    assert "It is right.\n\nIt says so." in mails(row)[-1]
    assert victor.post(page_of(row, "write/"), {"text": "x"}).status_code == 404


def test_an_answer_that_mail_cannot_carry_closes_when_it_is_read(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry_of()
    row, officer = proven(victor, "correction"), sign_in("privacy-officer")
    post(officer, row, "close", text="It is right.", outcome="done", reason="It says so.")
    Message.objects.filter(owner=row.owner_id).update(state=Message.State.FAILED)
    flows.close_reached()
    assert again(row).state == "closing"
    assert "has not reached the person" in officer.get(f"{OFFICE}{row.number}/").content.decode()
    victor.get(page_of(row))
    flows.close_reached()
    assert again(row).state == "done"


def test_nothing_closes_without_an_outcome_and_words(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry_of()
    row, officer = proven(victor, "correction"), sign_in("privacy-officer")
    for told in (
        {"outcome": "done", "text": ""},
        {"outcome": "", "text": "x"},
        {"outcome": "lapsed", "text": "x"},
    ):
        assert post(officer, row, "close", **told).status_code == 422
    for outcome, text in (("done", "  "), ("proven", "x"), ("refused", "x")):
        with pytest.raises(GateError):
            flows.answer(row, SYSTEM, text, outcome)
    with pytest.raises(IntegrityError):
        Request.objects.filter(pk=row.pk).update(state="done")
    assert flows.close_reached() == 0 and again(row).state == "proven"


def test_a_refusal_names_a_clause_with_its_title(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry_of()
    row, officer = proven(victor, "correction"), sign_in("privacy-officer")
    assert post(officer, row, "close", text="No.", outcome="refused", clause="").status_code == 422
    assert post(officer, row, "close", text="No.", outcome="refused", clause="no.such").status_code == 422
    assert post(officer, row, "close", text="No.", outcome="refused", clause="share.legal").status_code == 302
    carried_out()
    assert again(row).state == "refused" and again(row).refused_clause == "share.legal"
    assert "Law and legal process" in mails(row)[-1]
    assert "Law and legal process" in victor.get(page_of(row)).content.decode()


def test_messages_of_staff_refuse_card_numbers_and_a_second_press(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry_of()
    row, officer = proven(victor, "correction"), sign_in("privacy-officer")
    assert post(officer, row, "message", text="4111 1111 1111 1111").status_code == 422
    told = {"submission": submission(officer, f"{OFFICE}{row.number}/"), "text": "Which name is wrong?"}
    for _ in range(2):
        officer.post(f"{OFFICE}{row.number}/message/", told)
    assert sum("Which name is wrong?" in text for text in mails(row)) == 1
    assert again(row).state == "progress"


def test_what_nobody_proves_is_closed_after_a_month_and_says_so(victor: Client) -> None:
    row = asked(victor)
    back_dated(row, 29)
    carried_out()
    assert again(row).state == "received"
    back_dated(row, 31)
    carried_out()
    carried_out()
    assert again(row).state == "lapsed" and "we did nothing" in mails(row)[-1]


# -- days


@pytest.mark.parametrize(
    ("zone", "received", "due"),
    [
        ("UTC", datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-05-01T23:59:59+00:00"),
        ("UTC", datetime(2028, 1, 1, 0, 0, tzinfo=UTC), "2028-03-31T23:59:59+00:00"),
        ("America/New_York", datetime(2026, 3, 1, 2, 0, tzinfo=UTC), "2026-05-29T23:59:59-04:00"),
        ("America/New_York", datetime(2026, 9, 1, 12, 0, tzinfo=UTC), "2026-11-30T23:59:59-05:00"),
        ("Pacific/Kiritimati", datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "2027-04-01T23:59:59+14:00"),
        ("America/Santiago", datetime(2026, 6, 8, 12, 0, tzinfo=UTC), "2026-09-06T23:59:59-03:00"),
    ],
)
def test_ninety_days_end_with_the_calendar_day_at_the_company(
    settings, zone: str, received: datetime, due: str
) -> None:  # type: ignore[no-untyped-def]
    company = {**settings.TROTH_COMPANY["company"], "timezone": zone}
    settings.TROTH_COMPANY = {**settings.TROTH_COMPANY, "company": company}
    assert days.due_after(received).isoformat() == due


def test_the_day_it_is_due_does_not_move_with_the_clock(
    victor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = asked(victor)
    with monkeypatch.context() as patch:
        clock_to(patch, timedelta(days=-2))
        carried_out()
        assert again(row).due_at == row.due_at and days.left(row.due_at) == 92
    assert days.left(again(row).due_at) == 90


# -- reminders


def test_each_reminder_comes_once_and_near_the_end_to_the_owner_too(victor: Client) -> None:
    for role in ("privacy-officer", "owner", "sales"):
        staff(role, f"{role}@iplum.example")
    row = asked(victor)
    for gone in range(0, 95):
        back_dated(row, gone)
        remind()
        remind()
    expected = [("privacy-officer", f"{n} days left") for n in (60, 30, 14, 7, 3)] + [
        ("privacy-officer", "1 day left")
    ]
    assert reminders() == sorted([*expected, ("owner", "3 days left"), ("owner", "1 day left")])
    assert again(row).reminded == [60, 30, 14, 7, 3, 1]


def test_a_clock_set_back_doubles_none_and_a_leap_forward_says_only_the_tightest(
    victor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff("privacy-officer", "petra@iplum.example")
    row = asked(victor)
    back_dated(row, 60)
    remind()
    with monkeypatch.context() as patch:
        clock_to(patch, timedelta(days=-2))
        remind()
    remind()
    assert reminders() == [("privacy-officer", "30 days left")]
    with monkeypatch.context() as patch:
        clock_to(patch, timedelta(days=28))
        remind()
        remind()
        assert reminders() == [("privacy-officer", "2 days left"), ("privacy-officer", "30 days left")]
    remind()
    assert len(reminders()) == 2


def test_closed_requests_are_reminded_of_no_more(victor: Client) -> None:
    staff("privacy-officer", "petra@iplum.example")
    row = proven(victor)
    carried_out()
    back_dated(row, 89)
    remind()
    assert reminders() == []


# -- figures and proof


def test_time_to_answer_is_public(victor: Client) -> None:
    assert "0; we promise 90" in victor.get("/privacy/proof/").content.decode()
    proven(victor, email="one@nowhere.example")
    carried_out()
    late = asked(victor)
    back_dated(late, 12)
    page = victor.get("/privacy/proof/").content.decode()
    assert "1, the oldest for 12 days" in page and "1, after 0 days on average" in page
    assert re.search(r"Missed</dt>\s*<dd>0", page)


def test_the_plot_counts_what_was_open_and_what_may_be(victor: Client) -> None:
    row = asked(victor)
    back_dated(row, 10)
    today = days.today()
    Answered.objects.create(
        mark=b"x" * 32, kind="access", outcome="done", was_late=False,
        received_on=today - timedelta(days=20), closed_on=today - timedelta(days=5),
    )  # fmt: skip
    opened, line = dict(figures.open_by_day()), dict(figures.due_line())
    counted = [opened[today - timedelta(days=n)] for n in (21, 20, 11, 10, 6, 5, 0)]
    assert counted == [0, 1, 1, 2, 2, 1, 1] and len(opened) == 90
    assert (
        line[today] == 1 and line[today + timedelta(days=79)] == 1 and line[today + timedelta(days=80)] == 0
    )


def test_the_clause_is_kept_and_a_request_of_91_days_breaks_it(victor: Client) -> None:
    row = asked(victor)
    (answer,) = prove_clause("rights.ninety-days")
    assert answer.status == "kept", answer
    back_dated(row, 90)
    assert controls.answered_in_time().status == "kept"
    back_dated(row, 91)
    (answer,) = prove_clause("rights.ninety-days")
    assert answer.status == "broken" and "1 request open" in answer.figure


@pytest.mark.parametrize("column", ["received_at", "due_at"])
def test_a_date_moved_alone_breaks_the_clause_too(victor: Client, column: str) -> None:
    row = asked(victor)
    gone = ago(91)
    Request.objects.filter(pk=row.pk).update(**{column: gone})
    (answer,) = prove_clause("rights.ninety-days")
    assert answer.status == "broken" and "1 request open" in answer.figure
    counting.count(again(row), "done")
    assert Answered.objects.get().was_late


def test_the_last_day_is_worked_out_from_the_receipt(victor: Client) -> None:
    row = asked(victor)
    for back, status in ((90, "kept"), (91, "broken")):
        received = ago(back)
        Request.objects.filter(pk=row.pk).update(received_at=received, due_at=received + timedelta(days=400))
        assert controls.answered_in_time().status == status
    assert days.left(days.ends(received, again(row).due_at)) == -1


def test_what_nobody_proved_spoils_no_figure_and_stands_apart(sign_in, victor: Client) -> None:  # type: ignore[no-untyped-def]
    row = asked(victor)
    back_dated(row, 31)
    carried_out()
    carried_out()
    assert again(row).state == "lapsed"
    times = figures.times()
    assert (times.closed, times.mean, times.lapsed, times.missed) == (0, None, 1, 0)
    assert re.search(r"Never proven</dt><dd>1", victor.get("/privacy/proof/").content.decode())
    assert "1 more never proven" in sign_in("privacy-officer").get(OFFICE).content.decode()
    assert "31.0" not in controls.answered_in_time().figure


def test_an_overdue_request_is_missed_also_when_its_owner_is_erased(victor: Client) -> None:
    row, waiting = proven(victor, "correction", email="one@nowhere.example"), asked(victor)
    back_dated(row, 120)
    back_dated(waiting, 20)
    assert figures.times().missed == 1
    for each in (row, waiting):
        erase(each.owner_id.hex, SYSTEM)
    times = figures.times()
    assert not Request.objects.exists()
    assert (times.open, times.closed, times.missed, times.gone, times.lapsed) == (0, 0, 1, 1, 1)
    assert "1 missed" in controls.answered_in_time().figure
    assert re.search(r"Ended by an erasure</dt><dd>1", victor.get("/privacy/proof/").content.decode())


def test_an_erasure_that_waits_too_long_and_an_old_epoch_break_the_clause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    erasure = Erasure.objects.create(subject="a" * 32)
    Erasure.objects.filter(pk=erasure.pk).update(begun_at=timezone.now() - timedelta(days=31))
    assert "erasure" in controls.answered_in_time().figure
    Erasure.objects.all().delete()
    clock_to(monkeypatch, timedelta(days=46))
    assert "epoch" in controls.answered_in_time().figure


def test_requests_are_kept_for_two_years_after_they_are_closed(
    victor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, waiting = proven(victor), asked(victor, email="other@nowhere.example")
    carried_out()
    end_expired()
    assert Request.objects.count() == 2
    clock_to(monkeypatch, timedelta(days=2 * 365 + 2))
    flows.codes.forget_old()
    end_expired()
    assert list(Request.objects.all()) == [waiting] and Answered.objects.count() == 1
    assert not RequestMessage.objects.filter(owner=row.owner_id).exists()


# -- the API


def test_the_api_lists_and_makes_requests_of_ones_own() -> None:
    alice, visitor = browser(person()), Secure(SERVER_NAME="localhost")
    path, sent = "/api/v1/me/requests", {"kind": "access", "text": "What do you hold?"}
    assert visitor.get(path).status_code == 401
    made = alice.post(path, sent, content_type="application/json")
    assert made.status_code == 201, made.content
    assert made.json()["state"] == "progress"
    assert [each["number"] for each in alice.get(path).json()] == [made.json()["number"]]
    bad = alice.post(path, {**sent, "kind": "objection"}, content_type="application/json")
    assert bad.status_code == 422 and bad.json()["where"] == "purpose"
    assert alice.post(path, {"kind": "all", "text": "x"}, content_type="application/json").status_code == 422
    assert (
        alice.post(path, {**sent, "text": "4111 1111 1111 1111"}, content_type="application/json").status_code
        == 422
    )
