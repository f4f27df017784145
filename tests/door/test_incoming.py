"""Files that are sent up are read as they come: no faster than they are worked up, by a few at once, and in bounds."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import pytest
from django.urls import resolve

from tests.door.server import Server, read_all, wait_for
from troth.config.incoming import is_streamed

HERE = "/workspaces/01a20e13-b8c5-7c7c-b5aa-99b5776da6c5/files/"
BLOCK = bytes(range(256)) * 4096  # 1 MiB


def head(length: int, path: str = "upload/", method: str = "POST", more: str = "") -> bytes:
    lines = f"{method} {HERE}{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\nConnection: close\r\n"
    return (lines + more + "\r\n").encode()


def told(answer: bytes) -> Any:
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def test_only_the_uploads_of_files_are_read_as_they_come() -> None:
    upload = f"{HERE}uploads/01a20e13-b8c5-7c7c-b5aa-99b5776da6c5/"
    streamed = (
        ("POST", f"{HERE}upload/"), ("PUT", upload),
        ("POST", f"{HERE}folders/01a20e13-b8c5-7c7c-b5aa-99b5776da6c5/upload/"),
    )  # fmt: skip
    for method, path in streamed:
        assert is_streamed(method, path) and resolve(path, "troth.config.urls")
    others = (
        ("GET", streamed[0][1]), ("POST", upload), ("PUT", f"{HERE}upload/"), ("POST", f"{HERE}upload/x"),
        ("POST", "/contact/"), ("POST", f"/x{HERE}upload/"), ("POST", f"{HERE}uploads/"),
    )  # fmt: skip
    for method, path in others:
        assert not is_streamed(method, path)


def test_a_large_body_arrives_whole_and_takes_no_memory(door: Server) -> None:
    count = 120
    with door.connect(head(count * len(BLOCK))) as client:
        for _ in range(count):
            client.sendall(BLOCK)
        seen = told(read_all(client, 20))
    assert seen["seen"] == count * len(BLOCK)
    assert seen["sha256"] == hashlib.sha256(BLOCK * count).hexdigest()
    before = told(door.exchange(head(1) + b"x"))["most"]
    assert seen["most"] < 110 * 1024 and before >= seen["most"], "in KiB; far less than was sent"


def test_a_put_is_let_in_there_and_nowhere_else(door: Server) -> None:
    piece = "uploads/01a20e13-b8c5-7c7c-b5aa-99b5776da6c5/?offset=0"
    assert told(door.exchange(head(3, piece, "PUT") + b"abc"))["seen"] == 3
    assert b" 405 " in door.exchange(head(3, "upload/", "PUT") + b"abc")[:20]
    without = head(3, piece, "PUT").replace(b"Content-Length: 3\r\n", b"")
    assert b" 411 " in door.exchange(without)[:20]


def test_whoever_sends_faster_than_it_is_worked_up_waits(door: Server) -> None:
    with door.connect(head(64 * len(BLOCK), "upload/?slowly")) as client:
        client.settimeout(1.0)
        with pytest.raises(TimeoutError):
            for _ in range(64):
                client.sendall(BLOCK)


def test_an_answer_that_did_not_wait_for_the_body_can_be_read(door: Server) -> None:
    with door.connect(head(10**10, "upload/?refuse")) as client:
        for _ in range(3):
            client.sendall(BLOCK)
        answer = read_all(client)
    assert b" 200 " in answer[:20] and b'"seen"' in answer


def test_a_sender_who_stops_ends_alone_and_is_no_burden(door: Server) -> None:
    began = time.monotonic()
    stuck = [door.connect(head(10**6) + b"abc") for _ in range(2)]
    assert wait_for(lambda: b" 503 " in door.exchange(head(1) + b"x")[:20], 2), "two are sending already"
    assert b"hello" in door.get("/") and time.monotonic() - began < 2
    assert all(b"BrokeOff after 3" in read_all(client) for client in stuck)
    assert told(door.exchange(head(1) + b"x"))["seen"] == 1


def test_a_sender_who_leaves_harms_nobody(door: Server) -> None:
    for _ in range(3):
        door.connect(head(10**6) + b"abc").close()
    assert wait_for(lambda: b" 200 " in door.exchange(head(1) + b"x")[:20], 3)
    assert b"failed" not in door.log.read_bytes()


def test_a_length_beyond_all_bounds_is_refused_unread(door: Server) -> None:
    assert b" 413 " in door.exchange(head(1 << 41))[:20]
