"""The fast door without a server: requests as a browser, or a program, sends them, and the rows that come of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.conf import settings

from troth.apps.navigation import collecting
from troth.apps.navigation.beacons import Beacons, Reply, Request
from troth.apps.navigation.collector import Collector
from troth.apps.navigation.hits import Hit
from troth.visits.models import Event

T = TypeVar("T")

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"
    " Mobile/15E148 Safari/604.1"
)
HOST = settings.TROTH_HOSTS["company"]
BROWSER = {"user-agent": FIREFOX, "accept-language": "en-GB,en;q=0.8", "sec-fetch-site": "same-origin"}
"""What Victor's browser sends with a request of our own page."""


def request(
    path: str, body: Any = b"", method: str = "POST", host: str = HOST, address: str = "192.0.2.7",
    **headers: str | None,
) -> Request:  # fmt: skip
    """A request of Victor's browser; a header given as None is left out."""
    given = {**BROWSER, **{name.replace("_", "-"): value for name, value in headers.items()}}
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    kept = {name: value for name, value in given.items() if value is not None}
    return Request(method, path, "", host, address, kept, sent)


class Straight(Collector):
    """Writes at once, in the thread of the test."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []

    async def put(self, hits: list[Hit]) -> None:
        self.hits += hits

    def write(self) -> None:
        """Make durable what was put."""
        hits, self.hits = self.hits, []
        if hits:
            collecting.record(hits)


def run(asked: Coroutine[Any, Any, T]) -> T:
    """What comes of it, on a loop of its own: where a browser was opened, this thread has one that runs already."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, asked).result()


def ask(*requests: Request) -> list[Reply]:
    """Answer requests one after the other, and make all of it durable as one batch."""
    straight = Straight()
    beacons = Beacons(straight)

    async def all_of_them() -> list[Reply]:
        return [await beacons.answer(each) for each in requests]

    replies = run(all_of_them())
    straight.write()
    return replies


def one(path: str, body: Any = b"", **more: Any) -> Reply:
    """The answer to one request."""
    return ask(request(path, body, **more))[0]


def view(path: str = "/", **more: Any) -> Request:
    """Victor looks at a page of ours."""
    return request("/beacon/hits", [{"k": "v", "p": path, **more.pop("told", {})}], **more)


def cookie_of(reply: Reply) -> str:
    """What the answer's cookie holds; blank for none."""
    given = [value for name, value in reply.headers if name == "set-cookie"]
    return given[0].partition(";")[0] if given else ""


def dropped(reply: Reply) -> str:
    """What the answer says was left out."""
    return dict(reply.headers).get("x-troth-dropped", "")


def events() -> Sequence[Event]:
    """Every event, oldest first."""
    return list(Event.objects.order_by("pk"))


def today() -> datetime:
    """The midnight with which today began."""
    return collecting.day_before(datetime.now(UTC), 0)
