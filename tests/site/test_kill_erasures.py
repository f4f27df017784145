"""A few kills amid erasures, by the script that does them beside every step and at two hundred moments."""

import subprocess
import sys

import pytest

from tests.site.demo import ROOT, environment


@pytest.mark.long
def test_erasures_killed_anywhere_end_wholly_or_had_not_begun() -> None:
    command = [sys.executable, ROOT / "scripts" / "kill_erasures.py", "--steps", "3", "--moments", "2"]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("3 kills at steps, 2 at random moments") and " 0 between;" in done.stdout
    print(done.stdout)
