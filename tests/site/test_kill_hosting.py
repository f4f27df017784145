"""A few kills amid uploads, imports, queries and revocations, by the script that does two hundred."""

import subprocess
import sys

import pytest

from tests.site.demo import ROOT, environment


@pytest.mark.long
def test_hosting_killed_anywhere_keeps_what_it_acknowledged_and_shows_nothing_in_half() -> None:
    command = [sys.executable, ROOT / "scripts" / "kill_hosting.py", "--moments", "4"]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("4 kills") and " 0 lost, " in done.stdout and " 0 halves" in done.stdout
    print(done.stdout)
