"""A hundred kills while everything is at work in the house, by the script that does a thousand."""

import subprocess
import sys

import pytest

from tests.site.demo import ROOT, environment


@pytest.mark.long
def test_what_was_promised_while_everything_was_at_work_is_there_after_each_kill() -> None:
    command = [sys.executable, ROOT / "scripts" / "kill_house.py", "--moments", "100"]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=2400, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("100 kills") and done.stdout.count(", 0 lost, 0 twice") == 2, done.stdout
