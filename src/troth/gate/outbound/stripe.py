"""Cards by Stripe.  They are typed on pages of Stripe's; what comes back is a reference, a brand and four digits.

Verifying is a Checkout Session that only sets a card up (`pages = "hosted"`), or a Setup Intent whose card is typed on a
page that the company keeps apart, with Stripe's own card element (`pages = "intents"`).  Charging is a Payment Intent,
made and confirmed in one call with the card that was verified; where its bank asks, the buyer is sent there.  An event is
only a reason to look: what counts is what Stripe says when it is asked.  Needs the packages of requirements/stripe.txt.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import stripe

from .calling import TIMEOUT
from .payments import GIVEN_BACK, Asked, Forged, ProcessorAway, Session, Told, parsed

stripe.enable_telemetry = False

VERSION = "2025-03-31.basil"
"""Of Stripe's interface: one that takes `payment_method_types` everywhere, as `localstripe` does too."""
OLDEST = 300
"""Seconds after which a signed call is too old."""
EVENTS = frozenset({
    "checkout.session.completed", "checkout.session.expired", "setup_intent.succeeded", "setup_intent.setup_failed",
    "setup_intent.canceled", "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled",
    "refund.created", "refund.updated", "refund.failed", "charge.refunded",
})  # fmt: skip
BRANDS = {
    "visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "discover": "Discover", "jcb": "JCB",
    "diners": "Diners Club", "unionpay": "UnionPay", "cartes_bancaires": "Cartes Bancaires", "eftpos_au": "eftpos",
}  # fmt: skip
UNCONFIRMED = frozenset({
    "setup_intent_authentication_failure", "payment_intent_authentication_failure", "authentication_required",
})  # fmt: skip
"""What Stripe says when the card's bank asked, and nobody answered."""


@lru_cache(maxsize=4)
def _client(key: str, api: str) -> Any:
    """One for all threads; it keeps its lines, and asks twice where the line broke, under the same key."""
    line = stripe.RequestsClient(timeout=TIMEOUT)
    return stripe.StripeClient(
        key, base_addresses={"api": api}, http_client=line, max_network_retries=1, stripe_version=VERSION
    )


@contextmanager
def _answers() -> Iterator[None]:
    """Raises ProcessorAway for whatever the library says; it says no more than the kind of the fault."""
    try:
        yield
    except stripe.StripeError as error:
        raise ProcessorAway(f"Stripe: {type(error).__name__} {error.code or ''}".strip()) from None


class Stripe:
    """Stripe, by its own library."""

    name = "stripe"

    def __init__(self, told: Mapping[str, str]) -> None:
        self._told, self._is_hosted = told, told["pages"] == "hosted"
        self._v1 = _client(told["key"], told["api"]).v1

    def takes(self, kind: str) -> frozenset[str]:
        """See `Processor`.  The name and the address stand on what Stripe writes to who pays."""
        return {
            "charge": frozenset({"method", "name", "address"}), "renew": frozenset({"method"})
        }.get(kind, frozenset())  # fmt: skip

    def begin(self, asked: Asked) -> Session:
        """See `Processor`."""
        with _answers():
            if asked.session:
                return Session(asked.session, self._page(self._get(asked.session), asked))
            if asked.kind == "verify":
                return self._verify(asked)
            if asked.kind == "refund":
                return self._refund(asked)
            return self._charge(asked)

    def find(self, asked: Asked) -> Session | None:
        """See `Processor`.  Among the customer's intents: a key is forgotten after a day, and asking anew charges."""
        customer, _, _ = asked.method.partition("/")
        if not customer:
            return None
        with _answers():
            found = self._v1.payment_intents.list({"customer": customer, "limit": 100}).to_dict()["data"]
        ours = (each for each in found if _marks(each).get("payment") == asked.key)
        return next((Session(each["id"], self._page(each, asked)) for each in ours), None)

    def look(self, session: str) -> Told | None:
        """See `Processor`."""
        with _answers():
            return _told(self._get(session))

    def cancel(self, session: str) -> Told:
        """See `Processor`."""
        with _answers():
            try:
                if session.startswith("cs_"):
                    self._v1.checkout.sessions.expire(session)
                else:
                    kind = self._v1.setup_intents if session.startswith("seti_") else self._v1.payment_intents
                    kind.cancel(session)
            except stripe.InvalidRequestError:
                pass  # it is settled; how, is asked next
            told = _told(self._get(session))
        if told is None:
            raise ProcessorAway("Stripe is at it, and cannot call it off")
        return told

    def read(self, body: bytes, headers: Mapping[str, str]) -> Told | None:
        """See `Processor`.  Of objects that others made at our account nothing is asked."""
        parsed(body)
        signature = headers.get("Stripe-Signature", "")
        if not signature.isascii():  # the library compares no other text
            raise Forged("no signature")
        try:
            event = stripe.Webhook.construct_event(
                body, signature, self._told["webhook"], OLDEST, api_key=self._told["key"]
            ).to_dict()
        except (ValueError, stripe.SignatureVerificationError):
            raise Forged("not signed by Stripe, or too old") from None
        about = event.get("data", {}).get("object", {})
        if event.get("type") not in EVENTS or event.get("account") or not _marks(about):
            return None
        told = self.look(str(about.get("id")))
        return replace(told, event=str(event["id"])) if told else None

    def probe(self) -> None:
        """See `Processor`."""
        if not self._told["webhook"].startswith("whsec_"):
            raise ProcessorAway(
                "`webhook` in TROTH_STRIPE_SECRETS is no signing secret; it begins with whsec_"
            )
        with _answers():
            self._v1.payment_intents.list({"limit": 1})

    def _verify(self, asked: Asked) -> Session:
        customer = self._v1.customers.create({"metadata": _mark(asked)}, _once(asked, "customer"))
        said = {"customer": customer.id, "payment_method_types": ["card"], "metadata": _mark(asked)}
        if not self._is_hosted:
            made = self._v1.setup_intents.create({**said, "usage": "off_session"}, _once(asked))
            return Session(made.id, self._page(made.to_dict(), asked))
        back = {"success_url": asked.return_to, "cancel_url": asked.back_to or asked.return_to}
        made = self._v1.checkout.sessions.create({**said, **back, "mode": "setup"}, _once(asked))
        return Session(made.id, made.url)

    def _charge(self, asked: Asked) -> Session:
        customer, _, method = asked.method.partition("/")
        if asked.name:
            lines = ", ".join(asked.address.splitlines())
            self._v1.customers.update(customer, {"name": asked.name, "address": {"line1": lines}})
        said: dict[str, Any] = {
            "amount": asked.amount, "currency": asked.currency.lower(), "customer": customer, "payment_method": method,
            "payment_method_types": ["card"], "confirm": True, "metadata": _mark(asked),
        }  # fmt: skip
        if asked.kind == "renew":
            said["off_session"] = True
        elif self._is_hosted:
            said["return_url"] = asked.return_to
        try:
            made = self._v1.payment_intents.create(said, _once(asked))
        except stripe.CardError as error:
            return Session(self._declined(error), asked.return_to)
        return Session(made.id, self._page(made.to_dict(), asked))

    def _declined(self, error: stripe.CardError) -> str:
        """The intent whose card was declined: it is there, and says why."""
        said = error.error.to_dict() if error.error else {}
        if intent := (said.get("payment_intent") or {}).get("id"):
            return str(intent)
        return str(self._v1.charges.retrieve(said.get("charge") or "none").payment_intent)

    def _refund(self, asked: Asked) -> Session:
        said = {"payment_intent": asked.of, "amount": asked.amount, "metadata": _mark(asked)}
        return Session(self._v1.refunds.create(said, _once(asked)).id, asked.return_to)

    def _get(self, session: str) -> dict[str, Any]:
        kind, _, _ = session.partition("_")
        if kind == "cs":
            found = self._v1.checkout.sessions.retrieve(session, {"expand": ["setup_intent.payment_method"]})
        elif kind == "seti":
            found = self._v1.setup_intents.retrieve(session, {"expand": ["payment_method"]})
        else:
            places = {"re": self._v1.refunds, "ch": self._v1.charges, "py": self._v1.charges}
            found = places.get(kind, self._v1.payment_intents).retrieve(session)
        made: dict[str, Any] = found.to_dict()
        return made

    def _page(self, about: dict[str, Any], asked: Asked) -> str:
        """Where the buyer goes: Stripe's page, the bank's, the company's page with the card element, or back."""
        if about.get("url") and about.get("status") == "open":
            return str(about["url"])
        redirect = (about.get("next_action") or {}).get("redirect_to_url") or {}
        if about.get("status") == "requires_action" and redirect.get("url"):
            return str(redirect["url"])
        waits = ("requires_action", "requires_payment_method", "requires_confirmation")
        if not self._is_hosted and about.get("status") in waits and not _fault(about):
            return f"{self._told['page']}?{urlencode({'intent': about['id'], 'return': asked.return_to})}"
        return asked.return_to


def _mark(asked: Asked) -> dict[str, str]:
    """What Stripe keeps with an object, and repeats: by it an event finds its payment.

    By the reference Stripe finds what it has of a buyer, when it is told that something was corrected or erased.
    """
    return {"payment": asked.key, "kind": asked.kind, "reference": asked.reference}


def _marks(about: dict[str, Any]) -> dict[str, Any]:
    found = about.get("metadata") or {}
    return found if found.get("payment") and found.get("kind") else {}


def _once(asked: Asked, what: str = "payment") -> dict[str, str]:
    """However often it is asked, Stripe does it once."""
    return {"idempotency_key": f"{asked.key}-{what}"}


def _fault(about: dict[str, Any]) -> dict[str, Any]:
    return about.get("last_payment_error") or about.get("last_setup_error") or {}


def _told(about: dict[str, Any]) -> Told | None:
    """What an object of Stripe's says; None while it is under way, and for one that we did not ask for."""
    marks, status = _marks(about), about.get("status")
    if about["object"] == "charge":
        return _given_back(about, marks)
    is_done = status in ("succeeded", "complete")
    if not marks or not (is_done or status in ("canceled", "expired", "failed") or _is_refused(about)):
        return None
    told = Told(
        event=f"{about['id']} {status}", session=about["id"], kind=str(marks["kind"]), key=str(marks["payment"]),
        outcome="done" if is_done else "failed", why="" if is_done else _why(about),
        amount=int(about.get("amount") or 0) if marks["kind"] != "verify" else 0,
        currency=str(about.get("currency") or "").upper() if marks["kind"] != "verify" else "",
    )  # fmt: skip
    return replace(told, **_method(about)) if is_done and marks["kind"] == "verify" else told


def _given_back(charge: dict[str, Any], marks: dict[str, Any]) -> Told | None:
    """How much of a charge was given back by now; a charge has the marks of the intent that made it."""
    amount = int(charge.get("amount_refunded") or 0)
    if not marks or not amount:
        return None
    return Told(
        event=f"{charge['id']} {amount} back", session=charge["id"], kind=GIVEN_BACK, outcome="done",
        key=str(marks["payment"]), amount=amount, currency=str(charge.get("currency") or "").upper(),
    )  # fmt: skip


def _is_refused(about: dict[str, Any]) -> bool:
    return about.get("status") == "requires_payment_method" and bool(_fault(about))


def _why(about: dict[str, Any]) -> str:
    fault = _fault(about)
    if fault.get("code") in UNCONFIRMED or fault.get("decline_code") in UNCONFIRMED:
        return "abandoned"
    if "insufficient_funds" in (fault.get("code"), fault.get("decline_code")):
        return "insufficient-funds"
    is_declined = bool(fault) or (about["object"] == "setup_intent" and about.get("payment_method"))
    return "card-declined" if is_declined else "abandoned"


def _method(about: dict[str, Any]) -> dict[str, Any]:
    """Of a card that was verified: under which customer and method Stripe has it, its brand, its last digits."""
    intent = about.get("setup_intent") or about
    method = intent["payment_method"]
    card = method.get("card") or {}
    return {
        "method": f"{intent['customer']}/{method['id']}", "last4": str(card.get("last4") or ""),
        "brand": BRANDS.get(str(card.get("brand")), "Card"),
    }  # fmt: skip
