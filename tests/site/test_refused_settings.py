"""What the command line or a setting says, and cannot be: one line that names it, and nothing is made."""

from __future__ import annotations

import errno
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.site.demo import PLAIN_BELOW, environment, free_port
from tests.site.test_refused_starts import contents, demo, said
from troth.config import certificates, cli
from troth.config.commands import serving
from troth.gate.keystore.beginning import begin

OLD_SQLITE = """
import sys, pysqlite3
pysqlite3.sqlite_version, pysqlite3.sqlite_version_info = "3.40.1", (3, 40, 1)
from troth.config.cli import main
code = main(sys.argv[1:])
assert "django" not in sys.modules, "to refuse takes no framework"
sys.exit(code)
"""
Refused = Callable[..., str]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Refused]:
    """Run a command in this process; the one line with which it is refused."""
    mask = os.umask(0o077)
    for name in ("TROTH_HOME", "TROTH_PORT", "TROTH_PLAIN_PORT", "TROTH_DEMO"):
        monkeypatch.setenv(name, "")  # so that what the command sets is taken back
        monkeypatch.delenv(name)

    def run(*arguments: str | Path, **settings: str | Path) -> str:
        for name, value in settings.items():
            monkeypatch.setenv(name, str(value))
        assert cli.main([str(each) for each in arguments]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("troth: ")
        return line

    yield run
    os.umask(mask)


def ports() -> dict[str, str]:
    port = free_port()
    return {"TROTH_PORT": str(port), "TROTH_PLAIN_PORT": str(port - PLAIN_BELOW)}


@pytest.mark.parametrize("below", [0, PLAIN_BELOW], ids=["of TLS", "of the redirect"])
def test_a_taken_port_is_named(tmp_path: Path, refused: Refused, below: int) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port - below)):
        line = refused("demo", "--home", tmp_path / "home", "--port", str(port))
    assert f"127.0.0.1:{port - below}" in line and "port is taken" in line and "--port" in line
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("port", ["99999", "0"])
def test_a_port_that_is_none_is_named(tmp_path: Path, refused: Refused, port: str) -> None:
    line = refused("demo", "--home", tmp_path / "home", "--port", port)
    assert f"TROTH_PORT is `{port}`" in line and "1 to 65535" in line
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("TROTH_PORT", "²", "give a whole number"),
        ("TROTH_LISTEN", "localhost", "give an IP address"),
        ("TROTH_TLS_CERTIFICATE", "/nowhere/own.pem", "TROTH_TLS_KEY belong together"),
    ],
)
def test_a_setting_of_the_listeners_is_named(
    tmp_path: Path, refused: Refused, name: str, value: str, words: str
) -> None:
    line = refused("serve", **{"TROTH_HOME": tmp_path / "home", **ports(), name: value})
    assert name in line and words in line
    assert not (tmp_path / "home" / "keys").exists()


def test_a_certificate_without_its_key_stops_the_start(tmp_path: Path, refused: Refused) -> None:
    ours, others = (certificates.ensure(tmp_path / name) for name in ("ours", "others"))
    other = others.authority
    assert other
    pair = {"TROTH_TLS_CERTIFICATE": other, "TROTH_TLS_KEY": ours.server}
    line = refused("serve", TROTH_HOME=tmp_path / "home", **ports(), **pair)
    assert "not a certificate and its key" in line and str(ours.server) in line
    assert not (tmp_path / "home" / "keys").exists()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("TROTH_PLAIN_PORT", "eighty", "TROTH_PLAIN_PORT is `eighty`"),
        ("TROTH_MAIL_HELD", "maybe", "TROTH_MAIL_HELD is `maybe`"),
        ("TROTH_DATABASE_URL", "mysql://x", "TROTH_DATABASE_URL begins with `mysql`"),
        ("TROTH_DATABASE_URL", "postgresql://u:secret@h:port/x", "TROTH_DATABASE_URL is no URL"),
        ("TROTH_COMPANY", "/nowhere/company.toml", "/nowhere/company.toml is missing"),
        ("TROTH_METRICS_TOKEN", "/nowhere/token", "TROTH_METRICS_TOKEN names `/nowhere/token`"),
        ("TROTH_OWNER_DATABASE_URL", "postgresql://u:secret@h/x", "without TROTH_DATABASE_URL"),
        ("TROTH_STATEMENT", "/nowhere/statement.md", "/nowhere/statement.md"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str, words: str) -> None:
    done = demo(tmp_path / "home", **{name: value})
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done.stderr
    assert words in done.stderr and "secret" not in done.stderr
    assert not (tmp_path / "home" / "keys").exists()


@pytest.mark.parametrize(
    "elsewhere", [{}, {"TROTH_DATABASE_URL": "postgresql://h/x"}], ids=["both", "the key store"]
)
def test_an_sqlite_that_can_lose_commits_is_refused(tmp_path: Path, elsewhere: dict[str, str]) -> None:
    words = [
        sys.executable,
        "-c",
        OLD_SQLITE,
        "demo",
        "--home",
        tmp_path / "home",
        "--port",
        str(free_port()),
    ]
    done = subprocess.run(
        words, env=environment(**elsewhere), capture_output=True, text=True, timeout=240, check=False
    )
    line = said(done)
    assert "SQLite 3.40.1" in line and "pysqlite3" in line
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["lock"]


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
    tmp_path: Path, refused: Refused, spoil: Callable[[Path], None], name: str
) -> None:
    home = tmp_path / "home"
    begin(home / "keys", home / "keys" / "tombstones")
    spoil(home / "keys" / name)
    before = contents(home)
    line = refused("serve", TROTH_HOME=home, **ports())
    assert str(home / "keys") in line and re.search("put it back|chmod|set `?TROTH_KEYS", line), line
    assert contents(home) == before


def test_a_full_disk_is_told_whoever_met_it(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(serving, "run_worker", full)
    assert refused("worker") == "troth: No space left on device; make room on the disk and try again"
