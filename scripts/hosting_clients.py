"""Who is at work while hosting is killed: they send files, import rows, ask queries, let somebody in and out again.

Each keeps what was answered (`kept`, by what it was), presses again when nothing was, and raises `Damage` at once for
what may never be seen: less of an upload than was acknowledged, half a file, a page after access was taken back.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import random
import re
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from scripts.storming import Damage, need
from tests.site.demo import Answer, Browser, Demo

T = TypeVar("T")
PRESS_AGAIN = 0.1  # seconds until a client that got no answer tries again
LARGE = 9 << 20  # bytes: more than are made durable at once
PIECE = 1 << 20
UNTICKED = ("radio", "checkbox", "file")
OFFER = re.compile(r"https://localhost:\d+(/workspaces/offers/[\w-]+/)")
OUT = ("", "records/{}/", "records/{}/export/csv/", "queries/", "people/")
"""Pages of the workspace that nobody gets who was let out again, `{}` being the collection that was opened."""


class Stopped(Exception):
    """The storm is over before this was brought to its end."""


class Form(HTMLParser):
    """What a browser would send of the form that goes to an address, as it stands."""

    def __init__(self, page: str, action: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._action, self._is_here, self._select = action, False, ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in one control."""
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_here = urlsplit(told.get("action", self._action)).path == self._action
        name = told.get("name", "")
        if not self._is_here:
            return
        if tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in told or self._select not in self.fields):
            self.fields[self._select] = told.get("value", "")
        elif tag == "input" and name and (told.get("type") not in UNTICKED or "checked" in told):
            self.fields[name] = told.get("value", "on" if "checked" in told else "")


@dataclass
class Hosting:
    """What the clients share: the demo, one workspace, and a collection in it for those who import and one to share."""

    demo: Demo
    home: str = ""
    collections: list[str] = field(default_factory=list)

    @property
    def workspace(self) -> str:
        """Its id."""
        return self.home.split("/")[2]


@dataclass
class Client(ABC):
    """Somebody with a browser, who does one thing after another and brings each to its end."""

    at: Hosting
    seed: int
    kept: dict[str, dict[str, object]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    damage: Exception | None = None
    who = "alice"

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.stop = threading.Event()
        self.browser = self.new_browser()

    def new_browser(self) -> Browser:
        """A browser that knows nobody yet."""
        return self.at.demo.browser(20.0)

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop, or until something is damaged."""
        self.stop = stop
        try:
            self.insist(lambda: self.browser.become(self.who))
            while True:
                self.work()
        except Stopped:
            return
        except Exception as error:  # noqa: BLE001 - it ends the storm, not only this thread
            self.damage = error

    @abstractmethod
    def work(self) -> None:
        """One thing from its beginning to its end.  Raises Stopped, Damage."""

    def insist(self, ask: Callable[[], T]) -> T:
        """Ask until there is an answer.  Raises Stopped."""
        while not self.stop.is_set():
            self.counts["presses"] += 1
            try:
                return ask()
            except (OSError, http.client.HTTPException):
                self.browser.close()
            time.sleep(PRESS_AGAIN)
        raise Stopped

    def until(self, statuses: tuple[int, ...], ask: Callable[[], Answer]) -> Answer:
        """Ask until the answer is one of these; the house may be too busy meanwhile.  Raises Stopped, Damage."""
        while True:
            answer = self.insist(ask)
            if answer.status in statuses:
                return answer
            need(
                answer.status in (423, 500, 503),
                f"{type(self).__name__} got {answer.status}: {_said(answer.text)}",
            )
            self.counts[f"answers {answer.status}"] += 1
            time.sleep(PRESS_AGAIN)

    def page(self, path: str) -> str:
        """A page that must be there."""
        return self.until((200,), lambda: self.browser.get(path)).text

    def press(self, path: str, page: str, **fields: str) -> Answer:
        """Send the form of a page as it stands, with these fields, until it is answered by another page."""
        told = {**Form(page, path).fields, **fields}
        need("csrfmiddlewaretoken" in told, f"there is no form to `{path}`")
        return self.until((302,), lambda: self.browser.post(path, told))


def _said(page: str) -> str:
    """The words of a page's content."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())[:300]


def place(answer: Answer) -> str:
    """Where an answer leads."""
    return urlsplit(answer.header("location")).path


class Sender(Client):
    """Sends files in pieces, goes on after a break, deletes some again; now and then one in a form.

    A file is called by its checksum, so that whoever finds it knows what must be in it.
    """

    def work(self) -> None:
        """One file."""
        size = LARGE if self.chance.random() < 0.1 else self.chance.randrange(1, 1 << 20)
        content = os.urandom(size)
        name = f"{hashlib.sha256(content).hexdigest()}.bin"
        if self.chance.random() < 0.3:
            self._in_a_form(name, content)
        else:
            self._in_pieces(name, content)
        if name in self.kept and self.chance.random() < 0.3:
            self._delete(name)

    def _in_pieces(self, name: str, content: bytes) -> None:
        uploads, acknowledged = self.at.home + "files/uploads/", 0
        told = urlencode(
            {"name": name, "size": len(content), "sha256": name[:64], "mark": name[:20]}
        ).encode()
        kind = "application/x-www-form-urlencoded"
        begun = self.until((201,), lambda: self.browser.send("POST", uploads, told, kind))
        here = uploads + json.loads(begun.body)["upload"] + "/"
        while (offset := self._offset(here, acknowledged)) < len(content):
            piece = content[offset : offset + PIECE]
            sent = f"{here}?offset={offset}"
            answer = self.until((200, 400, 409), lambda: self.browser.send("PUT", sent, piece))  # noqa: B023 - asked at once
            if answer.status == 200:
                acknowledged = json.loads(answer.body)["offset"]
                self.counts["pieces"] += 1
        done = self.until((200,), lambda: self.browser.send("POST", here + "finish/", b"", kind))
        self.kept[name] = {"page": json.loads(done.body)["file"]}

    def _offset(self, here: str, acknowledged: int) -> int:
        offset: int = json.loads(self.until((200,), lambda: self.browser.get(here)).body)["offset"]
        need(
            offset >= acknowledged,
            f"of an upload {acknowledged} bytes were acknowledged, and {offset} are there",
        )
        return offset

    def _in_a_form(self, name: str, content: bytes) -> None:
        token = Form(self.page(self.at.home + "files/"), self.at.home + "files/upload/").fields[
            "csrfmiddlewaretoken"
        ]
        mark = os.urandom(12).hex()
        head = f'--{mark}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{token}\r\n'
        head += f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{mark}--\r\n".encode()
        kind = f"multipart/form-data; boundary={mark}"
        self.until((302,), lambda: self.browser.send("POST", self.at.home + "files/upload/", body, kind))
        self.kept[name] = {}

    def _delete(self, name: str) -> None:
        found = re.search(
            rf'href="([^"]+)"[^>]*>(?:<[^>]+>)*{name}', self.page(self.at.home + "files/?page=1")
        )
        if found is None:  # it stands on a later page
            return
        change = f"{self.at.home}files/change/{found[1].strip('/').split('/')[-1]}/"
        for act in ("trash", "delete"):
            told = urlencode({"act": act}).encode()
            kind = "application/x-www-form-urlencoded"
            self.until((302, 404), lambda: self.browser.send("POST", change, told, kind))  # noqa: B023 - asked at once
        self.kept[name]["deleted"] = True


class Reader(Client):
    """Takes files that the folder shows and looks whether each is what its name says."""

    def work(self) -> None:
        """One file."""
        shown = re.findall(r'href="(/workspaces/[^"]+/files/[0-9a-f-]{36}/)"[^>]*>(?:<[^>]+>)*([0-9a-f]{64})',
                           self.page(self.at.home + "files/"))  # fmt: skip
        if shown:
            path, checksum = self.chance.choice(shown)
            answer = self.insist(lambda: self.browser.get(path + "download/"))
            if answer.status == 200:
                need(hashlib.sha256(answer.body).hexdigest() == checksum, "half a file was to be had")
                self.counts["files read"] += 1
        time.sleep(0.2)


@dataclass
class Importer(Client):
    """Imports rows, good and bad ones, all or none of them or the good ones; stops some, undoes others."""

    collection: str = ""

    def work(self) -> None:
        """One file of rows."""
        total = (
            self.chance.randrange(2500, 5000)
            if self.chance.random() < 0.4
            else self.chance.randrange(20, 300)
        )
        bad = self.chance.choice((0, 0, 3))
        keeps = self.chance.random() < 0.5
        name = os.urandom(8).hex()
        begin = self.at.home + f"records/{self.collection}/import/"
        page = self.press(begin, self.page(begin), text=self.rows(name, total, bad))
        here = place(page)
        mine: dict[str, object] = {"name": name, "total": total, "bad": bad, "keeps": keeps}
        self.kept[here.strip("/").split("/")[-1]] = mine
        self.press(here, self.page(here), do="start", wrong="good" if keeps else "all")
        mine["started"] = True
        if self.chance.random() < 0.1:
            page_now = self.page(here + "?still=1")
            if (stop := here + "stop/") in page_now:
                self.press(stop, page_now)
        while (stop := here + "stop/") in (page_now := self.page(here + "?still=1")):
            time.sleep(0.3)
        if (undo := here + "undo/") in page_now and self.chance.random() < 0.4:
            self.press(undo, page_now)
            mine["undone"] = True

    @staticmethod
    def rows(name: str, total: int, bad: int = 0) -> str:
        """CSV whose rows carry the import's name and their number; the last ones are wrong: the others are in by then."""
        wrong = range(total - bad, total)
        lines = [f"{name}-{row},{'none' if row in wrong else row}" for row in range(total)]
        return "\n".join(["Mark,Number", *lines])


class Asker(Client):
    """Asks queries, short and long ones, and cancels some."""

    def work(self) -> None:
        """One query."""
        figure, long = self.chance.randrange(10**6), self.chance.random() < 0.3
        rows = 15_000_000 if long else 10
        sql = f"SELECT {figure} * 3 + count(*) * 0 AS a FROM range({rows}) t(r), range(2) u(s)"  # noqa: S608 - it is one
        page = self.at.home + "queries/"
        answer = self.press(page, self.page(page), sql=sql)
        if "/runs/" not in (here := place(answer)):
            self.counts["too many queries"] += 1
            time.sleep(1)
            return
        mine: dict[str, object] = {"answer": figure * 3}
        self.kept[here.strip("/").split("/")[-1]] = mine
        cancel = here + "cancel/"
        if self.chance.random() < 0.15 and cancel in (text := self.page(here)):
            self.press(cancel, text)
            mine["cancelled"] = True
        until = time.monotonic() + 20
        while cancel in self.page(here) and time.monotonic() < until:
            time.sleep(0.3)


class Sharer(Client):
    """Lets Charlie into one collection, who accepts; takes it back, and has Charlie try again and again."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.guest, self.office = Guest(self.at, self.seed + 1), Office(self.at, self.seed + 2)
        self.part = self.at.collections[-1]
        self.is_out = False

    def run(self, stop: threading.Event) -> None:
        """With the two others whom it takes."""
        for other in (self.guest, self.office):
            other.stop = stop
        super().run(stop)

    def work(self) -> None:
        """Charlie is let in and out once."""
        shared = self.at.home + OUT[1].format(self.part)
        if not self.guest.signed_in():
            return
        while self.guest.sees(shared) != 200:
            self.is_out = False
            self._offer()
            if self.guest.accepts(self.office.link()):
                need(self.guest.sees(shared) == 200, "access that was accepted is not there")
        self.counts["accepted"] += 1
        people = self.at.home + "people/"
        revoke = re.findall(rf'action="({people}grants/[0-9a-f-]+/revoke/)"', page := self.page(people))
        for each in revoke:
            self.press(each, page)
        self.counts["revoked"] += 1
        self.is_out = True
        until = time.monotonic() + self.chance.random() * 2
        while True:
            for path in OUT:
                status = self.guest.sees(self.at.home + path.format(self.part))
                need(status == 404, f"after access was taken back a page answered with {status}")
            if time.monotonic() > until:
                return
            time.sleep(0.2)

    def _offer(self) -> None:
        people = self.at.home + "people/"
        page = self.page(people)
        if "charlie@chen.example" not in page:
            told = {"email": "charlie@chen.example", "right": "view", "part": self.part}
            self.press(people + "offer/", page, **told)


class Guest(Client):
    """Charlie of the sample, another customer."""

    who = "charlie"

    def work(self) -> None:
        """Nothing by himself."""

    def signed_in(self) -> bool:
        """Sign in, once."""
        if not self.counts["signed in"]:
            self.insist(lambda: self.browser.become(self.who))
            self.counts["signed in"] += 1
        return True

    def sees(self, path: str) -> int:
        """How a page answers to him."""
        return self.until((200, 403, 404), lambda: self.browser.get(path)).status

    def accepts(self, link: str) -> bool:
        """Follow a link and press the button; whether that was acknowledged."""
        if not link or self.until((302, 410), lambda: self.browser.get(link)).status == 410:
            return False
        page = self.until((200, 410), lambda: self.browser.get("/workspaces/offer/"))
        if page.status == 410:
            return False
        told = Form(page.text, "/workspaces/offer/").fields
        return self.until((302, 410), lambda: self.browser.post("/workspaces/offer/", told)).status == 302


class Office(Guest):
    """The owner of the house, who sees the mail that the demo does not send."""

    who = "owner"

    def link(self) -> str:
        """That of the newest message to Charlie; none when it did not come yet."""
        self.signed_in()
        for message in re.findall(r"/office/mail/[0-9a-f-]{36}/", self.page("/office/mail/"))[:3]:
            text = self.page(message)
            if "charlie@chen.example" in text and (found := OFFER.search(text)):
                return found[1]
        return ""


__all__ = ["Asker", "Client", "Damage", "Hosting", "Importer", "Reader", "Sender", "Sharer"]
