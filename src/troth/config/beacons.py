"""The fast door's side of the server: a request as the beacons see it, and their answer on the wire.

Beacons stand in front of the application in the same process.  None of them takes one of its threads.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from troth.config.bridge import Exchange

if TYPE_CHECKING:
    from granian.rsgi import Scope

    from troth.apps.navigation.beacons import Beacons

_GENERAL = [("x-content-type-options", "nosniff"), ("cross-origin-resource-policy", "same-site")]


class FastDoor:
    """The addresses that are answered here, and their answers."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        # The application is loaded by now; before that, its models could not be imported.
        from troth.apps.navigation.beacons import Beacons
        from troth.apps.navigation.collector import Collector

        self._collector = Collector(loop)
        self._beacons: Beacons = Beacons(self._collector)

    def limit(self, path: str) -> int | None:
        """The bytes that a body may have at a path of the fast door; None for any other path."""
        return self._beacons.limit(path)

    async def answer(self, scope: Scope, exchange: Exchange, body: bytes) -> None:
        """Answer a request whose body is read."""
        from troth.apps.navigation.beacons import Request

        headers = dict(scope.headers.items())
        host = scope.authority or headers.get("host", "")
        client, _, _ = scope.client.rpartition(":")
        reply = await self._beacons.answer(
            Request(
                scope.method, scope.path, scope.query_string, host.partition(":")[0].lower(), client.strip("[]"),
                headers, body,
            )
        )  # fmt: skip
        head = [("content-type", reply.kind), *_GENERAL, *reply.headers]
        if scope.method == "HEAD" or reply.status == 204:
            exchange.response_empty(reply.status, head)
        else:
            exchange.response_bytes(reply.status, head, reply.body)

    def stop(self) -> None:
        """Write what waits."""
        self._collector.stop()
