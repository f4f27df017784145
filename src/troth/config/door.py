"""The door: every request from outside passes here first, and slow or broken clients end here.

It stands on the server's RSGI interface, where a body can be read under a time limit. Only a complete
request is given to the application, in one of a bounded number of threads; a client that sends or reads
slowly costs a connection and no thread.  Files that are sent up are the exception: see `incoming.py`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from importlib import import_module
from threading import BoundedSemaphore
from typing import TYPE_CHECKING
from wsgiref.types import WSGIApplication, WSGIEnvironment

from troth.config.beacons import FastDoor
from troth.config.bridge import ARRIVED, Answer, ClientLeft, Exchange, environ_of, plain
from troth.config.connections import Connections
from troth.config.incoming import Incoming, is_streamed

if TYPE_CHECKING:
    from granian.rsgi import Scope

logger = logging.getLogger(__name__)

_LARGEST = (
    1 << 40
)  # bytes of a body that is read as it comes; how many of them are taken is for the application
_DRAINED = 8  # times the size limit: what is read of a body that is too long before the answer
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
API, API_METHODS = "/api/", (*METHODS, "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much and how long; sizes in bytes, times in seconds."""

    body_bytes: int = 1024 * 1024
    body_seconds: float = 10.0  # for a whole body
    held_bytes: int = 64 * 1024 * 1024  # of all bodies read or being read
    write_seconds: float = 20.0  # that a reader of a long answer may keep us waiting
    idle_seconds: float = 60.0  # of a connection without a request
    threads: int = 16  # requests in the application at once
    streams: int = 16  # long answers being read at once
    uploads: int = 8  # large bodies being read at once, each in a thread of its own
    gather_seconds: float = 20.0  # that a sender may take for 256 KiB of a large body
    waiting: int = 512  # complete requests that wait for a thread


class Refused(Exception):
    """A request the door does not let in."""

    def __init__(self, status: int, words: str, *headers: tuple[str, str]) -> None:
        super().__init__(words)
        self.status, self.words, self.headers = status, words, headers


def body_length(scope: Scope, limit: int) -> int:
    """Check a request's head and return its body's length in bytes.

    Raises `Refused`: 405 method, 400 host or path, 411 no length, 413 too long (RFC 9110 section 15.5).
    """
    methods = API_METHODS if scope.path.startswith(API) else METHODS
    if scope.method not in methods and not is_streamed(scope.method, scope.path):
        raise Refused(
            405,
            "the methods here are " + ", ".join(methods),
            ("allow", ", ".join(methods)),
        )
    _check_host(scope)
    if not scope.path.startswith("/") or not scope.path.isprintable() or "\ufffd" in scope.path:
        raise Refused(400, "the path is not one this site can have")
    if "transfer-encoding" in scope.headers:
        raise Refused(411, "send the body with a `Content-Length`")
    length = scope.headers.get("content-length")
    if length is None:
        if scope.method in ("POST", "PATCH", "PUT"):
            raise Refused(411, "send the body with a `Content-Length`")
        return 0
    if not (length.isascii() and length.isdecimal()):
        raise Refused(400, "the `Content-Length` is not a number")
    if len(length) > 12 or int(length) > limit:
        raise Refused(413, f"a body may have {limit} bytes")
    return int(length)


def _check_host(scope: Scope) -> None:
    """One host, said once, or twice the same: two names for one request is how caches are poisoned."""
    named = [value for name, value in scope.headers.items() if name == "host"]
    if scope.authority is not None:
        named.append(scope.authority)
    if not named or not named[0] or len(set(named)) > 1 or (len(named) > 1 and scope.authority is None):
        raise Refused(400, "name one host")
    if [name for name, _ in scope.headers.items()].count("content-type") > 1:
        raise Refused(400, "name one `Content-Type`")


class Seat:
    """A request's place among those in the application, and the terms of its answer."""

    def __init__(self, door: Door, client: str, *, is_taken: bool = True) -> None:
        self._door, self._client, self._left = door, client, not is_taken
        self.write_seconds, self.streams = door.limits.write_seconds, door.streams

    def leave(self) -> None:
        """Give the place to the next request; on the event loop. A second call does nothing."""
        if not self._left:
            self._left = True
            self._door.seats.release()

    def leave_seat(self) -> None:
        """Give the place to the next request; from the thread, when a long answer begins."""
        self._door.loop.call_soon_threadsafe(self.leave)

    def cut(self) -> None:
        """End the client's connection."""
        self._door.connections.cut(self._client)


class Door:
    """The RSGI application. `load` gives the WSGI application behind the door; called once, at start.

    `beside` gives the fast door, which answers beacons before them.
    """

    def __init__(
        self,
        load: Callable[[], WSGIApplication],
        limits: Limits = Limits(),
        beside: Callable[[asyncio.AbstractEventLoop], FastDoor] | None = None,
    ) -> None:
        self._load, self.limits, self._beside = load, limits, beside
        self.streams = BoundedSemaphore(limits.streams)
        self.connections = Connections(limits.idle_seconds)
        self._held = self._waiting = 0

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Load the application and begin to watch connections; the server calls this before it listens."""
        self.loop = loop
        self._application = self._load()
        self._fast = self._beside(loop) if self._beside else None
        self.seats = asyncio.Semaphore(self.limits.threads)
        self._uploads = asyncio.Semaphore(self.limits.uploads)
        threads = self.limits.threads + self.limits.streams + self.limits.uploads
        self._threads = ThreadPoolExecutor(threads, "door")
        self._watch = loop.create_task(self.connections.watch(min(2.0, self.limits.idle_seconds / 2)))

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the threads finish what they have begun; the server calls this when it stopped listening."""
        self._watch.cancel()
        if self._fast is not None:
            self._fast.stop()
        self._threads.shutdown()

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        """Answer one request. Raises nothing: a traceback printed by the server could hold personal data."""
        try:
            with self.connections.busy(scope.client):
                await self._admit(scope, exchange)
        except Refused as refused:
            status, headers, words = plain(refused.status, refused.words)
            headers.extend(refused.headers)
            # HTTP/2 knows no such header; there the stream alone is over.
            if scope.http_version.startswith("1"):
                headers.append(("connection", "close"))
            exchange.response_str(status, headers, words)
        except ClientLeft:
            logger.debug("client left before its answer")
        # Nothing may reach the server's own handler, see above.
        except Exception as error:  # noqa: BLE001
            logger.error("door failed: %s", type(error).__name__)
            exchange.response_str(*plain(500, "something went wrong on our side"))

    async def _admit(self, scope: Scope, exchange: Exchange) -> None:
        arrived = time.time()
        if is_streamed(scope.method, scope.path):
            await self._stream_in(scope, exchange, body_length(scope, _LARGEST))
            return
        limit = self._fast.limit(scope.path) if self._fast is not None else None
        try:
            length = body_length(scope, self.limits.body_bytes if limit is None else limit)
        except Refused:
            await self._drain(scope, exchange)
            raise
        body = bytearray()
        try:
            if length:
                await self._read(exchange, body, length)
            if limit is None or self._fast is None:
                await self._answer(scope, exchange, bytes(body), arrived)
            else:
                await self._fast.answer(scope, exchange, bytes(body))
        finally:
            self._held -= len(body)

    async def _stream_in(self, scope: Scope, exchange: Exchange, length: int) -> None:
        """Run the application while the body comes; it takes no seat from those whose request is complete."""
        if self._uploads.locked():
            raise Refused(503, "too much is being sent at once; try again in a moment", ("retry-after", "2"))
        async with self._uploads:
            body = Incoming(self.loop, exchange, length, self.limits.gather_seconds)
            answer = Answer(scope, exchange, Seat(self, scope.client, is_taken=False))
            application = body.before_the_answer_of(self._application)
            await self._run(answer, application, environ_of(scope, b"", (body, length)))

    async def _drain(self, scope: Scope, exchange: Exchange) -> None:
        """Read and forget a refused body, within bounds: most clients read no answer before that."""
        # Who asks first has not sent anything yet, and reading would tell it to begin.
        if "expect" in scope.headers:
            return
        read = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(self.limits.body_seconds):
                async for chunk in exchange:
                    read += len(chunk)
                    if read > _DRAINED * self.limits.body_bytes:
                        return

    async def _read(self, exchange: Exchange, body: bytearray, length: int) -> None:
        """Fill `body`. Raises `Refused`: 408 too slow, 413 longer than said, 400 shorter, 503 no room."""
        try:
            async with asyncio.timeout(self.limits.body_seconds):
                async for chunk in exchange:
                    body += chunk
                    self._held += len(chunk)
                    if len(body) > length:
                        raise Refused(413, "the body is longer than its `Content-Length`")
                    if self._held > self.limits.held_bytes:
                        raise Refused(503, "too much is being sent at once; try again in a moment")
        except TimeoutError:
            raise Refused(408, f"the body took longer than {self.limits.body_seconds:g} seconds") from None
        if len(body) < length:
            raise Refused(400, "the body is shorter than its `Content-Length`")

    async def _answer(self, scope: Scope, exchange: Exchange, body: bytes, arrived: float) -> None:
        """Wait for a thread and run the application in it, which is told when the head of the request came."""
        if self._waiting >= self.limits.waiting:
            raise Refused(
                503,
                "too many visitors at once; try again in a moment",
                ("retry-after", "2"),
            )
        self._waiting += 1
        try:
            await self.seats.acquire()
        finally:
            self._waiting -= 1
        seat = Seat(self, scope.client)
        try:
            environ = environ_of(scope, body)
            environ[ARRIVED] = arrived
            await self._run(Answer(scope, exchange, seat), self._application, environ)
        finally:
            seat.leave()

    async def _run(self, answer: Answer, application: WSGIApplication, environ: WSGIEnvironment) -> None:
        # INVARIANT: a fresh context for each request: no context variable outlives it in the thread.
        await self.loop.run_in_executor(self._threads, Context().run, answer.run, application, environ)


def _django() -> WSGIApplication:
    application: WSGIApplication = import_module("troth.config.wsgi").application
    return application


def make_door(application: WSGIApplication, limits: Limits = Limits()) -> Door:
    """A door in front of any WSGI application."""
    return Door(lambda: application, limits)


app = Door(_django, beside=FastDoor)
