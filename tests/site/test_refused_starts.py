"""What cannot start says so in one line, ends with 1, and leaves nothing half written."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.site.demo import ROOT, Demo, environment, free_port, troth
from troth.gate.keystore.beginning import begin

OLD_SQLITE = """
import sys, pysqlite3
pysqlite3.sqlite_version, pysqlite3.sqlite_version_info = "3.40.1", (3, 40, 1)
from troth.config.cli import main
sys.exit(main(sys.argv[1:]))
"""


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


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        line = said(demo(tmp_path / "home", port))
    assert f"127.0.0.1:{port}" in line and "port is taken" in line and "--port" in line
    assert not (tmp_path / "home").exists()


def test_a_taken_port_of_the_redirect_is_named_too(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port - 363)):
        line = said(demo(tmp_path / "home", port))
    assert f"127.0.0.1:{port - 363}" in line
    assert not (tmp_path / "home").exists()


def remove(path: Path) -> None:
    path.unlink()


def open_to_all(path: Path) -> None:
    path.chmod(0o644)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20])


def from_elsewhere(path: Path) -> None:
    """Take the file out of another install."""
    other = path.parent.with_name("other")
    begin(other, other / "tombstones")
    path.write_bytes((other / path.name).read_bytes() if (other / path.name).exists() else b"x")
    shutil.rmtree(other)


@pytest.mark.parametrize(
    "spoil", [remove, open_to_all, cut, from_elsewhere], ids=lambda spoil: spoil.__name__
)
@pytest.mark.parametrize("name", ["deployment", "ledger.key"])
def test_a_key_file_that_cannot_be_trusted_stops_the_start(
    home: Path, spoil: Callable[[Path], None], name: str
) -> None:
    spoil(home / "keys" / name)
    before = contents(home)
    line = said(demo(home))
    assert str(home / "keys") in line and re.search("put it back|chmod|set `?TROTH_KEYS", line), line
    assert contents(home) == before


def test_a_missing_key_folder_is_not_made_anew_over_old_data(home: Path) -> None:
    shutil.rmtree(home / "keys")
    before = contents(home)
    line = said(demo(home))
    assert "keys" in line
    assert contents(home) == before


def test_a_missing_key_store_is_not_made_anew_over_old_data(home: Path) -> None:
    subjects = staff_in(home)
    for path in home.glob("keystore.sqlite3*"):
        path.unlink()
    before = contents(home)
    line = said(demo(home))
    assert "key store" in line and "keystore.sqlite3" in line and "troth keys lost" in line
    assert contents(home) == before
    told = troth("doctor", TROTH_HOME=str(home))
    assert told.returncode == 1 and "the key store is gone or empty" in told.stdout + told.stderr
    assert "key store" in said(demo(home)), "the doctor's look made one"
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
    command = [
        sys.executable,
        "-m",
        "troth.config.cli",
        "appoint",
        "Dana Novak",
        "dana@iplum.example",
        "owner",
        "CZ",
    ]
    made = subprocess.run(
        command, env=environment(TROTH_HOME=str(home)), input="horse battery staple correct\n", capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
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
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    line = said(done)
    assert f"cannot write in `{home}`" in line and "TROTH_HOME" in line
    assert not list(home.iterdir())


def test_a_disk_without_room_is_named_and_the_next_start_succeeds(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    script = 'mount -t tmpfs -o size=96k none "$1" && exec "$2" -m troth.config.cli demo --home "$1/home" --port "$3"'
    (tmp_path / "small").mkdir()
    command = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        script,
        "sh",
        str(tmp_path / "small"),
        sys.executable,
        str(port),
    ]
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        # Without the right to mount, a limit on the size of files does.
        command = [
            "prlimit",
            "--fsize=40960",
            sys.executable,
            "-m",
            "troth.config.cli",
            "demo",
            "--home",
            str(home),
        ]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert re.search("disk is full|disk I/O|No space|File too large|with room", said(done)), done.stderr


def test_an_sqlite_that_can_lose_commits_is_refused(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        OLD_SQLITE,
        "demo",
        "--home",
        tmp_path / "home",
        "--port",
        str(free_port()),
    ]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    line = said(done)
    assert "SQLite 3.40.1" in line and "pysqlite3" in line
    assert contents(tmp_path / "home") == {}


def test_a_statement_that_contradicts_itself_is_never_served(tmp_path: Path) -> None:
    ten = ROOT / "tests" / "engine" / "statement" / "ten-contradictions.md"
    done = demo(tmp_path / "home", TROTH_STATEMENT=str(ten))
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert all(re.match(r"(ten-contradictions|agreement)\.md:\d+:\d+: ", line) for line in lines), done.stderr
    assert "Traceback" not in done.stderr and "is served at" not in done.stdout


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("TROTH_PLAIN_PORT", "eighty", "TROTH_PLAIN_PORT is `eighty`"),
        ("TROTH_MAIL_HELD", "maybe", "TROTH_MAIL_HELD is `maybe`"),
        ("TROTH_DATABASE_URL", "mysql://x", "TROTH_DATABASE_URL begins with `mysql`"),
        ("TROTH_COMPANY", "/nowhere/company.toml", "/nowhere/company.toml is missing"),
        ("TROTH_STATEMENT", "/nowhere/statement.md", "/nowhere/statement.md"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str, words: str) -> None:
    done = demo(tmp_path / "home", **{name: value})
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done.stderr
    assert words in done.stderr


def test_two_demos_on_one_folder_are_one_too_many(tmp_path: Path) -> None:
    first = Demo(tmp_path / "home").start()
    try:
        assert first.process is not None
        line = said(demo(tmp_path / "home"))
        assert f"in use by process {first.process.pid}" in line and "TROTH_HOME" in line
        assert first.browser().get("/").status == 200
    finally:
        first.stop()
