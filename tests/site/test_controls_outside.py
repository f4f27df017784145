"""The controls that look at the running server from outside: `kept` when all is well, `broken` by the breach.

`unproven` when it does not answer.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client

from tests.cast import durable
from tests.site.demo import free_port
from troth.accounts import families, signins, tickets
from troth.accounts.binding import bindings
from troth.apps.pages import crawling
from troth.apps.protection.models import Alarm, Measure
from troth.config import certificates
from troth.gate.outbound import probe
from troth.gate.proving.answers import CONTROLS, Finding
from troth.gate.watch.rules import rules

pytestmark = [durable, pytest.mark.filterwarnings("ignore:No directory at:UserWarning")]


def find(clause: str) -> Finding:
    """What the clause's control finds now."""
    return CONTROLS[clause]()


@pytest.fixture
def from_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The controls' look from outside, without a server: their requests go to the application at once."""

    def get(
        host: str,
        port: int,
        path: str,
        *,
        method: str = "GET",
        body: str | None = None,
        headers: dict[str, str] | None = None,
        connect_from: str = "",
        **_: Any,
    ) -> probe.Answer:
        kind = "application/x-www-form-urlencoded"
        seen = {"REMOTE_ADDR": connect_from} if connect_from else {}
        visitor = Client(SERVER_NAME=host, enforce_csrf_checks=True, raise_request_exception=False, **seen)
        visitor.cookies.load((headers or {}).get("Cookie", ""))
        asked = visitor.generic(method, path, body or "", kind, secure=True)
        cookies = [("Set-Cookie", morsel.OutputString()) for morsel in asked.cookies.values()]
        return probe.Answer(asked.status_code, [*asked.headers.items(), *cookies], asked.content.decode())

    monkeypatch.setattr(probe, "get", get)


def _ends_nothing(*_: Any) -> int:
    return 0


def _shows_its_next(family: Any, _: int) -> tickets.Ticket:
    return tickets.Ticket(family.pk, family.generation, tickets.token(family.kin, family.generation))


def _moves_on_once(
    family: Any, ticket: tickets.Ticket, at: int, moves_on: Callable[..., bool] = families._moves_on
) -> bool:
    return ticket.generation > 1 or moves_on(family, ticket, at)


@pytest.mark.usefixtures("from_inside")
@pytest.mark.parametrize(
    ("where", "name", "breach", "says"),
    [
        (families, "due", lambda *_: None, "a ticket stays as it is"),
        (families, "due", _shows_its_next, "a ticket stays as it is"),
        (families, "_moves_on", lambda *_: True, "a ticket stays as it is"),
        (signins, "end_copied", _ends_nothing, "an old ticket does not end its session"),
        (tickets, "judge", lambda *_: tickets.Verdict.CURRENT, "a ticket stays as it is"),
        (families, "_moves_on", _moves_on_once, "a session does not move on with its ticket"),
        (bindings, "of", lambda _: None, "a bound session lets in without its device"),
        (bindings, "_is_good", lambda *_: False, "a bound session does not let in with its device"),
    ],
    ids=[
        "rotation off",
        "the same again",
        "never moves on",
        "a copy goes on",
        "whatever is shown",
        "moves once",
        "a device is not asked for",
        "a device is not known",
    ],
)
def test_a_session_whose_ticket_stays_or_whose_copy_goes_on_breaks_security_sessions(
    where: Any, name: str, breach: Callable[..., Any], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find("security.sessions").status == "kept"
    monkeypatch.setattr(where, name, breach)
    found = find("security.sessions")
    assert (found.status, found.figure) == ("broken", says)
    assert not Session.objects.exists()


def test_a_server_that_is_down_leaves_security_sessions_unproven_and_no_session(settings: Any) -> None:
    settings.TROTH_PORT = free_port()
    assert find("security.sessions").status == "unproven" and not Session.objects.exists()


@pytest.mark.usefixtures("from_inside")
def test_a_page_without_the_link_breaks_scope_sites(settings: Any, tmp_path: Path) -> None:
    assert find("scope.sites").status == "kept"
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "community.html").write_text("<!DOCTYPE html><title>Hello</title><p>No link here.")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]
    found = find("scope.sites")
    assert (found.status, found.figure) == ("broken", "1 pages without the link")
    assert found.evidence == "community.localhost/"


def breaking(settings: Any, folder: Path, name: str, page: str) -> None:
    """Put a page of one's own before the house's."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [folder, *settings.TEMPLATES[0]["DIRS"]]}]


@pytest.mark.usefixtures("from_inside")
def test_every_page_that_a_visitor_can_reach_is_looked_at(settings: Any) -> None:
    hosts = sorted(settings.TROTH_HOSTS.values())
    pages = crawling.walk(hosts, "", lambda host, path: probe.get(host, 0, path, authority=None)).pages
    reached = (
        "/",
        "/contact/",
        "/privacy/",
        "/privacy/proof/",
        "/privacy/request/",
        "/register/",
        "/accounts/login/",
    )
    assert {f"localhost{path}" for path in reached} | {"community.localhost/", "workspace.localhost/"} <= set(
        pages
    )


@pytest.mark.usefixtures("from_inside")
@pytest.mark.parametrize(
    ("name", "page"),
    [("people/register.html", "/register/"), ("rights/ask.html", "/privacy/request/")],
    ids=["register", "request"],
)
def test_a_form_behind_links_that_lacks_the_link_breaks_scope_sites(
    settings: Any, tmp_path: Path, name: str, page: str
) -> None:
    breaking(settings, tmp_path, name, "<!DOCTYPE html><title>Hello</title><p>No link here.")
    found = find("scope.sites")
    assert (found.status, found.evidence) == ("broken", f"localhost{page}")


@pytest.mark.usefixtures("from_inside")
def test_a_link_that_is_not_in_the_foot_does_not_count(settings: Any, tmp_path: Path) -> None:
    link = f"{settings.TROTH_BASE_URLS['company']}/privacy/"
    page = f'<title>Hello</title><a href="{link}">Privacy</a><footer><p>{link}</p></footer><a href="{link}">x</a>'
    breaking(settings, tmp_path, "pages/community.html", page)
    assert find("scope.sites").evidence == "community.localhost/"
    breaking(
        settings,
        tmp_path,
        "pages/community.html",
        f'<title>Hello</title><footer><a href="{link}">x</a></footer>',
    )
    assert find("scope.sites").status == "kept"


def test_pages_that_answer_with_an_error_show_nothing_whatever_stands_in_their_foot(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = f"{settings.TROTH_BASE_URLS['company']}/privacy/"
    failing = probe.Answer(500, [("Content-Type", "text/html")], f'<footer><a href="{link}">x</a></footer>')
    refused = probe.Answer(400, [], "")
    monkeypatch.setattr(probe, "get", lambda *_, method="GET", **__: refused if method == "POST" else failing)
    found = find("scope.sites")
    assert found.status == "unproven" and "localhost/ answered 500" in found.evidence


def test_a_walk_ends_on_a_site_that_links_without_end() -> None:
    page = lambda host, path: probe.Answer(  # noqa: E731
        200, [("Content-Type", "text/html")], f'<a href="{path}x/">on</a>'
    )
    assert len(crawling.walk(["localhost"], "", page).pages) == crawling.MOST


@pytest.mark.usefixtures("from_inside")
@pytest.mark.parametrize("ours", [True, False], ids=["one of ours", "a stranger"])
def test_a_form_taken_by_a_host_without_the_link_breaks_scope_sites(settings: Any, ours: bool) -> None:
    if ours:
        settings.TROTH_LINKED_HOSTS = settings.TROTH_LINKED_HOSTS - {"community.localhost"}
        assert find("scope.sites").status == "kept"
    else:
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "unlinked.localhost"]
        assert find("scope.sites").status == "kept"
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if not each.endswith("HostMiddleware")]
    found = find("scope.sites")
    assert (found.status, found.figure) == ("broken", "1 hosts without the link took a form")
    assert found.evidence == ("community.localhost" if ours else "unlinked.localhost")


class Site(BaseHTTPRequestHandler):
    """Answers every request with one status and the headers of its server."""

    server: Any

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        for name, value in self.server.headers:
            self.send_header(name, value.format(host=self.headers["Host"]))
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def serving(settings: Any, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Serve a site over TLS and plain HTTP, with faults: `serving(cookie=…, oldest=…, plain_status=…)`."""
    started: list[ThreadingHTTPServer] = []
    made = certificates.ensure(tmp_path / "tls")

    def start(status: int, headers: list[tuple[str, str]], context: ssl.SSLContext | None = None) -> int:
        server = ThreadingHTTPServer(("127.0.0.1", free_port()), Site)
        server.status, server.headers = status, headers  # type: ignore[attr-defined]
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return int(server.server_port)

    def serve(
        cookie: str = "__Host-session=x; Secure; HttpOnly; Path=/", plain_status: int = 308,
        target: str = "https://{host}/", oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
        newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    ) -> None:  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = oldest, newest
        context.load_cert_chain(made.server)
        settings.TROTH_HOME, settings.TROTH_AUTHORITY = tmp_path, made.authority
        settings.TROTH_PORT = start(200, [("Set-Cookie", cookie)], context)
        settings.TROTH_PLAIN_PORT = start(plain_status, [("Location", target)])

    yield serve
    for each in started:
        each.shutdown()
        each.server_close()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"cookie": "__Host-session=x; HttpOnly; Path=/"}, "cookie __Host-session lacks a flag"),
        ({"cookie": "__Host-session=x; Secure; Path=/"}, "cookie __Host-session lacks a flag"),
        ({"cookie": "messages=x; Secure; HttpOnly; Path=/"}, "cookie messages lacks a flag"),
        ({"plain_status": 200}, "plain HTTP answered 200"),
        ({"target": "http://{host}/"}, "plain HTTP answered 308"),
        ({"oldest": ssl.TLSVersion.TLSv1_1}, "TLSv1_1 accepted"),
        ({"newest": ssl.TLSVersion.TLSv1_2}, "TLSv1_3 refused"),
    ],
    ids=[
        "not secure",
        "not http-only",
        "another name",
        "plain",
        "redirect to plain",
        "TLS 1.1",
        "no TLS 1.3",
    ],
)
def test_an_open_connection_or_cookie_breaks_security_tls(
    serving: Callable[..., None], fault: dict[str, Any], words: str
) -> None:
    serving()
    assert find("security.tls").status == "kept"
    serving(**fault)
    found = find("security.tls")
    assert found.status == "broken" and words in found.evidence


@pytest.fixture
def stalling(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server that takes every connection and says nothing."""
    monkeypatch.setattr(probe, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.TROTH_PORT = settings.TROTH_PLAIN_PORT = server.getsockname()[1]
        yield settings.TROTH_PORT


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("clause", ["scope.sites", "security.tls"])
def test_a_server_that_stalls_leaves_the_clauses_about_it_unproven(stalling: int, clause: str) -> None:
    with pytest.raises(probe.Unreachable):
        probe.handshake("localhost", stalling, probe.TLS_1_2, authority=None)
    found = find(clause)
    assert (found.status, found.figure) == ("unproven", "the server is down")


def test_the_environment_is_kept_and_the_attack_that_was_none_leaves_nothing(
    from_inside: None, settings: Any, tmp_path: Path
) -> None:
    settings.TROTH_PROTECTION_LOG = tmp_path / "alarms.log"
    found = find("security.environment")
    assert found.status == "kept", found
    assert not Alarm.objects.exists() and not Measure.objects.exists()


def test_a_rule_that_does_not_fire_breaks_the_environment(
    from_inside: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf = [replace(rule, many=10_000) if rule.id == "stuffing" else rule for rule in rules()]
    for where in ("troth.apps.protection.controls.rules", "troth.gate.watch.counting.rules"):
        monkeypatch.setattr(where, lambda: tuple(deaf))
    found = find("security.environment")
    assert found.status == "broken" and "stuffing" in found.evidence


@pytest.mark.parametrize(
    ("hole", "instead", "says"),
    [
        ("middleware._attacked", lambda request: HttpResponse("as if nothing were"), "answered"),
        ("middleware.judge", lambda *_: None, "no alarm"),
        ("middleware._refusal", lambda *_: None, "not blocked"),
        ("noting.write", lambda *_: None, "not in the file"),
        ("noting.change", lambda *_: None, "goes on"),
    ],
)
def test_each_hole_in_the_guard_breaks_the_environment(
    from_inside: None, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path,
    hole: str, instead: Callable[..., Any], says: str,
) -> None:  # fmt: skip
    settings.TROTH_PROTECTION_LOG = tmp_path / "alarms.log"
    monkeypatch.setattr("troth.apps.protection.controls.PATIENCE", 0.5)
    monkeypatch.setattr(f"troth.apps.protection.{hole}", instead)
    found = find("security.environment")
    assert found.status == "broken" and says in found.figure, found


def test_without_a_server_the_environment_is_unproven() -> None:
    assert find("security.environment").status == "unproven"
