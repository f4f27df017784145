"""The client's patience: what it sends again, how long it waits, and what it says when it gives up."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from troth.client import Client, Collection, Conflict, File, Invalid, NotFound, TooMany, Unavailable, Version
from troth.client.told import moment
from troth.config import certificates

AT = "2027-01-31T10:00:00Z"
POTS = Collection("c", "Pots", ())
RECORD = {"id": "r", "revision": 1, "made_at": AT, "changed_at": AT, "values": {"Glaze": "Ash"}}
FILE = File("f", "a.bin", None, (Version(1, 10, "text/plain", moment(AT)),))
Reply = tuple[int, dict[str, str], Any]
DROPPED: Reply = (0, {}, None)


@dataclass
class Told:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """A server that answers what it was told to, and remembers what came."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    came: list[Told] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    authority: str = ""

    def client(self) -> Client:
        return Client(self.url, "troth_x", authority=self.authority, sleep=self.waited.append, attempts=4)

    def next(self, told: Told) -> Reply:
        self.came.append(told)
        return self.replies.pop(0)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> certificates.Certificates:
    return certificates.ensure(tmp_path_factory.mktemp("client") / "tls")


@pytest.fixture
def server(tls: certificates.Certificates) -> Iterator[Server]:
    made = Server(authority=str(tls.authority))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, said = made.next(Told(self.command, self.path, dict(self.headers), body))
            if not status:
                self.close_connection = True
                return
            data = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)
            self.close_connection = "Content-Length" in headers

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - the library's names

        def log_message(self, *args: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tls.server, tls.key)
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    made.url = f"https://localhost:{listening.server_port}"
    yield made
    listening.shutdown()
    listening.server_close()


def problem(status: int, error: str = "failed", **more: Any) -> Reply:
    return status, {}, {"status": status, "error": error, "detail": "it is so", "advice": "do that", **more}


def test_what_fails_for_a_moment_is_sent_again_under_the_same_idempotency_key(server: Server) -> None:
    server.replies = [DROPPED, problem(503), problem(409, where="Idempotency-Key"), (201, {}, RECORD)]
    assert server.client().make(POTS, {"Glaze": "Ash"}).values == {"Glaze": "Ash"}
    assert len({told.headers["Idempotency-Key"] for told in server.came}) == 1 and len(server.came) == 4
    assert {told.headers["Authorization"] for told in server.came} == {"Bearer troth_x"}
    assert len(server.waited) == 3 and all(0 < first < 2 * 2**n for n, first in enumerate(server.waited))
    server.replies = [(201, {}, RECORD)]
    server.client().make(POTS, {"Glaze": "Ash"})
    assert len({told.headers["Idempotency-Key"] for told in server.came}) == 2


def test_it_waits_as_long_as_it_is_told(server: Server) -> None:
    server.replies = [(429, {"Retry-After": "7"}, {"error": "too-many"}), (200, {}, [])]
    assert server.client().collections() == [] and server.waited == [7.0]
    server.replies = [(429, {"Retry-After": "86400"}, {"error": "too-many"}), (200, {}, [])]
    assert server.client().collections() == [] and server.waited[1] == 60.0


@pytest.mark.parametrize(
    ("reply", "error"),
    [(problem(503), Unavailable), (DROPPED, Unavailable), (problem(429, "too-many"), TooMany)],
)
def test_it_gives_up_in_the_end(server: Server, reply: Reply, error: type[Exception]) -> None:
    server.replies = [reply] * 4
    with pytest.raises(error):
        server.client().collections()
    assert len(server.came) == 4 and len(server.waited) == 3


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (problem(404, "not-found"), NotFound),
        (problem(409, "changed"), Conflict),
        (problem(422, "invalid"), Invalid),
    ],
)
def test_what_will_not_change_is_said_at_once(server: Server, reply: Reply, error: type[Exception]) -> None:
    server.replies = [reply]
    with pytest.raises(error, match="it is so"):
        server.client().make(POTS, {})
    assert len(server.came) == 1 and server.waited == []


def test_an_answer_that_is_no_json_is_an_error_too(server: Server) -> None:
    server.replies = [(502, {}, b"<html>")] * 3 + [(418, {}, b"[]")]
    with pytest.raises(Exception, match="without saying why"):
        server.client().collections()


def test_pages_are_asked_for_as_they_are_needed(server: Server) -> None:
    server.replies = [
        (200, {}, {"records": [RECORD], "next": "more"}),
        (200, {}, {"records": [RECORD], "next": None}),
    ]
    rows = server.client().records(POTS, {"Glaze": "Ash"})
    next(rows)
    assert len(server.came) == 1 and "Ash" not in server.came[0].path
    assert len(list(rows)) == 1 and json.loads(server.came[1].body)["cursor"] == "more"


def test_faults_are_counted_over_all_batches(server: Server) -> None:
    at = [{"id": str(n), "revision": 1} for n in range(500)]
    fault = {"row": 3, "where": "Glaze", "what": "Please fill this in."}
    server.replies = [(201, {}, {"records": at}), problem(422, "invalid", faults=[fault])]
    done: list[tuple[int, int | None]] = []
    with pytest.raises(Invalid) as wrong:
        server.client().make_many(POTS, [{"Glaze": "Ash"}] * 600, lambda *told: done.append(told))
    assert wrong.value.faults[0].row == 503 and done == [(500, None)]


def test_an_upload_goes_on_where_it_broke_off(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"0123456789")

    def at(offset: int) -> Reply:
        return 200, {}, {"id": "u", "offset": offset, "size": 10, "piece": 6}

    told = {"id": "f", "name": "a.bin", "folder": None, "versions": []}
    server.replies = [at(0), DROPPED, at(4), at(10), (200, {}, told)]
    done: list[int] = []
    assert server.client().upload(path, progress=lambda sent, _: done.append(sent)).id == "f"
    assert [each.body for each in server.came if each.method == "PUT"] == [b"012345", b"456789"] and done == [
        4,
        10,
    ]
    assert json.loads(server.came[0].body)["sha256"].startswith("84d89877")
    server.replies = [at(0), *([DROPPED, at(0)] * 4)]
    with pytest.raises(Unavailable):
        server.client().upload(path)


def test_a_download_goes_on_where_it_broke_off_and_is_whole_or_not_there(
    server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "a.bin"
    server.replies = [(200, {"Content-Length": "10"}, b"0123"), problem(503), (206, {}, b"456789")]
    server.client().download(FILE, path)
    assert path.read_bytes() == b"0123456789" and [each.headers.get("Range") for each in server.came] == [
        None, "bytes=4-", "bytes=4-",
    ]  # fmt: skip
    server.replies = [(200, {"Content-Length": "10"}, b"0123"), problem(404, "not-found")]
    with pytest.raises(NotFound):
        server.client().download(FILE, tmp_path / "b.bin")
    assert [each.name for each in tmp_path.iterdir()] == ["a.bin"]


def test_a_key_is_never_sent_in_clear_or_to_a_server_that_is_not_known(server: Server) -> None:
    with pytest.raises(ValueError, match="https"):
        Client("http://localhost", "troth_x")
    stranger = Client(server.url, "troth_x", sleep=server.waited.append, attempts=1)
    with pytest.raises(Unavailable):
        stranger.collections()
    assert server.came == []


CALLS: list[Callable[[Client], Any]] = [
    Client.workspace,
    Client.collections,
    Client.queries,
    lambda by: list(by.files()),
]


@pytest.mark.parametrize("call", CALLS)
def test_what_reads_is_sent_without_an_idempotency_key(server: Server, call: Callable[[Client], Any]) -> None:
    server.replies = [problem(404, "not-found")]
    with pytest.raises(NotFound):
        call(server.client())
    assert "Idempotency-Key" not in server.came[0].headers and server.came[0].method == "GET"
