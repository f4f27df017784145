"""Send a large file up over lines that break, and look for its words on the disk all the while.

    python scripts/upload.py [--megabytes 1000] [--breaks 3] [--seed N]

A demo of its own is started in a temporary folder. The file goes up as scripts send it: announced with its checksum,
in pieces over TLS; the line is cut in the middle of a piece so often as is told, and the sender asks where to go on.
Every 64 KiB of the file hold a marker. What any file of the house gains is searched for it at once, also files that
have no name any more. Ends with 0 when the file comes down with the checksum it went up with, and no marker was met.

One line of figures is printed. The folder is removed at the end.
"""

# The path comes first: the demo of the tests is used.
# ruff: noqa: E402
from __future__ import annotations

import argparse
import hashlib
import html
import http.client
import json
import random
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.site.demo import Browser, Demo

BLOCK = 64 * 1024
MARKER = b"marker-in-every-block-of-the-file;"
SENT_AT_ONCE = 256 * 1024
ANSWER_SECONDS = 60.0


class Damage(AssertionError):
    """What came down is not what went up, or something of it lies in clear."""


def need(condition: bool, words: str) -> None:
    """Raise `Damage` unless the condition holds."""
    if not condition:
        raise Damage(words)


@dataclass(frozen=True)
class Film:
    """A file of `size` bytes that is made as it is read, from any byte on, and holds the marker in each block."""

    size: int
    seed: int

    def part(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` up to, and without, `stop`."""
        for number in range(start // BLOCK, -(-stop // BLOCK)):
            at = number * BLOCK
            yield self._block(number)[max(start - at, 0) : stop - at]

    def _block(self, number: int) -> bytes:
        noise = random.Random(self.seed * 1_000_003 + number)
        return MARKER + noise.randbytes(BLOCK - len(MARKER))

    def checksum(self) -> str:
        """The SHA-256 of all of it."""
        found = hashlib.sha256()
        for each in self.part(0, self.size):
            found.update(each)
        return found.hexdigest()


# -- looking


class Watch:
    """Looks through what the files of a folder gain; those that are written in place are read again when they change."""

    def __init__(self, folder: Path, pids: Iterable[int] = ()) -> None:
        self.folder, self.pids = folder, list(pids)
        self.rounds, self.read, self.met = 0, 0, set[str]()
        self._seen: dict[tuple[int, int], tuple[int, int]] = {}

    def look(self) -> None:
        """One round through all files: those with a name in the folder, and those the processes hold without one."""
        for path in self._files():
            with suppress(OSError):
                self._through(path)
        self.rounds += 1

    def _files(self) -> Iterator[Path]:
        yield from (path for path in self.folder.rglob("*") if path.is_file() and not path.is_symlink())
        for pid in self.pids:
            with suppress(OSError):
                for held in Path(f"/proc/{pid}/fd").iterdir():
                    with suppress(OSError):
                        if str(held.readlink()).endswith("(deleted)"):
                            yield held

    def _through(self, path: Path) -> None:
        now = path.stat()
        which, state = (now.st_dev, now.st_ino), (now.st_size, now.st_mtime_ns)
        before = self._seen.get(which, (0, 0))
        if before == state:
            return
        # Stored files grow at their end only; where one was cut, and where databases write, all is read again.
        grows = path.parent.parent.name == "files" and now.st_size >= before[0]
        with path.open("rb") as file:
            file.seek(max(before[0] - len(MARKER), 0) if grows else 0)
            tail = b""
            while piece := file.read(1 << 20):
                self.read += len(piece)
                if MARKER in tail + piece:
                    self.met.add(str(path))
                tail = piece[-len(MARKER) :]
        self._seen[which] = state

    @contextmanager
    def all_the_while(self, every: float = 0.05) -> Iterator[Watch]:
        """Look again and again in a thread until the block ends, and once more then."""
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(every):
                self.look()

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            stop.set()
            thread.join()
            self._seen.clear()
            self.look()


def most_memory(pids: Iterable[int]) -> int:
    """The bytes that the largest of some processes held at most, since it began."""
    found = [0]
    for pid in pids:
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
            found += [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")]
    return max(found)


# -- sending


@dataclass
class Sender:
    """Somebody signed in who sends a file into the workspace at the address `home`."""

    browser: Browser
    home: str
    film: Film
    breaks: list[int] = field(default_factory=list)  # the bytes of the file at which the line breaks
    broken: int = 0
    sent: int = 0
    seconds: float = 0.0

    def up(self) -> str:
        """All of it, whatever breaks; the address of the file it became."""
        checksum, began = self.film.checksum(), time.monotonic()
        told = {"name": "film.bin", "size": str(self.film.size), "sha256": checksum}
        state = self._answer(self._ask("POST", self.home + "files/uploads/", told))
        here = f"{self.home}files/uploads/{state['upload']}/"
        while state["offset"] < self.film.size:
            state = self._one(here, state["offset"], state["piece"])
        done = self._answer(self._ask("POST", here + "finish/", {}))
        self.seconds = time.monotonic() - began
        return str(done["file"])

    def _one(self, here: str, offset: int, piece: int) -> dict[str, Any]:
        stop = min(offset + piece, self.film.size)
        if self.breaks and offset <= self.breaks[0] < stop:
            self._send(here, offset, stop, until=self.breaks.pop(0))
            self.broken += 1
            self.browser.close()
            return self._standing(here)
        line = self._send(here, offset, stop, until=stop)
        answer = line.getresponse()
        return self._answer((answer.status, answer.read()))

    def _send(self, here: str, offset: int, stop: int, until: int) -> http.client.HTTPConnection:
        """A piece from `offset` up to `stop`, of which the bytes from `until` on never come."""
        line = self.browser.connected()
        line.putrequest("PUT", f"{here}?offset={offset}")
        own = self._headers() | {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(stop - offset),
        }
        for name, value in own.items():
            line.putheader(name, value)
        line.endheaders()
        held = bytearray()
        for each in self.film.part(offset, until):
            held += each
            if len(held) >= SENT_AT_ONCE:
                line.send(bytes(held))
                held.clear()
        line.send(bytes(held))
        self.sent += until - offset
        return line

    def _standing(self, here: str) -> dict[str, Any]:
        """How far it is, once the server has noticed the break: until then it may still be busy with the piece."""
        until, before = time.monotonic() + ANSWER_SECONDS, -1
        while time.monotonic() < until:
            state = self._answer(self._ask("GET", here, None))
            if state["offset"] == before:
                return state
            before = state["offset"]
            time.sleep(0.5)
        raise Damage("the upload never came to rest after its line broke")

    def _headers(self) -> dict[str, str]:
        cookies, here = self.browser.cookies, f"https://{self.browser.host}:{self.browser.port}"
        return {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "X-CSRFToken": cookies["__Host-csrf"], "Origin": here, "Referer": here + "/",
        }  # fmt: skip

    def _ask(self, method: str, path: str, told: dict[str, str] | None) -> tuple[int, bytes]:
        answer = (
            self.browser.get(path) if told is None else self.browser.post(path, {**self._token(), **told})
        )
        return answer.status, answer.body

    def _token(self) -> dict[str, str]:
        return {"csrfmiddlewaretoken": self.browser.cookies["__Host-csrf"]}

    def _answer(self, answer: tuple[int, bytes]) -> dict[str, Any]:
        status, body = answer
        need(status in (200, 201), f"the server answered {status}: {body[:200]!r}")
        told: dict[str, Any] = json.loads(body)
        return told

    def down(self, file: str) -> str:
        """The SHA-256 of what comes down."""
        found, line = hashlib.sha256(), self.browser.connected()
        line.request("GET", file + "download/", headers=self._headers())
        answer = line.getresponse()
        need(answer.status == 200, f"the download answered {answer.status}")
        while piece := answer.read(SENT_AT_ONCE):
            found.update(piece)
        return found.hexdigest()


def signed_in(demo: Demo) -> tuple[Browser, str]:
    """Alice of the sample, and the address of a new workspace of hers."""
    browser = demo.browser(ANSWER_SECONDS).become("alice")
    answer = browser.fill_in("/workspaces/new/", {"name": "Films", "accepts": "on"})
    need(
        answer.status == 302,
        f"no workspace was made: {html.unescape(re.sub('<.*?>', '', answer.text))[-300:]}",
    )
    return browser, answer.header("location")


def transfer(demo: Demo, size: int, breaks: int, seed: int) -> str:
    """A file of so many bytes up and down again; the line of figures. Raises `Damage`."""
    chance, film = random.Random(seed), Film(size, seed)
    # In the middle of a third, a half … so that each break falls into another part of the file.
    places = [int((number + 0.2 + 0.6 * chance.random()) * size / breaks) for number in range(breaks)]
    browser, home = signed_in(demo)
    sender, servers = Sender(browser, home, film, places), demo.children()["server"]
    before, watch = most_memory(servers), Watch(demo.home.parent, servers)
    with watch.all_the_while():
        file = sender.up()
        began = time.monotonic()
        same = sender.down(file) == film.checksum()
        taken = time.monotonic() - began
    need(same, "what came down has another checksum than what went up")
    need(sender.broken == breaks, f"the line broke {sender.broken} times, not {breaks}")
    need(not watch.met, f"the marker stands in clear in {', '.join(sorted(watch.met))}")
    after = most_memory(servers)
    return (
        f"{size / 1e6:,.0f} MB up in {sender.seconds:.1f} s ({(sender.sent - size) / 1e6:.1f} MB of it again after "
        f"{breaks} breaks), down in {taken:.1f} s, the same SHA-256; {watch.rounds} looks at the disk, "
        f"{watch.read / 1e6:,.0f} MB read, 0 markers met; the server's memory was {before / 1e6:.0f} MB at most "
        f"before and {after / 1e6:.0f} MB at most after; seed {seed}"
    )


def main(arguments: list[str]) -> int:
    """Run it; 1 with a line that says what is wrong, else 0."""
    parser = argparse.ArgumentParser(description="Send a large file over lines that break.")
    parser.add_argument("--megabytes", type=int, default=1000, help="size of the file, in millions of bytes")
    parser.add_argument("--breaks", type=int, default=3)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="troth-upload-"))
    (folder / "scratch").mkdir()
    demo = Demo(folder / "home", settings={"TMPDIR": str(folder / "scratch")})
    try:
        demo.start()
        print(transfer(demo, options.megabytes * 10**6, options.breaks, options.seed), flush=True)
        return 0
    except (Damage, OSError, http.client.HTTPException) as damage:
        print(f"troth: {damage} (seed {options.seed})", file=sys.stderr)
        return 1
    finally:
        demo.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
