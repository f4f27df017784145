"""The network is closed in tests, in this process and in those that a test starts."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from loopback import NetworkBlocked, is_local
from tests.house.tree import ROOT

OUTSIDE = ("192.0.2.1", 443)  # RFC 5737: documentation, routed nowhere


def test_a_connection_to_the_outside_is_refused(expected_attempts: list[str]) -> None:
    with socket.socket() as client, pytest.raises(NetworkBlocked, match=r"192\.0\.2\.1"):
        client.connect(OUTSIDE)
    assert expected_attempts


def test_a_datagram_to_the_outside_is_refused(expected_attempts: list[str]) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client, pytest.raises(NetworkBlocked):
        client.sendto(b"alice", OUTSIDE)
    assert expected_attempts


def test_a_name_is_not_looked_up(expected_attempts: list[str]) -> None:
    with pytest.raises(NetworkBlocked):
        socket.getaddrinfo("alice.example", 25)
    assert expected_attempts


def test_listening_to_every_interface_is_refused(expected_attempts: list[str]) -> None:
    with socket.socket() as server, pytest.raises(NetworkBlocked):
        server.bind(("", 0))
    assert expected_attempts


def test_a_packet_socket_is_refused(expected_attempts: list[str]) -> None:
    with pytest.raises(NetworkBlocked):
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    assert expected_attempts


def test_loopback_and_unix_sockets_are_open() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert client.getpeername() == server.getsockname()
    for end in socket.socketpair(socket.AF_UNIX):
        end.close()


def test_a_process_that_a_test_starts_has_no_network_either() -> None:
    code = f"import socket; socket.socket().connect({OUTSIDE!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "NetworkBlocked" in done.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", b"localhost", None])
def test_loopback_is_local(host: object) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", ["", "0", "::", "10.0.0.1", "fe80::1%eth0", "localhost.example", b"\xff"])
def test_everything_else_is_not(host: object) -> None:
    assert not is_local(host)


def test_a_refusal_that_was_swallowed_still_fails_the_test(tmp_path: Path) -> None:
    test = tmp_path / "test_quiet.py"
    test.write_text(
        "import contextlib, socket\n"
        "def test_it():\n"
        "    with contextlib.suppress(OSError): socket.socket().connect(('192.0.2.1', 25))\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.plugins.network",
        "-p",
        "no:django",
        "-c",
        os.devnull,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, test], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert "1 passed, 1 error" in done.stdout, done.stdout
