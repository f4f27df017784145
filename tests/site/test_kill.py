"""Forty kills under load, by the script that does two hundred."""

import subprocess
import sys

from tests.site.demo import ROOT, environment


def test_forty_kills_lose_no_enquiry_and_send_no_mail_without_an_entry() -> None:
    command = [sys.executable, ROOT / "scripts" / "kill.py", "--moments", "40"]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("40 kills") and " 0 lost, 0 twice," in done.stdout
    print(done.stdout)
