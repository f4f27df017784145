"""The line to PayPal: a token to come in by, kept until shortly before its end, and requests that are done once."""

import base64
import json
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from .calling import call
from .payments import Forged, ProcessorAway, parsed

EARLIER = 60.0
"""Seconds before its end from which a token is not used any more."""


class Refused(ProcessorAway):
    """PayPal understood, and did not do it; `issue` is its word for why."""

    def __init__(self, status: int, issue: str) -> None:
        super().__init__(f"PayPal: {status} {issue}".strip())
        self.status, self.issue = status, issue


@dataclass(slots=True)
class Line:
    """An account at PayPal; `_until` is when its token ends (monotonic seconds)."""

    api: str
    client: str
    secret: str = field(repr=False)
    _token: str = field(default="", repr=False)
    _until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(
        self, method: str, path: str, said: dict[str, Any] | bytes | None = None, key: str = ""
    ) -> dict[str, Any]:
        """One request; under the same key it is done once.  Raises Refused, ProcessorAway."""
        body = said if said is None or isinstance(said, bytes) else json.dumps(said).encode()
        status, answer = self._send(method, path, body, key)
        if status == 401:  # the token was taken back before its time
            self._until = 0.0
            status, answer = self._send(method, path, body, key)
        if status >= 500 or status == 429:
            raise ProcessorAway(f"PayPal answered {status}")
        told = _object(answer)
        if status not in (200, 201, 202):
            issues = told.get("details") or [{}]
            raise Refused(status, str(issues[0].get("issue") or told.get("name") or "")[:60])
        return told

    def _send(self, method: str, path: str, body: bytes | None, key: str) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._come_in()}", "Content-Type": "application/json"}
        headers |= {"PayPal-Request-Id": key, "Prefer": "return=representation"} if key else {}
        return call(method, self.api + path, body, headers)

    def _come_in(self) -> str:
        with self._lock:
            if time.monotonic() >= self._until:
                pair = base64.b64encode(f"{self.client}:{self.secret}".encode()).decode()
                headers = {
                    "Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded",
                }  # fmt: skip
                asked = time.monotonic()
                status, answer = call(
                    "POST", f"{self.api}/v1/oauth2/token", b"grant_type=client_credentials", headers
                )
                told = _object(answer)
                if status != 200 or not told.get("access_token"):
                    raise ProcessorAway(f"PayPal does not let us in ({status}); look at TROTH_PAYPAL_SECRETS")
                self._token = str(told["access_token"])
                self._until = asked + float(told.get("expires_in") or 0) - EARLIER
            return self._token


@lru_cache(maxsize=4)
def line_of(api: str, client: str, secret: str) -> Line:
    """The one line of an account, for all threads."""
    return Line(api, client, secret)


def _object(answer: bytes) -> dict[str, Any]:
    try:
        return parsed(answer or b"{}")
    except Forged:
        raise ProcessorAway("PayPal answered something else") from None
