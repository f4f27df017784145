"""Hits on their way to disk: a bounded queue in front of one thread, which writes what waits as one batch.

Between two batches lie at least `REST` seconds in which others write: a door that wrote flat out would starve the pages.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from django.db import DatabaseError, close_old_connections, connections

from troth.engine.roomy import roomy
from troth.gate.errors import GateError, SealError

from .collecting import Uncollected, day_before, keep_addresses, record
from .hits import Hit

log = logging.getLogger("troth.navigation")

REST = 0.005
MOST_WAITING = 4096
"""Hits that wait for their batch; more are refused, and told when to come again."""

LARGEST_BATCH = 500
BOOK_SECONDS = 600.0
"""How often addresses go onto their day's list: so seldom that their order tells nothing."""


class Full(Exception):
    """Too many hits wait already."""


class Unkept(Exception):
    """The batch could not be made durable; nothing of it was kept."""


class _Ticket:
    __slots__ = ("done", "hits")

    def __init__(self, hits: list[Hit], done: "asyncio.Future[None]") -> None:
        self.hits, self.done = hits, done


class Collector:
    """The queue and its thread; made on the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, write: Callable[[list[Hit]], None] = record) -> None:
        self._loop, self._write = loop, write
        self._tickets: list[_Ticket] = []
        self._waiting = 0
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._is_over = False
        self._addresses: dict[datetime, set[str]] = {}
        self._booked_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="collector", daemon=True)
        self._thread.start()

    async def put(self, hits: list[Hit]) -> None:
        """Return when the hits are durable.  Raises Full, Uncollected, Unkept: then none of them is."""
        if not hits:
            return
        done: asyncio.Future[None] = self._loop.create_future()
        with self._lock:
            if self._is_over or self._waiting + len(hits) > MOST_WAITING:
                raise Full
            self._waiting += len(hits)
            self._tickets.append(_Ticket(hits, done))
        self._wake.set()
        await done

    def stop(self) -> None:
        """Write what waits, and end the thread."""
        self._is_over = True
        self._wake.set()
        self._thread.join(10)

    @roomy
    def _run(self) -> None:
        try:
            while not self._is_over or self._tickets:
                self._wake.wait(BOOK_SECONDS / 10)
                self._wake.clear()
                while tickets := self._next():
                    self._settle(tickets, self._kept(tickets))
                    time.sleep(REST)
                if self._is_over or time.monotonic() - self._booked_at > BOOK_SECONDS:
                    self._book()
        finally:
            connections.close_all()

    def _next(self) -> list[_Ticket]:
        with self._lock:
            taken, count = 0, 0
            for ticket in self._tickets:
                if count and count + len(ticket.hits) > LARGEST_BATCH:
                    break
                taken, count = taken + 1, count + len(ticket.hits)
            tickets, self._tickets = self._tickets[:taken], self._tickets[taken:]
            self._waiting -= count
        return tickets

    def _kept(self, tickets: list[_Ticket]) -> Exception | None:
        hits = [hit for ticket in tickets for hit in ticket.hits]
        try:
            close_old_connections()
            self._write(hits)
        except Uncollected as refused:
            return refused
        # One batch that fails must not end the thread: whoever waits for it is told, and the next one is tried.
        except Exception as error:  # noqa: BLE001
            log.error("a batch of %d hits was not kept: %s", len(hits), type(error).__name__)
            return Unkept()
        for hit in hits:
            if hit.asker.address:
                self._addresses.setdefault(day_before(hit.asker.at, 0), set()).add(hit.asker.address)
        return None

    def _settle(self, tickets: list[_Ticket], error: Exception | None) -> None:
        def tell() -> None:
            for ticket in tickets:
                if not ticket.done.done():  # whoever asked may have left
                    ticket.done.set_exception(error) if error else ticket.done.set_result(None)

        with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(tell)

    def _book(self) -> None:
        self._booked_at = time.monotonic()
        addresses, self._addresses = self._addresses, {}
        for day, found in addresses.items():
            try:
                keep_addresses(day, found)
            except (DatabaseError, GateError, SealError) as error:
                log.error("addresses of a day were not kept: %s", type(error).__name__)
