"""What cannot start says so in one line, ends with 1, and leaves nothing half written."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.site import warm
from tests.site.demo import ROOT, Demo, environment, free_port, troth
from troth.gate.keystore.beginning import begin


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on standard error of a command that failed as it should."""
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("troth: "), done.stderr
    return lines[0]


def demo(home: Path, port: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
    return troth("demo", "--home", home, "--port", str(port or free_port()), **more)


def contents(folder: Path) -> dict[str, str]:
    """Each file below a folder with the hash of its bytes; the lock and a database's side files come and go."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock" and not path.name.endswith(("-wal", "-shm"))
    }


@pytest.fixture
def home(unserved: Path, tmp_path: Path) -> Path:
    """A home of an install, to be spoiled."""
    return Path(shutil.copytree(unserved, tmp_path / "home"))


@pytest.mark.parametrize("is_mounted", [False, True], ids=["missing", "empty"])
def test_a_missing_key_folder_is_not_made_anew_over_old_data(home: Path, is_mounted: bool) -> None:
    shutil.move(home / "keys", home.with_name("elsewhere"))
    if is_mounted:
        (home / "keys").mkdir()
    before = contents(home)
    line = said(demo(home))
    assert f"key folder `{home / 'keys'}`" in line and "troth keys restore" in line
    assert contents(home) == before
    assert (home / "keys").exists() is is_mounted, "`keys restore` wants it empty or missing"


def test_a_missing_key_store_is_not_made_anew_over_old_data(home: Path) -> None:
    subjects = staff_in(home)
    for path in home.glob("keystore.sqlite3*"):
        path.unlink()
    told = troth("doctor", TROTH_HOME=str(home))  # whose look makes none
    assert told.returncode == 1 and "the key store is gone or empty" in told.stdout + told.stderr
    before = contents(home)
    line = said(demo(home))
    assert "key store" in line and "keystore.sqlite3" in line and "troth keys lost" in line
    assert contents(home) == before
    unasked = troth("keys", "lost", TROTH_HOME=str(home))
    assert unasked.returncode == 1 and "nothing was changed" in unasked.stdout
    lost = troth("keys", "lost", "--yes", TROTH_HOME=str(home))
    assert lost.returncode == 0 and f"{subjects} subjects are unreadable" in lost.stdout, lost.stderr
    again = troth("keys", "lost", "--yes", TROTH_HOME=str(home))
    assert again.returncode == 1 and "nothing was changed" in again.stderr
    told = troth("doctor", TROTH_HOME=str(home))
    assert f"{subjects} subjects have no key" in told.stdout + told.stderr


def staff_in(home: Path) -> int:
    """Appoint somebody, so that there are data and a key; how many subjects there are."""
    who = ("Dana Novak", "dana@iplum.example", "owner", "CZ")
    made = troth("appoint", *who, typed="horse battery staple correct\n", TROTH_HOME=str(home))
    assert made.returncode == 0, made.stderr
    with contextlib.closing(sqlite3.connect(home / "troth.sqlite3")) as store:
        return int(store.execute("SELECT count(*) FROM subjects_datasubject").fetchone()[0])


def test_the_keys_of_another_install_are_refused(home: Path) -> None:
    shutil.rmtree(home / "keys")
    begin(home / "keys", home / "keys" / "tombstones")
    before = contents(home)
    assert "another install" in said(demo(home))
    assert contents(home) == before


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("mine")
    assert str(tmp_path / "home") in said(demo(tmp_path / "home"))
    assert (tmp_path / "home").read_text() == "mine"


def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    if os.access(home, os.W_OK):  # root may write anywhere: then the whole file system is made read-only
        script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
        before = ["unshare", "--mount", "sh", "-c", script, "sh", str(home)]
        if subprocess.run([*before, "true"], capture_output=True, check=False).returncode:
            pytest.skip("root without the right to mount can write everywhere")
    else:
        before = []
    command = [
        *before,
        sys.executable,
        "-m",
        "troth.config.cli",
        "demo",
        "--home",
        str(home),
        "--port",
        str(free_port()),
    ]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=240, check=False
    )
    line = said(done)
    assert f"cannot write in `{home}`" in line and "TROTH_HOME" in line
    assert not list(home.iterdir())


SMALL_DISK = """
mount -t tmpfs -o size=96k none "$1" || exit 90
"$2" -m troth.config.cli init && exit 91
find "$TROTH_HOME" -name '*.new' -o -name '.keys-*' | grep -q . && exit 92
mount -o remount,size=64m "$1" && exec "$2" -m troth.config.cli init
"""
SMALL_FILES = """
prlimit --fsize=40960 "$2" -m troth.config.cli init && exit 91
find "$TROTH_HOME" -name '*.new' -o -name '.keys-*' | grep -q . && exit 92
exec "$2" -m troth.config.cli init
"""


def test_a_disk_without_room_is_named_and_the_next_start_succeeds(tmp_path: Path) -> None:
    may_mount = not subprocess.run(
        ["unshare", "--mount", "true"], capture_output=True, check=False
    ).returncode
    # Without the right to mount, a limit on the size of files does.
    script = ["unshare", "--mount", "sh", "-c", SMALL_DISK] if may_mount else ["sh", "-c", SMALL_FILES]
    done = subprocess.run(
        [*script, "sh", tmp_path, sys.executable], env=environment(TROTH_HOME=str(tmp_path / "home")),
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    (line,) = done.stderr.splitlines()
    assert re.search("make room|with room", line), line
    assert "next: `troth appoint" in done.stdout


LOCKED = """
import sys
from troth.config import cli, environment
environment.LOCK_SECONDS = 0.2
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.long
def test_a_locked_database_is_named_with_what_to_do(home: Path) -> None:
    before = contents(home)
    with contextlib.closing(sqlite3.connect(home / "troth.sqlite3", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("PRAGMA user_version=1")
        done = warm.run(["-c", LOCKED, "init"], environment(TROTH_HOME=str(home)))
        other.execute("ROLLBACK")
    line = said(done)
    assert "locked" in line and "another program" in line and "fuser" in line, line
    assert contents(home) == before


def test_a_statement_that_lacks_what_the_code_does_is_told_before_anything_is_written(tmp_path: Path) -> None:
    own, home = tmp_path / "statement.md", tmp_path / "home"
    text = (ROOT / "statement.md").read_text(encoding="utf-8")
    assert text.count("collect enquiry.reply at staff-desk, ") == 1
    own.write_text(
        text.replace("collect enquiry.reply at staff-desk, ", "collect enquiry.reply at "), encoding="utf-8"
    )
    done = troth("init", TROTH_HOME=str(home), TROTH_STATEMENT=str(own))
    (line,) = done.stderr.splitlines()
    assert re.match(r"statement\.md:\d+:\d+: error S08: the code has the place `staff-desk`", line), line
    assert done.returncode == 1
    assert set(contents(home)) == {"company.toml", "statement.md", "agreement.md"}, (
        "what `init` copies to begin from"
    )


def test_a_statement_that_contradicts_itself_is_never_served(tmp_path: Path) -> None:
    ten = ROOT / "tests" / "engine" / "statement" / "ten-contradictions.md"
    done = demo(tmp_path / "home", TROTH_STATEMENT=str(ten))
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert all(re.match(r"(ten-contradictions|agreement)\.md:\d+:\d+: ", line) for line in lines), done.stderr
    assert "Traceback" not in done.stderr and "is served at" not in done.stdout
    assert contents(tmp_path / "home") == {}


def test_two_demos_on_one_folder_are_one_too_many(tmp_path: Path) -> None:
    first = Demo(tmp_path / "home").start()
    try:
        assert first.process is not None
        line = said(demo(tmp_path / "home"))
        assert f"in use by process {first.process.pid}" in line and "TROTH_HOME" in line
        assert first.browser().get("/").status == 200
    finally:
        first.stop()
