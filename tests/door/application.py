"""The WSGI application behind the door in these tests; its routes do one thing each."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

from tests.engine.pieces import waits
from troth.config.door import Limits, make_door
from troth.config.incoming import is_streamed

_seen: ContextVar[str] = ContextVar("_seen", default="fresh")
CLOSED = Path(os.environ.get("DOOR_CLOSED", os.devnull))


class Large:
    """A long body that notes when it was closed."""

    def __init__(self, blocks: int, fails_after: int | None = None) -> None:
        self._blocks, self._fails_after = blocks, fails_after

    def __iter__(self) -> Iterator[bytes]:
        for number in range(self._blocks):
            if number == self._fails_after:
                raise RuntimeError("secret of the body")
            yield b"%07d\n" % number * 8192

    def close(self) -> None:
        """Write down that the server called this."""
        with CLOSED.open("a") as file:
            file.write("closed\n")


def environ(given: WSGIEnvironment) -> bytes:
    """What the application was told, as JSON."""
    told = {key: value for key, value in given.items() if isinstance(value, str | bool | tuple)}
    return json.dumps({**told, "body": given["wsgi.input"].read().decode("latin-1")}).encode()


def context(_: WSGIEnvironment) -> bytes:
    """The value an earlier request may have left in this thread's context."""
    before = _seen.get()
    _seen.set("used")
    return before.encode()


def upload(given: WSGIEnvironment) -> bytes:
    """Read a large body in pieces, or only its first one; say how much it was, and how much memory that took."""
    body, seen, pieces = given["wsgi.input"], 0, hashlib.sha256()
    try:
        while piece := body.read(65536):
            seen += len(piece)
            pieces.update(piece)
            if given["QUERY_STRING"] == "refuse":
                break
            if given["QUERY_STRING"] == "slowly":
                time.sleep(0.1)
    except OSError as error:
        return f"{type(error).__name__} after {seen}".encode()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return json.dumps({"seen": seen, "sha256": pieces.hexdigest(), "most": most}).encode()


def slow(_: WSGIEnvironment) -> bytes:
    """Take a second."""
    time.sleep(1.0)
    return b"done"


def slower(_: WSGIEnvironment) -> bytes:
    """Take longer than an idle connection may."""
    time.sleep(4.0)
    return b"done"


def hello(_: WSGIEnvironment) -> bytes:
    """Say so."""
    return b"hello\n"


def fail(_: WSGIEnvironment) -> bytes:
    """Raise with a message that must never be seen."""
    raise RuntimeError("secret of the request")


def faults(_: WSGIEnvironment) -> bytes:
    """How often the calls of a request wait for memory."""
    return b"%d" % waits()


ROUTES: dict[str, Callable[[WSGIEnvironment], bytes]] = {
    "/environ": environ, "/context": context, "/slow": slow, "/slower": slower, "/fail": fail,
    "/faults": faults,
}  # fmt: skip
HEADERS: dict[str, list[tuple[str, str]]] = {
    "/cookies": [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")],
    "/injected": [("X-Name", "a\r\nSet-Cookie: stolen=1")],
    "/injected-name": [("X-Name: a\r\nSet-Cookie", "stolen=1")],
    "/hop": [("Connection", "keep-alive")],
    "/wrong-length": [("Content-Length", "2")],
}
BODIES: dict[str, Callable[[], Iterable[bytes]]] = {
    "/large": lambda: Large(1000),
    "/breaks": lambda: Large(1000, fails_after=500),
    "/medium": lambda: Large(3),
}


def application(given: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer by path."""
    path = given["PATH_INFO"]
    if is_streamed(given["REQUEST_METHOD"], path):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [upload(given)]
    if path == "/empty":
        start_response("204 No Content", [])
        return []
    body = BODIES[path]() if path in BODIES else [ROUTES.get(path, hello)(given)]
    start_response("200 OK", [("Content-Type", "text/plain"), *HEADERS.get(path, [])])
    return body


app = make_door(
    application,
    Limits(
        body_seconds=2.0,
        write_seconds=2.0,
        idle_seconds=2.0,
        threads=4,
        streams=4,
        uploads=2,
        gather_seconds=1.0,
    ),
)
