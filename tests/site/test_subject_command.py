"""`troth subject` and `troth retention`: rights from the shell, each look on record, nothing without the word."""

import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.site.demo import ROOT, environment

ALICE = "alice@archer.example"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company, prepared as `troth demo` does, with nothing served."""
    folder = tmp_path_factory.mktemp("shell") / "home"
    prepare = (
        "from pathlib import Path; from troth.config.commands.preparing import prepare;"
        f"prepare(Path({str(folder)!r}), sample=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", prepare],
        env=surroundings(folder),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def surroundings(home: Path) -> dict[str, str]:
    return environment(TROTH_HOME=str(home), TROTH_DEMO="1", TROTH_MAIL_HELD="1")


def troth(home: Path, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "troth.config.cli", *arguments]
    return subprocess.run(
        command,
        env=surroundings(home),
        cwd=ROOT,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def shown(home: Path, who: str) -> Any:
    done = troth(home, "subject", "show", who, "--json")
    return json.loads(done.stdout) if done.returncode == 0 else None


def test_what_is_held_is_shown_and_the_look_is_on_record(home: Path) -> None:
    (first,) = shown(home, "eloise@dubois.example")
    values = [row["values"] for row in first["held"]]
    assert any(row.get("E-mail address") == "eloise@dubois.example" for row in values)
    by_id = troth(home, "subject", "show", "-", typed=first["subject"] + "\n")
    assert "eloise@dubois.example" in by_id.stdout and "kept until" in by_id.stdout
    assert troth(home, "prove", "--clause", "use.requested").returncode == 0


def test_of_whom_nothing_is_held_is_said_to_be_so(home: Path) -> None:
    for who in ("nobody@archer.example", str(uuid.uuid4()), "no address", "-"):
        done = troth(home, "subject", "show", who)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "troth: nothing is held about this address or id\n"


def test_an_archive_is_written_for_its_owner_alone_and_anybody_can_check_it(
    home: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "bob.zip"
    assert troth(home, "subject", "export", "bob@archer.example", str(archive)).returncode == 0
    assert archive.stat().st_mode & 0o777 == 0o600
    checked = subprocess.run(
        [sys.executable, "-S", "-E", "-m", "troth.verify", archive], cwd=ROOT / "src", capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout
    assert troth(home, "subject", "export", "bob@archer.example", str(archive)).returncode == 2
    assert not list((home / "files").rglob("*")) or not [
        p for p in (home / "files").rglob("*") if p.is_file()
    ]


def test_a_hold_keeps_and_a_release_lets_go(home: Path) -> None:
    held = troth(home, "subject", "hold", "charlie@chen.example", "--until", "2099-01-01")
    assert held.returncode == 0 and "until 2099-01-01 under share.legal" in held.stdout
    refused = troth(home, "subject", "erase", "charlie@chen.example", "--yes")
    assert refused.returncode == 1 and "(clause share.legal)" in refused.stderr
    assert shown(home, "charlie@chen.example")
    assert troth(home, "subject", "release", "charlie@chen.example").returncode == 0
    assert troth(home, "subject", "release", "charlie@chen.example").returncode == 1
    wrong = troth(home, "subject", "hold", "charlie@chen.example", "--until", "soon")
    assert wrong.returncode == 2 and "YYYY-MM-DD" in wrong.stderr


def test_nothing_is_erased_without_the_word(home: Path) -> None:
    for typed in ("", "yes\n", "erase\n"):
        assert troth(home, "subject", "erase", "charlie@chen.example", typed=typed).returncode == 1
    assert shown(home, "charlie@chen.example")


def test_with_the_word_all_of_it_goes(home: Path) -> None:
    done = troth(home, "subject", "erase", ALICE, "--receipt-to", ALICE, typed="ERASE\n")
    assert done.returncode == 0 and "1 x Enquiry: goes now" in done.stdout
    assert shown(home, ALICE) is None


def test_retention_is_counted_and_run(home: Path) -> None:
    counted = troth(home, "retention", "--dry-run", "--json")
    due = {each["model"]: each for each in json.loads(counted.stdout)}
    assert due["enquiries.Enquiry"]["past"] == 0 and due["enquiries.Enquiry"]["next_on"]
    assert "24 months (collect.contact): 0 past" in troth(home, "retention", "--dry-run").stdout
    assert troth(home, "retention").stdout == "0 rows ended\n"
