"""Many browsers in a chat room, in a process of their own: `python -m bench.pollers`, told by JSON on standard input.

Each has a line of its own to the server and asks every so many seconds for what is new, as `chat.js` does.  A line of
the room holds the time at which it was said: what is printed is how long it took until each of them had it.
"""

import asyncio
import json
import re
import ssl
import sys
import time
from dataclasses import dataclass, field
from typing import Any

SAID = re.compile(rb"said at (\d+\.\d+)")
TAG = re.compile(rb'data-tag="([0-9a-f]+)"')


@dataclass
class Told:
    """What all of them saw."""

    took: list[float] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)


async def poll(number: int, given: dict[str, Any], until: float, told: Told) -> None:
    """One browser, until the time is over."""
    tls = ssl.create_default_context(cafile=given["authority"])
    await asyncio.sleep(given["every"] * number / given["pollers"] + number * 0.004)
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", given["port"], ssl=tls, server_hostname=given["host"]
    )
    tag, seen = "", set[bytes]()
    while time.time() < until:
        began = time.time()
        path = f"{given['path']}?after={tag}&every={given['every']}"
        head = (
            f"GET {path} HTTP/1.1", f"Host: {given['host']}:{given['port']}", f'If-None-Match: "{tag}"',
            "Sec-Fetch-Mode: cors", "Accept: */*", "User-Agent: bench",
        )  # fmt: skip
        writer.write("\r\n".join((*head, "", "")).encode())
        status, body = await answer(reader)
        told.answers[status] = told.answers.get(status, 0) + 1
        if found := TAG.search(body):
            tag = found[1].decode()
        now = time.time()
        for each in SAID.findall(body):
            if each not in seen and float(each) > given["from"]:
                told.took.append(now - float(each))
            seen.add(each)
        await asyncio.sleep(max(0.0, began + given["every"] - time.time()))
    writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """(status, body) of the next answer on a line."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    body = await reader.readexactly(int(length[1])) if length else b""
    return head[9:12].decode(), body


async def everybody(given: dict[str, Any]) -> Told:
    """All of them at once."""
    told, until = Told(), time.time() + given["seconds"]
    given["from"] = time.time() + given["pollers"] * 0.004 + 2 * given["every"]
    await asyncio.gather(*(poll(number, given, until, told) for number in range(given["pollers"])))
    return told


def main() -> int:
    """Poll, and print the times of delivery (sorted, in seconds) and how often each status was answered."""
    told = asyncio.run(everybody(json.load(sys.stdin)))
    used = time.process_time()
    print(json.dumps({"took": sorted(told.took), "answers": told.answers, "cpu": used}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
