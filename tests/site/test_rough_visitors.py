"""Visitors who send nonsense, too much or nothing, and a house whose disk or database fails under it."""

from __future__ import annotations

import resource
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pysqlite3
import pytest

from tests.site.databases import fresh_databases, is_beside_postgres, line_to
from tests.site.demo import Answer, Browser, Demo, hidden

ENQUIRY = {
    "name": "Victor", "company": "", "address": "", "phone": "", "email": "victor@rough.example",
    "message": "Is anybody there?", "topic": "Services",
}  # fmt: skip
COUNT = (
    "SELECT (SELECT count(*) FROM enquiries_enquiry), (SELECT count(*) FROM outbound_message),"
    " (SELECT count(*) FROM subjects_datasubject)"
)
HEAD = b"POST /contact/ HTTP/1.1\r\nHost: localhost:%d\r\n"


@pytest.fixture(scope="module")
def rough(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with fresh_databases() as make:
        demo = Demo(tmp_path_factory.mktemp("rough") / "home", settings=make("rough")).start()
        yield demo
        demo.stop()


def stored(demo: Demo) -> dict[str, int]:
    """How many rows an enquiry's tables have."""
    with line_to(demo.home, demo.settings) as database:
        counted = database.execute(COUNT).fetchone()
    return dict(zip(("enquiries", "messages", "subjects"), counted, strict=True))


def ask(browser: Browser, **changes: str) -> Answer:
    return browser.fill_in("/contact/", {**ENQUIRY, **changes})


def raw(demo: Demo, data: bytes) -> socket.socket:
    """A TLS connection on which so much was sent."""
    line = demo.browser()
    line.get("/")
    connection = line.connected().sock
    connection.sendall(data)
    return connection


@pytest.mark.parametrize(
    "rest",
    [b"\r\nname=x", b"Transfer-Encoding: chunked\r\n\r\n6\r\nname=x\r\n0\r\n\r\n"],
    ids=["no length", "chunked"],
)
def test_a_body_without_a_length_is_411(rough: Demo, rest: bytes) -> None:
    before = stored(rough)
    connection = raw(rough, HEAD % rough.port + rest)
    assert connection.recv(100).startswith(b"HTTP/1.1 411 ")
    assert stored(rough) == before


def test_a_message_of_a_megabyte_is_refused_at_the_field_and_a_larger_one_at_the_door(rough: Demo) -> None:
    before = stored(rough)
    answer = ask(rough.browser(), message="x" * 1_000_000)
    assert answer.status == 422 and "5000" in answer.text
    assert ask(rough.browser(), message="x" * 2_000_000).status == 413
    assert stored(rough) == before


def test_a_form_whose_cookie_is_gone_is_not_taken_and_says_so(rough: Demo) -> None:
    before, browser = stored(rough), rough.browser()
    fields = hidden(browser.get("/contact/").text, "/contact/")
    browser.cookies.clear()
    answer = browser.post("/contact/", {**fields, **ENQUIRY})
    assert answer.status == 403 and "This form has been open for too long" in answer.text
    assert "Is anybody there" not in answer.text and stored(rough) == before


def test_a_form_from_another_site_is_not_taken(rough: Demo) -> None:
    before, browser = stored(rough), rough.browser(host="community.localhost")
    fields = hidden(rough.browser().get("/contact/").text, "/contact/")
    assert browser.post("/contact/", {**fields, **ENQUIRY}).status in (403, 404)
    assert stored(rough) == before


def test_200_stalled_clients_keep_nobody_waiting(rough: Demo) -> None:
    beacon = HEAD.replace(b"/contact/", b"/api/event") + b'Content-Length: 100\r\n\r\n{"n": "pageview'
    stalled = [HEAD, HEAD + b"Content-Length: 100\r\n\r\nname=", beacon, beacon]
    connections = [raw(rough, stalled[number % 4] % rough.port) for number in range(200)]
    taken = []
    for _ in range(20):
        began = time.perf_counter()
        assert rough.browser().get("/contact/").status == 200
        taken.append(time.perf_counter() - began)
    assert ask(rough.browser()).status == 302
    hit = b'{"n": "pageview", "u": "https://localhost/", "d": "localhost"}'
    assert rough.browser()._ask("POST", "/api/event", hit, {"Content-Type": "text/plain"}).status == 202
    assert statistics.median(taken) < 0.5 and max(taken) < 2.0, sorted(taken)[-3:]
    for each in connections:
        each.close()


@pytest.mark.long
@pytest.mark.skipif(is_beside_postgres(), reason="PostgreSQL has more than one writer")
def test_a_locked_database_is_503_and_the_same_form_is_taken_once_it_is_free(rough: Demo) -> None:
    before, browser, answers = stored(rough), rough.browser(), list[Answer]()
    fields = {**hidden(browser.get("/contact/").text, "/contact/"), **ENQUIRY}
    with closing(pysqlite3.connect(rough.home / "troth.sqlite3", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        sending = threading.Thread(target=lambda: answers.append(browser.post("/contact/", fields)))
        sending.start()
        while sending.is_alive():
            began = time.monotonic()
            assert rough.browser().get("/privacy/").status == 200
            assert time.monotonic() - began < 5
            sending.join(2)
        database.execute("ROLLBACK")
    assert answers[0].status == 503 and "Is anybody there" not in answers[0].text
    assert stored(rough) == before
    assert browser.post("/contact/", fields).status == 302
    assert stored(rough)["enquiries"] == before["enquiries"] + 1


class FullDisk:
    """A small file system of its own; without the right to mount, a limit on the size of the server's files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        mounted = ["mount", "-t", "tmpfs", "-o", "size=40m", "none", str(folder)]
        self.is_mounted = subprocess.run(mounted, capture_output=True, check=False).returncode == 0

    def fill(self, demo: Demo) -> None:
        if not self.is_mounted:
            self._limit(demo, 4096)
            return
        with (self.folder / "ballast").open("wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(4096))
            except OSError:
                return

    def free(self, demo: Demo) -> None:
        if self.is_mounted:
            (self.folder / "ballast").unlink()
        else:
            self._limit(demo, resource.RLIM_INFINITY)

    def remove(self) -> None:
        if self.is_mounted:
            subprocess.run(["umount", str(self.folder)], check=True)

    @staticmethod
    def _limit(demo: Demo, size: int) -> None:
        for pid in (pid for pids in demo.children().values() for pid in pids):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[FullDisk]:
    disk = FullDisk(tmp_path)
    yield disk
    disk.remove()


def soon(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it became true in time."""
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.2)
    return true()


def test_a_full_disk_is_503_and_the_house_goes_on_when_there_is_room(full_disk: FullDisk) -> None:
    demo = Demo(full_disk.folder / "home").start()
    try:
        assert ask(demo.browser()).status == 302
        before = stored(demo)
        fields = {**hidden((browser := demo.browser()).get("/contact/").text, "/contact/"), **ENQUIRY}
        full_disk.fill(demo)
        answer = browser.post("/contact/", {**fields, "message": "Who is there? " * 300})
        assert answer.status == 503 and "Who is there" not in answer.text
        assert demo.browser().get("/contact/").status == 200
        full_disk.free(demo)
        assert stored(demo) == before
        assert soon(lambda: browser.post("/contact/", fields).status == 302)
        assert stored(demo)["enquiries"] == before["enquiries"] + 1
        assert soon(lambda: demo.run("ledger", "verify").returncode == 0)
    finally:
        demo.stop()
