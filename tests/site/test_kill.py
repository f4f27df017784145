"""A few kills amid enquiries, by the script that does two hundred, and what its count would find.

A hundred beside everything else are in `test_kill_house.py`.
"""

import importlib.util
import subprocess
import sys
from collections import Counter

import pytest

from tests.site.demo import ROOT, environment

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
    spec = importlib.util.spec_from_file_location("kill", SCRIPT)
    assert spec and spec.loader
    kill = importlib.util.module_from_spec(spec)
    sys.modules["kill"] = kill  # its dataclasses look their module up
    spec.loader.exec_module(kill)
    kill.check_confirmations([WELL], {"alice"}, Counter({"<1@x>": 2}))
    with pytest.raises(kill.Damage, match=words):
        kill.check_confirmations(messages, {"alice"}, Counter(taken))
