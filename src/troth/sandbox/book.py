"""What the sandbox was asked for, and what became of it."""

import secrets
import threading
from dataclasses import dataclass, field
from typing import Any

CARDS = {
    "4242424242424242": ("Visa", ""),
    "5555555555554444": ("Mastercard", ""),
    "378282246310005": ("American Express", ""),
    "4000000000003220": ("Visa", "3d-secure"),
    "4000000000000002": ("Visa", "card-declined"),
    "4000000000009995": ("Visa", "insufficient-funds"),
    "4000000000000341": ("Visa", "declined-when-charged"),
    "4000000000000069": ("Visa", "expires-soon"),
}
"""Test cards by number: their brand, and what happens with them (nothing for one that works)."""
ENDING = "expires-soon"
KINDS = ("verify", "charge", "renew", "refund")


class Wrong(ValueError):
    """What was asked makes no sense; the message says why."""


@dataclass(slots=True)
class Asking:
    """One thing the house asked for.  Amounts in cents."""

    kind: str
    key: str
    reference: str
    return_to: str
    amount: int
    currency: str
    method: str
    name: str
    id: str = field(default_factory=lambda: f"ses_{secrets.token_hex(12)}")
    outcome: str = ""
    why: str = ""
    brand: str = ""
    last4: str = ""
    event: str = ""

    def told(self) -> dict[str, Any]:
        """What the house is told of it."""
        return {
            "event": self.event, "session": self.id, "kind": self.kind, "outcome": self.outcome, "why": self.why,
            "method": self.method, "brand": self.brand, "last4": self.last4, "amount": self.amount,
            "currency": self.currency,
        }  # fmt: skip


@dataclass(slots=True)
class Method:
    """A means of payment as the processor keeps it: the number itself is forgotten once it was checked."""

    brand: str
    last4: str
    fate: str


class Book:
    """Everything the sandbox knows, for as long as it runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_id: dict[str, Asking] = {}
        self._by_key: dict[str, Asking] = {}
        self._methods: dict[str, Method] = {}

    def begin(self, said: dict[str, Any]) -> Asking:
        """Write down what is asked; the same key finds what was asked before.  Raises Wrong."""
        texts = {
            name: str(said.get(name, ""))
            for name in ("kind", "key", "reference", "return_to", "currency", "method")
        }
        amount = said.get("amount", 0)
        if texts["kind"] not in KINDS or not texts["key"] or not isinstance(amount, int) or amount < 0:
            raise Wrong("kind, key and amount are needed")
        with self._lock:
            if texts["key"] in self._by_key:
                return self._by_key[texts["key"]]
            asking = Asking(**texts, amount=amount, name=str(said.get("name", "")))
            if asking.kind == "refund":
                self._settle(asking, "")
            elif asking.kind == "renew":
                known = self._methods.get(asking.method)
                self._settle(
                    asking, "card-declined" if known is None or known.fate not in ("", ENDING) else ""
                )
            self._by_id[asking.id] = self._by_key[asking.key] = asking
            return asking

    def find(self, which: str) -> Asking | None:
        """What was asked under an id of ours."""
        return self._by_id.get(which)

    def method_of(self, asking: Asking) -> Method | None:
        """The means of payment that a charge is for, while it is known."""
        return self._methods.get(asking.method)

    def use_card(self, asking: Asking, number: str) -> str:
        """Somebody typed a card: what stands in the way, `3d-secure` where it has to be confirmed; blank when done."""
        digits = number.replace(" ", "").replace("-", "")
        if digits not in CARDS:
            return "not-a-test-card"
        brand, fate = CARDS[digits]
        with self._lock:
            if not asking.outcome:
                asking.brand, asking.last4 = brand, digits[-4:]
                asking.method = asking.method or f"pm_{secrets.token_hex(12)}"
                self._methods[asking.method] = Method(brand, asking.last4, fate)
                if fate == "3d-secure":
                    return fate
                declined = fate if fate in ("card-declined", "insufficient-funds") else ""
                self._settle(asking, declined)
        return ""

    def ends_soon(self, asking: Asking) -> dict[str, Any] | None:
        """What the house is told of a card that soon ends, beside what became of the asking."""
        known = self._methods.get(asking.method)
        if known is None or known.fate != ENDING or asking.kind != "charge" or asking.outcome != "done":
            return None
        verified = next(
            (each for each in self._by_id.values() if (each.kind, each.method) == ("verify", asking.method)),
            None,
        )
        return None if verified is None else {
            **verified.told(), "event": f"evt_{secrets.token_hex(12)}", "kind": "expiring", "outcome": "done",
        }  # fmt: skip

    def approve(self, asking: Asking) -> None:
        """Somebody approved, as with PayPal, or confirmed a card or a charge."""
        with self._lock:
            if asking.outcome:
                return
            known = self._methods.get(asking.method)
            if known is None:
                asking.brand, asking.last4, asking.method = "PayPal", "", f"pm_{secrets.token_hex(12)}"
                self._methods[asking.method] = Method("PayPal", "", "")
            else:
                asking.brand, asking.last4 = known.brand, known.last4
            late = known is not None and known.fate == "declined-when-charged" and asking.kind == "charge"
            self._settle(asking, "card-declined" if late else "")

    def refuse(self, asking: Asking) -> None:
        """Somebody went back without paying, or failed to confirm."""
        with self._lock:
            if not asking.outcome:
                self._settle(asking, "abandoned")

    def _settle(self, asking: Asking, why: str) -> None:
        asking.outcome, asking.why = ("failed", why) if why else ("done", "")
        asking.event = f"evt_{secrets.token_hex(12)}"
