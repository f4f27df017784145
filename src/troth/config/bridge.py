"""From a complete request to a WSGI application in a thread, and its answer back to the client.

The environ follows PEP 3333 and carries nothing but the request: never the process environment.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import select
import struct
import sys
import termios
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from http import HTTPStatus
from io import BytesIO
from threading import BoundedSemaphore
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self
from wsgiref.types import WSGIApplication, WSGIEnvironment

# The server's types mark only some of its public names as exported.
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]

from troth.engine.roomy import roomy

if TYPE_CHECKING:
    from granian.rsgi import Scope

logger = logging.getLogger(__name__)

ClientLeft = ProtocolClosed
Headers = list[tuple[str, str]]
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
BUFFERED = 256 * 1024  # bytes: an answer up to this size leaves the thread at once, a larger one is streamed
_SLICE = 64 * 1024
_SLOWEST = 16 * 1024  # bytes per second that a client has to read on average
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")
# RFC 9110 section 7.6.1: these belong to one connection, which is the server's business alone.
_HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
     "transfer-encoding", "upgrade")
)  # fmt: skip
_WITHOUT_BODY = frozenset((204, 304))


class Unsendable(Exception):
    """The application's answer cannot be put on the wire; the message names the header, never its value."""


class Stalled(Exception):
    """The client read its answer too slowly."""


class Exchange(Protocol):
    """What the server gives to read one request's body and to answer it: RSGI's HTTP protocol."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def response_empty(self, status: int, headers: Headers) -> None: ...
    def response_str(self, status: int, headers: Headers, body: str) -> None: ...
    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...
    def response_file(self, status: int, headers: Headers, file: str) -> None: ...


class Terms(Protocol):
    """What the door lends to one answer."""

    write_seconds: float
    streams: BoundedSemaphore

    def leave_seat(self) -> None: ...
    def cut(self) -> None: ...


class Coming(Protocol):
    """A body that is read as it comes (PEP 3333, `wsgi.input`)."""

    def read(self, size: int = -1, /) -> bytes: ...
    def readline(self, size: int = -1, /) -> bytes: ...


ARRIVED = "troth.arrived"
"""Where the environ says when the head of a request came (seconds); its body may have taken long after that."""


def environ_of(scope: Scope, body: bytes, coming: tuple[Coming, int] | None = None) -> WSGIEnvironment:
    """Build the PEP 3333 environ of a request whose body was read completely, or is `coming`: a reader and a length.

    Text is `str` of latin-1 code points that stand for UTF-8 bytes, as PEP 3333 asks. Headers with an
    underscore in their name are left out, since `X_Y` and `X-Y` would give the same key.
    """
    address, _, port = scope.server.rpartition(":")
    client, _, _ = scope.client.rpartition(":")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": address.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": client.strip("[]"),
        "CONTENT_LENGTH": str(coming[1] if coming else len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": coming[0] if coming else BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    _add_headers(environ, scope)
    return environ


def _add_headers(environ: WSGIEnvironment, scope: Scope) -> None:
    for name, value in scope.headers.items():
        if "_" in name or name == "content-length":
            continue
        key = "CONTENT_TYPE" if name == "content-type" else "HTTP_" + name.upper().replace("-", "_")
        if key in environ:
            value = environ[key] + ("; " if name == "cookie" else ",") + value
        environ[key] = value
    if scope.authority is not None:
        environ["HTTP_HOST"] = scope.authority


def checked_head(status: str, headers: Headers) -> tuple[int, Headers]:
    """Read a WSGI status and header list.

    Raises `Unsendable` for a status that is no final HTTP status, a name or value that could start a
    header of its own (line breaks, NUL, not ASCII) and for the headers that belong to the connection.
    """
    code = status[:3]
    if not (code.isdecimal() and code.isascii() and 200 <= int(code) <= 599) or status[3:4] not in ("", " "):
        raise Unsendable("the status is not a final HTTP status")
    for name, value in headers:
        if not _TOKEN.fullmatch(name):
            raise Unsendable("a header name has a character that HTTP does not allow")
        if not _VALUE.fullmatch(value):
            raise Unsendable(f"the header `{name}` has a line break or a character outside ASCII")
        if name.lower() in _HOP_BY_HOP:
            raise Unsendable(f"the header `{name}` belongs to the connection, not to the answer")
    return int(code), list(headers)


def plain(status: int, words: str) -> tuple[int, Headers, str]:
    """Make a short text answer of the door's own: status, headers and body."""
    headers = [
        ("content-type", "text/plain; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ]
    return status, headers, f"{status} {HTTPStatus(status).phrase.lower()}: {words}\n"


class Answer:
    """One run of the application for one request, within one thread."""

    def __init__(self, scope: Scope, exchange: Exchange, terms: Terms) -> None:
        self._method, self._exchange, self._terms = scope.method, exchange, terms
        self._head: tuple[int, Headers] | None = None
        self._written: list[bytes] = []
        self._sent = False

    @roomy
    def run(self, application: WSGIApplication, environ: WSGIEnvironment) -> None:
        """Call the application, send what it answers and call the answer's `close()`. Raises nothing."""
        chunks: Iterable[bytes] = ()
        try:
            chunks = application(environ, self._start_response)
            self._send(iter(chunks))
        # The thread belongs to the pool: whatever a request raises ends that request and nothing else.
        except BaseException as error:  # noqa: BLE001
            self._failed(error)
        try:
            close: Callable[[], object] | None = getattr(chunks, "close", None)
            if close is not None:
                close()
        except BaseException as error:  # noqa: BLE001
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        """Answer 500 unless an answer has begun. The log names the kind of error, never a value."""
        said = str(error) if isinstance(error, Unsendable) else type(error).__name__
        logger.error("answer failed: %s", said)
        if not self._sent:
            self._sent = True
            self._say(500, "something went wrong on our side")

    def _say(self, status: int, words: str) -> None:
        try:
            self._exchange.response_str(*plain(status, words))
        except ClientLeft:
            logger.debug("client left before its answer")

    def _start_response(
        self,
        status: str,
        headers: Headers,
        exc_info: _ExcInfo | None = None,
        /,
    ) -> Callable[[bytes], object]:
        if exc_info is not None and self._sent and exc_info[1] is not None:
            raise exc_info[1]
        if self._head is not None and exc_info is None:
            raise Unsendable("the application began its answer twice")
        self._head = checked_head(status, headers)
        return self._written.append

    def _send(self, chunks: Iterator[bytes]) -> None:
        """Collect up to `BUFFERED` bytes; send them whole if that was all, stream the rest otherwise."""
        first, size = self._written, 0
        for chunk in chunks:
            first.append(chunk)
            size += len(chunk)
            if size > BUFFERED and self._method != "HEAD":
                self._stream(b"".join(first), chunks)
                return
            if self._method == "HEAD":
                break
        if self._head is None:
            raise Unsendable("the application gave no status")
        self._send_whole(*self._head, b"".join(first))

    def _send_whole(self, status: int, headers: Headers, body: bytes) -> None:
        self._sent = True
        try:
            if self._method == "HEAD" or status in _WITHOUT_BODY:
                self._exchange.response_empty(status, headers)
            else:
                # The server counts the bytes itself: a wrong length could hide a second answer in the first.
                headers = [pair for pair in headers if pair[0].lower() != "content-length"]
                self._exchange.response_bytes(status, headers, body)
        except ClientLeft:
            logger.debug("client left before its answer")

    def _stream(self, first: bytes, rest: Iterator[bytes]) -> None:
        if self._head is None:
            raise Unsendable("the application gave no status")
        if not self._terms.streams.acquire(blocking=False):
            self._sent = True
            self._say(503, "too many downloads at once; try again in a moment")
            return
        try:
            self._terms.leave_seat()
            self._sent = True
            with Pipe(self._exchange, *self._head, self._terms) as pipe:
                pipe.write(first)
                for chunk in rest:
                    pipe.write(chunk)
        except (BrokenPipeError, Stalled) as error:
            logger.debug("client did not take its answer: %s", type(error).__name__)
        finally:
            self._terms.streams.release()


class Pipe:
    """A body of any length, handed to the server through a pipe, no faster than the client reads.

    The server's own stream takes any amount without waiting and keeps it in memory; a file it reads only
    as the client does. The reading end of a pipe is a file to it.
    """

    def __init__(self, exchange: Exchange, status: int, headers: Headers, terms: Terms) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._terms, self._sent = terms, 0
        self._waited = self._stalled = 0.0
        exchange.response_file(status, headers, f"/proc/self/fd/{self._reader}")

    def __enter__(self) -> Self:
        return self

    def write(self, data: bytes) -> None:
        """Write all of `data`. Raises `Stalled` if the client is too slow, `BrokenPipeError` if it left."""
        view = memoryview(data)
        while view:
            self._let_go_of_reader()
            try:
                written = os.write(self._writer, view[:_SLICE])
            except BlockingIOError:
                self._wait(self._writable)
                continue
            self._sent += written
            self._stalled = 0.0
            view = view[written:]

    def _writable(self, seconds: float) -> None:
        poll = select.poll()
        poll.register(self._writer, select.POLLOUT)
        poll.poll(seconds * 1000)

    def _wait(self, wait: Callable[[float], None]) -> None:
        """Wait for the client: `write_seconds` at a time, and in all not more than a slow reader needs."""
        in_all = self._terms.write_seconds + self._sent / _SLOWEST
        left = min(self._terms.write_seconds - self._stalled, in_all - self._waited)
        if left <= 0:
            raise Stalled
        began = time.monotonic()
        wait(min(left, 1.0))
        passed = time.monotonic() - began
        self._waited += passed
        self._stalled += passed

    def _pending(self) -> int:
        count = fcntl.ioctl(self._reader, termios.FIONREAD, bytes(4))
        return int(struct.unpack("i", count)[0])

    def _let_go_of_reader(self) -> None:
        """Close our copy of the reading end once the server holds its own, which shows by its having read.

        INVARIANT: while our copy is open the server can open its own; when it is closed, a write to a
        client that left fails instead of waiting.
        """
        if self._reader >= 0 and self._sent and not self._pending():
            os.close(self._reader)
            self._reader = -1

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        try:
            while kind is None and self._reader >= 0:
                self._let_go_of_reader()
                self._wait(lambda _: time.sleep(0.002))
        except Stalled:
            self._terms.cut()
            raise
        finally:
            # INVARIANT: the connection is cut before the pipe ends, or the server would end the body properly
            # and an answer that broke off would look complete.
            if kind is not None and not issubclass(kind, BrokenPipeError):
                self._terms.cut()
            if self._reader >= 0:
                os.close(self._reader)
            os.close(self._writer)
