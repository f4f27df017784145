"""Bodies too large to be held: the application reads them as they come, and no faster than it works them up.

Only few addresses take such a body.  What has come and is not yet read is `GATHERED` bytes at most; the sender waits.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import Protocol
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from troth.config.bridge import ClientLeft

GATHERED = 256 * 1024
_LEFT_OVER = 4 * 1024 * 1024  # bytes of a body nobody wants that are read before the answer
_LEFT_SECONDS = 2.0

_HERE = r"/workspaces/[0-9a-f-]{36}/files/"
STREAMED = {
    "POST": re.compile(_HERE + r"(folders/[0-9a-f-]{36}/)?upload/"),
    "PUT": re.compile(rf"(?:{_HERE}uploads/[0-9a-f-]{{36}}/|/api/v1/workspace/uploads/[0-9a-f-]{{36}})"),
}
"""The addresses whose body is read as it comes, by method."""


class BrokeOff(OSError):
    """The body ended before its length, or came too slowly."""


class Pulls(Protocol):
    """A request's body, piece by piece."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...


def is_streamed(method: str, path: str) -> bool:
    """Whether a request's body is read as it comes."""
    found = STREAMED.get(method)
    return found is not None and found.fullmatch(path) is not None


class Incoming:
    """A body as the application's thread reads it; made on the event loop.

    `seconds` is how long a sender may take for each `GATHERED` bytes.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, exchange: Pulls, length: int, seconds: float) -> None:
        self._loop, self._pieces = loop, exchange.__aiter__()
        self._left, self._seconds = length, seconds
        self._held, self._is_broken = bytearray(), False

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes (all of it for -1), fewer only at the end.  Raises BrokeOff."""
        wanted = self._left + len(self._held) if size < 0 else size
        while len(self._held) < wanted and self._left and not self._is_broken:
            self._held += asyncio.run_coroutine_threadsafe(self._gather(), self._loop).result()
        if self._is_broken and wanted and not self._held:
            raise BrokeOff("the body broke off")
        piece = bytes(self._held[:wanted])
        del self._held[:wanted]
        return piece

    def readline(self, size: int = -1) -> bytes:
        """As PEP 3333 asks; bodies of files are not read by lines.  Raises BrokeOff."""
        line = bytearray()
        while size < 0 or len(line) < size:
            byte = self.read(1)
            line += byte
            if byte in (b"", b"\n"):
                break
        return bytes(line)

    async def _gather(self) -> bytes:
        gathered = bytearray()
        try:
            async with asyncio.timeout(self._seconds):
                while self._left and len(gathered) < GATHERED:
                    piece = await anext(self._pieces)
                    self._left -= len(piece)
                    gathered += piece
        except (TimeoutError, StopAsyncIteration, ClientLeft):
            self._is_broken = True  # what came until then is given out first
        if self._left < 0:
            raise BrokeOff("the body is longer than its length")
        return bytes(gathered)

    def before_the_answer_of(self, application: WSGIApplication) -> WSGIApplication:
        """The application, which answers when a little of what it left unread is read and forgotten.

        Most clients read no answer before that.
        """

        def answering(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            answer = application(environ, start_response)
            asyncio.run_coroutine_threadsafe(self._forget(), self._loop).result()
            return answer

        return answering

    async def _forget(self) -> None:
        read = 0
        # A sender who is gone already needs no answer either.
        with suppress(TimeoutError, StopAsyncIteration, OSError, ClientLeft):
            async with asyncio.timeout(_LEFT_SECONDS):
                while self._left > 0 and read < _LEFT_OVER and not self._is_broken:
                    piece = await anext(self._pieces)
                    self._left -= len(piece)
                    read += len(piece)
