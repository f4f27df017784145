"""Corrections travel: whoever outside had the old value is told and confirms, and of an erasure they are told as well."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.cast import ALICE, CHARLIE, durable, enquiry_of, staff
from tests.gate.at_the_prompt import spoil, tables_holding
from tests.gate.conftest import Carrier, Clock
from tests.gate.test_erasure import Killed, kill_at, sqlite_only, stored_bytes, traces_of
from troth.apps.enquiries.models import Enquiry
from troth.config.environment import SettingError, recipients
from troth.gate.errors import GateError
from troth.gate.journal.integrating import integrate
from troth.gate.journal.models import Entry
from troth.gate.keystore import keys
from troth.gate.outbound.mail import deliver_due
from troth.gate.outbound.models import Message
from troth.gate.outbound.receipts import send_receipts
from troth.gate.subjects import erase as erasing
from troth.gate.subjects.erase import _truncate, erase
from troth.gate.subjects.jobs import finish_erasures
from troth.gate.subjects.limits import restrict
from troth.gate.subjects.merging import merge
from troth.gate.subjects.models import Erasure
from troth.gate.telling import confirming, telling
from troth.gate.telling.controls import corrections_travel
from troth.gate.telling.models import Correction, Desk, Told
from troth.gate.telling.sending import tell
from troth.gate.uses import SYSTEM, Actor, OwnData, act, disclose, using
from troth.gate.uses.history import history

pytestmark = durable
DESK, CALLS = "privacy@postbox-relay.example", "desk@calls.example"
OLD, NEW = ALICE["email"], "alice@new-kiln.example"
NEW_PHONE = "+12025550177"


@dataclass(frozen=True)
class Duty:
    """A service provider's duty, which covers one person's rows."""

    subject: UUID
    ground: ClassVar[str] = "duty"

    def is_live(self) -> bool:
        return True

    def covers(self, row: Any) -> bool:
        return bool(row.owner_id == self.subject)


def mail_out() -> None:
    while deliver_due():
        pass


def alice() -> Enquiry:
    """Alice's enquiry, whose confirmation the carrier has."""
    enquiry = enquiry_of()
    mail_out()
    return enquiry


def correct(enquiry: Enquiry, field: str = "email", value: str = NEW) -> Correction:
    """A correction as a page makes it: the new value and the telling in one act."""
    by = Actor("data-subject", enquiry.owner_id)
    with using("answering-enquiries", by=SYSTEM, given=enquiry, at="contact-us"), act():
        setattr(enquiry, field, value)
        enquiry.save()
        return telling.corrected(enquiry.owner_id, Enquiry.seals[field].category, by, enquiry)


def call(enquiry: Enquiry, reference: str = "file-77") -> None:
    """The call centre is given Alice's number."""
    disclose(
        enquiry, ("phone",), to="call-centre", purpose="contacting-on-our-behalf", by=SYSTEM, country="IE",
        given=Duty(enquiry.owner_id), reference=reference,
    )  # fmt: skip


def round_of_mail() -> None:
    """The schedule comes by: letters are written, handed to the carrier, and found to be gone."""
    tell()
    mail_out()
    tell()


def letters() -> list[Message]:
    """Our messages to desks, oldest first."""
    written = [reference for told in Told.objects.all() for reference in told.messages.split()]
    return list(Message.objects.filter(message_id__in=written).order_by("queued_at"))


def text_of(message: Message) -> str:
    with using("sending-mail", by=SYSTEM):
        return f"{message.address}\n{message.subject}\n{message.body}"


def link_in(message: Message) -> str:
    return re.findall(r"https://localhost:\d+(/privacy/told/open/\w+/)", text_of(message))[0]


@pytest.fixture
def call_centre(settings: Any) -> None:
    """The call centre stands in the register."""
    entry = {"name": "Ring Round", "country": "IE", "desk": CALLS, "told-by": "mail"}
    settings.TROTH_RECIPIENTS = {**settings.TROTH_RECIPIENTS, "call-centre": entry}


@contextmanager
def later(set_clock: Clock, **by: int) -> Iterator[None]:
    set_clock(timedelta(**by))
    yield
    set_clock(timedelta())


# -- corrections


def test_the_recipient_of_the_old_value_is_told_and_confirms(victor: Client) -> None:
    enquiry = alice()
    confirmation = Message.objects.get()
    correction = correct(enquiry)
    assert correction.names() == ["mail-carrier"] and not letters()
    told = Told.objects.get()
    assert (told.state, told.references, told.owner_id) == (
        "waiting",
        confirmation.message_id,
        enquiry.owner_id,
    )
    round_of_mail()
    [letter] = letters()
    told.refresh_from_db()
    assert told.state == "told" and told.told_at is not None
    text = text_of(letter)
    assert text.startswith(DESK) and confirmation.message_id in text and "E-mail address" in text
    assert not [value for value in (*ALICE.values(), NEW) if value in text]
    page = victor.get(link_in(letter))
    assert (
        page.status_code == 200
        and NEW not in page.content.decode()
        and "1 reference," in page.content.decode()
    )
    assert victor.post(link_in(letter)).status_code == 302
    assert "Confirmed" in victor.get(link_in(letter)).content.decode()
    [mine] = telling.shown(enquiry.owner_id)
    assert (mine.category, mine.entry) == ("E-mail address", correction.entry)
    assert [(each.name, each.country, each.state) for each in mine.told] == [
        ("Postbox Relay, the mail carrier", "US", "confirmed")
    ]


def test_the_carrier_gets_the_letter_and_finds_its_record_by_the_message_id(carrier: Carrier) -> None:
    enquiry = alice()
    correct(enquiry)
    round_of_mail()
    [(to, first), (desk, letter)] = carrier.taken
    reference = re.findall(rb"Message-ID: (<.*>)", first)[0]
    assert to == [OLD] and desk == [DESK] and reference in letter and OLD.encode() not in letter


def test_a_person_sees_the_correction_the_letter_and_the_confirmation_on_record(victor: Client) -> None:
    enquiry = alice()
    correct(enquiry)
    round_of_mail()
    victor.post(link_in(letters()[0]))
    with using(
        "showing-own-data", by=Actor("data-subject", enquiry.owner_id), given=OwnData(enquiry.owner_id)
    ):
        own = history()
    assert sum(used.purpose == "telling-recipients" for used in own) == 2
    assert [used.clauses for used in own if used.read == ("use-record.detail",)] == [("rights.update",)]
    assert sum(used.act == "disclosed" for used in own) == 2


def test_the_new_value_is_handed_over_as_a_disclosure(victor: Client) -> None:
    enquiry = alice()
    correct(enquiry)
    round_of_mail()
    link = link_in(letters()[0])
    before = Entry.objects.filter(kind=4).count()
    assert NEW in victor.post(link, {"act": "value"}).content.decode()
    entry = Entry.objects.filter(kind=4).latest("seq")
    assert Entry.objects.filter(kind=4).count() == before + 1
    assert (entry.recipient, entry.purpose, entry.clauses) == (
        "mail-carrier",
        "sending-mail",
        "share.providers",
    )
    assert Told.objects.get().state == "told"
    victor.post(link)
    assert NEW not in victor.post(link, {"act": "value"}).content.decode()
    assert Entry.objects.filter(kind=4).count() == before + 1


@pytest.mark.usefixtures("call_centre")
def test_who_may_not_have_the_new_value_is_asked_to_delete_the_old(victor: Client) -> None:
    enquiry = alice()
    call(enquiry)
    correct(enquiry, "phone", NEW_PHONE)
    round_of_mail()
    [letter] = letters()
    assert text_of(letter).startswith(CALLS) and "file-77" in text_of(letter)
    page = victor.get(link_in(letter)).content.decode()
    assert "We may not give it to you" in page
    assert NEW_PHONE not in victor.post(link_in(letter), {"act": "value"}).content.decode()
    assert not Entry.objects.filter(kind=4, recipient="call-centre", seq__gt=Entry.objects.get(
        id=Correction.objects.get().entry).seq).exists()  # fmt: skip


@pytest.mark.usefixtures("call_centre")
def test_a_ground_that_still_holds_lets_the_new_value_through_and_a_restriction_stops_it(
    victor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    enquiry = alice()
    call(enquiry)
    correct(enquiry, "phone", NEW_PHONE)
    round_of_mail()
    link = link_in(letters()[0])
    monkeypatch.setitem(confirming.GROUNDS, "contacting-on-our-behalf", Duty)
    assert NEW_PHONE in victor.post(link, {"act": "value"}).content.decode()
    restrict(enquiry.owner_id, Actor("data-subject", enquiry.owner_id))
    answer = victor.post(link, {"act": "value"})
    assert answer.status_code == 200 and NEW_PHONE not in answer.content.decode()


def test_a_correction_nobody_outside_had_the_old_value_of_is_history_all_the_same() -> None:
    enquiry = alice()
    correct(enquiry, "phone", NEW_PHONE)
    assert not Told.objects.exists()
    [mine] = telling.shown(enquiry.owner_id)
    assert (mine.category, mine.told) == ("Phone number", ())
    assert Entry.objects.filter(id=mine.entry).exists()


def test_a_correction_and_its_telling_are_kept_together_or_not_at_all() -> None:
    enquiry = alice()
    with (
        pytest.raises(Killed),
        using("answering-enquiries", by=SYSTEM, given=enquiry, at="contact-us"),
        act(),
    ):
        enquiry.email = NEW
        enquiry.save()
        telling.corrected(enquiry.owner_id, "contact.email", SYSTEM)
        raise Killed
    assert not Correction.objects.exists() and not Told.objects.exists()
    with pytest.raises(GateError, match="in the act"):
        telling.corrected(enquiry.owner_id, "contact.email", SYSTEM)


def test_mail_that_waits_for_the_old_address_is_told_of_too() -> None:
    enquiry = enquiry_of()
    waiting = Message.objects.get()
    correct(enquiry)
    assert Told.objects.get().references == waiting.message_id


def test_a_second_correction_tells_of_what_was_given_since_and_of_no_letter() -> None:
    enquiry = alice()
    correct(enquiry)
    round_of_mail()
    assert correct(enquiry, value="alice@third.example").names() == []
    round_of_mail()
    assert len(letters()) == 1 and Told.objects.count() == 1


def test_after_a_merge_what_the_other_was_given_is_gone_through_again() -> None:
    one, into = alice(), alice()
    correct(into)
    merge(one.owner_id, into.owner_id, SYSTEM)
    correct(into, value="alice@third.example")
    latest = Told.objects.order_by("made_at").last()
    confirmations = Message.objects.order_by("queued_at").values_list("message_id", flat=True)[:2]
    assert latest is not None and latest.references.split() == list(confirmations)


def test_what_was_given_before_references_were_kept_is_told_by_our_number() -> None:
    enquiry = alice()
    disclose(enquiry, ("email",), to="mail-carrier", purpose="sending-mail", by=SYSTEM, country="US")
    entry = Entry.objects.latest("seq").id
    correct(enquiry)
    assert re.search(rf"^{entry} of \d{{4}}-\d\d-\d\dT", Told.objects.get().references, re.MULTILINE)


def test_nothing_of_the_old_value_is_in_any_file_after_a_correction() -> None:
    enquiry = alice()
    old_envelope, old_index = bytes(enquiry.sealed), bytes(enquiry.email_index)
    correct(enquiry)
    assert not tables_holding(OLD.encode()) and not tables_holding(NEW.encode())
    assert not tables_holding(old_envelope) and not tables_holding(old_index)


@sqlite_only
def test_once_the_write_ahead_log_is_emptied_the_old_envelope_is_in_no_file_either() -> None:
    enquiry = alice()
    old = bytes(enquiry.sealed), bytes(enquiry.email_index)
    assert all(each in stored_bytes() for each in old)
    correct(enquiry)
    connection.close()
    assert _truncate()
    after = stored_bytes()
    assert not [each[:12] for each in old if each in after] and OLD.encode() not in after
    assert bytes(Enquiry.objects.get().sealed) in after


# -- erasures


def test_an_erasure_is_told_without_a_word_of_whose_it_was(victor: Client) -> None:
    enquiry = alice()
    subject, confirmation = enquiry.owner_id.hex, Message.objects.get().message_id
    erase(subject, SYSTEM)
    finish_erasures()
    told = Told.objects.get()
    assert (told.kind, told.recipient, told.references) == ("erasure", "mail-carrier", confirmation)
    assert told.owner_id == Desk.objects.get().owner_id and not traces_of(subject)
    round_of_mail()
    [letter] = letters()
    text = text_of(letter)
    assert text.startswith(DESK) and confirmation in text
    assert not [value for value in ALICE.values() if value in text] and subject not in text
    assert victor.post(link_in(letter)).status_code == 302
    told.refresh_from_db()
    assert (told.state, told.references, told.count) == ("confirmed", "", 1)
    assert not traces_of(subject)


def test_a_telling_of_an_erasure_is_told_to_nobody() -> None:
    erase(alice().owner_id.hex, SYSTEM)
    finish_erasures()
    for _ in range(3):
        round_of_mail()
    assert (Told.objects.count(), len(letters()), Message.objects.count()) == (1, 1, 1)


def test_the_address_a_receipt_went_to_is_told_of_as_well_and_then_nothing_more(set_clock: Clock) -> None:
    erase(alice().owner_id.hex, SYSTEM, receipt_to=OLD)
    finish_erasures()
    integrate()
    send_receipts()
    round_of_mail()
    with later(set_clock, days=2):
        for _ in range(3):
            send_receipts()
            finish_erasures()
            round_of_mail()
    assert {told.state for told in Told.objects.all()} == {"told"}
    assert (Told.objects.count(), len(letters()), Message.objects.count()) == (2, 2, 2)
    assert not [letter for letter in letters() if OLD in text_of(letter)]


WHERE = {
    "while it is noted": (telling, "_note"),
    "before its intent": (keys, "intend_erasure"),
    "before its key dies": (keys, "destroy"),
    "before its rows go": (erasing, "_remove_rows"),
}


@pytest.mark.parametrize("where", WHERE)
def test_an_erasure_killed_anywhere_is_told_once_and_not_before_it_is_done(where: str) -> None:
    enquiry = alice()
    kill_at(WHERE[where], lambda: erase(enquiry.owner_id.hex, SYSTEM))
    round_of_mail()
    assert not letters()
    finish_erasures()
    round_of_mail()
    assert (Told.objects.count(), len(letters())) == (1, 1)
    assert Erasure.objects.get().state == "done"


def test_corrections_and_their_tellings_go_with_their_person() -> None:
    enquiry, other = alice(), enquiry_of(CHARLIE)
    mail_out()
    correct(enquiry)
    round_of_mail()
    correct(other)
    erase(enquiry.owner_id.hex, SYSTEM)
    finish_erasures()
    assert [each.owner_id for each in Correction.objects.all()] == [other.owner_id]
    assert {told.owner_id for told in Told.objects.all()} == {other.owner_id, Desk.objects.get().owner_id}
    erased = Told.objects.get(kind="erasure")
    assert erased.count == 2, "the confirmation, and the letter about the correction"
    assert not traces_of(enquiry.owner_id.hex)


def test_two_erasures_share_the_desk_and_are_told_apart() -> None:
    for values in (ALICE, CHARLIE):
        enquiry = enquiry_of(values)
        mail_out()
        erase(enquiry.owner_id.hex, SYSTEM)
    finish_erasures()
    round_of_mail()
    assert Desk.objects.count() == 1 and len({link_in(letter) for letter in letters()}) == 2


# -- time


def test_a_silent_recipient_is_reminded_once_with_the_same_link_and_then_late(set_clock: Clock) -> None:
    correct(alice())
    round_of_mail()
    with later(set_clock, days=13):
        round_of_mail()
        assert len(letters()) == 1
    with later(set_clock, days=15):
        round_of_mail()
        round_of_mail()
        first, second = letters()
        assert "Reminder" in text_of(second) and link_in(first) == link_in(second)
        assert Told.objects.get().state == "told"
    with later(set_clock, days=31):
        round_of_mail()
        assert Told.objects.get().state == "overdue" and len(letters()) == 2


def test_who_is_late_can_still_confirm(set_clock: Clock, victor: Client) -> None:
    correct(alice())
    round_of_mail()
    with later(set_clock, days=31):
        tell()
        victor.post(link_in(letters()[0]))
    assert Told.objects.get().state == "confirmed"


def test_after_ninety_days_the_link_is_dead_and_the_references_of_the_erased_are_gone(
    set_clock: Clock, victor: Client
) -> None:
    erase(alice().owner_id.hex, SYSTEM)
    finish_erasures()
    round_of_mail()
    link = link_in(letters()[0])
    with later(set_clock, days=91):
        tell()
        assert victor.get(link).status_code == victor.post(link).status_code == 410
    assert (Told.objects.get().state, Told.objects.get().references) == ("overdue", "")


def test_a_letter_the_carrier_does_not_take_is_written_again(carrier: Carrier, set_clock: Clock) -> None:
    enquiry = alice()
    correct(enquiry)
    tell()
    Message.objects.filter(message_id=Told.objects.get().messages).update(state="failed")
    tell()
    assert Told.objects.get().state == "waiting" and len(letters()) == 1
    with later(set_clock, hours=7):
        round_of_mail()
    assert Told.objects.get().state == "told" and len(letters()) == 2 and len(carrier.taken) == 2


def test_a_letter_that_still_waits_for_the_carrier_is_not_written_twice(set_clock: Clock) -> None:
    correct(alice())
    tell()
    with later(set_clock, hours=20):
        tell()
    assert len(letters()) == 1 and Told.objects.get().state == "waiting"


# -- who may look


def test_a_link_that_is_not_theirs_opens_nothing(victor: Client) -> None:
    correct(alice())
    round_of_mail()
    assert victor.get("/privacy/told/open/" + "0" * 64 + "/").status_code == 410
    assert victor.post("/privacy/told/open/" + Told.objects.get().pk.hex + "/").status_code == 410
    assert Told.objects.get().state == "told"


def test_opening_the_link_confirms_nothing_and_a_second_press_changes_nothing(victor: Client) -> None:
    correct(alice())
    round_of_mail()
    link = link_in(letters()[0])
    victor.get(link)
    assert Told.objects.get().state == "told"
    victor.post(link)
    confirmed, entries = Told.objects.get().confirmed_at, Entry.objects.count()
    victor.post(link)
    assert Told.objects.get().confirmed_at == confirmed and Entry.objects.count() == entries


def office(role: str, settings: Any) -> Client:
    settings.TROTH_SECOND_FACTOR = False
    from tests.gate.conftest import Secure

    client = Secure(SERVER_NAME="localhost")
    client.force_login(staff(role, f"{role}@iplum.example").user)
    return client


def test_the_office_lists_recipients_and_never_whose_data_it_was(settings: Any, set_clock: Clock) -> None:
    enquiry = alice()
    correct(enquiry)
    round_of_mail()
    with later(set_clock, days=31):
        tell()
    page = office("privacy-officer", settings).get("/office/recipients/").content.decode()
    assert (
        "Postbox Relay" in page and DESK in page and "E-mail address: corrected" in page and "overdue" in page
    )
    assert not [value for value in (*ALICE.values(), NEW, enquiry.owner_id.hex) if value in page]


def test_dana_and_victor_do_not_see_the_recipients(victor: Client, settings: Any) -> None:
    assert office("support", settings).get("/office/recipients/").status_code == 403
    assert victor.get("/office/recipients/").status_code == 302


def test_the_office_shows_the_letter_without_a_link_that_confirms(settings: Any) -> None:
    correct(alice())
    round_of_mail()
    [letter] = letters()
    page = office("owner", settings).get(f"/office/mail/{letter.pk}/").content.decode()
    assert "/privacy/told/open/" in page and link_in(letter) not in page


def test_nobody_who_reads_the_tables_can_confirm() -> None:
    correct(alice())
    round_of_mail()
    link = link_in(letters()[0])
    assert not tables_holding(link.split("/")[-2].encode())


# -- the control


def test_it_is_kept_when_every_correction_was_told() -> None:
    assert corrections_travel().status == "kept"
    correct(alice())
    correct(enquiry_of(CHARLIE), "phone", NEW_PHONE)
    round_of_mail()
    found = corrections_travel()
    assert (found.status, found.figure) == ("kept", "2 corrections, every recipient told")


@pytest.mark.parametrize(
    "breach",
    [
        "DELETE FROM telling_told",
        "UPDATE telling_told SET recipient = 'mailer'",
        "UPDATE telling_correction SET recipients = recipients || ' call-centre'",
        "DELETE FROM journal_entry WHERE id IN (SELECT entry FROM telling_correction)",
    ],
)
def test_it_is_broken_when_somebody_takes_a_telling_away(breach: str) -> None:
    correct(alice())
    round_of_mail()
    assert spoil(breach) == 1
    assert corrections_travel().status == "broken"


@pytest.mark.parametrize("kind", ["correction", "erasure"])
def test_it_is_broken_when_a_recipient_waits_longer_than_a_day(kind: str) -> None:
    enquiry = alice()
    if kind == "correction":
        correct(enquiry)
    else:
        erase(enquiry.owner_id.hex, SYSTEM)
    assert corrections_travel().status == "kept"
    Told.objects.update(made_at=timezone.now() - timedelta(hours=25))
    found = corrections_travel()
    assert (found.status, found.evidence) == ("broken", "waiting to be told: mail-carrier")


def test_a_recipient_without_a_desk_is_named_and_told_once_it_has_one(settings: Any) -> None:
    known = settings.TROTH_RECIPIENTS
    settings.TROTH_RECIPIENTS = {word: known[word] for word in known if word != "call-centre"}
    enquiry = alice()
    call(enquiry)
    found = corrections_travel()
    assert found.status == "unproven" and "call-centre" in found.evidence
    correct(enquiry, "phone", NEW_PHONE)
    round_of_mail()
    assert Told.objects.get().state == "waiting" and not letters()
    entry = {"name": "Ring Round", "country": "IE", "desk": CALLS, "told-by": "mail"}
    settings.TROTH_RECIPIENTS = {**settings.TROTH_RECIPIENTS, "call-centre": entry}
    round_of_mail()
    assert Told.objects.get().state == "told" and corrections_travel().status == "kept"


# -- the register


MAIL = {"recipient": "mail-carrier", "carrier": "Postbox Relay", "country": "US"}


def test_the_carrier_keeps_its_name_and_country_where_they_were() -> None:
    found = recipients({"mail": MAIL, "recipients": {"mail-carrier": {"desk": DESK}}})
    assert found["mail-carrier"] == {
        "name": "Postbox Relay",
        "country": "US",
        "desk": DESK,
        "told-by": "mail",
    }
    assert recipients({"mail": MAIL}) == {}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"desk": CALLS}, "has no `name`"),
        ({"name": "Ring Round", "country": "IE"}, "has no `desk`"),
        ({"name": "Ring Round", "country": "IE", "desk": "the back door"}, "give an e-mail address"),
        ({"name": "Ring Round", "country": "IE", "desk": CALLS, "told-by": "fax"}, "mail"),
    ],
)
def test_an_entry_nobody_could_write_to_stops_the_start(entry: dict[str, str], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        recipients({"mail": MAIL, "recipients": {"call-centre": entry}})
