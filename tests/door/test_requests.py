"""What the door lets in, what it tells the application, and what it sends back."""

from __future__ import annotations

import json
import shutil
import subprocess
import time

import pytest

from tests.door.server import Server, read_all, wait_for


def head(lines: bytes) -> bytes:
    return lines.replace(b"\n", b"\r\n") + b"\r\n\r\n"


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def told(answer: bytes) -> dict[str, object]:
    found: dict[str, object] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


def test_it_works(door: Server) -> None:
    assert door.get("/").endswith(b"hello\n")


@pytest.mark.parametrize(
    ("request_head", "expected"),
    [
        (b"POST / HTTP/1.1\nHost: localhost", 411),
        (b"POST / HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked", 411),
        (b"GET / HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked", 411),
        (b"POST / HTTP/1.1\nHost: localhost\nContent-Length: 1048577\nExpect: 100-continue", 413),
        (b"POST / HTTP/1.1\nHost: localhost\nContent-Length: 99999999999999999\nExpect: 100-continue", 413),
        (b"POST / HTTP/1.1\nHost: localhost\nContent-Length: +1", 400),
        (b"POST / HTTP/1.1\nHost: localhost\nContent-Length: 1\nContent-Length: 2", 400),
        (b"POST / HTTP/1.1\nHost: localhost\nTransfer-Encoding: sideways", 400),
        (b"TRACE / HTTP/1.1\nHost: localhost", 405),
        (b"CONNECT localhost:1 HTTP/1.1\nHost: localhost", 405),
        (b"PATCH / HTTP/1.1\nHost: localhost\nContent-Length: 0", 405),
        (b"BREW / HTTP/1.1\nHost: localhost", 405),
        (b"GET / HTTP/1.1", 400),
        (b"GET / HTTP/1.1\nHost: localhost\nHost: other", 400),
        (b"GET / HTTP/1.1\nHost: localhost\nHost: localhost", 400),
        (b"GET https://other/ HTTP/1.1\nHost: localhost", 400),
        (b"GET /%00 HTTP/1.1\nHost: localhost", 400),
        (b"GET /%0d%0aX:y HTTP/1.1\nHost: localhost", 400),
        (b"GET /%ff HTTP/1.1\nHost: localhost", 400),
        (b"GET / HTTP/9.9\nHost: localhost", 400),
        (b"GET / HTTP/1.1\nHost: localhost\nContent-Type: a/b\nContent-Type: c/d", 400),
        (b"GET / HTTP/1.1\nHost: localhost\n" + b"X: y\n" * 200 + b"Z: z", 431),
        (b"GET / HTTP/1.1\nHost: localhost\nX: " + b"y" * 70_000, 431),
        (b"GET /" + b"y" * 70_000 + b" HTTP/1.1\nHost: localhost", 431),
        (b"\x00\x16\xff", 400),
    ],
)
def test_a_request_that_is_wrong_gets_its_status(door: Server, request_head: bytes, expected: int) -> None:
    assert status(door.exchange(head(request_head))) == expected


def test_a_body_too_long_is_refused_and_its_sender_can_read_why(door: Server) -> None:
    request = head(b"POST / HTTP/1.1\nHost: localhost\nContent-Length: 2000000")
    with door.connect(request + b"x" * 1_000_000) as client:
        for _ in range(2):
            time.sleep(0.3)
            client.sendall(b"x" * 500_000)
        assert status(read_all(client)) == 413


def test_a_body_of_the_limit_arrives_whole(door: Server) -> None:
    data = head(b"POST /environ HTTP/1.0\nHost: localhost\nContent-Length: 1048576")
    assert told(door.exchange(data + b"x" * 1_048_576))["body"] == "x" * 1_048_576


def test_a_client_that_leaves_in_the_body_harms_nobody(door: Server) -> None:
    door.connect(head(b"POST / HTTP/1.1\nHost: localhost\nContent-Length: 9") + b"abc").close()
    assert status(door.get()) == 200
    assert b"failed" not in door.log.read_bytes()


def test_the_application_is_told_the_request_and_nothing_else(door: Server) -> None:
    request = head(
        b"POST /environ?q=%20x HTTP/1.1\nHost: localhost:1\nContent-Type: text/plain\n"
        b"Content-Length: 2\nX-Two: a\nX-Two: b\nCookie: a=1\nCookie: b=2\nX_Two: spoofed\nConnection: close\n"
        b"X-Forwarded-For: 203.0.113.9\nX-Forwarded-Proto: http\nX-Forwarded-Host: evil.example\n"
        b"Forwarded: for=203.0.113.9"
    )
    # What a proxy would say of the request stands beside it and changes nothing of it.
    assert told(door.exchange(request + b"hi")) == {
        "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": "/environ", "QUERY_STRING": "q=%20x",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": str(door.port), "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1", "CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": "2",
        "HTTP_HOST": "localhost:1", "HTTP_X_TWO": "a,b", "HTTP_COOKIE": "a=1; b=2",
        "HTTP_CONNECTION": "close", "HTTP_X_FORWARDED_FOR": "203.0.113.9", "HTTP_X_FORWARDED_PROTO": "http",
        "HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_FORWARDED": "for=203.0.113.9",
        "wsgi.version": [1, 0], "wsgi.url_scheme": "https", "wsgi.multithread": True,
        "wsgi.multiprocess": False, "wsgi.run_once": False, "body": "hi",
    }  # fmt: skip


def test_two_cookies_stay_two(door: Server) -> None:
    answer = door.get("/cookies")
    assert answer.count(b"set-cookie: ") == 2


@pytest.mark.parametrize("path", ["/injected", "/injected-name", "/hop"])
def test_a_header_cannot_bring_another_with_it(door: Server, path: str) -> None:
    answer = door.get(path)
    assert status(answer) == 500
    assert b"stolen" not in answer


def test_a_wrong_length_of_the_application_is_not_believed(door: Server) -> None:
    assert b"content-length: 6\r\n" in door.get("/wrong-length")


def test_an_exception_shows_nothing_to_the_client_or_the_log(door: Server) -> None:
    assert status(door.get("/fail")) == 500
    assert b"secret" not in door.get("/fail") + door.log.read_bytes()


def test_nothing_set_by_one_request_is_seen_by_the_next(door: Server) -> None:
    assert all(door.get("/context").endswith(b"fresh") for _ in range(40))


def test_the_calls_of_a_request_wait_for_no_memory(door: Server) -> None:
    door.get("/faults")
    assert int(door.get("/faults").rpartition(b"\n")[2]) < 100


def test_a_long_answer_arrives_whole_and_is_closed(door: Server) -> None:
    body = door.exchange(b"GET /large HTTP/1.0\r\nHost: localhost\r\n\r\n", 20).partition(b"\r\n\r\n")[2]
    assert len(body) == 65_536_000
    assert all(body[n * 65536 :].startswith(b"%07d" % n) for n in range(0, 1000, 37))
    assert wait_for(lambda: "closed" in (door.log.parent / "closed").read_text())


def test_an_answer_that_breaks_off_does_not_look_complete(door: Server) -> None:
    answer = door.get("/breaks")
    assert b"chunked" in answer[:300]
    assert not answer.endswith(b"\r\n0\r\n\r\n")
    assert b"secret" not in door.log.read_bytes()


def test_head_has_no_body(door: Server) -> None:
    assert door.exchange(head(b"HEAD / HTTP/1.1\nHost: localhost\nConnection: close")).endswith(b"\r\n\r\n")
    assert status(door.get("/empty")) == 204


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_http_2_works_with_body_cookies_and_a_long_answer(door: Server) -> None:
    assert door.authority is not None
    base = ["curl", "-sS", "--http2", "--cacert", str(door.authority), f"https://localhost:{door.port}"]

    def curl(path: str, *more: str) -> str:
        return subprocess.run([*base[:-1], base[-1] + path, *more], capture_output=True, text=True).stdout

    given = json.loads(curl("/environ", "-d", "hi"))
    assert (given["SERVER_PROTOCOL"], given["HTTP_HOST"]) == ("HTTP/2", f"localhost:{door.port}")
    assert given["body"] == "hi"
    assert curl("/cookies", "-i").count("set-cookie") == 2
    assert len(curl("/large")) == 65_536_000
    assert curl("/", "-d", "x", "-H", "Transfer-Encoding: chunked").startswith("411")
