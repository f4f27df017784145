"""Each control says `kept` when all is well, and `broken` when the breach it is there for is planted."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import ALICE, durable, enquiry_of
from tests.site.demo import free_port
from troth.apps.enquiries.models import Enquiry
from troth.config import certificates
from troth.gate.errors import Refused
from troth.gate.ids import uuid7
from troth.gate.journal.integrating import begin_log, integrate
from troth.gate.journal.models import Entry, Share
from troth.gate.keystore.models import DataKey
from troth.gate.outbound import probe
from troth.gate.outbound.mail import deliver_due
from troth.gate.outbound.models import Message
from troth.gate.proving import breach
from troth.gate.proving.answers import CONTROLS, Finding
from troth.gate.published import statement
from troth.gate.uses import outward

pytestmark = [durable, pytest.mark.filterwarnings("ignore:No directory at:UserWarning")]


def find(clause: str) -> Finding:
    """What the clause's control finds now."""
    return CONTROLS[clause]()


def entry(**facts: Any) -> None:
    """A use on record as the gate would never have written it."""
    Entry.objects.create(
        **{
            "id": uuid7().hex, "leaf": b"", "commitments": b"", "kind": 3, "purpose": "answering-enquiries",
            "clauses": "use.requested", "recipient": "sales", "version": statement.under(), "subjects": 1,
            "at": timezone.now(), **facts,
        }
    )  # fmt: skip


@pytest.fixture
def from_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The controls' look from outside, without a server: their requests go to the application at once."""

    def get(
        host: str, port: int, path: str, *, method: str = "GET", body: str | None = None, **_: Any
    ) -> probe.Answer:
        kind = "application/x-www-form-urlencoded"
        asked = Client(SERVER_NAME=host, enforce_csrf_checks=True).generic(
            method, path, body or "", kind, secure=True
        )
        cookies = [("Set-Cookie", morsel.OutputString()) for morsel in asked.cookies.values()]
        return probe.Answer(asked.status_code, [*asked.headers.items(), *cookies], asked.content.decode())

    monkeypatch.setattr(probe, "get", get)


@pytest.mark.usefixtures("from_inside")
def test_a_page_without_the_link_breaks_scope_sites(settings: Any, tmp_path: Path) -> None:
    assert find("scope.sites").status == "kept"
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "community.html").write_text("<!DOCTYPE html><title>Hello</title><p>No link here.")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]
    found = find("scope.sites")
    assert (found.status, found.figure) == ("broken", "1 pages without the link")
    assert found.evidence == "community.localhost/"


@pytest.mark.usefixtures("from_inside")
def test_a_form_taken_by_a_host_without_the_link_breaks_scope_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = probe.get

    def get(host: str, *arguments: Any, **more: Any) -> probe.Answer:
        return probe.Answer(302, [], "") if "unlinked" in host else asked(host, *arguments, **more)

    monkeypatch.setattr(probe, "get", get)
    assert find("scope.sites").status == "broken"


@pytest.mark.parametrize("kind", [2, 3, 6, 8], ids=["collect", "use", "restricted", "batch"])
@pytest.mark.parametrize(
    "facts",
    [
        {"purpose": "third-party-promotion"},
        {"purpose": "third-party-promotion", "recipient": "partner", "clauses": ""},
        {"purpose": "curiosity"},
        {"recipient": "passer-by"},
        {"clauses": ""},
        {"clauses": "use.requested share.quality"},
        {"version": "0" * 16},
    ],
    ids=lambda facts: " ".join(facts),
)
def test_a_use_that_no_clause_allows_breaks_use_requested(kind: int, facts: dict[str, str]) -> None:
    enquiry_of()
    deliver_due()
    assert find("use.requested").status == "kept"
    entry(kind=kind, **facts)
    assert find("use.requested").status == "broken"


def test_where_nothing_was_used_nothing_is_shown_of_use_requested() -> None:
    found = find("use.requested")
    assert (found.status, found.figure) == ("unproven", "no use on record yet")


@pytest.mark.parametrize(
    "edit",
    [
        {"clauses": "share.joint-offers"},
        {"clauses": "share.providers share.joint-offers"},
        {"country": "RU"},
        {"purpose": "operating-and-improving"},
    ],
    ids=lambda edit: " ".join(edit.values()),
)
@pytest.mark.parametrize("clause", ["use.requested", "share.no-promotion"])
def test_an_entry_edited_beside_its_leaf_breaks_the_clauses_that_rest_on_it(
    clause: str, edit: dict[str, str]
) -> None:
    enquiry_of()
    deliver_due()
    assert find(clause).status == "kept"
    Entry.objects.filter(kind=4).update(**edit)
    assert find(clause).status == "broken"


def test_a_disclosure_for_promotion_breaks_share_no_promotion() -> None:
    enquiry_of()
    deliver_due()
    assert find("share.no-promotion").status == "kept"
    entry(kind=4, purpose="third-party-promotion", recipient="partner", clauses="share.providers")
    assert find("share.no-promotion").status == "broken"


def test_share_no_promotion_tries_a_disclosure_and_leaves_nothing_but_its_refusal() -> None:
    keys, shares = DataKey.objects.count(), Share.objects.count()
    assert "was refused under share.no-promotion" in find("share.no-promotion").evidence
    last = Entry.objects.get()
    assert (last.kind, last.purpose, last.recipient) == (5, "third-party-promotion", "partner")
    assert (DataKey.objects.count(), Share.objects.count()) == (keys, shares) and not Message.objects.exists()


def _gives_all(row: Any, fields: Any, **_: Any) -> dict[str, str]:
    return dict.fromkeys(fields, "given away")


def _refuses_in_silence(*_: Any, **__: Any) -> None:
    raise Refused("no", "share.no-promotion")


@pytest.mark.parametrize("door", [_gives_all, _refuses_in_silence])
def test_a_gate_that_gives_everything_or_keeps_no_record_breaks_share_no_promotion(
    door: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outward, "disclose", door)
    assert find("share.no-promotion").status == "broken"


def test_a_statement_that_lets_data_go_for_promotion_breaks_share_no_promotion(
    settings: Any, tmp_path: Path
) -> None:
    text = Path(settings.TROTH_STATEMENT).read_text(encoding="utf-8")
    rule = (
        "allow share of contact.email for third-party-promotion with partner given enquiry,\n"
        "    except to share.no-promotion"
    )
    settings.TROTH_STATEMENT = tmp_path / "statement.md"
    settings.TROTH_STATEMENT.write_text(
        text.replace("\nkeep correspondence", f"\n{rule}\nkeep correspondence", 1)
    )
    try:
        statement.forget_cached()
        found = find("share.no-promotion")
        assert (found.status, found.evidence) == ("broken", "opened by use.requested")
    finally:
        settings.TROTH_STATEMENT = Path(__file__).parents[2] / "statement.md"
        statement.forget_cached()


@contextmanager
def a_log_file(home: Path) -> Iterator[None]:
    """A copy of an address in a file that somebody's logging left behind."""
    log = home / "debug.log"
    log.write_text(f"mail to {ALICE['email']} sent\n")
    try:
        yield
    finally:
        log.unlink()


@contextmanager
def a_sealed_column(_: Path) -> Iterator[None]:
    """An address where a sealed value belongs."""
    breach.plant()
    yield


@contextmanager
def an_open_column(_: Path) -> Iterator[None]:
    """A name in a column that is declared to hold no such thing."""
    Enquiry.objects.update(topic=ALICE["name"])
    yield


@contextmanager
def an_altered_log(_: Path) -> Iterator[None]:
    """An entry behind the signed head that says something else now."""
    row = Entry.objects.get(index=0)
    Entry.objects.filter(pk=row.pk).update(leaf=bytes(row.leaf)[:-1] + bytes([row.leaf[-1] ^ 1]))
    yield


@pytest.mark.parametrize(
    "planted", [a_log_file, a_sealed_column, an_open_column, an_altered_log], ids=lambda each: each.__name__
)
def test_plain_data_or_an_altered_log_breaks_security_measures(
    settings: Any, planted: Callable[[Path], Any]
) -> None:
    begin_log()
    enquiry_of()
    integrate()
    assert find("security.measures").status == "kept"
    with planted(Path(settings.TROTH_HOME)):
        found = find("security.measures")
    assert found.status == "broken"
    assert ALICE["email"] not in found.evidence and breach.PLANTED.decode() not in found.evidence


def test_what_the_break_it_button_plants_is_mended_without_a_trace() -> None:
    begin_log()
    integrate()
    breach.plant()
    breach.mend()
    assert find("security.measures").status == "kept" and not breach.is_planted()


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
        settings.TROTH_HOME = tmp_path
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
