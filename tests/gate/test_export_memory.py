"""An export of much takes little memory, in a house of its own, whose stores are files whatever else runs."""

import subprocess
import sys
from pathlib import Path

import pytest

LARGE = Path(__file__).with_name("export_of_a_large_file.py")


@pytest.mark.long
def test_memory_does_not_grow_with_the_export(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(LARGE), str(tmp_path), "200"],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) < 40_000_000
