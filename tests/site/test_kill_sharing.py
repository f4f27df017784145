"""A few kills amid pulls and deliveries, by the script that does two hundred."""

import subprocess
import sys

import pytest

from tests.site.demo import ROOT, environment


@pytest.mark.long
def test_what_is_killed_while_it_fetches_left_with_an_entry_and_comes_again_marked_so() -> None:
    command = [sys.executable, ROOT / "scripts" / "kill_sharing.py", "--moments", "5"]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("5 moments") and "0 without an entry, 0 twice unseen" in done.stdout
    print(done.stdout)
