"""Real listeners for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.door.server import Server, free_port, start
from troth.config import certificates


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> certificates.Certificates:
    return certificates.ensure(tmp_path_factory.mktemp("home") / "tls")


@pytest.fixture
def new_door(tls: certificates.Certificates, tmp_path: Path) -> Iterator[Callable[[], Server]]:
    """Makes a door of the test's own."""
    started: list[Server] = []

    def make() -> Server:
        port = free_port()
        pem = str(tls.server)
        arguments = ["door", "127.0.0.1", str(port), pem, pem, "--target", "application:app"]
        started.append(start(tmp_path, port, arguments, tls.authority))
        return started[-1]

    yield make
    for each in started:
        if each.process.poll() is None:
            each.stop()


@pytest.fixture(scope="module")
def door(tls: certificates.Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One door for the tests of a module that do not disturb each other."""
    port, pem = free_port(), str(tls.server)
    arguments = ["door", "127.0.0.1", str(port), pem, pem, "--target", "application:app"]
    server = start(tmp_path_factory.mktemp("door"), port, arguments, tls.authority)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def redirect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A redirect listener that knows two hosts."""
    port = free_port()
    arguments = ["redirect", "127.0.0.1", str(port), "8443", "localhost", "community.localhost"]
    server = start(tmp_path_factory.mktemp("redirect"), port, arguments, None)
    yield server
    server.stop()
