"""A carrier that is away, busy, or refuses for good: what waits, for how long, and what is given up."""

from datetime import timedelta
from typing import Any

import pytest

from tests.cast import durable
from tests.gate.conftest import Carrier, Clock
from tests.gate.test_outgoing_mail import ALICE, queued, state
from troth.engine.seal import KeyStoreError
from troth.gate.codes import codes
from troth.gate.journal.models import Entry
from troth.gate.outbound import mail
from troth.gate.outbound.mail import deliver_due
from troth.gate.outbound.models import Message
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import act

pytestmark = durable


def pass_through(set_clock: Clock, hours: float, since: float = 0) -> float:
    """The worker's rounds over so many hours, one each half hour; returns when it is then."""
    for half in range(int(2 * hours) + 1):
        set_clock(timedelta(hours=since + half / 2))
        deliver_due()
    return since + hours


def go_away(settings: Any) -> int:
    port: int = settings.EMAIL_PORT
    settings.EMAIL_PORT = 1
    return port


@pytest.mark.parametrize("kind", ["notice", "invitation"])
def test_mail_outlasts_a_carrier_that_is_away_for_four_days(
    carrier: Carrier, set_clock: Clock, settings: Any, kind: str
) -> None:
    port = go_away(settings)
    message = queued(kind=kind)
    now = pass_through(set_clock, 96)
    assert state(message) == "queued"
    settings.EMAIL_PORT = port
    pass_through(set_clock, 0.5, now)
    assert len(carrier.taken) == 1 and state(message) == "sent"


def test_a_carrier_that_is_away_is_handed_nothing_and_uses_up_no_try(
    carrier: Carrier, set_clock: Clock, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    go_away(settings)
    message = queued()
    pass_through(set_clock, 12)
    assert not Entry.objects.filter(kind=4).exists(), "a disclosure is on record, and nothing was disclosed"
    assert Message.objects.get(pk=message.pk).attempts == 0
    assert "the carrier is away: ConnectionRefusedError" in caplog.text and "alice" not in caplog.text


def test_while_it_is_away_the_outbox_rests_between_two_tries(
    carrier: Carrier, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_away(settings)
    for _ in range(3):
        queued()
    tries = []
    wanted = mail.get_connection
    monkeypatch.setattr(mail, "get_connection", lambda **more: tries.append(1) or wanted(**more))
    for _ in range(5):
        deliver_due()
    assert len(tries) == 1


def test_a_mailbox_that_takes_nothing_now_is_tried_for_three_days(carrier: Carrier, set_clock: Clock) -> None:
    carrier.busy.add(ALICE)
    message = queued()
    now = pass_through(set_clock, 73)
    assert state(message) == "queued"
    carrier.busy.clear()
    pass_through(set_clock, 2, now)
    assert len(carrier.taken) == 1 and state(message) == "sent"


def test_a_mailbox_that_never_takes_anything_is_given_up_in_the_end(
    carrier: Carrier, set_clock: Clock
) -> None:
    carrier.busy.add(ALICE)
    message = queued()
    pass_through(set_clock, 6 * 24)
    assert state(message) == "failed" and not carrier.taken


def test_what_is_refused_for_good_is_given_up_within_a_day_and_not_at_once(
    carrier: Carrier, set_clock: Clock
) -> None:
    carrier.refused.add(ALICE)
    message = queued()
    now = pass_through(set_clock, 3)
    assert state(message) == "queued", "a carrier that is set up wrongly for an hour lost the mail"
    pass_through(set_clock, 20, now)
    found = Message.objects.get(pk=message.pk)
    assert (found.state, found.attempts) == ("failed", mail.MOST_REFUSALS)


def test_an_invitation_that_was_turned_away_is_known_not_to_be_sent_and_goes_later(
    carrier: Carrier, set_clock: Clock
) -> None:
    carrier.busy.add(ALICE)
    message = queued(kind="invitation")
    deliver_due()
    assert state(message) == "queued"
    carrier.busy.clear()
    pass_through(set_clock, 1)
    assert len(carrier.taken) == 1 and state(message) == "sent"


def test_a_key_store_that_is_away_loses_no_mail(
    carrier: Carrier, set_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **more: object) -> None:
        raise KeyStoreError("the key folder is not there")

    message = queued()
    with monkeypatch.context() as patch:
        patch.setattr(mail, "disclose", away)
        deliver_due()
    assert state(message) == "queued"
    pass_through(set_clock, 1)
    assert len(carrier.taken) == 1


def test_a_code_that_has_run_out_meanwhile_is_not_sent(
    carrier: Carrier, set_clock: Clock, settings: Any
) -> None:
    port = go_away(settings)
    with act():
        codes.send("request", DataSubject.begin(Kind.PERSON).pk, ALICE)
    notice = queued()
    deliver_due()
    settings.EMAIL_PORT = port
    set_clock(timedelta(minutes=11))
    deliver_due()
    code = Message.objects.exclude(pk=notice.pk).get()
    assert (state(code), state(notice)) == ("failed", "sent") and len(carrier.taken) == 1


def test_a_code_that_still_works_is_sent_after_a_short_outage(
    carrier: Carrier, set_clock: Clock, settings: Any
) -> None:
    port = go_away(settings)
    with act():
        codes.send("request", DataSubject.begin(Kind.PERSON).pk, ALICE)
    deliver_due()
    settings.EMAIL_PORT = port
    set_clock(timedelta(minutes=2))
    deliver_due()
    assert len(carrier.taken) == 1
