"""A certificate replaced on disk is served without a restart, and a broken one is not."""

from __future__ import annotations

import signal
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from tests.door.server import Server, free_port, start, wait_for
from troth.config import certificates


@pytest.fixture
def renewed(tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    """A door whose certificate lies behind a link, as those who renew certificates lay them, and the folder of it."""
    made = certificates.ensure(tmp_path / "first")
    link = tmp_path / "live.pem"
    link.symlink_to(made.server)
    port = free_port()
    pem = (str(link), str(link))
    arguments = ["door", "127.0.0.1", str(port), *pem, "--target", "application:app", "--look", "0.2"]
    server = start(tmp_path, port, arguments, made.authority)
    yield server, tmp_path
    server.stop()


def serial(server: Server) -> int:
    with server.connect() as line:
        assert isinstance(line, ssl.SSLSocket)
        shown = line.getpeercert(binary_form=True)
    assert shown
    return x509.load_der_x509_certificate(shown).serial_number


def test_a_new_certificate_is_served_and_a_broken_one_is_not(renewed: tuple[Server, Path]) -> None:
    server, folder = renewed
    first = serial(server)
    authority = certificates._load(folder / "first" / "authority-key.pem")
    assert authority
    made = certificates._make_server(authority, certificates.HOSTS, datetime.now(UTC))
    link, draft = folder / "live.pem", folder / "draft"

    (folder / "broken.pem").write_text("a certificate on its way")
    draft.symlink_to(folder / "broken.pem")
    draft.replace(link)
    assert wait_for(lambda: "is served on" in server.log.read_text())
    server.process.send_signal(signal.SIGHUP)
    assert serial(server) == first and server.get().startswith(b"HTTP/1.1 200")

    (folder / "second.pem").write_bytes(made.pem())
    draft.symlink_to(folder / "second.pem")
    draft.replace(link)

    def is_new() -> bool:
        assert server.get().startswith(b"HTTP/1.1 200"), "nobody is turned away meanwhile"
        return serial(server) == made.certificate.serial_number

    assert wait_for(is_new, 20)
    assert wait_for(lambda: all(is_new() for _ in range(5)), 20), "the process before is gone"
    assert server.process.poll() is None
