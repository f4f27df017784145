"""Mailed codes: one use, ten minutes, six tries, one act; and what an attacker gets for anything else."""

import re
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from django.utils import timezone

from tests.cast import durable
from tests.gate.at_the_prompt import beside
from tests.gate.conftest import Clock
from troth.gate.codes import codes
from troth.gate.codes.codes import CodeRefused, redeem, runs_out
from troth.gate.codes.models import MailedCode
from troth.gate.ids import uuid7
from troth.gate.outbound.models import Message
from troth.gate.subjects.erase import erase
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, Actor, act, using

pytestmark = durable
ALICE, VICTOR = "alice@archer.example", "victor@nowhere.example"


def subject() -> UUID:
    return DataSubject.begin(Kind.PERSON).pk


def sent(owner: UUID, act_name: str = "erase", address: str = ALICE, about: str = "") -> UUID:
    with act():
        return codes.send(act_name, owner, address, about, "to erase your data")


def mails(owner: UUID) -> list[str]:
    """The texts mailed to a subject, oldest first."""
    with using("supervising-mail", by=Actor("privacy-officer")):
        return [message.body for message in Message.objects.filter(owner=owner).order_by("pk")]


def digits(owner: UUID) -> str:
    found = re.search(r"\b\d{8}\b", mails(owner)[-1])
    assert found is not None
    return found.group()


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 10**8:08d}"


def assert_refused(code: UUID, act_name: str, typed: str, about: str = "") -> None:
    with pytest.raises(CodeRefused) as refused:
        redeem(code, act_name, typed, about)
    assert refused.value.reason == codes.REASON
    assert not typed or typed not in str(refused.value)


def test_a_code_works_once_and_can_be_typed_with_blanks() -> None:
    owner = subject()
    code, right = sent(owner), digits(owner)
    redeem(code, "erase", f" {right[:4]} {right[4:]}\n")
    assert_refused(code, "erase", right)


def test_the_mail_says_what_for_and_until_when_and_the_page_can_too() -> None:
    owner = subject()
    code = sent(owner)
    until = runs_out(code)
    assert until is not None and timedelta(minutes=9) < until - timezone.now() <= timedelta(minutes=10)
    assert f"until {until:%H:%M} UTC" in mails(owner)[0] and "to erase your data" in mails(owner)[0]


def test_the_code_itself_is_in_no_column() -> None:
    owner = subject()
    row, right = MailedCode.objects.get(pk=sent(owner)), digits(owner)
    assert all(right not in str(value) for value in vars(row).values())
    assert len(bytes(row.code_hash)) == 32 and bytes(row.code_hash) != bytes(row.address_hash)


def test_another_act_another_matter_and_another_code_are_refused_in_the_same_words() -> None:
    alice, victor = subject(), subject()
    code, right = sent(alice, about="row 1"), digits(alice)
    other = sent(victor, address=VICTOR)
    assert_refused(code, "sign-in", right, "row 1")
    assert_refused(code, "erase", right, "row 2")
    assert_refused(other, "erase", right)
    assert_refused(uuid7(), "erase", right)
    redeem(code, "erase", right, "row 1")


def test_the_sixth_wrong_try_ends_the_code() -> None:
    owner = subject()
    code, right = sent(owner), digits(owner)
    for _ in range(6):
        assert_refused(code, "erase", wrong(right))
    assert_refused(code, "erase", right)
    assert runs_out(code) is None


def test_five_wrong_tries_leave_one() -> None:
    owner = subject()
    code, right = sent(owner), digits(owner)
    for typed in (wrong(right), "", "12345678901234567890", "\0", "\ud800"):
        assert_refused(code, "erase", typed)
    redeem(code, "erase", right)


def test_an_expired_code_is_refused_also_when_the_clock_is_set_back(set_clock: Clock) -> None:
    owner = subject()
    code, right = sent(owner), digits(owner)
    set_clock(timedelta(minutes=10, seconds=1))
    assert_refused(code, "erase", right)
    set_clock(timedelta(days=-2))
    assert_refused(code, "erase", right)


def test_a_new_code_ends_the_older_one_of_the_same_act_only() -> None:
    owner = subject()
    first, first_digits = sent(owner), digits(owner)
    other, other_digits = sent(owner, "sign-in"), digits(owner)
    second, second_digits = sent(owner), digits(owner)
    assert_refused(first, "erase", first_digits)
    redeem(second, "erase", second_digits)
    redeem(other, "sign-in", other_digits)


def test_two_who_redeem_one_code_at_once_one_wins() -> None:
    owner = subject()
    code, right, together = sent(owner), digits(owner), Barrier(2)

    def try_it() -> bool:
        together.wait()
        try:
            redeem(code, "erase", right)
        except CodeRefused:
            return False
        return True

    assert sorted(map(bool, beside(try_it, 2))) == [False, True]


def test_the_sixth_code_in_an_hour_is_not_mailed_and_looks_like_the_others(set_clock: Clock) -> None:
    owner = subject()
    given = [sent(owner) for _ in range(5)]
    right = digits(owner)
    assert sent(owner) == given[-1] and len(mails(owner)) == 5
    redeem(given[-1], "erase", right)
    assert sent(owner) not in given and len(mails(owner)) == 5
    set_clock(timedelta(hours=1, minutes=1))
    assert MailedCode.objects.filter(pk=sent(owner)).exists() and len(mails(owner)) == 6


def test_an_address_is_spared_however_many_ask_under_it() -> None:
    owners = [subject() for _ in range(7)]
    for owner in owners:
        sent(owner, "request", "Victor@NOWHERE.example" if owner == owners[2] else VICTOR)
    assert [len(mails(owner)) for owner in owners] == [1, 1, 1, 1, 1, 0, 0]
    sent(owners[6], "sign-in", VICTOR)
    assert len(mails(owners[6])) == 1, "asking for one act under an address blocks no other act"


def test_codes_are_kept_for_a_day_and_go_with_their_owner(set_clock: Clock) -> None:
    alice, bob = subject(), subject()
    sent(alice), sent(bob, address=VICTOR)
    erase(alice.hex, SYSTEM)
    assert MailedCode.objects.count() == 1
    set_clock(timedelta(hours=23))
    assert codes.forget_old() == 0
    set_clock(timedelta(days=1, minutes=1))
    assert codes.forget_old() == 1 and MailedCode.objects.count() == 0


def test_a_try_that_would_be_rolled_back_is_not_taken() -> None:
    owner = subject()
    code = sent(owner)
    with pytest.raises(RuntimeError), act():
        redeem(code, "erase", "00000000")
