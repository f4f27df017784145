"""The sandbox processor of the sample installation, as seen from the house (`troth.sandbox` is the processor)."""

import hashlib
import hmac
import http.client
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from .payments import Asked, Forged, ProcessorAway, Session, Told, parsed

SIGNATURE = "Troth-Sandbox-Signature"
OLDEST = 300
"""Seconds after which a signed call is too old."""
TIMEOUT = 8.0


class Sandbox:
    """Test cards and approvals on an origin of its own."""

    name = "sandbox"

    def begin(self, asked: Asked) -> Session:
        """See `Processor`."""
        made = _call("POST", "/v1/sessions", asdict(asked))
        return Session(str(made["id"]), str(made["url"]))

    def look(self, session: str) -> Told | None:
        """See `Processor`."""
        said = _call("GET", f"/v1/sessions/{session}", None)
        return _told(said) if said.get("outcome") else None

    def cancel(self, session: str) -> Told:
        """See `Processor`."""
        return _told(_call("POST", f"/v1/sessions/{session}/cancel", {}))

    def read(self, body: bytes, headers: Mapping[str, str]) -> Told | None:
        """See `Processor`."""
        check(body, headers.get(SIGNATURE, ""), settings.TROTH_PROCESSOR["secret"])
        return _told(parsed(body))


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
    if not hmac.compare_digest(sign(body, stamp, secret), parts.get("v1", "")):
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


def _call(method: str, path: str, said: dict[str, Any] | None) -> dict[str, Any]:
    """One request to the sandbox.  Raises ProcessorAway."""
    origin, secret = urlsplit(settings.TROTH_PROCESSOR["origin"]), settings.TROTH_PROCESSOR["secret"]
    if not origin.port or not secret:
        raise ProcessorAway("none is set up: the sandbox is the demo's")
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    context = ssl.create_default_context(cafile=str(settings.TROTH_AUTHORITY or "") or None)
    try:
        line = http.client.HTTPSConnection("127.0.0.1", origin.port, timeout=TIMEOUT, context=context)
        line.request(method, path, json.dumps(said).encode() if said is not None else None, headers)
        answer = line.getresponse()
        body = answer.read(100_000)
        line.close()
    except (OSError, http.client.HTTPException) as error:
        raise ProcessorAway(type(error).__name__) from None
    if answer.status not in (200, 201):
        raise ProcessorAway(f"it answered {answer.status}")
    return parsed(body)
