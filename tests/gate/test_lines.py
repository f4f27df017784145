"""Lines to the stores and to the mail relay: TLS with the other side's name checked, or none at all."""

import contextlib
import os
import socket
import socketserver
import ssl
import struct
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller

from tests.cast import durable
from tests.gate.conftest import Carrier, free_port
from tests.gate.test_outgoing_mail import queued, state
from tests.site.databases import is_beside_postgres
from troth.config import certificates, doctor, mail_relay
from troth.config.databases import database
from troth.config.environment import SettingError
from troth.gate.backups import stores
from troth.gate.outbound.mail import deliver_due

HOSTS = {"right": ("localhost",), "wrong name": ("elsewhere.example",)}
URL = "TROTH_DATABASE_URL"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, certificates.Certificates]:
    """A certificate for this machine, and one of another, each with its authority."""
    return {name: certificates.ensure(tmp_path_factory.mktemp("tls"), hosts) for name, hosts in HOSTS.items()}


@pytest.fixture(params=["right", "wrong name", "another authority", "no TLS"])
def relay(
    request: pytest.FixtureRequest, settings: Any, made: dict[str, certificates.Certificates]
) -> Iterator[tuple[str, Carrier]]:
    """A relay and how it presents itself."""
    told, taking = request.param, Carrier()
    shown = made["wrong name" if told == "wrong name" else "right"]
    trusted = (
        made["wrong name" if told == "another authority" else "right"] if told != "wrong name" else shown
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown.server)
    given = {} if told == "no TLS" else {"tls_context": context, "require_starttls": True}
    controller = Controller(taking, hostname="127.0.0.1", port=free_port(), **given)
    controller.start()
    settings.EMAIL_BACKEND = "troth.gate.outbound.relay.RelayBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "localhost", controller.port, True
    settings.TROTH_SMTP_AUTHORITY, settings.TROTH_MAIL_HELD = str(trusted.authority), False
    yield told, taking
    controller.stop()


@durable
def test_mail_goes_to_the_relay_that_shows_its_own_certificate_alone(relay: tuple[str, Carrier]) -> None:
    told, taking = relay
    message = queued()
    deliver_due()
    is_right = told == "right"
    assert (state(message), len(taking.taken)) == (("sent", 1) if is_right else ("queued", 0))
    found = [each for each in doctor._lines() if "mail relay" in each.what]
    assert [each.is_well for each in found] == [is_right]


def test_a_relay_elsewhere_wants_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TROTH_SMTP_HOST", "mail.example")
    with pytest.raises(SettingError, match="TROTH_SMTP_TLS"):
        mail_relay.relay()
    monkeypatch.setenv("TROTH_SMTP_TLS", "1")
    assert mail_relay.relay().tls


@pytest.mark.parametrize(
    ("host", "query", "options"),
    [
        ("%2Frun%2Fpostgresql", "", {}),
        ("127.0.0.1", "", {}),
        ("localhost", "?sslmode=verify-full", {"sslmode": "verify-full", "sslrootcert": "system"}),
        ("stores.example", "", {"sslmode": "verify-full", "sslrootcert": "system"}),
    ],
)
def test_a_store_elsewhere_is_known_by_its_name(
    host: str, query: str, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL, f"postgresql://troth:secret@{host}/troth{query}")
    assert database(URL, Path())["OPTIONS"] == options


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("sslmode=require", "give verify-full"),
        ("sslmode=disable", "give verify-full"),
        ("sslrootcert=/nowhere", "is no file"),
        ("options=-c", "what may stand there"),
    ],
)
def test_a_store_elsewhere_is_never_spoken_to_unchecked(
    query: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL, f"postgresql://troth:secret@stores.example/troth?{query}")
    with pytest.raises(SettingError, match=words) as raised:
        database(URL, Path())
    assert "secret" not in str(raised.value)


class Speaking(socketserver.ThreadingTCPServer):
    """TLS as PostgreSQL speaks it, in front of the server of this run: its own build knows no TLS."""

    daemon_threads, allow_reuse_address = True, True

    def __init__(self, pem: Path) -> None:
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(pem)
        super().__init__(("127.0.0.1", 0), Speaker)
        Thread(target=self.serve_forever, daemon=True).start()


class Speaker(socketserver.BaseRequestHandler):
    server: Speaking

    def handle(self) -> None:
        asked = struct.unpack("!ii", self.request.recv(8))
        assert asked == (8, 80877103), "the protocol's SSLRequest"
        self.request.sendall(b"S")
        with socket.socket(socket.AF_UNIX) as behind, contextlib.suppress(OSError):
            line = self.server.context.wrap_socket(self.request, server_side=True)
            behind.connect(os.environ["PGHOST"] + "/.s.PGSQL.5432")
            Thread(target=_pass_on, args=(behind, line), daemon=True).start()
            _pass_on(line, behind)


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)


@pytest.mark.skipif(not is_beside_postgres(), reason="there is no PostgreSQL beside this run")
def test_a_server_is_known_by_its_certificate(
    made: dict[str, certificates.Certificates], monkeypatch: pytest.MonkeyPatch
) -> None:
    for shown in HOSTS:
        with Speaking(made[shown].server) as server:
            for trusted in HOSTS:
                where = f"postgresql://troth@localhost:{server.server_address[1]}/troth"
                authority = f"sslmode=verify-full&sslrootcert={made[trusted].authority}"
                monkeypatch.setenv(URL, f"{where}?{authority}")
                if shown == trusted == "right":
                    with stores._connected(database(URL, Path())) as line:
                        assert line.pgconn.ssl_in_use and line.execute("SELECT 1").fetchone() == (1,)
                    continue
                with pytest.raises(psycopg.OperationalError, match="certificate"):
                    stores._connected(database(URL, Path()))
            server.shutdown()
