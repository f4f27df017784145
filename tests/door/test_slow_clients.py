"""Clients that stall cost a connection for a while, and nobody else's time."""

from __future__ import annotations

import ssl
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext

import pytest

from tests.door.server import GET, Server, read_all, wait_for

STALLED_UPLOAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc"


def latencies(door: Server, count: int = 40) -> list[float]:
    """Seconds for each of some requests, each with a connection of its own."""
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        assert door.get("/").endswith(b"hello\n")
        taken.append(time.perf_counter() - began)
    return taken


def test_450_stalled_clients_do_not_delay_a_normal_one(new_door: Callable[[], Server]) -> None:
    door = new_door()
    half = [door.connect(b"POST / HTTP/1.1\r\nHo") for _ in range(200)]
    deaf = [door.connect(GET % (b"/large" if n % 2 else b"/medium"), receive_buffer=2048) for n in range(50)]
    uploads = [door.connect(STALLED_UPLOAD) for _ in range(200)]
    taken = latencies(door)
    assert statistics.median(taken) < 0.1
    assert max(taken) < 1.0
    assert all(read_all(client).startswith(b"HTTP/1.1 408 ") for client in uploads)
    for client in half + deaf:
        client.close()


def test_an_upload_that_trickles_is_refused_after_the_time_limit(door: Server) -> None:
    began = time.monotonic()
    with door.connect(STALLED_UPLOAD) as client:
        for _ in range(3):
            time.sleep(0.5)
            client.sendall(b"x")
        assert read_all(client).startswith(b"HTTP/1.1 408 ")
    assert 1.9 < time.monotonic() - began < 4


def test_a_reader_that_stalls_is_cut_and_its_place_is_free_again(door: Server) -> None:
    deaf = [door.connect(GET % b"/large", receive_buffer=2048) for _ in range(4)]
    assert wait_for(lambda: b" 503 " in door.get("/large")[:20], 2)
    # None of them keeps a thread of the application from others.
    assert max(latencies(door, 5)) < 1
    assert wait_for(lambda: b" 200 " in door.get("/large")[:20], 8)
    assert not any(read_all(client).endswith(b"0\r\n\r\n") for client in deaf)


def test_silent_connections_end(door: Server) -> None:
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    silent = [door.connect(), door.connect(b"GET / HT"), door.connect(preface, alpn="h2")]
    began = time.monotonic()
    for client in silent:
        read_all(client, 12)
    assert time.monotonic() - began < 8


def test_a_request_under_way_is_not_taken_for_silence(door: Server) -> None:
    assert door.get("/slower").endswith(b"done")


def test_a_stop_finishes_what_is_under_way_and_waits_for_no_staller(
    new_door: Callable[[], Server],
) -> None:
    door = new_door()
    stalled = [door.connect(STALLED_UPLOAD), door.connect(b"GET / HT"), door.connect()]
    under_way = door.connect(GET % b"/slow")
    time.sleep(0.3)
    began = time.monotonic()
    assert door.stop() == 0
    assert time.monotonic() - began < 5
    assert read_all(under_way).endswith(b"done")
    for client in stalled:
        client.close()


def test_tls_1_2_and_1_3_are_spoken_and_nothing_older(door: Server) -> None:
    assert [speaks(door, version) for version in ("TLSv1_1", "TLSv1_2", "TLSv1_3")] == [False, True, True]


def speaks(door: Server, version: str) -> bool:
    """Whether a handshake with exactly this version succeeds, from a client that would take any cipher."""
    context = ssl.create_default_context(cafile=door.authority)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1") if version == "TLSv1_1" else nullcontext():
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    plain = Server.connect(Server(door.process, door.port, door.log))
    try:
        with context.wrap_socket(plain, server_hostname="localhost") as client:
            return client.version() == version.replace("_", ".")
    except ssl.SSLError:
        return False
