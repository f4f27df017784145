"""A few kills amid enquiries, by the script that does two hundred, and what its count would find.

A hundred beside everything else are in `test_kill_house.py`.
"""

import importlib.util
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from tests.cast import durable
from tests.site.demo import ROOT, environment
from troth.gate.keystore.models import DataKey
from troth.gate.outbound.mail import deliver_due, enqueue
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, act, using

SCRIPT = ROOT / "scripts" / "kill.py"


@pytest.mark.long
def test_a_kill_loses_no_enquiry_and_sends_no_mail_without_an_entry() -> None:
    command = [sys.executable, SCRIPT, "--moments", "4", "--clients", "2"]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("4 kills") and " 0 lost, 0 twice," in done.stdout
    print(done.stdout)


WELL = ("<1@x>", "alice", "sent")


@pytest.mark.parametrize(
    ("messages", "taken", "words"),
    [
        ([], {}, "1 enquiries have no confirmation"),
        ([WELL, ("<2@x>", "alice", "sent")], {"<1@x>": 1, "<2@x>": 1}, "two confirmations"),
        ([("<1@x>", "alice", "failed")], {"<1@x>": 1}, "`failed`, not sent"),
        ([WELL], {}, "never arrived"),
    ],
)
def test_a_confirmation_that_is_missing_double_or_did_not_arrive_is_damage(
    messages: list[tuple[str, str, str]], taken: dict[str, int], words: str
) -> None:
    kill = script()
    kill.check_confirmations([WELL], {"alice"}, Counter({"<1@x>": 2}))
    with pytest.raises(kill.Damage, match=words):
        kill.check_confirmations(messages, {"alice"}, Counter(taken))


def script() -> Any:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("kill", SCRIPT)
    assert spec and spec.loader
    kill = importlib.util.module_from_spec(spec)
    sys.modules["kill"] = kill  # its dataclasses look their module up
    spec.loader.exec_module(kill)
    return kill


@durable
def test_a_mail_more_than_there_are_entries_is_damage_unless_whose_it_was_is_being_erased() -> None:
    kill, subject = script(), DataSubject.begin(Kind.PERSON)
    with using("sending-mail", by=SYSTEM), act():
        sent = enqueue(subject.pk, "alice@archer.example", "Welcome", "We are glad.")
    assert deliver_due() == 1
    for taken, state in ((1, "sent"), (0, "held"), (0, "queued")):
        told = [(sent.message_id, subject.pk.hex, state)]
        kill.check_entries(told, Counter({sent.message_id: taken}), {sent.message_id})
    twice = Counter({sent.message_id: 2})
    with pytest.raises(kill.Damage, match="without an entry: 2 of a person, 1 on record"):
        kill.check_entries(told, twice, {sent.message_id})
    with pytest.raises(kill.Damage, match="not in the outbox"):
        kill.check_entries(told, Counter({"<2@x>": 1}), {sent.message_id})
    DataKey.objects.filter(subject=subject.pk.hex).update(erasing=True)
    kill.check_entries(told, twice, {sent.message_id})
