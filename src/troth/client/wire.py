"""Requests to the API, and what is done when one of them fails: waited, and sent again where that does no harm."""

import json
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from .errors import ApiError, error_of

ROOT = "/api/v1/workspace"
ATTEMPTS = 6
FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0
"""Seconds; each wait is about twice the one before."""
AGAIN = frozenset((425, 429, 500, 502, 503, 504))
BROKEN = {"error": "unavailable", "detail": "the server was not reached"}


class Wire:
    """One address and one key.  Raises ApiError for what is answered, and Unavailable where nothing is."""

    def __init__(
        self, url: str, key: str, *, authority: str | None = None, seconds: float = 60.0, attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        if urlsplit(url).scheme != "https":
            raise ValueError("the address begins with https://: a key is never sent in clear")
        self._url, self._attempts, self._sleep = url.rstrip("/") + ROOT, attempts, sleep
        self._pool = urllib3.PoolManager(
            ca_certs=authority, retries=False, timeout=urllib3.Timeout(total=None, connect=10.0, read=seconds),
            headers={"Authorization": f"Bearer {key}", "User-Agent": "troth-client/1"}, maxsize=4,
        )  # fmt: skip

    def close(self) -> None:
        """Close all lines."""
        self._pool.clear()

    def ask(
        self, method: str, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None,
        raw: bytes | None = None, repeat: bool = True,
    ) -> Any:  # fmt: skip
        """Send a request; the JSON of its answer.  Without `repeat` it is sent once, whatever comes of it."""
        headers = {"Content-Type": "application/octet-stream" if raw is not None else "application/json"}
        if method in ("POST", "PATCH"):
            headers["Idempotency-Key"] = str(uuid.uuid4())
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        for attempt in range(self._attempts if repeat else 1):
            is_last = not repeat or attempt == self._attempts - 1
            try:
                answer = self._pool.request(
                    method, self._to(path, query), body=data, headers=self._headers(headers)
                )
            except HTTPError as broken:
                if is_last:
                    raise error_of(0, BROKEN) from broken
                self._sleep(_wait(attempt, None))
                continue
            if answer.status < 400:
                return json.loads(answer.data) if answer.data else None
            error = _error(answer)
            if is_last or not _is_for_a_moment(error):
                raise error
            self._sleep(_wait(attempt, answer.headers.get("Retry-After")))
        raise AssertionError("unreachable")

    @contextmanager
    def stream(self, path: str, query: Mapping[str, Any], start: int) -> Iterator[urllib3.BaseHTTPResponse]:
        """An answer whose bytes are read as they come, from `start` on.  Raises ApiError; HTTPError on the way."""
        headers = self._headers({"Range": f"bytes={start}-"} if start else {})
        answer = self._pool.request("GET", self._to(path, query), headers=headers, preload_content=False)
        try:
            if answer.status >= 400:
                answer.read()
                raise _error(answer)
            yield answer
        finally:
            answer.close()

    def wait(self, attempt: int) -> bool:
        """Wait before another attempt; False when there were enough of them."""
        if attempt >= self._attempts - 1:
            return False
        self._sleep(_wait(attempt, None))
        return True

    def _to(self, path: str, query: Mapping[str, Any] | None) -> str:
        told = {name: value for name, value in (query or {}).items() if value not in (None, "")}
        return f"{self._url}{path}{'?' + urlencode(told) if told else ''}"

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        return {**self._pool.headers, **more}


def _error(answer: urllib3.BaseHTTPResponse) -> ApiError:
    try:
        said = json.loads(answer.data)
    except ValueError:
        said = {}
    return error_of(answer.status, said if isinstance(said, dict) else {})


def _is_for_a_moment(error: ApiError) -> bool:
    """Whether it may be different in a moment: the same request is still being done, or the server is too busy."""
    is_pending = error.status == 409 and error.where == "Idempotency-Key"
    return error.status in AGAIN or is_pending


def _wait(attempt: int, said: str | None) -> float:
    """Seconds: what the server said, or a time that doubles, with chance in it so that many do not come at once."""
    if said and said.isascii() and said.isdecimal():
        return min(float(said), LONGEST_WAIT)
    doubled: float = min(FIRST_WAIT * 2.0**attempt, LONGEST_WAIT)
    return doubled * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
