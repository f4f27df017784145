"""The door's knowledge of its own open connections, and the power to end one.

The server under the door gives no time limit to a client that connects and says nothing, that keeps
an idle HTTP/2 connection, or that never reads its answer. Each of them holds one of a bounded number
of connections. They are plain sockets of this process, so the door can look at them and cut them.
"""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock

Peer = tuple[str, int]
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def peer_of(client: str) -> Peer:
    """Read `127.0.0.1:4711` or `[::1]:4711`, as the server writes a client, as (address, port)."""
    address, _, port = client.rpartition(":")
    return address.strip("[]"), int(port)


def _own_sockets() -> Iterator[socket.socket]:
    """Yield a duplicate of every TCP socket of this process; the reader closes it.

    A duplicate keeps the socket the same while it is looked at, even if its number is given to another.
    """
    for name in os.listdir("/proc/self/fd"):
        # A descriptor may have been closed since the folder was listed: then there is nothing to look at.
        with suppress(OSError):
            if not stat.S_ISSOCK(os.stat(int(name)).st_mode):
                continue
            found = socket.socket(fileno=os.dup(int(name)))
            if found.family in (socket.AF_INET, socket.AF_INET6) and found.type == socket.SOCK_STREAM:
                yield found
            else:
                found.close()


@contextmanager
def _accepted() -> Iterator[list[tuple[Peer, int, socket.socket]]]:
    """Give (peer, inode, socket) of each connection accepted on a port this process listens at."""
    everything = list(_own_sockets())
    try:
        listening = {
            s.getsockname()[1] for s in everything if s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        }
        found: list[tuple[Peer, int, socket.socket]] = []
        for each in everything:
            # A socket without a peer is the listening one, or was closed by the client just now.
            with suppress(OSError):
                if each.getsockname()[1] in listening:
                    address, port = each.getpeername()[:2]
                    found.append(((address, port), os.fstat(each.fileno()).st_ino, each))
        yield found
    finally:
        for each in everything:
            each.close()


def _end(connection: socket.socket) -> None:
    """Break a connection at once; what was not sent yet is thrown away with it."""
    # The client may have closed it meanwhile, which is what is wanted.
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        connection.shutdown(socket.SHUT_RDWR)


class Connections:
    """Which client has a request under way, since when each connection is idle, and the end of idle ones.

    `idle_seconds` is how long a connection may live without a request under way; with more than
    `crowded` connections open it is `crowded_seconds`.
    """

    def __init__(
        self,
        idle_seconds: float = 60.0,
        crowded_seconds: float = 5.0,
        crowded: int = 1024,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._idle_seconds, self._crowded_seconds, self._crowded = (
            idle_seconds,
            crowded_seconds,
            crowded,
        )
        self._clock = clock
        self._lock = Lock()
        self._busy: dict[Peer, int] = {}
        self._last: dict[Peer, float] = {}
        self._seen: dict[int, float] = {}

    @contextmanager
    def busy(self, client: str) -> Iterator[None]:
        """Hold the client's connection as in use for the length of a request."""
        peer = peer_of(client)
        with self._lock:
            self._busy[peer] = self._busy.get(peer, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                self._last[peer] = self._clock()
                self._busy[peer] -= 1
                if not self._busy[peer]:
                    del self._busy[peer]

    def cut(self, client: str) -> None:
        """End the client's connection now. An answer cut so never looks complete to the client."""
        peer = peer_of(client)
        with _accepted() as connections:
            for found, _, connection in connections:
                if found == peer:
                    _end(connection)

    def sweep(self) -> int:
        """End the connections that were idle for too long; return how many."""
        now, ended = self._clock(), 0
        with _accepted() as connections, self._lock:
            patience = self._crowded_seconds if len(connections) > self._crowded else self._idle_seconds
            # INVARIANT: keyed by inode, so that a new connection from a reused port starts afresh.
            self._seen = {inode: self._seen.get(inode, now) for _, inode, _ in connections}
            peers = {peer for peer, _, _ in connections}
            self._last = {peer: last for peer, last in self._last.items() if peer in peers}
            for peer, inode, connection in connections:
                idle_since = max(self._seen[inode], self._last.get(peer, 0.0))
                if peer not in self._busy and now - idle_since >= patience:
                    _end(connection)
                    ended += 1
        return ended

    async def watch(self, every: float = 2.0) -> None:
        """Sweep for ever, each `every` seconds, until cancelled."""
        while True:
            await asyncio.sleep(every)
            self.sweep()
