"""The house's own door, which answers 202 to every beacon and does nothing: what remains is the door's price."""

import asyncio

from granian.rsgi import Scope

from bench.peers.empty import nothing
from troth.config.bridge import Exchange
from troth.config.door import Door


class Accepting:
    """In the place of the fast door."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        pass

    def limit(self, path: str) -> int | None:
        """As the fast door's at the one path that is asked."""
        return 32 * 1024 if path == "/api/event" else None

    async def answer(self, scope: Scope, exchange: Exchange, body: bytes) -> None:
        """Taken, and forgotten."""
        exchange.response_bytes(202, [("content-type", "text/plain"), ("cache-control", "no-store")], b"ok")

    def stop(self) -> None:
        """Nothing waits."""


app = Door(lambda: nothing, beside=Accepting)  # type: ignore[arg-type]
