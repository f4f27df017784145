"""A few kills amid referrals, by the script that does a hundred."""

import subprocess
import sys

import pytest

from tests.site.demo import ROOT, environment


@pytest.mark.long
def test_referrals_killed_anywhere_write_to_nobody_twice_and_forget_everybody() -> None:
    command = [sys.executable, ROOT / "scripts" / "kill_referrals.py", "--moments", "5"]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("5 kills") and "to 5 addresses, 0 twice;" in done.stdout
    print(done.stdout)
