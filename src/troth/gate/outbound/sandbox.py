"""The sandbox processor of the sample installation, as seen from the house (`troth.sandbox` is the processor)."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from .calling import call
from .payments import Asked, Forged, ProcessorAway, Session, Told, parsed

SIGNATURE = "Troth-Sandbox-Signature"
OLDEST = 300
"""Seconds after which a signed call is too old."""


class Sandbox:
    """Test cards and approvals on an origin of its own."""

    name = "sandbox"

    def __init__(self, told: Mapping[str, str]) -> None:
        self._origin, self._secret = told["origin"], told["secret"]

    def takes(self, kind: str) -> frozenset[str]:
        """See `Processor`."""
        return frozenset({"method", "name", "address"})

    def begin(self, asked: Asked) -> Session:
        """See `Processor`."""
        made = self._call("POST", "/v1/sessions", asdict(asked))
        return Session(str(made["id"]), str(made["url"]))

    def find(self, asked: Asked) -> Session | None:
        """See `Processor`.  Whoever is charged confirms it on a page; a key is kept for as long as the sandbox runs."""
        return self.begin(asked) if asked.kind == "charge" else None

    def look(self, session: str) -> Told | None:
        """See `Processor`."""
        said = self._call("GET", f"/v1/sessions/{session}", None)
        return _told(said) if said.get("outcome") else None

    def cancel(self, session: str) -> Told:
        """See `Processor`."""
        return _told(self._call("POST", f"/v1/sessions/{session}/cancel", {}))

    def read(self, body: bytes, headers: Mapping[str, str]) -> Told | None:
        """See `Processor`."""
        check(body, headers.get(SIGNATURE, ""), self._secret)
        return _told(parsed(body))

    def probe(self) -> None:
        """See `Processor`."""
        if not self._secret or not self._origin:
            raise ProcessorAway("the sandbox is the demo's; set up another processor before anybody can buy")

    def _call(self, method: str, path: str, said: dict[str, Any] | None) -> dict[str, Any]:
        """One request to the sandbox.  Raises ProcessorAway."""
        origin = urlsplit(self._origin)
        if not origin.port or not self._secret:
            raise ProcessorAway("none is set up: the sandbox is the demo's")
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": "application/json"}
        body = json.dumps(said).encode() if said is not None else None
        address, authority = f"https://127.0.0.1:{origin.port}{path}", str(settings.TROTH_AUTHORITY or "")
        status, answer = call(method, address, body, headers, authority)
        if status not in (200, 201):
            raise ProcessorAway(f"it answered {status}")
        return parsed(answer)


def check(body: bytes, signature: str, secret: str, now: float | None = None) -> None:
    """Whether `t=<seconds>,v1=<hex>` signs a body: HMAC-SHA256 of `<seconds>.<body>`.  Raises Forged.

    Without a secret nothing is signed: anybody could sign with an empty one.
    """
    if not secret:
        raise Forged("there is no secret between the two")
    parts = dict(part.split("=", 1) for part in signature.split(",") if "=" in part)
    stamp = parts.get("t", "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 16):
        raise Forged("no signature")
    if abs((now or time.time()) - int(stamp)) > OLDEST:
        raise Forged("too old")
    if not hmac.compare_digest(sign(body, stamp, secret).encode(), parts.get("v1", "").encode()):
        raise Forged("the signature is of another")


def sign(body: bytes, stamp: str, secret: str) -> str:
    """The signature of a body at a time (seconds)."""
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def _told(said: dict[str, Any]) -> Told:
    known = {name: said[name] for name in Told.__dataclass_fields__ if name in said}
    texts, amount = {**known, "amount": ""}.values(), known.get("amount", 0)
    # A session that is nothing would be found where one has not been noted yet.
    if not all(isinstance(each, str) for each in texts) or type(amount) is not int:
        raise Forged("not as agreed")
    if not all(known.get(name) for name in ("event", "session", "kind", "outcome")):
        raise Forged("not as agreed")
    return Told(**known)
