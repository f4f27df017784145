"""Refer a friend: one message to an address, ever; then nothing but a mark.  A carrier that really listens."""

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from tests.accounts.registering import ask, code_to, register
from tests.cast import ALICE, durable
from tests.gate.at_the_prompt import beside, tables_holding
from tests.gate.conftest import Carrier, carrier  # noqa: F401 - a fixture
from troth.accounts.people.models import Person
from troth.apps.referrals import flows, letters, sending
from troth.apps.referrals.models import Invitee, Mark, Referral, Referrer, Reward
from troth.gate.errors import Refused
from troth.gate.ids import uuid7
from troth.gate.journal.models import Entry, Spent
from troth.gate.keystore.models import DataKey
from troth.gate.outbound import once
from troth.gate.outbound.models import Message
from troth.gate.proving.answers import CONTROLS
from troth.gate.subjects.erase import erase, purge
from troth.gate.subjects.merging import merge
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.subjects.retention import end_expired
from troth.gate.telling.models import Told
from troth.gate.uses import SYSTEM, act, disclose, using

pytestmark = durable
FRIEND = {"your_name": "Alice Archer", "friend_name": "Frieda", "friend_email": "frieda@friends.example"}


class Killed(BaseException):
    """The process ends here: nothing after it runs."""


@pytest.fixture(autouse=True)
def _no_limit_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def refer(address: str = FRIEND["friend_email"], by: UUID | None = None, row: str = "") -> str:
    row = row or uuid7().hex
    flows.refer(row, {**FRIEND, "friend_email": address}, by)
    return row


def let_time_pass() -> None:
    Invitee.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def control() -> tuple[str, str]:
    found = CONTROLS["public.referral"]()
    return str(found.status), found.figure


def states() -> list[str]:
    return sorted(Mark.objects.values_list("state", flat=True))


def parsed(content: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)  # type: ignore[return-value]


def test_a_friend_gets_one_message_and_only_a_mark_of_them_stays(carrier: Carrier) -> None:  # noqa: F811
    refer()
    assert (sending.send_due(), sending.send_due()) == (1, 0)
    [(to, content)] = carrier.taken
    text = parsed(content).get_content()
    assert (
        to == ["frieda@friends.example"]
        and parsed(content)["Subject"] == "Alice Archer invites you to visit iPlum"
    )
    assert text.startswith("Hello Frieda,") and b"text/html" not in content
    assert len(re.findall(r"https://\S+", text)) == 3  # to visit, never again, the statement
    purge()
    assert not Invitee.objects.exists()
    # The carrier’s desk alone has a key: it is asked to forget the message as well.
    assert (
        set(DataSubject.objects.values_list("kind", flat=True)) == {"staff"} and DataKey.objects.count() == 1
    )
    assert Told.objects.get().references == parsed(content)["Message-ID"]
    assert states() == ["sent"] and not Message.objects.exists() and not Spent.objects.exists()
    for marker in (b"frieda@friends.example", b"Frieda", b"Alice Archer"):
        assert tables_holding(marker) == []


@pytest.mark.parametrize(
    "again",
    [
        "frieda@friends.example", "FRIEDA@Friends.Example", "frieda+news@friends.example", "frieda+a+b@friends.example",
        '"frieda"@friends.example', '"fr\\ieda+x"@friends.example',
    ],
)  # fmt: skip
def test_no_spelling_of_an_address_is_invited_twice_by_anybody(carrier: Carrier, again: str) -> None:  # noqa: F811
    refer()
    sending.send_due()
    refer(again, DataSubject.begin(Kind.PERSON).pk)
    assert sending.send_due() == 0
    assert len(carrier.taken) == 1 and Mark.objects.count() == 1 and not Invitee.objects.exists()
    assert control() == ("kept", "1 addresses invited, none twice, none kept")


def test_dots_make_another_address(carrier: Carrier) -> None:  # noqa: F811
    refer("frieda.m@friends.example")
    refer("friedam@friends.example")
    assert sending.send_due() == 2


def test_what_a_restored_backup_lacks_is_in_the_journal(
    carrier: Carrier,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refer()
    sending.send_due()
    Mark.objects.all().delete()
    monkeypatch.setattr(once, "current", lambda: 2)  # a restore begins another log
    refer("frieda+again@friends.example")
    refer("new@friends.example")
    sending.send_due()
    assert [to for to, _ in carrier.taken] == [["frieda@friends.example"], ["new@friends.example"]]
    assert states() == ["sent", "unknown"] and not Invitee.objects.exists()


def test_a_form_sent_twice_is_one_referral(carrier: Carrier) -> None:  # noqa: F811
    alice = DataSubject.begin(Kind.PERSON).pk
    row = refer(by=alice)
    refer(by=alice, row=row)
    assert sending.send_due() == 1
    refer(by=alice, row=row)
    assert sending.send_due() == 0 and Referral.objects.count() == 1 and len(carrier.taken) == 1


@pytest.mark.parametrize(
    ("where", "arrived"), [("disclose", 0), ("once.hand_over", 0), ("close", 1), ("flows.forget", 1)]
)
def test_a_worker_that_dies_leaves_unknown_and_never_a_second_message(
    carrier: Carrier,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    arrived: int,
) -> None:
    def killed(*args: object, **kwargs: object) -> None:
        raise Killed

    refer()
    with monkeypatch.context() as patch:
        patch.setattr(f"troth.apps.referrals.sending.{where}", killed)
        with pytest.raises(Killed):
            sending.send_due()
    let_time_pass()
    refer(by=DataSubject.begin(Kind.PERSON).pk)
    for _ in range(3):
        sending.send_due()
    assert len(carrier.taken) == arrived and not Invitee.objects.exists()
    assert states() == ["sent" if where == "flows.forget" else "unknown"]
    assert control()[0] == "kept"


def test_a_line_that_breaks_leaves_unknown_and_a_refusal_is_final(
    carrier: Carrier,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(self: object) -> None:
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(once.EmailMessage, "send", broken)
        refer()
        sending.send_due()
    carrier.refused, carrier.busy = {"gone@friends.example"}, {"busy@friends.example"}
    refer("gone@friends.example")
    refer("busy@friends.example")
    sending.send_due()
    carrier.refused, carrier.busy = set(), set()
    for address in ("frieda@friends.example", "gone@friends.example", "busy@friends.example"):
        refer(address)
    assert sending.send_due() == 0
    assert states() == ["failed", "failed", "unknown"] and not carrier.taken


def test_a_carrier_that_is_away_costs_nobody_their_message(
    carrier: Carrier,  # noqa: F811
    settings: Any,
) -> None:
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    refer()
    assert sending.send_due() == 0 and Mark.objects.count() == 0
    settings.EMAIL_PORT = port
    let_time_pass()
    assert sending.send_due() == 1 and len(carrier.taken) == 1


def test_who_waits_for_a_carrier_too_long_is_forgotten_unmailed(carrier: Carrier) -> None:  # noqa: F811
    refer()
    Invitee.objects.update(
        made_at=timezone.now() - flows.WAIT - timedelta(minutes=1), due_at=timezone.now() + flows.WAIT
    )
    sending.send_due()
    assert not carrier.taken and not Invitee.objects.exists() and not Mark.objects.exists()


def test_two_workers_and_two_referrers_make_one_message(carrier: Carrier) -> None:  # noqa: F811
    for number in range(4):
        refer(f"frieda+{number}@friends.example")
    assert sum(map(int, beside(sending.send_due, 2))) == 1  # type: ignore[call-overload]
    sending.send_due()
    assert len(carrier.taken) == 1 and states() == ["sent"] and not Invitee.objects.exists()


def test_the_gate_permits_one_use_and_one_disclosure_of_a_friend() -> None:
    friend = Invitee.objects.get(pk=refer())

    def read() -> str:
        with using(flows.PURPOSE, by=SYSTEM, given=friend):
            return str(friend.friend_email) + str(friend.friend_name)

    def give() -> Any:
        return disclose(
            friend, ["friend_email"], to="mail-carrier", purpose=flows.PURPOSE, by=SYSTEM, country="US", given=friend
        )  # fmt: skip

    assert read() and give()
    for again in (read, give):
        before = Entry.objects.filter(kind=5).count()
        with pytest.raises(Refused, match="once"):
            again()
        assert Entry.objects.filter(kind=5).count() == before + 1
    assert Entry.objects.filter(kind=4).count() == 1


def test_a_use_in_an_act_that_rolls_back_counts_all_the_same() -> None:
    friend = Invitee.objects.get(pk=refer())
    with pytest.raises(DatabaseError), using(flows.PURPOSE, by=SYSTEM, given=friend), act():
        assert friend.friend_email
        raise DatabaseError
    with pytest.raises(Refused), using(flows.PURPOSE, by=SYSTEM, given=friend):
        assert friend.friend_email


def test_what_was_done_once_counts_for_whom_the_subject_is_merged_into() -> None:
    friend, into = Invitee.objects.get(pk=refer()), DataSubject.begin(Kind.PERSON).pk
    with using(flows.PURPOSE, by=SYSTEM, given=friend):
        assert friend.friend_email
    merge(friend.owner_id, into, SYSTEM)
    friend = Invitee.objects.get(owner=into)
    with pytest.raises(Refused, match="once"), using(flows.PURPOSE, by=SYSTEM, given=friend):
        assert friend.friend_email
    assert set(Spent.objects.values_list("subject", flat=True)) == {into.hex}


def test_after_the_message_there_is_no_ground() -> None:
    friend = Invitee.objects.get(pk=refer())
    friend.state = Invitee.State.DONE
    with pytest.raises(Refused), using(flows.PURPOSE, by=SYSTEM, given=friend):
        assert friend.friend_email


def test_whoever_is_erased_has_nobody_invited_in_their_name(carrier: Carrier) -> None:  # noqa: F811
    alice = DataSubject.begin(Kind.PERSON).pk
    refer(by=alice)
    refer("other@friends.example")
    erase(alice.hex, SYSTEM)
    assert sending.send_due() == 1 and carrier.taken[0][0] == ["other@friends.example"]
    assert not Referrer.objects.exists() and not Referral.objects.exists()


def test_a_second_message_on_record_breaks_the_clause(carrier: Carrier) -> None:  # noqa: F811
    refer()
    sending.send_due()
    assert control()[0] == "kept"
    made = Entry.objects.filter(kind=4, recipient="mail-carrier").get()
    made.seq, made.id, made.index = None, uuid7().hex, None
    made.save(force_insert=True)
    assert control() == ("broken", "2 messages for 1 addresses")


def test_a_friend_who_is_still_held_breaks_the_clause(carrier: Carrier) -> None:  # noqa: F811
    refer()
    assert control()[0] == "kept"
    Invitee.objects.update(state="done", sent_at=timezone.now() - timedelta(days=1, minutes=1))
    assert control() == ("broken", "1 friends held after their message")


def test_whoever_is_left_after_a_day_goes_by_retention_with_their_key() -> None:
    refer()
    Invitee.objects.update(state="done", sent_at=timezone.now() - timedelta(days=1, minutes=1))
    assert end_expired() == 1
    assert not DataSubject.objects.filter(kind="invitee").exists() and not DataKey.objects.exists()


def test_a_message_that_left_no_entry_breaks_the_clause(carrier: Carrier) -> None:  # noqa: F811
    refer()
    sending.send_due()
    Entry.objects.filter(kind=4, recipient="mail-carrier").delete()
    assert control()[0] == "broken"


def test_so_many_wait_that_no_more_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "MOST_WAITING", 2)
    refer("1@friends.example")
    refer("2@friends.example")
    with pytest.raises(flows.Crowded):
        refer("3@friends.example")
    assert Invitee.objects.count() == 2


def test_a_friend_who_joins_by_the_link_is_a_credit_and_no_name(victor: Client) -> None:
    alice = DataSubject.begin(Kind.PERSON).pk
    code = flows.begin(alice).code
    victor.get(letters.visit_link(code))
    victor.get(letters.visit_link(code))
    ask(victor)
    assert victor.post("/register/code/", {"code": code_to(ALICE["email"])}).status_code == 302
    reward = Reward.objects.get()
    assert (reward.owner_id, reward.cents, reward.currency) == (alice, 1000, "USD")
    joined = Person.objects.get()
    assert joined.pk.hex not in repr(vars(reward)) and joined.owner_id.hex not in repr(vars(reward))
    assert Referrer.objects.get().visits == 1
    assert "came-by" not in victor.session


def test_ones_own_visit_and_an_unknown_link_count_for_nobody() -> None:
    alice = register()
    person = Person.objects.get()
    code = flows.begin(person.owner_id).code
    for link in (letters.visit_link(code), letters.visit_link(uuid7())):
        assert alice.get(link).headers["location"] == "/"
    assert Referrer.objects.get().visits == 0 and ALICE["email"] not in repr(alice.session.items())
