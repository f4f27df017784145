"""What a listener says when it cannot start, and where the plain port sends people."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.door.server import Server, environment, free_port
from troth.config import certificates, listen
from troth.config.supervise import CANNOT_START


def ask(redirect: Server, target: bytes, host: bytes, method: bytes = b"GET") -> tuple[int, str | None]:
    """The status and the location of an answer."""
    answer = redirect.exchange(method + b" " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
    lines = answer.decode().split("\r\n")
    places = [line.removeprefix("location: ") for line in lines if line.startswith("location: ")]
    assert not any(line.lower().startswith("strict-transport-security") for line in lines)
    return int(lines[0].split()[1]), places[0] if places else None


@pytest.mark.parametrize(
    ("target", "host", "location"),
    [
        (b"/", b"localhost", "https://localhost:8443/"),
        (b"/a%20b/%C3%A9?q=%20x", b"Localhost:8080", "https://localhost:8443/a%20b/%C3%A9?q=%20x"),
        (b"//evil.example/x", b"community.localhost", "https://community.localhost:8443//evil.example/x"),
        (b"/%0d%0aSet-Cookie:a=1", b"localhost", "https://localhost:8443/%0D%0ASet-Cookie:a=1"),
    ],
)
def test_a_known_host_is_sent_to_https(redirect: Server, target: bytes, host: bytes, location: str) -> None:
    assert ask(redirect, target, host) == (308, location)


@pytest.mark.parametrize(
    "host", [b"evil.example", b"localhost.evil.example", b"", b"127.0.0.1", b"localhost@evil"]
)
def test_an_unknown_host_is_sent_nowhere(redirect: Server, host: bytes) -> None:
    assert ask(redirect, b"/", host) == (400, None)


def test_a_post_keeps_its_method(redirect: Server) -> None:
    assert ask(redirect, b"/contact", b"localhost", b"POST")[0] == 308


def told(*arguments: str) -> tuple[int, str]:
    """Status and words of a listener that cannot start."""
    command = [sys.executable, "-m", "troth.config.listen", *arguments]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=10)
    return done.returncode, done.stderr


def test_a_taken_port_is_named_in_one_line(tls: certificates.Certificates) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port, pem = taken.getsockname()[1], str(tls.server)
        status, words = told("door", "127.0.0.1", str(port), pem, pem)
    assert status == CANNOT_START
    assert words == (
        f"troth: cannot listen at `127.0.0.1:{port}`: the port is taken; stop what uses it or give another "
        "with `--port` or TROTH_PORT\n"
    )


def test_a_missing_or_broken_certificate_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("scribble")
    missing = told("door", "127.0.0.1", str(free_port()), "/nowhere.pem", "/nowhere.pem")
    broken = told("door", "127.0.0.1", str(free_port()), *[str(tmp_path / "bad.pem")] * 2)
    assert (missing[0], broken[0]) == (CANNOT_START, CANNOT_START)
    assert "cannot read `/nowhere.pem`" in missing[1]
    assert "are not a certificate and its key" in broken[1]
    assert [words.count("\n") for _, words in (missing, broken)] == [1, 1]


def test_the_command_lines_are_the_ones_that_the_module_reads(tls: certificates.Certificates) -> None:
    command = listen.door_command("127.0.0.1", 1, tls.server, tls.server)
    assert command[1:4] == ("-m", "troth.config.listen", "door")
    assert listen.redirect_command("127.0.0.1", 1, 2, ["a"])[3:] == ("redirect", "127.0.0.1", "1", "2", "a")
