"""A chat room with many who read and one who writes: what the server spends, and when each line is there."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.test import Client
from django.utils import timezone

from troth.accounts.models import User
from troth.accounts.people.models import Person
from troth.apps.chat import flows, news
from troth.gate.ids import uuid7
from troth.gate.uses import SYSTEM, using

from ..method import Measured, Sample
from ..report import Section, Target
from .filing import SERVED, Server, served
from .people import contact, subjects

A_SECOND = 5
"""Lines said in a second."""

AUTHORS = 12
"""Who write by turns, so that nobody says more in a minute than anybody may."""

EMPTY, IDLE, ROOM = "the door alone, with as many pages", "the server, asked nothing", "the room"
MOST_CPU, MOST_SECONDS = 0.5, 3.0
HOST, PATH = settings.TROTH_HOSTS["community"], "/chat/bench/"


def rows(pollers: int, seconds: int, home: Path) -> list[Section]:
    """So many pages open for so many seconds."""
    flows.make("Bench", "bench", "To be measured.")
    cookies = [_author(number) for number in range(AUTHORS)]
    with (
        served(home, "bench.peers.empty:app") as server,
        _measured(server) as empty,
        _pages(server, pollers, seconds),
    ):
        pass
    with served(home, SERVED) as server:
        with _measured(server) as idle:
            time.sleep(seconds / 4)
        with _measured(server) as room, _pages(server, pollers, seconds) as told:
            said = _write(server, cookies, seconds)
    took: list[float] = told["took"]
    p99 = took[int(len(took) * 0.99)]
    figures = {"median": took[len(took) // 2], "p99": p99, "at most": took[-1]}
    return [
        Section(
            f"A chat room: {pollers} pages that ask every {news.EVERY} s, {A_SECOND} lines a second",
            "a second (CPU: the server’s)",
            [Measured(EMPTY, [empty.sample]), Measured(IDLE, [idle.sample]), Measured(ROOM, [room.sample])],
            [
                Target("CPU of the server, of one core", room.sample.cpu, MOST_CPU),
                Target("p99 from saying a line to having it, s", p99, MOST_SECONDS),
            ],
            [
                f"{len(took):,} deliveries: " + ", ".join(f"{name} {value:.2f} s" for name, value in figures.items()),
                f"{said} lines said through the form; answers by status {told['answers']}; "
                f"{told['cpu'] / seconds:.2f} s of CPU a second for the pages, in a process of their own",
            ],
        )
    ]  # fmt: skip


@dataclass
class Spent:
    """The seconds of CPU of a server's processes, for each second of a block."""

    sample: Sample = field(default=Sample(1.0, 0.0))


@contextmanager
def _measured(server: Server) -> Iterator[Spent]:
    server.line().close()
    spent, began, before = Spent(), time.monotonic(), server.cpu()
    yield spent
    spent.sample = Sample(1.0, (server.cpu() - before) / (time.monotonic() - began))


@contextmanager
def _pages(server: Server, pollers: int, seconds: int) -> Iterator[dict[str, Any]]:
    """Within the block so many pages ask; after it, what they saw."""
    given = {
        "pollers": pollers, "seconds": seconds, "every": news.EVERY, "host": HOST, "port": server.port,
        "path": f"{PATH}lines", "authority": str(server.authority),
    }  # fmt: skip
    told: dict[str, Any] = {}
    pages = subprocess.Popen(
        [sys.executable, "-m", "bench.pollers"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert pages.stdin is not None
    pages.stdin.write(json.dumps(given))
    pages.stdin.close()
    pages.stdin = None
    try:
        yield told
        told |= json.loads(pages.communicate(timeout=seconds + 60)[0])
    finally:
        pages.kill()


def _author(number: int) -> str:
    """Somebody with an account, and the cookies of their browser."""
    (subject,) = subjects(1)
    user = User.objects.create_user(subject, f"bench-{subject.pk.hex}", None)
    with using("running-an-account", by=SYSTEM, at="registration"):
        told = {"company": "", "address": "", **contact(number)}
        Person(owner=subject, user=user, notice_hash="0" * 64, proven_at=timezone.now(), **told).save(
            force_insert=True
        )
    client = Client(HTTP_HOST=HOST)
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={'b' * 32}"


def _write(server: Server, cookies: list[str], seconds: int) -> int:
    """Say so many lines a second through the form, each with the time at which it is said; how many."""
    line, said = server.line(), 0
    end = time.time() + seconds - news.EVERY
    for number, cookie in cycle(enumerate(cookies)):
        due = end - seconds + news.EVERY + said / A_SECOND
        time.sleep(max(0.0, due - time.time()))
        if time.time() >= end:
            return said
        _say(line, server, cookie, f"Writer {number}")
        said += 1
    return said


def _say(line: http.client.HTTPConnection, server: Server, cookie: str, name: str) -> None:
    form = {
        "submission": signing.dumps(uuid7().hex, salt="composer"), "signed_as": name, "afterwards": "keep",
        "body": f"said at {time.time():.6f}", "csrfmiddlewaretoken": "b" * 32,
    }  # fmt: skip
    head = {
        "Host": f"{HOST}:{server.port}", "Origin": f"https://{HOST}:{server.port}", "Cookie": cookie, "X-Line": "1",
        "Content-Type": "application/x-www-form-urlencoded",
    }  # fmt: skip
    line.request("POST", PATH, urlencode(form), head)
    answer = line.getresponse()
    text = answer.read()
    assert answer.status == 201, (answer.status, text[:2000])
