"""The sandbox's credit checking service within the test's own process: its answers are the real ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, ClassVar

from troth.gate.outbound.credit import CheckerAway, Inquiry, Opinion, opinion_of
from troth.sandbox import credit

CLASS = "tests.apps.creditor.InProcess"
SETTINGS: dict[str, Any] = {
    "class": CLASS, "name": "Sandbox Credit", "country": "SE", "check_above": 250, "invoice_days": 14,
    "pay_to": ["Example Bank"], "origin": "",
    "secret": "",
}  # fmt: skip


class InProcess:
    """Asks a function instead of a socket, and remembers what it was asked."""

    is_away = False
    asked: ClassVar[list[Inquiry]] = []

    @contextmanager
    def line(self) -> Iterator["InProcess"]:
        if type(self).is_away:
            raise CheckerAway("away")
        yield self

    def ask(self, inquiry: Inquiry) -> Opinion:
        self.asked.append(inquiry)
        return opinion_of(credit.opinion(asdict(inquiry)))
