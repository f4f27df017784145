"""What the fast door does with a beacon: who asks, what is told, and the answer once it is durable.

It knows nothing of a server: a request is a method, a path, headers and a body.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from troth.visits.country import country_of
from troth.visits.models import What

from . import cleaning, numbers, wire
from .browsers import LONGEST_AGENT, browser_of
from .collecting import Uncollected, admit, allowed
from .collector import Collector, Full, Unkept
from .hits import Asker, Hit, Told, Unreadable

ONE, MANY = 32 * 1024, 256 * 1024
"""Bytes of a body with one hit, and of one with many."""

GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c000000000100010000020144003b")
WAIT = ("retry-after", "1")
Headers = list[tuple[str, str]]
KINDS = frozenset({"", "text/plain", "application/json", "text/ping"})
"""What a body may call itself: programs made for Plausible send JSON as plain text; a `ping` is of a kind of its own."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose body is here; header names are small letters, `address` is the client's without its port."""

    method: str
    path: str
    query: str
    host: str
    address: str
    headers: Mapping[str, str]
    body: bytes

    def says(self, name: str) -> str:
        return self.headers.get(name, "")


@dataclass(slots=True)
class Reply:
    status: int
    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"
    headers: Headers = field(default_factory=list)


def _json(status: int, body: object) -> Reply:
    return Reply(status, json.dumps(body).encode(), "application/json")


def _cookies(request: Request) -> dict[str, str]:
    pairs = (each.partition("=") for each in request.says("cookie").split(";")[:50])
    return {name.strip(): value.strip() for name, _, value in pairs}


def wants_no_number(request_headers: Mapping[str, str], cookies: Mapping[str, str]) -> bool:
    """Whether the browser sends Global Privacy Control, or its user chose to be counted without a number."""
    return request_headers.get("sec-gpc", "") == "1" or cookies.get(numbers.CHOICE) == "no"


def _is_from_elsewhere(request: Request) -> bool:
    """Whether a page of a site that is not ours had the browser send this."""
    host, _ = cleaning.split(request.says("origin"))
    named = request.says("origin") not in ("", "null")
    return request.says("sec-fetch-site") == "cross-site" or (named and host not in wire.sites())


class Beacons:
    """The addresses of the fast door, each with the bytes its body may have."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._doors: dict[str, tuple[int, str, Callable[[Request], Awaitable[Reply]]]] = {
            "/beacon/hits": (ONE, "POST", self._own), "/beacon/view.gif": (0, "GET", self._image),
            "/beacon/link": (ONE, "POST", self._link), "/api/event": (ONE, "POST", self._plausible),
            "/api/send": (ONE, "POST", self._umami), "/api/batch": (MANY, "POST", self._umami_batch),
        }  # fmt: skip

    def limit(self, path: str) -> int | None:
        """The bytes that a body may have at a path; None where the fast door has nothing to do."""
        found = self._doors.get(path)
        return None if found is None else found[0]

    async def answer(self, request: Request) -> Reply:
        """The answer to a request at one of our paths; raises nothing that a request could cause."""
        _, method, door = self._doors[request.path]
        try:
            reply = self._before(request, method) or await door(request)
        except Unreadable as fault:
            reply = Reply(400, str(fault).encode())
        except (Full, Unkept):
            reply = Reply(503, b"this is too much at once; try again in a moment", headers=[WAIT])
        except Uncollected:
            reply = Reply(403, b"the statement of this site collects no such thing")
        reply.headers.append(("cache-control", "no-store"))
        self._share(request, reply)
        return reply

    def _before(self, request: Request, method: str) -> Reply | None:
        if request.method == "OPTIONS":
            return Reply(204)
        if request.method != method:
            return Reply(405, b"the method here is " + method.encode(), headers=[("allow", method)])
        if request.says("content-type").partition(";")[0].strip().lower() not in KINDS:
            return Reply(415, b"send JSON, as application/json or text/plain")
        if request.host not in wire.sites():
            return Reply(403, b"this host counts no visits")
        if _is_from_elsewhere(request):
            return Reply(403, b"pages of other sites are not counted here")
        return None

    def _share(self, request: Request, reply: Reply) -> None:
        """Let pages of our other hosts read the answer (Fetch, "CORS protocol"); cookies do not go along."""
        origin = request.says("origin")
        host, _ = cleaning.split(origin)
        if not origin or host not in wire.sites():
            return
        reply.headers += [("access-control-allow-origin", origin), ("vary", "origin"),
                          ("access-control-expose-headers", "x-troth-dropped")]  # fmt: skip
        if request.method == "OPTIONS":
            reply.headers += [("access-control-allow-methods", "POST"), ("access-control-max-age", "600"),
                              ("access-control-allow-headers", "content-type, x-umami-cache")]  # fmt: skip

    def _asker(self, request: Request, *, may_draw: bool) -> tuple[Asker, Headers]:
        """Who asks.  A browser of our own page that has no number and may have one is given one."""
        browser, cookies = browser_of(request.says("user-agent")[:LONGEST_AGENT]), _cookies(request)
        number, given = None, Headers()
        if not wants_no_number(request.headers, cookies) and not browser.is_bot:
            number = numbers.number_of(cookies.get(numbers.COOKIE, ""))
            if number is None and may_draw and request.says("sec-fetch-site") == "same-origin":
                drawn = numbers.draw()
                number = numbers.number_of(drawn)
                given.append(("set-cookie", numbers.header(drawn)))
        now = datetime.now(UTC).replace(microsecond=0)
        language = cleaning.language_of(request.says("accept-language")[:100])
        country = country_of(request.address) if "country" in allowed() else ""
        return Asker(browser, language, request.address, number, now, country), given

    async def _keep(self, told: Told, reply: Reply, request: Request) -> Reply:
        if request.says("x-forwarded-for"):  # said by anybody: the address is that of the connection
            told.dropped.add("x-forwarded-for")
        await self._collector.put(admit(told).hits)
        if told.dropped:
            reply.headers.append(("x-troth-dropped", ",".join(sorted(told.dropped))))
        return reply

    async def _own(self, request: Request) -> Reply:
        asker, headers = self._asker(request, may_draw=True)
        told = wire.own(request.body, asker, request.host)
        return await self._keep(told, Reply(202, headers=headers), request)

    async def _image(self, request: Request) -> Reply:
        """The picture of pages without scripts: the page is the one that the browser names as its referrer."""
        asker, headers = self._asker(request, may_draw=True)
        host, path = cleaning.split(request.says("referer"))
        told = Told()
        if host == request.host:
            what = What.MISSING if request.query == "missing" else What.VIEW
            told.hits.append(Hit(asker, host, what, cleaning.path_of(path)))
        return await self._keep(told, Reply(200, GIF, "image/gif", headers), request)

    async def _link(self, request: Request) -> Reply:
        """A link's `ping` (HTML, "Hyperlink auditing"): from which page to which, in the headers."""
        asker, _ = self._asker(request, may_draw=False)
        host, path = cleaning.split(request.says("ping-from") or request.says("referer"))
        target = cleaning.link_of(request.says("ping-to"))
        if host != request.host or not target:
            raise Unreadable("a link beacon names a page of this site, and where its link leads")
        hit = Hit(asker, host, What.LINK, cleaning.path_of(path), target=target)
        return await self._keep(Told([hit]), Reply(202), request)

    async def _plausible(self, request: Request) -> Reply:
        asker, headers = self._asker(request, may_draw=True)
        told = wire.plausible(request.body, asker)
        return await self._keep(told, Reply(202, b"ok", headers=headers), request)

    async def _umami(self, request: Request) -> Reply:
        asker, headers = self._asker(request, may_draw=True)
        told = wire.umami(request.body, asker)
        body = {"beep": "boop"} if asker.browser.is_bot else _UMAMI_SAYS
        reply = _json(200, body)
        reply.headers += headers
        return await self._keep(told, reply, request)

    async def _umami_batch(self, request: Request) -> Reply:
        asker, _ = self._asker(request, may_draw=False)
        told, wrong = wire.umami_batch(request.body, asker)
        size = len(told.hits) + len(wrong)
        said = {
            "size": size,
            "processed": size - len(wrong),
            "errors": len(wrong),
            "details": wrong,
            "cache": "-",
        }
        return await self._keep(told, _json(200, said), request)


_UMAMI_SAYS = {"cache": "-", "sessionId": "-", "visitId": "-"}
"""Its programs want three texts back and send the first one along later.  We tell them nothing by which to know one."""
