"""The sandbox processor within the test's own process: its book and its signatures are the real ones."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from troth.gate.outbound import sandbox
from troth.gate.outbound.payments import Asked, ProcessorAway, Session, Told
from troth.sandbox.book import Book

SECRET = "between-the-two"
PROCESSORS = {
    "sandbox": {
        "class": "tests.apps.processor.InProcess", "country": "US", "origin": "https://pay.localhost:1",
        "secret": SECRET, "recipient": "payment-processor", "name": "Sandbox Payments", "label": "Card or PayPal",
    }
}  # fmt: skip
HOOK = "/payments/hook/sandbox/"
GOOD, BAD = "4242424242424242", "4000000000000002"


class InProcess(sandbox.Sandbox):
    """Talks to a book instead of a socket."""

    book = Book()
    is_away = False

    def begin(self, asked: Asked) -> Session:
        self._reached()
        asking = self.book.begin(asdict(asked))
        return Session(asking.id, f"https://pay.localhost:1/pay/{asking.id}")

    def look(self, session: str) -> Told | None:
        self._reached()
        asking = self.book.find(session)
        return sandbox._told(asking.told()) if asking and asking.outcome else None

    def cancel(self, session: str) -> Told:
        self._reached()
        asking = self.book.find(session)
        assert asking
        self.book.refuse(asking)
        return sandbox._told(asking.told())

    def _reached(self) -> None:
        if type(self).is_away:
            raise ProcessorAway("away")


def session_of(url: str) -> str:
    """The session that a page of the processor's is about."""
    return url.rpartition("/")[2]


def card(url: str, number: str = GOOD) -> str:
    """Somebody types a card on the processor's page; what stands in the way."""
    asking = InProcess.book.find(session_of(url))
    assert asking
    return InProcess.book.use_card(asking, number)


def approve(url: str) -> None:
    """Somebody confirms there."""
    asking = InProcess.book.find(session_of(url))
    assert asking
    InProcess.book.approve(asking)


def call(url: str, **changed: Any) -> tuple[bytes, Mapping[str, str]]:
    """What the processor tells of a session, signed; with changes that it never made."""
    asking = InProcess.book.find(session_of(url))
    assert asking
    return signed(json.dumps({**asking.told(), **changed}).encode())


def signed(body: bytes, at: float | None = None, secret: str = SECRET) -> tuple[bytes, Mapping[str, str]]:
    """A body with its signature."""
    stamp = str(int(at or time.time()))
    return body, {sandbox.SIGNATURE: f"t={stamp},v1={sandbox.sign(body, stamp, secret)}"}
