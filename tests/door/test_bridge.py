"""Laws of the step between the server and the application."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.config.bridge import Unsendable, checked_head, environ_of
from troth.config.connections import peer_of


def scope(**more: Any) -> Any:
    """A request as the server describes it."""
    base = {
        "method": "GET", "path": "/", "query_string": "", "server": "127.0.0.1:8443",
        "client": "127.0.0.1:4711",
        "scheme": "https", "http_version": "1.1", "authority": None, "headers": {"host": "localhost"},
    }  # fmt: skip
    return SimpleNamespace(**{**base, **more})


@given(st.text(), st.text())
def test_what_may_be_sent_never_holds_a_line_break_or_nul(name: str, value: str) -> None:
    with contextlib.suppress(Unsendable):
        _, headers = checked_head("200 OK", [(name, value)])
        assert not set("\r\n\0") & set(headers[0][0] + headers[0][1])
        assert (name + value).isascii()


@given(st.text(max_size=6))
def test_a_status_is_a_final_one_or_refused(status: str) -> None:
    with contextlib.suppress(Unsendable):
        assert 200 <= checked_head(status, [])[0] <= 599


@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "599", "404 "])
def test_ordinary_statuses_pass(status: str) -> None:
    assert checked_head(status, [("X", "a\tb")])[0] == int(status[:3])


@given(st.text(st.characters(codec="utf-8")))
def test_the_path_can_be_read_back_as_pep_3333_says(path: str) -> None:
    assert environ_of(scope(path=path), b"")["PATH_INFO"].encode("latin-1").decode() == path


def test_the_process_environment_stays_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PLANTED", "secret")
    environ = environ_of(scope(), b"")
    assert "HTTP_PLANTED" not in environ
    assert {key for key in environ if not key.startswith(("HTTP_", "wsgi."))} == {
        "REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "SERVER_NAME", "SERVER_PORT",
        "SERVER_PROTOCOL", "REMOTE_ADDR", "CONTENT_LENGTH",
    }  # fmt: skip


def test_addresses_of_both_families_are_read() -> None:
    assert peer_of("127.0.0.1:4711") == ("127.0.0.1", 4711)
    assert peer_of("[::1]:4711") == ("::1", 4711)
    assert environ_of(scope(client="[::1]:4711"), b"")["REMOTE_ADDR"] == "::1"
