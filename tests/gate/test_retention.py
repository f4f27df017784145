"""The statement's `keep` rules: calendar-true, to the day, and calm when a clock is wrong."""

import argparse
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.apps.privacy_people import person
from tests.cast import ALICE, CHARLIE, durable, enquiry_of
from tests.gate.conftest import Clock, Edit
from troth.accounts.people.models import Person
from troth.apps.enquiries import flows
from troth.apps.enquiries.models import Enquiry, Reply
from troth.apps.rights import flows as rights
from troth.apps.rights.models import Request
from troth.config import doctor
from troth.config.commands import retention as command
from troth.gate.codes import codes
from troth.gate.codes.models import MailedCode
from troth.gate.ids import uuid7
from troth.gate.journal.models import Entry
from troth.gate.outbound.models import Message
from troth.gate.published import statement
from troth.gate.schedule import leases
from troth.gate.subjects import erase as erasing
from troth.gate.subjects import holds, retention
from troth.gate.subjects.jobs import finish_erasures
from troth.gate.subjects.merging import merge
from troth.gate.subjects.models import DataSubject
from troth.gate.subjects.register import personal_models, privacy
from troth.gate.subjects.retention import end_expired, keep_rule, kept_until
from troth.gate.subjects.terms import keep_rules
from troth.gate.uses import SYSTEM, act, using


@pytest.mark.parametrize(
    ("start", "amount", "unit", "end"),
    [
        ("2024-01-31", 1, "months", "2024-02-29"),
        ("2023-01-31", 1, "months", "2023-02-28"),
        ("2024-02-29", 12, "months", "2025-02-28"),
        ("2024-02-29", 4, "years", "2028-02-29"),
        ("2024-02-29", 24, "months", "2026-02-28"),
        ("2024-12-31", 2, "months", "2025-02-28"),
        ("2024-11-30", 3, "months", "2025-02-28"),
        ("2024-05-31", 1, "months", "2024-06-30"),
        ("2024-12-15", 1, "months", "2025-01-15"),
        ("2024-02-28", 2, "days", "2024-03-01"),
        ("2024-02-26", 1, "weeks", "2024-03-04"),
        ("2099-02-28", 1, "years", "2100-02-28"),
        ("2096-02-29", 4, "years", "2100-02-28"),
    ],
)
def test_a_month_is_a_month_of_the_calendar(start: str, amount: int, unit: str, end: str) -> None:
    assert kept_until(datetime.fromisoformat(start), amount, unit) == datetime.fromisoformat(end)


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
UNITS = st.sampled_from(["days", "weeks", "months", "years"])


@given(MOMENTS, st.integers(1, 60), UNITS)
def test_the_query_never_passes_over_a_row_that_is_due(start: datetime, amount: int, unit: str) -> None:
    shortest = timedelta(days=amount * {"days": 1, "weeks": 7, "months": 28, "years": 365}[unit])
    assert kept_until(start, amount, unit) - start >= shortest


@given(MOMENTS, MOMENTS, st.integers(1, 60), UNITS)
def test_what_is_older_ends_no_later(one: datetime, other: datetime, amount: int, unit: str) -> None:
    first, second = sorted((one, other))
    assert kept_until(first, amount, unit) <= kept_until(second, amount, unit)


def last_contact(enquiry: Enquiry, at: datetime) -> None:
    Enquiry.objects.filter(pk=enquiry.pk).update(last_contact_at=at)


@durable
def test_an_expired_enquiry_is_erased_and_one_a_day_short_is_not(set_clock: Clock) -> None:
    expired, short = enquiry_of(), enquiry_of(CHARLIE)
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    last_contact(expired, datetime(2024, 3, 1, 12, tzinfo=UTC))
    last_contact(short, datetime(2024, 3, 2, 12, tzinfo=UTC))
    set_clock(now)
    assert end_expired() == 1
    finish_erasures()
    assert [row.pk for row in Enquiry.objects.all()] == [short.pk]
    assert not DataSubject.objects.filter(pk=expired.owner_id).exists()
    assert Entry.objects.filter(kind=6, purpose="keeping-to-retention", recipient="system").count() == 2


@durable
@pytest.mark.parametrize(("seconds", "ended"), [(-1, 0), (0, 1)])
def test_the_second_decides(set_clock: Clock, seconds: int, ended: int) -> None:
    last_contact(enquiry_of(), datetime(2024, 2, 29, 12, tzinfo=UTC))
    set_clock(datetime(2026, 2, 28, 12, tzinfo=UTC) + timedelta(seconds=seconds))
    assert end_expired() == ended


@durable
def test_a_mail_goes_thirty_days_after_sending_and_its_subject_stays(set_clock: Clock) -> None:
    enquiry = enquiry_of()
    set_clock(timedelta(days=29, hours=23))
    assert end_expired() == 0
    set_clock(timedelta(days=30, seconds=5))
    assert end_expired() == 1 and not Message.objects.exists()
    with using("answering-enquiries", by=SYSTEM, given=enquiry):
        assert enquiry.email == ALICE["email"]


@durable
def test_a_clock_that_jumps_back_erases_nothing_and_a_row_of_the_future_waits(set_clock: Clock) -> None:
    enquiry = enquiry_of()
    set_clock(timedelta(days=-4000))
    assert end_expired() == 0
    last_contact(enquiry, datetime(2090, 1, 1, tzinfo=UTC))
    Message.objects.all().delete()
    set_clock(timedelta(days=3000))
    assert end_expired() == 0 and Enquiry.objects.exists()


@durable
def test_a_further_message_starts_the_time_anew(set_clock: Clock) -> None:
    enquiry = enquiry_of()
    last_contact(enquiry, datetime(2024, 1, 1, tzinfo=UTC))
    with using("showing-own-data", by=SYSTEM, given=enquiry, at="enquiry-thread"):
        flows.reply_as_visitor(enquiry, uuid7().hex, "Are you still there?")
    assert end_expired() == 0


@durable
def test_more_rows_than_fit_a_batch_end_in_one_run(set_clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        enquiry_of()
    Message.objects.all().delete()
    set_clock(timedelta(days=800))
    assert [end_expired() for _ in range(2)] == [5, 0]


def test_every_model_that_keeps_by_itself_has_a_rule_of_the_statement() -> None:
    found = {model._meta.label: keep_rule(model) for model in personal_models()}
    assert {label: rule for label, rule in found.items() if rule} == {
        "accounts.StaffMember": ("left_at", 12, "months"),
        "enquiries.Enquiry": ("last_contact_at", 24, "months"),
        "workspaces.Workspace": ("ended_at", 30, "days"),
        "outbound.Message": ("queued_at", 30, "days"),
        "rights.Request": ("closed_at", 24, "months"),
        "referrals.Invitee": ("sent_at", 1, "days"),
        "buying.Invoice": ("issued_at", 7, "years"),
        "buying.CreditCheck": ("begun_at", 90, "days"),
        "buying.PaymentMethod": ("used_at", 24, "months"),
        "buying.Qualification": ("begun_at", 90, "days"),
        "showcase.Publication": ("over_at", 1, "days"),
        "posting.Post": ("removed_at", 30, "days"),
        "navigation.Day": ("began_at", 90, "days"),
        "navigation.AddressBook": ("began_at", 7, "days"),
        "chat.Presence": ("seen_at", 30, "days"),
        "ownoffers.Response": ("answered_at", 24, "months"),
        "protection.Alarm": ("at", 90, "days"),
        "navigation.LinkedBrowser": ("linked_at", 90, "days"),
        "legal.LegalRecord": ("ended_at", 7, "years"),
    }
    alone = [label for label, rule in found.items() if rule is None]
    assert all(privacy(apps.get_model(label), "kept_with_owner", False) for label in alone)


@durable
def test_a_shorter_rule_in_the_statement_is_kept_without_a_change_of_code(
    edit_statement: Edit, set_clock: Clock
) -> None:
    edit_statement("keep contact, enquiry 24 months after", "keep contact, enquiry 3 days after")
    enquiry_of()
    set_clock(timedelta(days=2))
    assert end_expired() == 0
    set_clock(timedelta(days=3, seconds=5))
    assert end_expired() == 1 and not Enquiry.objects.exists()


def at_age(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


@durable
def test_a_count_says_what_a_run_would_end_and_ends_nothing() -> None:
    old, young = enquiry_of(), enquiry_of(CHARLIE)
    Enquiry.objects.filter(pk=old.pk).update(last_contact_at=at_age(740))
    entries = Entry.objects.count()
    (due,) = [due for due in retention.survey() if due.model == "enquiries.Enquiry"]
    assert (due.past, due.held, due.clause) == (1, 0, "collect.contact")
    assert due.next_on == kept_until(young.last_contact_at, 24, "months")
    assert Enquiry.objects.count() == 2 and Entry.objects.count() == entries


@durable
def test_a_run_is_on_record_and_tells_how_far_it_is() -> None:
    for _ in range(3):
        Enquiry.objects.filter(pk=enquiry_of().pk).update(last_contact_at=at_age(740))
    told: list[tuple[str, int]] = []
    ended = retention.end_expired(lambda model, count: told.append((model, count)))
    assert ended == 3 and told == [("enquiries.Enquiry", n) for n in (1, 2, 3)]
    last = Entry.objects.order_by("-seq")[0]
    assert (last.kind, last.purpose, last.clauses) == (6, "keeping-to-retention", "collect.contact")
    assert retention.end_expired() == 0 and Entry.objects.order_by("-seq")[0].pk == last.pk


@durable
def test_an_old_enquiry_of_somebody_with_more_goes_alone() -> None:
    old, young = enquiry_of(), enquiry_of()
    merge(old.owner_id, young.owner_id, SYSTEM)
    with using("answering-enquiries", by=SYSTEM, given=Enquiry.objects.get(pk=old.pk), at="enquiry-thread"):
        flows.reply_as_visitor(Enquiry.objects.get(pk=old.pk), uuid7().hex, "Thank you.")
    Enquiry.objects.filter(pk=old.pk).update(last_contact_at=at_age(740))
    assert retention.end_expired() == 1
    assert [row.pk for row in Enquiry.objects.all()] == [young.pk] and not Reply.objects.exists()
    assert DataSubject.objects.filter(pk=young.owner_id).exists()


@durable
def test_what_has_no_time_of_its_own_goes_with_the_last_row_that_has_one() -> None:
    enquiry = enquiry_of()
    with using("answering-requests", by=SYSTEM, at="request-desk"), act():
        codes.send("request", enquiry.owner_id, ALICE["email"])
    Enquiry.objects.filter(pk=enquiry.pk).update(last_contact_at=at_age(740))
    assert retention.end_expired() == 1
    assert not DataSubject.objects.exists() and not MailedCode.objects.exists()


@durable
def test_an_old_enquiry_of_somebody_with_an_account_goes_alone() -> None:
    enquiry = enquiry_of()
    account = person()
    merge(enquiry.owner_id, account.owner_id, SYSTEM)
    Enquiry.objects.filter(pk=enquiry.pk).update(last_contact_at=at_age(740))
    assert retention.end_expired() == 1 and not Enquiry.objects.exists()
    kept = Person.objects.get()
    with using("running-an-account", by=SYSTEM, given=kept):
        assert kept.name == ALICE["name"]


@durable
def test_an_old_enquiry_goes_while_a_request_is_still_open_and_the_person_stays_for_it() -> None:
    enquiry = enquiry_of()
    asked, _ = rights.ask(uuid7().hex, "access", "What do you hold?", ALICE["email"])
    merge(asked.owner_id, enquiry.owner_id, SYSTEM)
    Enquiry.objects.filter(pk=enquiry.pk).update(last_contact_at=at_age(740))
    assert retention.end_expired() == 1 and not Enquiry.objects.exists()
    Request.objects.filter(pk=asked.pk).update(state="done", outcome="done", closed_at=at_age(700))
    assert retention.end_expired() == 0 and Request.objects.exists()
    Request.objects.filter(pk=asked.pk).update(closed_at=at_age(740))
    assert retention.end_expired() == 1
    assert not Request.objects.exists() and not DataSubject.objects.exists()


def run_the_schedule() -> None:
    """What a worker does when it looks, with this job alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leases, "JOBS", {"retention": leases.JOBS["retention"]})
        leases.run_due()


@durable
@pytest.mark.parametrize("days", [3, 800])
def test_a_clock_that_leaps_ends_nothing_within_an_hour_and_the_doctor_tells(
    set_clock: Clock, days: int
) -> None:
    for _ in range(2):  # the first makes the lease
        run_the_schedule()
    enquiry_of()
    Enquiry.objects.update(last_contact_at=at_age(728))
    leapt = timedelta(days=days)
    for minutes in (0, 5, 59):
        set_clock(leapt + timedelta(minutes=minutes))
        run_the_schedule()
        assert retention.waits() and retention.run_when_steady() == 0 and Enquiry.objects.exists()
        assert any("leapt" in found.what for found in doctor.examine() if not found.is_well)
    set_clock(leapt + timedelta(minutes=61))
    run_the_schedule()
    assert not Enquiry.objects.exists()


@durable
def test_a_clock_that_is_mended_within_the_hour_has_ended_nothing(set_clock: Clock) -> None:
    for _ in range(2):
        run_the_schedule()
    enquiry_of()
    for later in (timedelta(days=800), timedelta(minutes=5), timedelta(minutes=66), timedelta(hours=3)):
        set_clock(later)
        run_the_schedule()
    assert Enquiry.objects.exists() and retention.leap() is None and not retention.waits()


@durable
def test_at_the_shell_a_leap_of_the_clock_must_be_seen_first(
    set_clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        run_the_schedule()
    enquiry_of()
    set_clock(timedelta(days=800))
    parser = argparse.ArgumentParser()
    command.add(parser.add_subparsers())
    assert command.run_retention(parser.parse_args(["retention"])) == 1
    assert "--clock-is-right" in capsys.readouterr().err and Enquiry.objects.exists()
    assert command.run_retention(parser.parse_args(["retention", "--dry-run"])) == 0
    assert command.run_retention(parser.parse_args(["retention", "--clock-is-right"])) == 0
    assert not Enquiry.objects.exists()


@durable
def test_an_hour_a_day_and_a_daylight_change_are_no_leap(set_clock: Clock) -> None:
    for _ in range(2):
        run_the_schedule()
    for hours in (1, 26, 72):
        set_clock(timedelta(hours=hours))
        assert retention.leap() is None
        run_the_schedule()
    assert retention.leapt_at() is None


@durable
def test_of_two_times_on_one_row_the_first_that_is_over_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    policy, kept = statement.current(), {"last-contact": "last_contact_at", "sending": "received_at"}
    own = policy.keeps("correspondence.mail-body")
    monkeypatch.setattr(Enquiry.Privacy, "keep", kept)
    monkeypatch.setattr(
        type(policy), "keeps", lambda self, name: own if name == "contact.phone" else policy._kept.get(name)
    )
    assert [column for column, _ in keep_rules(Enquiry)] == ["received_at", "last_contact_at"]
    enquiry, other = enquiry_of(), enquiry_of(CHARLIE)
    Enquiry.objects.filter(pk=enquiry.pk).update(received_at=at_age(31))
    assert [due.past for due in retention.survey() if due.model == "enquiries.Enquiry"] == [1, 0]
    assert retention.end_expired() == 1 and Enquiry.objects.get().pk == other.pk


def three_old_ones() -> list[Enquiry]:
    """Oldest first."""
    rows = [enquiry_of() for _ in range(3)]
    for number, row in enumerate(rows):
        Enquiry.objects.filter(pk=row.pk).update(last_contact_at=at_age(760 - number))
    return rows


@durable
@pytest.mark.parametrize("stands_alone", [True, False])
def test_one_row_that_cannot_be_ended_does_not_hold_up_the_rest(
    monkeypatch: pytest.MonkeyPatch, stands_alone: bool
) -> None:
    stuck, *_ = three_old_ones()
    monkeypatch.setattr(retention, "_stands_alone", lambda model, row: stands_alone)
    place, name = (erasing, "_remove_rows") if stands_alone else (retention, "_dependents")
    whole = getattr(place, name)

    def failing(*given: Any) -> Any:
        if stands_alone and given[0].subject == stuck.owner_id.hex:
            raise DatabaseError("a row stands in the way")
        if not stands_alone and not seen:
            seen.append(1)
            raise DatabaseError("a row stands in the way")
        return whole(*given)

    seen: list[int] = []
    monkeypatch.setattr(place, name, failing)
    assert retention.end_expired() == 2
    assert [row.pk for row in Enquiry.objects.all()] == [stuck.pk]
    assert Entry.objects.order_by("-seq")[0].purpose == "keeping-to-retention"


@durable
def test_what_ended_before_a_run_was_stopped_is_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    three_old_ones()
    monkeypatch.setattr(retention, "BATCH", 2)

    def stop(model: str, count: int) -> None:
        if count == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retention.end_expired(stop)
    of_runs = Entry.objects.filter(purpose="keeping-to-retention", clauses="collect.contact")
    assert not Enquiry.objects.exists() and of_runs.count() == 2, "one for each batch"


@durable
def test_a_hold_placed_while_a_batch_runs_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = three_old_ones()
    monkeypatch.setattr(retention, "_stands_alone", lambda model, row: False)
    ended: list[int] = []

    def placed_after_the_first(model: str, count: int) -> None:
        if not ended:
            holds.place(second.owner_id, timezone.now() + timedelta(days=9), SYSTEM)
        ended.append(count)

    assert retention.end_expired(placed_after_the_first) == 2
    assert [row.pk for row in Enquiry.objects.all()] == [second.pk] and first.pk != third.pk


KEPT = "keep contact, enquiry 24 months after last-contact"


@durable
@pytest.mark.parametrize(("later", "survive"), [("120", "the new one"), ("12", "the old one")])
def test_what_was_collected_under_an_earlier_version_keeps_to_its_time(
    edit_statement: Edit, later: str, survive: str
) -> None:
    statement.publish()
    old = enquiry_of()
    edit_statement(KEPT, KEPT.replace("24", later))
    statement.publish()
    new = enquiry_of(CHARLIE)
    assert old.collected_under != new.collected_under
    Enquiry.objects.update(
        last_contact_at=timezone.now() - timedelta(days=30 * (20 if later == "12" else 30))
    )
    assert sum(due.past for due in retention.survey() if due.model == "enquiries.Enquiry") == 1
    end_expired()
    (left,) = Enquiry.objects.all()
    assert left.pk == (new if survive == "the new one" else old).pk
