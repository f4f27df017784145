"""Programs made for others post to us unchanged; what nobody may know of them is dropped, and named."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection

from tests.apps.navigating import (
    FIREFOX,
    HOST,
    Straight,
    ask,
    cookie_of,
    dropped,
    events,
    one,
    request,
    run,
    view,
)
from tests.cast import durable
from tests.house.tree import ROOT
from troth.apps.navigation import collector, wire
from troth.apps.navigation.beacons import Beacons
from troth.apps.navigation.collector import Collector, Full, Unkept
from troth.apps.navigation.hits import Hit
from troth.visits.models import AddressBook, Event, What

pytestmark = durable

CAPTURED = json.loads((ROOT / "spec" / "vectors" / "visit-wire.json").read_text(encoding="utf-8"))
"""Bodies as the programs named in it sent them from a page, their host and website alone replaced by ours."""
SITE = str(wire.website_of(HOST))
GOOD = {"n": "pageview", "u": f"https://{HOST}/", "d": HOST}
KEPT = ("what", "path", "referrer", "target", "done", "campaign", "language", "read_ms")
EMPTY = {"referrer": "", "target": "", "done": "", "campaign": "", "language": "en-GB", "read_ms": None}


@pytest.mark.parametrize("sent", CAPTURED, ids=lambda sent: f"{sent['source'].split()[0]} {sent['dropped']}")
def test_real_programs_are_understood_unchanged(sent: dict[str, Any]) -> None:
    reply = one(sent["path"], sent["body"].encode(), content_type=sent["content_type"])
    assert (
        reply.status == (202 if sent["path"] == "/api/event" else 200) and dropped(reply) == sent["dropped"]
    )
    found = [{name: getattr(event, name) for name in KEPT} for event in events()]
    assert found == ([{**EMPTY, **sent["kept"]}] if sent["kept"] else [])


def test_who_somebody_is_cannot_be_told_to_us() -> None:
    payload = {
        "website": SITE, "url": "/", "id": "alice", "ip": "198.51.100.9", "userAgent": "Alice/1.0", "a@archer.example": 1,
        "timestamp": 1, "data": {"email": "alice@archer.example"}, "title": "Hello Alice", "browser": "", "device": None,
    }  # fmt: skip
    reply = one("/api/send", {"type": "event", "payload": payload}, x_forwarded_for="198.51.100.9")
    assert dropped(reply) == "data,id,ip,other,timestamp,title,userAgent,x-forwarded-for"
    (event,) = events()
    told = repr({field.name: getattr(event, field.attname) for field in event._meta.concrete_fields})
    assert "lice" not in told and "198.51" not in told and event.browser == "Firefox 140"


def test_a_batch_counts_what_can_be_read_and_names_the_rest() -> None:
    good = {"type": "event", "payload": {"website": SITE, "url": "/a/"}}
    reply = one("/api/batch", [good, {"type": "event", "payload": {"website": "of nobody"}}, good])
    assert reply.status == 200
    said = json.loads(reply.body)
    assert (said["size"], said["processed"], said["errors"], said["details"]) == (3, 2, 1, [1]) and len(
        events()
    ) == 2


def test_programs_that_ask_what_they_are_get_their_own_answer() -> None:
    reply = one(
        "/api/send", {"type": "event", "payload": {"website": SITE, "url": "/"}}, user_agent="Googlebot/2.1"
    )
    assert json.loads(reply.body) == {"beep": "boop"} and events()[0].is_bot


def test_one_event_counts_for_each_site_that_it_names() -> None:
    assert one("/api/event", {**GOOD, "d": f"{HOST}, community.{HOST}, nobody.example"}).status == 202
    assert {event.site for event in events()} == {HOST, f"community.{HOST}"}


def _nested() -> bytes:
    return b"[" * 20_000 + b"]" * 20_000


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/event", b""), ("/api/event", b"{"), ("/api/event", b"\xff\xfe"), ("/api/event", _nested()),
        ("/api/event", b'{"n": "pageview", "u": "https://localhost/", "d": "localhost", "e": NaN}'),
        ("/api/event", []), ("/api/event", {**GOOD, "n": 7}), ("/api/event", {**GOOD, "d": "nobody.example"}),
        ("/api/event", {**GOOD, "u": "https://nobody.example/"}), ("/api/event", {**GOOD, "u": "javascript:alert(1)"}),
        ("/api/event", {**GOOD, "u": "https://[::1"}), ("/api/event", {**GOOD, "n": "File Download", "p": "{"}),
        ("/api/send", {"type": "event"}), ("/api/send", {"type": "sale", "payload": {"website": SITE}}),
        ("/api/send", {"type": "event", "payload": {"website": "0" * 36}}),
        ("/api/send", {"type": "event", "payload": {"website": SITE, "url": "https://nobody.example/"}}),
        ("/api/batch", {}), ("/api/batch", [{}] * 101), ("/beacon/hits", [{"k": "x"}]), ("/beacon/hits", []),
        ("/beacon/hits", ["v"]), ("/beacon/link", b"PING"),
    ],
    ids=range(22),
)  # fmt: skip
def test_what_says_nothing_is_refused_in_a_short_line_without_its_own_words(path: str, body: Any) -> None:
    reply = one(path, body)
    assert reply.status == 400 and 0 < len(reply.body) < 100 and b"nobody" not in reply.body and not events()


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "image/png"]
)
def test_a_body_that_is_neither_json_nor_text_is_not_read(kind: str) -> None:
    reply = one("/api/event", GOOD, content_type=kind)
    assert reply.status == 415 and b"application/json" in reply.body and not events()


def test_what_is_sent_twice_is_counted_twice_and_has_no_address_but_that_of_its_connection() -> None:
    batch = [{"type": "event", "payload": {"website": SITE, "url": "/services/"}}] * 2
    again = [
        one("/api/batch", batch, x_forwarded_for="8.8.8.8", content_type="application/json") for _ in range(2)
    ]
    assert [json.loads(reply.body)["processed"] for reply in again] == [2, 2] and len(events()) == 4
    assert {event.country for event in events()} == {""} and dropped(again[0]) == "x-forwarded-for"


def test_numbers_that_are_none_and_times_that_cannot_be_are_left_out() -> None:
    strange = [True, -1, 1e300, "7", None, [], 2**70]
    one("/beacon/hits", [{"k": "v", "p": "/", "t": each} for each in strange])
    assert [event.load_ms for event in events()] == [None] * len(strange)


def test_ten_thousand_properties_leave_nothing() -> None:
    reply = one(
        "/api/event", {**GOOD, "p": {f"k{n}": n for n in range(1000)}, **{f"x{n}": n for n in range(1000)}}
    )
    assert reply.status == 202 and dropped(reply) == "other,p" and len(events()) == 1


@pytest.mark.parametrize(
    "headers",
    [{"sec_fetch_site": "cross-site"}, {"origin": "https://elsewhere.example"}, {"host": "nobody.example"},
     {"host": f"workspace.{HOST}"}],
    ids=["cross-site", "origin", "unknown host", "workspace"],
)  # fmt: skip
def test_other_sites_and_workspaces_count_nothing(headers: dict[str, str]) -> None:
    reply = ask(view("/", **headers))[0]
    assert reply.status == 403 and not events() and not cookie_of(reply)
    assert "access-control-allow-origin" not in dict(reply.headers)


def test_pages_of_our_other_hosts_may_post_and_read_the_answer() -> None:
    origin = f"https://community.{HOST}:8443"
    asked = ask(
        request("/api/event", method="OPTIONS", origin=origin, sec_fetch_site="same-site"),
        request("/api/event", GOOD, origin=origin, sec_fetch_site="same-site"),
    )
    assert [reply.status for reply in asked] == [204, 202]
    assert all(dict(reply.headers)["access-control-allow-origin"] == origin for reply in asked)
    assert not any("allow-credentials" in name for reply in asked for name, _ in reply.headers)
    assert not cookie_of(asked[1])


def test_a_picture_counts_the_page_that_shows_it_and_a_ping_the_link() -> None:
    page = f"https://{HOST}/services/?who=alice"
    picture, ping, lost = ask(
        request("/beacon/view.gif", method="GET", referer=page),
        request("/beacon/link", b"PING", ping_from=page, ping_to="https://elsewhere.example/a?b"),
        request("/beacon/view.gif", method="GET"),
    )
    assert (picture.status, picture.kind, picture.body[:6]) == (200, "image/gif", b"GIF89a") and cookie_of(
        picture
    )
    assert (ping.status, lost.status) == (202, 200)
    assert [(event.what, event.path, event.target) for event in events()] == [
        (What.VIEW, "/services/", ""), (What.LINK, "/services/", "elsewhere.example/a"),
    ]  # fmt: skip


def test_a_beacon_has_one_method() -> None:
    assert (
        one("/api/event", method="GET").status == 405 and one("/beacon/view.gif", method="POST").status == 405
    )


# -- the queue


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


def finish(loop: asyncio.AbstractEventLoop, what: Coroutine[Any, Any, None]) -> None:
    """Run it to its end on a thread of its own: where a browser was opened, this one has a loop that runs."""
    with ThreadPoolExecutor(1) as beside:
        beside.submit(loop.run_until_complete, what).result()


def hits(count: int) -> list[Hit]:
    straight = Straight()
    run(Beacons(straight).answer(request("/beacon/hits", [{"k": "v", "p": "/"}] * count)))
    return straight.hits


def test_nobody_is_answered_before_their_batch_is_durable(loop: asyncio.AbstractEventLoop) -> None:
    written, go = list[int](), threading.Event()

    def write(batch: list[Hit]) -> None:
        go.wait(5)
        written.append(len(batch))

    async def both() -> None:
        collecting = Collector(loop, write)
        first = asyncio.ensure_future(collecting.put(hits_[:1]))
        await asyncio.sleep(0.05)
        rest = [asyncio.ensure_future(collecting.put(hits_[n : n + 1])) for n in range(1, 5)]
        await asyncio.sleep(0.05)
        assert not first.done() and not any(each.done() for each in rest)
        go.set()
        await asyncio.gather(first, *rest)
        collecting.stop()

    hits_ = hits(5)
    finish(loop, both())
    assert written == [1, 4]


def test_so_many_wait_that_more_are_told_to_come_again(
    loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector, "MOST_WAITING", 3)
    go = threading.Event()
    told = hits(4)

    async def flood() -> None:
        collecting = Collector(loop, lambda batch: (bool(go.wait(5)) and None) or None)
        waiting = asyncio.ensure_future(collecting.put(told[:1]))
        await asyncio.sleep(0.05)  # the first is with the thread now
        more = asyncio.ensure_future(collecting.put(told[:3]))
        await asyncio.sleep(0)
        with pytest.raises(Full):
            await collecting.put(told[:1])
        reply = await Beacons(collecting).answer(request("/beacon/hits", [{"k": "v", "p": "/"}]))
        assert reply.status == 503 and dict(reply.headers)["retry-after"] == "1"
        go.set()
        await asyncio.gather(waiting, more)
        collecting.stop()

    finish(loop, flood())


def test_a_batch_that_cannot_be_written_is_acknowledged_to_nobody_and_the_next_one_is(
    loop: asyncio.AbstractEventLoop,
) -> None:
    failures = [OperationalError("disk full")]

    def write(batch: list[Hit]) -> None:
        if failures:
            raise failures.pop()

    async def two() -> None:
        collecting = Collector(loop, write)
        with pytest.raises(Unkept):
            await collecting.put(told)
        await collecting.put(told)
        collecting.stop()

    told = hits(1)
    finish(loop, two())


def test_two_batches_leave_others_their_time(loop: asyncio.AbstractEventLoop) -> None:
    begun, ended = list[float](), list[float]()

    def write(batch: list[Hit]) -> None:
        begun.append(time.monotonic())
        ended.append(time.monotonic())

    async def many() -> None:
        collecting = Collector(loop, write)
        for _ in range(5):
            await collecting.put(told)
        collecting.stop()

    told = hits(1)
    finish(loop, many())
    pauses = [later - earlier for later, earlier in zip(begun[1:], ended, strict=False)]
    assert len(begun) == 5 and min(pauses) >= 0.005


def test_the_thread_keeps_hits_and_addresses_for_good(loop: asyncio.AbstractEventLoop) -> None:
    def counted() -> int:
        try:
            return Event.objects.count()
        finally:
            connection.close()  # this thread's own

    async def keep() -> None:
        collecting = Collector(loop)
        reply = await Beacons(collecting).answer(
            request("/beacon/hits", [{"k": "v", "p": "/"}], user_agent=FIREFOX)
        )
        assert reply.status == 202 and await asyncio.to_thread(counted) == 1
        await asyncio.to_thread(collecting.stop)

    finish(loop, keep())
    assert AddressBook.objects.count() == 1
