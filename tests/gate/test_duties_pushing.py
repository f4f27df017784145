"""Records sent to a provider's server: signed, at the registered host alone, again under one id until they are taken."""

import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.cast import ALICE, CHARLIE, durable
from tests.gate.test_duties import a_duty, asked
from troth.config.certificates import ensure
from troth.gate.duties import pushing, registering
from troth.gate.duties.models import Duty, Handover
from troth.gate.journal.models import Entry
from troth.gate.outbound import webhooks

pytestmark = durable


class Server(HTTPServer):
    """A provider's server: what it got, and what it answers."""

    got: list[tuple[dict[str, str], bytes]]
    answers: list[int]
    where: str = ""
    drags: threading.Event | None = None


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        while self.server.drags and not self.server.drags.wait(0.1):
            self.wfile.write(b"H")
        status = self.server.answers.pop(0) if self.server.answers else 204
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere/")
        self.end_headers()

    def log_message(self, *said: Any) -> None:
        """Nothing."""


@contextmanager
def serving(tmp_path: Path, settings: Any) -> Iterator[Server]:
    """A server on loopback, with a certificate of the local authority."""
    made = ensure(tmp_path / "tls")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.server, made.key)
    server = Server(("127.0.0.1", 0), Handler)
    server.got, server.answers = [], []
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.where = f"localhost:{server.server_port}"
    settings.TROTH_AUTHORITY = made.authority
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def provider(tmp_path: Path, settings: Any) -> Iterator[Server]:
    """The call centre's server."""
    with serving(tmp_path, settings) as server:
        known = settings.TROTH_RECIPIENTS
        settings.TROTH_RECIPIENTS = {**known, "call-centre": {**known["call-centre"], "host": server.where}}
        yield server


def sent_to(provider: Server) -> Duty:
    return a_duty(channel="webhook", endpoint=f"https://{provider.where}/in?of=us")


def due(duty: Duty) -> None:
    Duty.objects.filter(pk=duty.pk).update(due_at=timezone.now() - timedelta(seconds=1))


def test_records_are_sent_signed_and_once_taken_not_again(provider: Server) -> None:
    duty = sent_to(provider)
    asked()
    assert pushing.push_due() == 1
    headers, body = provider.got[0]
    told = json.loads(body)
    assert [each["values"]["contact.name"] for each in told["records"]] == [ALICE["name"]]
    stamp, mac = (part.split("=")[1] for part in headers[webhooks.SIGNATURE].split(","))
    secret = pushing.secret_of(duty).encode()
    assert hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest() == mac
    due(duty)
    assert pushing.push_due() == 0 and len(provider.got) == 1
    asked(CHARLIE)
    due(duty)
    assert pushing.push_due() == 1
    assert [each["number"] for each in json.loads(provider.got[1][1])["records"]] == [2]


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_is_not_taken_comes_again_under_the_same_id_later_and_is_on_record_again(
    provider: Server, status: int
) -> None:
    duty = sent_to(provider)
    asked()
    provider.answers = [status]
    assert pushing.push_due() == 0 and pushing.push_due() == 0 and len(provider.got) == 1
    duty.refresh_from_db()
    assert duty.due_at > timezone.now() + timedelta(seconds=50)
    asked(CHARLIE)
    due(duty)
    assert pushing.push_due() == 1
    (first, _), (second, body) = provider.got
    assert first[webhooks.DELIVERY] == second[webhooks.DELIVERY]
    assert [(each["number"], each["again"]) for each in json.loads(body)["records"]] == [(1, True)]
    assert Entry.objects.filter(kind=4, recipient="call-centre").count() == 2 == Handover.objects.count()
    due(duty)
    assert pushing.push_due() == 1 and len(provider.got) == 3


@pytest.mark.long
def test_an_answer_that_drags_on_holds_nobody_up(provider: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "LONGEST", 0.5)
    provider.drags = threading.Event()
    with pytest.raises(webhooks.Undelivered):
        webhooks.send(f"https://{provider.where}/", provider.where, b"{}", "secret", "1")
    provider.drags.set()
    assert len(provider.got) == 1


def test_waits_grow_and_end_at_six_hours() -> None:
    waits = [pushing._wait(attempts) for attempts in (0, 1, 2, 30)]
    assert waits == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4), timedelta(hours=6)]


def test_an_ended_duty_sends_nothing(provider: Server) -> None:
    duty = sent_to(provider)
    asked()
    registering.end(duty)
    assert pushing.push_due() == 0 and provider.got == []


def test_nothing_goes_to_another_host_than_the_registered_one(provider: Server) -> None:
    duty = sent_to(provider)
    asked()
    Duty.objects.filter(pk=duty.pk).update(endpoint=f"https://localhost:{provider.server_port + 1}/in")
    assert pushing.push_due() == 0 and provider.got == []


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "192.168.1.1", "::1", "fd00::1", "224.0.0.1"]
)  # fmt: skip
def test_a_name_that_leads_into_our_own_networks_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(
        webhooks.socket, "getaddrinfo", lambda *asked, **more: [(2, 1, 6, "", (address, 443))]
    )
    with pytest.raises(webhooks.Undelivered, match="no public network"):
        webhooks.send("https://hooks.ring-round.example/in", "hooks.ring-round.example", b"{}", "s", "1")


@pytest.mark.parametrize(
    "endpoint", ["http://localhost/", "https://localhost.evil.example/", "https://evil.example#@localhost"]
)
def test_an_address_beside_the_register_is_refused_before_anything_is_looked_up(endpoint: str) -> None:
    with pytest.raises(webhooks.Undelivered, match="registered"):
        webhooks.send(endpoint, "localhost", b"{}", "s", "1")


def test_a_server_with_a_certificate_of_its_own_gets_nothing(
    provider: Server, settings: Any, tmp_path: Path
) -> None:
    settings.TROTH_AUTHORITY = ensure(tmp_path / "other").authority
    sent_to(provider)
    asked()
    assert pushing.push_due() == 0 and provider.got == []
