"""Mail leaves as a disclosure, through a carrier that really listens; what it may do twice, and what never."""

import email
import email.policy
import logging
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from tests.cast import durable
from tests.gate.at_the_prompt import beside
from tests.gate.conftest import Carrier
from troth.gate.errors import GateError, Refused
from troth.gate.journal import writing
from troth.gate.journal.models import Entry
from troth.gate.keystore import keys
from troth.gate.outbound import mail
from troth.gate.outbound.mail import deliver_due, enqueue
from troth.gate.outbound.models import Message
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, act, disclose

pytestmark = durable
ALICE = "alice@archer.example"


class Killed(BaseException):
    """The process ends here: nothing after it runs."""


def queued(
    address: str = ALICE,
    subject: str = "Your enquiry",
    body: str = "Begin with Records.",
    kind: str = "notice",
) -> Message:
    with act():
        return enqueue(DataSubject.begin(Kind.PERSON).pk, address, subject, body, kind)


def state(message: Message) -> str:
    return str(Message.objects.get(pk=message.pk).state)


def parsed(content: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)  # type: ignore[return-value]


def kill_at(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def killed(*args: object, **kwargs: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(mail, where, killed)
        with pytest.raises(Killed):
            deliver_due()
    # Time passes: nobody can still be sending it.
    Message.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_notice_arrives_once_as_it_was_written(carrier: Carrier) -> None:
    message = queued(body="First line\n.\n.hidden\nGrüße\n")
    assert (deliver_due(), deliver_due()) == (1, 0)
    [(to, content)] = carrier.taken
    arrived = parsed(content)
    assert to == [ALICE] and arrived["Message-ID"] == message.message_id
    assert arrived.get_content().splitlines() == ["First line", ".", ".hidden", "Grüße"]
    assert state(message) == "sent"


def test_the_disclosure_is_durable_before_the_carrier_has_the_data(carrier: Carrier) -> None:
    queued()
    queued()
    deliver_due()
    assert carrier.recorded == [1, 2]
    entry = Entry.objects.filter(kind=4).latest("seq")
    assert (entry.recipient, entry.purpose, entry.subjects) == ("mail-carrier", "sending-mail", 1)


def test_without_an_entry_no_data_leaves(carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    message = queued()

    def full(rows: object) -> None:
        raise DatabaseError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(writing, "insert", full)
        with pytest.raises(DatabaseError):
            deliver_due()
    assert not carrier.taken
    Message.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    deliver_due()
    assert len(carrier.taken) == 1 and state(message) == "sent"


def test_mail_of_an_act_that_rolled_back_is_never_sent(carrier: Carrier) -> None:
    with pytest.raises(ZeroDivisionError), act():
        enqueue(DataSubject.begin(Kind.PERSON).pk, ALICE, "s", "b")
        raise ZeroDivisionError
    assert deliver_due() == 0 and not carrier.taken


def test_a_notice_whose_sender_died_goes_again_under_its_one_message_id(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = queued()
    kill_at(monkeypatch, "_close")
    assert state(message) == "sending"
    deliver_due()
    assert {parsed(content)["Message-ID"] for _, content in carrier.taken} == {message.message_id}
    assert len(carrier.taken) == 2 and state(message) == "sent"


@pytest.mark.parametrize(("where", "arrived"), [("_close", 1), ("disclose", 0)])
def test_an_invitation_is_sent_at_most_once(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch, where: str, arrived: int
) -> None:
    message = queued(kind="invitation")
    kill_at(monkeypatch, where)
    for _ in range(3):
        deliver_due()
    assert len(carrier.taken) == arrived and state(message) == "unknown"


def test_a_line_that_breaks_leaves_an_invitation_unknown_and_a_notice_waiting(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(mail.EmailMessage, "send", broken)
    invitation, notice = queued(kind="invitation"), queued()
    deliver_due()
    assert (state(invitation), state(notice)) == ("unknown", "queued")
    assert Message.objects.get(pk=notice.pk).due_at > timezone.now()


def test_two_workers_send_a_message_once(carrier: Carrier) -> None:
    messages = [queued() for _ in range(6)]
    barrier = Barrier(2)

    def work() -> int:
        barrier.wait()
        return deliver_due()

    tried = beside(work, 2)
    assert sum(map(int, tried)) == 6, tried  # type: ignore[call-overload]
    ids = [parsed(content)["Message-ID"] for _, content in carrier.taken]
    assert sorted(ids) == sorted(message.message_id for message in messages)


def test_one_of_two_claims_succeeds() -> None:
    message = queued()
    assert [mail._claim(message), mail._claim(message)] == [True, False]


def test_a_refused_address_appears_in_no_log(
    carrier: Carrier, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.CRITICAL, "mail.log")  # the carrier's own
    caplog.set_level(logging.DEBUG)
    carrier.refused.add(ALICE)
    message = queued()
    deliver_due()
    said = caplog.text + "".join(capfd.readouterr())
    assert "SMTPRecipientsRefused" in said and "alice" not in said
    assert state(message) == "queued" and not carrier.taken


def test_a_message_nobody_takes_fails_in_the_end(carrier: Carrier) -> None:
    carrier.refused.add(ALICE)
    message = queued()
    for _ in range(mail.MOST_REFUSALS + 3):
        Message.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        deliver_due()
    found = Message.objects.get(pk=message.pk)
    assert (found.state, found.attempts) == ("failed", mail.MOST_REFUSALS)


@pytest.mark.parametrize(
    "line", ["Hi\r\nBcc: eve@evil.example", "Hi\nBcc: eve@evil.example", "Hi\u2028Bcc: x", "Hi\rX: y"]
)
def test_a_subject_adds_no_header(carrier: Carrier, line: str) -> None:
    queued(subject=line)
    deliver_due()
    [(to, content)] = carrier.taken
    arrived = parsed(content)
    assert to == [ALICE] and arrived["Bcc"] is None and arrived["X"] is None
    assert str(arrived["Subject"]).startswith("Hi ")


@pytest.mark.parametrize(
    "address",
    [
        "alice@archer.example\r\nBcc: eve@evil.example",
        "alice@archer.example\nDATA",
        "alice@archer.example, eve@evil.example",
        "a@" + "ä" * 60 + ".example",
        "alice@archer.example\x00",
        "<>",
        "",
        "alice\u00e9@archer.example",
    ],
)
def test_an_address_that_is_none_fails_alone(
    carrier: Carrier, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    bad = queued(address=address)
    good = queued()
    Message.objects.filter(pk=bad.pk).update(due_at=timezone.now() - timedelta(hours=1))
    deliver_due()
    assert (state(bad), state(good)) == ("failed", "sent")
    assert [to for to, _ in carrier.taken] == [[ALICE]]
    assert "evil" not in caplog.text and "archer" not in caplog.text


def test_mail_to_somebody_erased_is_never_sent(carrier: Carrier) -> None:
    message = queued()
    keys.intend_erasure(message.owner_id.hex)  # type: ignore[attr-defined]
    deliver_due()
    assert state(message) == "failed" and not carrier.taken


def test_a_disclosure_is_refused_within_an_act() -> None:
    message = queued()
    with pytest.raises(GateError, match="cannot be part of an act"), act():
        disclose(message, ("address",), to="mail-carrier", purpose="sending-mail", by=SYSTEM, country="DE")
    assert not Entry.objects.filter(kind=4).exists()


def test_a_disclosure_is_refused_within_a_plain_transaction() -> None:
    message = queued()
    with pytest.raises(RuntimeError), transaction.atomic():
        disclose(message, ("address",), to="mail-carrier", purpose="sending-mail", by=SYSTEM, country="DE")


def test_what_the_statement_does_not_share_is_refused_and_recorded() -> None:
    message = queued()
    with pytest.raises(Refused):
        disclose(
            message, ("address",), to="partner", purpose="third-party-promotion", by=SYSTEM, country="DE"
        )
    assert Entry.objects.latest("seq").kind == 5


def test_a_disclosure_of_data_collected_under_an_unknown_statement_is_refused() -> None:
    message = queued()
    Message.objects.update(collected_under="0" * 16)
    message.refresh_from_db()
    with pytest.raises(Refused):
        disclose(message, ("address",), to="mail-carrier", purpose="sending-mail", by=SYSTEM, country="DE")
