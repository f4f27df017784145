"""A provider gets what a live duty needs and nothing else: each record on record, none twice unseen."""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.apps.privacy_people import person
from tests.cast import ALICE, CHARLIE, durable, enquiry_of
from tests.gate.conftest import Clock
from tests.gate.test_telling import letters, round_of_mail, text_of
from troth.apps.enquiries.models import Call, Enquiry
from troth.gate.duties import contracts, handing, registering, reporting
from troth.gate.duties.models import Duty, Handover, ProviderKey, Report
from troth.gate.duties.rules import NotSo, Said
from troth.gate.errors import GateError, Refused
from troth.gate.journal import writing
from troth.gate.journal.models import Entry, Share
from troth.gate.proving.answers import CONTROLS
from troth.gate.subjects.erase import erase
from troth.gate.subjects.limits import restrict
from troth.gate.subjects.merging import merge
from troth.gate.telling import confirming
from troth.gate.telling.ending import of_duty
from troth.gate.telling.models import Told
from troth.gate.telling.telling import corrected
from troth.gate.uses import SYSTEM, Actor, OwnData, act, using
from troth.gate.uses.history import history, receipt
from troth.verify.check import check_share

pytestmark = durable
NEEDED = ("contact.name", "contact.phone")


def in_days(days: int) -> Any:
    return timezone.now() + timedelta(days=days)


def contract(recipient: str = "call-centre", ends_on: date | None = None) -> None:
    contracts.keep_contract(recipient, "C-1", date(2026, 1, 1), ends_on)


def a_duty(
    recipient: str = "call-centre",
    rule: str = "asked-for-a-call",
    categories: Sequence[str] = NEEDED,
    **more: Any,
) -> Duty:
    """A duty of a provider with a contract."""
    contract(recipient)
    wanted = registering.Wanted(recipient, rule, categories, more.pop("ends_at", in_days(30)), **more)
    return registering.begin(wanted)


def asked(values: dict[str, str] = ALICE) -> Enquiry:
    """An enquiry that asked for a call."""
    made = enquiry_of(values)
    Enquiry.objects.filter(pk=made.pk).update(wants_call=True)
    made.refresh_from_db()
    return made


def names(pulled: handing.Pulled) -> list[tuple[int, bool, Any]]:
    return [(one.number, one.is_again, one.values["name"]) for one in pulled.records]


def disclosures() -> list[Entry]:
    return list(Entry.objects.filter(kind=4, recipient="call-centre").order_by("seq"))


def said(outcome: str = "reached", note: str = "Will call back on Monday.", **more: Any) -> Said:
    return Said(more.get("id", uuid.uuid4()), outcome, note, more.get("values", {}))


def mark(duty: Duty) -> str:
    return handing.hand_over(duty).records[0].mark


# -- what is handed over


def test_whoever_asked_for_a_call_is_handed_over_with_an_entry_and_a_country_and_nobody_else() -> None:
    alice, duty = asked(), a_duty()
    enquiry_of(CHARLIE)
    pulled = handing.hand_over(duty)
    assert [dict(one.values) for one in pulled.records] == [{"name": ALICE["name"], "phone": ALICE["phone"]}]
    (entry,) = disclosures()
    assert (entry.purpose, entry.clauses, entry.country) == (
        "contacting-on-our-behalf",
        "share.providers",
        "IE",
    )
    with using("showing-own-data", by=Actor("data-subject", alice.owner_id), given=OwnData(alice.owner_id)):
        seen = next(used for used in history() if used.act == "disclosed" and used.role == "call-centre")
    assert set(seen.fields) == set(NEEDED) and seen.country == "IE"


def test_a_pull_shows_what_came_since_and_what_may_be_lost_comes_again_and_says_so() -> None:
    duty = a_duty()
    asked()
    first = handing.hand_over(duty)
    assert names(first) == [(1, False, ALICE["name"])] and first.upto == 1
    asked(CHARLIE)
    lost = handing.hand_over(duty)
    assert names(lost) == [(1, True, ALICE["name"]), (2, False, CHARLIE["name"])]
    since = handing.hand_over(duty, after=1)
    assert names(since) == [(2, True, CHARLIE["name"])]
    assert handing.hand_over(duty, after=2).records == [] and handing.hand_over(duty).records == []
    assert [entry.subjects for entry in disclosures()] == [1, 2, 1] and Handover.objects.count() == 4
    assert {one.mark for one in lost.records} >= {first.records[0].mark}


def test_many_are_handed_over_in_pieces_that_leave_nobody_out() -> None:
    duty = a_duty()
    for n in range(5):
        asked({**ALICE, "name": f"Alice {n}"})
    found, after = [], 0
    while (pulled := handing.hand_over(duty, after, most=2)).records:
        found += [one.number for one in pulled.records]
        after = pulled.upto
    assert found == [1, 2, 3, 4, 5]
    repeated = handing.hand_over(duty, 0, most=2)
    assert [one.number for one in repeated.records] == [1, 2] and repeated.upto == 2 and repeated.has_more
    assert [one.number for one in handing.hand_over(duty, 2, most=9).records] == [3, 4, 5]


def test_of_one_entry_for_many_everybody_has_a_part_and_a_receipt_that_checks_alone() -> None:
    duty, alice, charlie = a_duty(), asked(), asked(CHARLIE)
    again = asked()
    Enquiry.objects.filter(pk=again.pk).update(owner=alice.owner_id, sealed=None)
    pulled = handing.hand_over(duty)
    assert len(pulled.records) == 3
    assert sorted(entry.subjects for entry in disclosures()) == [1, 2], "one part a subject in each entry"
    for owner, many in ((alice.owner_id, 2), (charlie.owner_id, 1)):
        with using("showing-own-data", by=Actor("data-subject", owner), given=OwnData(owner)):
            seen = [used.entry for used in history() if used.role == "call-centre"]
            assert len(seen) == many == len(set(seen))
            for entry in seen:
                assert check_share(receipt(entry))


def test_parts_of_two_who_are_one_person_stay_two_and_the_provider_hears_of_both() -> None:
    duty, alice, charlie = a_duty(), asked(), asked(CHARLIE)
    marks = {one.mark for one in handing.hand_over(duty).records}
    merge(charlie.owner_id, alice.owner_id, SYSTEM)
    owner = alice.owner_id
    with using("showing-own-data", by=Actor("data-subject", owner), given=OwnData(owner)):
        seen = [used.entry for used in history() if used.role == "call-centre"]
        assert len(seen) == 2 and len(set(seen)) == 1 and receipt(seen[0])
    assert CONTROLS["share.providers"]().status == "kept"
    erase(owner.hex, SYSTEM)
    assert set(Told.objects.get(recipient="call-centre").references.split()) == marks


def test_a_number_that_was_never_handed_over_is_refused() -> None:
    duty = a_duty()
    for number in (-1, 1, 2**40):
        with pytest.raises(handing.NoSuchNumber):
            handing.hand_over(duty, number)


def test_of_two_pulls_at_once_one_hands_over_and_the_other_hands_over_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    duty = a_duty()
    asked()
    real = handing._note

    def between(*given: Any) -> None:
        Duty.objects.filter(pk=duty.pk).update(last_number=7)
        real(*given)

    monkeypatch.setattr(handing, "_note", between)
    with pytest.raises(handing.Busy):
        handing.hand_over(duty)
    assert disclosures() == [] and Handover.objects.count() == 0


def test_a_duty_that_ends_while_records_are_on_their_way_hands_over_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    duty = a_duty()
    asked()
    real = handing._note

    def ended(*given: Any) -> None:
        Duty.objects.filter(pk=duty.pk).update(ended_at=timezone.now())
        real(*given)

    monkeypatch.setattr(handing, "_note", ended)
    with pytest.raises(Refused, match="ended"):
        handing.hand_over(duty)
    assert disclosures() == [] and Handover.objects.count() == 0


def test_what_dies_between_the_numbers_and_the_entries_has_handed_over_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    duty = a_duty()
    asked()

    def dies(rows: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "insert", dies)
    with pytest.raises(KeyboardInterrupt):
        handing.hand_over(duty)
    monkeypatch.undo()
    assert (disclosures(), Handover.objects.count()) == ([], 0)
    assert names(handing.hand_over(duty)) == [(1, False, ALICE["name"])]


def test_records_are_never_handed_over_inside_an_act() -> None:
    duty = a_duty()
    asked()
    with pytest.raises(GateError, match="part of an act"), act():
        handing.hand_over(duty)


# -- whom it covers


def test_last_weeks_and_answered_enquiries_are_on_no_call_list(set_clock: Clock) -> None:
    duty, closed = a_duty(), asked()
    Enquiry.objects.filter(pk=closed.pk).update(state="closed")
    asked(CHARLIE)
    assert [one.values["name"] for one in handing.hand_over(duty).records] == [CHARLIE["name"]]
    set_clock(timedelta(days=8))
    assert handing.hand_over(duty, 0).records == []


def test_whoever_limits_the_use_of_their_data_is_left_out_and_the_others_are_not() -> None:
    duty, alice = a_duty(), asked()
    asked(CHARLIE)
    restrict(alice.owner_id, SYSTEM)
    assert names(handing.hand_over(duty)) == [(1, False, CHARLIE["name"])]


def test_whoever_is_erased_is_handed_over_no_more_and_the_provider_is_told(call_centre_mail: None) -> None:
    duty, alice = a_duty(), asked()
    known = mark(duty)
    erase(alice.owner_id.hex, SYSTEM)
    assert handing.hand_over(duty, 0).records == []
    kept = Handover.objects.get()
    assert (kept.about_id, kept.row_id, kept.mark) == (None, None, "")
    with pytest.raises(reporting.NotTheirs):
        reporting.report(duty, known, said())
    assert known in Told.objects.get(recipient="call-centre").references


def test_a_mailing_covers_people_with_an_account() -> None:
    alice = person()
    duty = a_duty(
        "mailer", "people-with-accounts", ("contact.name", "contact.email"), notice="We move on Sunday."
    )
    pulled = handing.hand_over(duty)
    assert [one.values["email"] for one in pulled.records] == [ALICE["email"]] and duty.covers(alice)
    assert reporting.report(duty, pulled.records[0].mark, said("sent", ""))
    assert Handover.objects.get().outcome == "sent"


# -- how far a duty may go


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"categories": ("enquiry.message",)}, "enquiry.message"),
        ({"categories": ("contact.name", "qualification")}, "qualification"),
        ({"categories": ()}, "needs"),
        ({"recipient": "partner"}, "wider than the clause"),
        ({"recipient": "payment-processor"}, "wider than the clause"),
        ({"rule": "everybody"}, "no such rule"),
        ({"ends_at": timezone.now() - timedelta(days=1)}, "to come"),
        ({"channel": "webhook", "endpoint": "https://evil.example/in"}, "host"),
        ({"channel": "webhook", "endpoint": "http://hooks.ring-round.example/in"}, "https"),
        ({"channel": "webhook", "endpoint": "https://hooks.ring-round.example@evil.example/"}, "https"),
        ({"channel": "webhook", "endpoint": "https://hooks.ring-round.example:9/in"}, "host"),
        ({"channel": "webhook", "endpoint": "https://hooks.ring-round.example/in\r\nX: y"}, "https"),
    ],
    ids=["message", "qualification", "nothing", "partner", "processor", "rule", "past", "host", "plain", "name", "port",
         "lines"],
)  # fmt: skip
def test_a_duty_wider_than_its_clause_is_refused_with_the_rule(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        a_duty(**changes)
    assert Duty.objects.count() == 0


def test_a_duty_needs_a_contract_and_does_not_outlast_it() -> None:
    wanted = registering.Wanted("call-centre", "asked-for-a-call", NEEDED, in_days(30))
    with pytest.raises(Refused, match="no contract"):
        registering.begin(wanted)
    contract(ends_on=in_days(10).date())
    with pytest.raises(Refused, match="before this duty would"):
        registering.begin(wanted)
    a_duty()
    with pytest.raises(Refused, match="outlast"):
        contract(ends_on=in_days(10).date())


# -- how it ends


@pytest.fixture
def call_centre_mail(settings: Any) -> None:
    settings.TROTH_MAIL_HELD = True


def test_an_ended_duty_hands_over_nothing_and_its_keys_are_over_and_the_provider_is_asked_to_delete(
    call_centre_mail: None,
) -> None:
    duty = a_duty()
    asked()
    key = registering.make_key(duty)
    known = mark(duty)
    assert registering.key_of(key) is not None
    assert registering.end(duty) and not registering.end(duty)
    assert registering.key_of(key) is None
    for refused in (lambda: handing.hand_over(duty), lambda: reporting.report(duty, known, said())):
        with pytest.raises(Refused, match="ended"):
            refused()
    told = of_duty(duty.pk)
    assert told is not None and told.state == "waiting"
    round_of_mail()
    text = next(text for text in map(text_of, letters()) if "duty of yours has ended" in text)
    assert duty.reference in text and ALICE["name"] not in text and ALICE["phone"] not in text
    told.refresh_from_db()
    assert confirming.confirm(told) and of_duty(duty.pk).state == "confirmed"  # type: ignore[union-attr]


def test_a_duty_ends_by_itself_on_its_last_day(set_clock: Clock) -> None:
    duty = a_duty(ends_at=in_days(2))
    asked()
    key = registering.make_key(duty)
    handing.hand_over(duty)
    assert registering.end_due() == 0
    set_clock(timedelta(days=3))
    with pytest.raises(Refused, match="ended"):
        handing.hand_over(duty)
    assert registering.end_due() == 1 and of_duty(duty.pk) and registering.key_of(key) is None


@pytest.mark.parametrize(
    "text", ["", "troth_duty_", "x" * 60, "troth_duty_" + "A" * 43, "\x00", "troth_duty_" + "é" * 43]
)
def test_what_is_no_key_opens_nothing(text: str) -> None:
    registering.make_key(a_duty())
    assert registering.key_of(text) is None and ProviderKey.objects.count() == 1


# -- what is reported back


def test_a_report_of_a_call_is_a_note_on_the_enquiry_and_the_same_report_is_kept_once() -> None:
    duty, alice = a_duty(), asked()
    known, told = mark(duty), said()
    assert reporting.report(duty, known, told) and not reporting.report(duty, known, told)
    (call,) = Call.every.filter(enquiry=alice)
    assert (call.role, call.outcome, call.about_id) == ("call-centre", "reached", alice.owner_id)
    with pytest.raises(NotSo, match="under this id"):
        reporting.report(duty, known, said(note="Something else.", id=told.id))
    assert Call.every.count() == 1 == Report.objects.count()


def test_a_report_on_somebody_it_never_got_or_under_another_duty_is_nobodys() -> None:
    duty, other = a_duty(), a_duty(categories=("contact.phone",))
    asked()
    known = mark(duty)
    for wrong in ("", "0" * 32, known.upper(), "' OR 1=1 --"):
        with pytest.raises(reporting.NotTheirs):
            reporting.report(duty, wrong, said())
    with pytest.raises(reporting.NotTheirs):
        reporting.report(other, known, said())
    assert Call.every.count() == 0


@pytest.mark.parametrize(
    "told",
    [said("gone"), said(note=""), said(note="x" * 2001), said(note="card 4111 1111 1111 1111")],
    ids=["outcome", "empty", "long", "card"],
)
def test_a_report_that_does_not_fit_is_not_kept(told: Said) -> None:
    duty = a_duty()
    asked()
    known = mark(duty)
    with pytest.raises(NotSo) as refused:
        reporting.report(duty, known, told)
    assert "4111" not in str(refused.value) and Call.every.count() == 0 == Report.objects.count()


def test_a_provider_fills_nobodys_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "MOST_REPORTS", 2)
    duty = a_duty()
    asked()
    known = mark(duty)
    for _ in range(2):
        reporting.report(duty, known, said())
    with pytest.raises(NotSo, match="already"):
        reporting.report(duty, known, said())
    assert Call.every.count() == 2


# -- a correction


def test_a_corrected_number_is_handed_over_under_the_same_mark_and_counted_with_the_duty() -> None:
    duty, alice = a_duty(), asked()
    known = mark(duty)
    by = Actor("data-subject", alice.owner_id)
    with using("answering-enquiries", by=SYSTEM, given=alice, at="contact-us"), act():
        alice.phone = "+12025550177"
        alice.save()
        corrected(alice.owner_id, "contact.phone", by, alice)
    told = Told.objects.get(recipient="call-centre")
    assert known in told.references and confirming.asked(told).may_have
    assert confirming.new_value(told) == "+12025550177"
    last = Handover.objects.order_by("pk").last()
    assert last is not None and last.is_again and last.number == 1 and last.entry == disclosures()[-1].id
    registering.end(duty)
    assert confirming.new_value(told) is None
    assert Share.objects.filter(subject=alice.owner_id.hex).exists()
