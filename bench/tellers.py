"""Many browsers that tell of views, in a process of their own: `python -m bench.tellers`, told by JSON on standard input.

Each has a line of its own to the server, TLS and kept, and tells of the next view when the last one is answered; with
a `rate` all of them together tell of no more than so many a second.
"""

import asyncio
import json
import ssl
import sys
import time
from typing import Any


class Teller(asyncio.Protocol):
    """One browser.  What it saw is in `took` (seconds) and `answers` (by status)."""

    def __init__(self, request: bytes, pause: float, until: float) -> None:
        self._request, self._pause, self._until = request, pause, until
        self.took: list[float] = []
        self.answers: dict[str, int] = {}
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._line, self._due = transport, time.perf_counter()
        self._tell()

    def data_received(self, data: bytes) -> None:  # an answer is far smaller than what comes at once
        now, status = time.perf_counter(), data[9:12].decode()
        self.took.append(now - self._began)
        self.answers[status] = self.answers.get(status, 0) + 1
        self._due += self._pause
        if now >= self._until:
            self._line.close()
        elif self._pause and self._due > now:
            asyncio.get_running_loop().call_later(self._due - now, self._tell)
        else:
            self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _tell(self) -> None:
        self._began = time.perf_counter()
        self._line.write(self._request)


def request(given: dict[str, Any]) -> bytes:
    """A view as a program made for Plausible tells of it."""
    page = f"https://{given['host']}/guides/glaze/?utm_source=letter"
    event = {"n": "pageview", "u": page, "d": given["host"], "r": "https://news.example/a"}
    body = json.dumps(event).encode()
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    head = (
        "POST /api/event HTTP/1.1", f"Host: {given['host']}:{given['port']}", "Content-Type: text/plain",
        f"Content-Length: {len(body)}", f"User-Agent: {agent}", "Accept-Language: en-GB",
    )  # fmt: skip
    return "\r\n".join((*head, "", "")).encode() + body


async def everybody(given: dict[str, Any]) -> dict[str, Any]:
    """All of them at once."""
    tls = ssl.create_default_context(cafile=given["authority"])
    until = time.perf_counter() + given["seconds"]
    pause = given["lines"] / given["rate"] if given["rate"] else 0.0
    loop, sent = asyncio.get_running_loop(), request(given)
    made = [
        await loop.create_connection(
            lambda: Teller(sent, pause, until),
            "127.0.0.1",
            given["port"],
            ssl=tls,
            server_hostname=given["host"],
        )
        for _ in range(given["lines"])
    ]
    tellers = [teller for _, teller in made]
    await asyncio.gather(*(teller.done for teller in tellers))
    answers: dict[str, int] = {}
    for teller in tellers:
        for status, times in teller.answers.items():
            answers[status] = answers.get(status, 0) + times
    return {"took": sorted(each for teller in tellers for each in teller.took), "answers": answers}


def main() -> int:
    """Tell, and print what was answered, the times (sorted, in seconds) and this process's own CPU."""
    told = asyncio.run(everybody(json.load(sys.stdin)))
    print(json.dumps({**told, "cpu": time.process_time()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
