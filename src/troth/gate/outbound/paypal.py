"""PayPal: its Orders (v2), Payments (v2) and Payment Method Tokens (v3).

Verifying is a setup token that the buyer approves at PayPal, and that becomes a payment token: the reference which comes
back.  Charging is an order that the buyer approves; a renewal is one that is paid with the payment token at once.  What
is approved is captured when the house looks at an open payment, and never by an event.  Neither name nor address goes
there: PayPal knows who pays.  `session` is the kind of a thing of PayPal's, and its id there: `order/5O190127TN364715T`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from .payments import GIVEN_BACK, Asked, Forged, ProcessorAway, Session, Told, parsed
from .paypal_line import Refused, line_of

SIGNED = {
    "transmission_id": "PayPal-Transmission-Id", "transmission_time": "PayPal-Transmission-Time",
    "transmission_sig": "PayPal-Transmission-Sig", "cert_url": "PayPal-Cert-Url", "auth_algo": "PayPal-Auth-Algo",
}  # fmt: skip
OURS = re.compile(r"(charge|renew|refund) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
ORDER_EVENTS = frozenset({"CHECKOUT.ORDER.COMPLETED", "CHECKOUT.ORDER.VOIDED"})
CAPTURE_EVENTS = frozenset({
    "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.DENIED", "PAYMENT.CAPTURE.DECLINED",
})  # fmt: skip
REFUND_EVENTS = frozenset({"PAYMENT.CAPTURE.REFUNDED"})
WHOLE = frozenset({"HUF", "JPY", "TWD"})
"""Currencies in which PayPal knows no smaller unit."""


class PayPal:
    """PayPal, by its public interface."""

    name = "paypal"

    def __init__(self, told: Mapping[str, str]) -> None:
        self._webhook = told["webhook"]
        self._line = line_of(told["api"], told["client"], told["secret"])

    def takes(self, kind: str) -> frozenset[str]:
        """See `Processor`."""
        return frozenset({"method"}) if kind == "renew" else frozenset()

    def begin(self, asked: Asked) -> Session:
        """See `Processor`."""
        if asked.session:
            return Session(asked.session, self._page(asked.session) or asked.return_to)
        if asked.kind == "verify":
            made = self._line.ask("POST", "/v3/vault/setup-tokens", _setup(asked), asked.key)
            return Session(f"setup/{made['id']}", _link(made) or asked.return_to)
        if asked.kind == "refund":
            return Session(f"refund/{self._refund(asked)['id']}", asked.return_to)
        try:
            made = self._line.ask("POST", "/v2/checkout/orders", _order(asked), asked.key)
        except Refused as refused:
            # An order of this number was paid: what became of it, an event tells.
            if asked.kind != "renew" or refused.status != 422 or refused.issue == "DUPLICATE_INVOICE_ID":
                raise
            return Session(f"refused/{asked.key}", asked.return_to)
        return Session(f"order/{made['id']}", _link(made) or asked.return_to)

    def find(self, asked: Asked) -> Session | None:
        """See `Processor`.  What nobody was sent to, nobody approves; a renewal's `invoice_id` is paid once."""
        return None

    def look(self, session: str) -> Told | None:
        """See `Processor`.  Takes what the buyer approved: a payment is open for whoever calls this."""
        kind, _, which = session.partition("/")
        if kind == "setup":
            return self._verified(session, which)
        told = self._peek(session)
        if told is None and kind == "order" and self._get(session).get("status") == "APPROVED":
            try:
                self._line.ask("POST", f"/v2/checkout/orders/{which}/capture", {}, f"capture-{which}")
            except Refused as refused:
                if refused.status != 422:
                    raise
                return self._peek(session) or _failed(session, "card-declined")
            told = self._peek(session)
        return told

    def cancel(self, session: str) -> Told:
        """See `Processor`.  PayPal calls nothing off; what is not captured costs nothing, and ends by itself."""
        return self._peek(session) or _failed(session, "abandoned")

    def read(self, body: bytes, headers: Mapping[str, str]) -> Told | None:
        """See `Processor`.  PayPal is asked whether it signed the call; what others made there is not asked about."""
        event = parsed(body)
        session = _about(event)
        if session is None:
            return None
        said = {name: headers.get(header, "") for name, header in SIGNED.items()}
        if not all(said.values()) or not isinstance(event.get("id"), str):
            raise Forged("not signed")
        said["webhook_id"] = self._webhook
        # Byte for byte as it came: what is signed is its checksum.
        asked = json.dumps(said)[:-1].encode() + b', "webhook_event": ' + body + b"}"
        answer = self._line.ask("POST", "/v1/notifications/verify-webhook-signature", asked)
        if answer.get("verification_status") != "SUCCESS":
            raise Forged("PayPal did not sign it")
        told = self._peek(session)
        return replace(told, event=event["id"]) if told else None

    def probe(self) -> None:
        """See `Processor`."""
        try:
            said = self._line.ask("GET", f"/v1/notifications/webhooks/{self._webhook}")
        except Refused as refused:
            if refused.status == 404:
                raise ProcessorAway("PayPal knows no such `webhook` as TROTH_PAYPAL_SECRETS names") from None
            raise
        if not str(said.get("url", "")).endswith("/payments/hook/paypal/"):
            raise ProcessorAway("its webhook calls another address than /payments/hook/paypal/")

    # -- what became of it

    def _peek(self, session: str) -> Told | None:
        """What became of an order or a refund, and nothing is done about it."""
        kind, _, _ = session.partition("/")
        if kind in ("refused", "setup"):
            return _failed(session, "card-declined") if kind == "refused" else None
        try:
            said = self._get(session)
        except Refused as refused:
            if refused.status == 404:  # nobody approved it in time
                return _failed(session, "abandoned")
            raise
        return {"refund": _of_refund, "capture": _of_capture}.get(kind, _of_order)(session, said)

    def _verified(self, session: str, which: str) -> Told | None:
        try:
            status = self._get(session).get("status")
            if status not in ("APPROVED", "VAULTED"):
                return None
            source = {"payment_source": {"token": {"id": which, "type": "SETUP_TOKEN"}}}
            made = self._line.ask("POST", "/v3/vault/payment-tokens", source, f"vault-{which}")
        except Refused as refused:
            if refused.status in (404, 422):
                return _failed(session, "abandoned")
            raise
        return Told(
            event=f"{session} vaulted", session=session, kind="verify", outcome="done", method=str(made["id"]),
            brand="PayPal",
        )  # fmt: skip

    def _refund(self, asked: Asked) -> dict[str, Any]:
        capture = _capture(self._get(asked.of)).get("id")
        if not capture:
            raise ProcessorAway("PayPal has no payment that could be given back")
        said = {"amount": _money(asked), "custom_id": f"{asked.kind} {asked.key}"}
        return self._line.ask("POST", f"/v2/payments/captures/{capture}/refund", said, asked.key)

    def _page(self, session: str) -> str:
        kind, _, _ = session.partition("/")
        if kind not in ("order", "setup"):
            return ""
        said = self._get(session)
        return _link(said) if said.get("status") in ("CREATED", "PAYER_ACTION_REQUIRED") else ""

    def _get(self, session: str) -> dict[str, Any]:
        kind, _, which = session.partition("/")
        if not re.fullmatch(r"[\w-]+", which):
            raise ProcessorAway("this is no id of PayPal's")
        return self._line.ask("GET", PLACES[kind] + which)


PLACES = {
    "order": "/v2/checkout/orders/", "setup": "/v3/vault/setup-tokens/", "refund": "/v2/payments/refunds/",
    "capture": "/v2/payments/captures/",
}  # fmt: skip


def _setup(asked: Asked) -> dict[str, Any]:
    source = {
        "usage_type": "MERCHANT", "usage_pattern": "IMMEDIATE", "customer_type": "BUSINESS",
        "permit_multiple_payment_tokens": False, "experience_context": _back(asked),
    }  # fmt: skip
    return {"payment_source": {"paypal": source}}


def _order(asked: Asked) -> dict[str, Any]:
    """`invoice_id` is paid once at PayPal, also when the key under which it was asked is forgotten there.

    By `reference_id` PayPal finds the order, when it is told that something was corrected or erased.
    """
    source: dict[str, Any] = {"experience_context": {**_back(asked), "user_action": "PAY_NOW"}}
    if asked.kind == "renew":
        source = {
            "vault_id": asked.method,
            "stored_credential": {"payment_initiator": "MERCHANT", "usage": "SUBSEQUENT"},
        }
    unit = {
        "reference_id": asked.reference, "custom_id": f"{asked.kind} {asked.key}", "invoice_id": asked.key,
        "amount": _money(asked),
    }  # fmt: skip
    return {"intent": "CAPTURE", "purchase_units": [unit], "payment_source": {"paypal": source}}


def _back(asked: Asked) -> dict[str, str]:
    return {
        "return_url": asked.return_to, "cancel_url": asked.back_to or asked.return_to,
        "shipping_preference": "NO_SHIPPING",
    }  # fmt: skip


def _money(asked: Asked) -> dict[str, str]:
    if asked.currency in WHOLE:
        raise ProcessorAway(f"PayPal takes no hundredths in {asked.currency}")
    return {"currency_code": asked.currency, "value": f"{asked.amount // 100}.{asked.amount % 100:02}"}


def _link(said: dict[str, Any]) -> str:
    """The page on which the buyer approves."""
    found = (each["href"] for each in said.get("links", ()) if each.get("rel") in ("approve", "payer-action"))
    return str(next(found, ""))


def _about(event: dict[str, Any]) -> str | None:
    """The session that an event is about; None for one of a kind, or of somebody, that is no concern of ours."""
    kind, about = event.get("event_type"), event.get("resource")
    if not isinstance(about, dict):
        return None
    try:
        marked, session = about.get("custom_id"), None
        if kind in ORDER_EVENTS:
            marked, session = about["purchase_units"][0].get("custom_id"), f"order/{about['id']}"
        elif kind in CAPTURE_EVENTS:
            session = f"order/{about['supplementary_data']['related_ids']['order_id']}"
        elif kind in REFUND_EVENTS and str(marked).startswith("refund "):
            session = f"refund/{about['id']}"
        elif kind in REFUND_EVENTS:
            # Given back at PayPal itself: whether the payment is ours, it says.
            return f"capture/{_above(about)}"
    except (KeyError, TypeError, IndexError, AttributeError):
        return None
    return session if OURS.fullmatch(str(marked)) else None


def _capture(said: dict[str, Any]) -> dict[str, Any]:
    """What was captured of an order; empty before that."""
    units = said.get("purchase_units") or [{}]
    found = (units[0].get("payments") or {}).get("captures") or [{}]
    return dict(found[-1])


def _of_order(session: str, said: dict[str, Any]) -> Told | None:
    """A completed order may hold a declined payment: what counts is what was captured."""
    unit = (said.get("purchase_units") or [{}])[0]
    capture, status = _capture(said), said.get("status")
    marks = OURS.fullmatch(str(unit.get("custom_id")))
    if marks is None:
        return None
    if status == "VOIDED" or (marks[1] == "renew" and status in ("CREATED", "PAYER_ACTION_REQUIRED")):
        return _failed(session, "abandoned")  # at a renewal there is nobody to ask
    return _settled(session, marks, capture.get("status"), capture.get("amount"))


def _of_refund(session: str, said: dict[str, Any]) -> Told | None:
    marks = OURS.fullmatch(str(said.get("custom_id")))
    return _settled(session, marks, said.get("status"), said.get("amount")) if marks else None


def _of_capture(session: str, said: dict[str, Any]) -> Told | None:
    """What was given back of a payment by somebody at PayPal; of one that is given back in part it says not how much."""
    marks, status = OURS.fullmatch(str(said.get("custom_id"))), said.get("status")
    if marks is None or marks[1] == "refund" or status not in ("REFUNDED", "PARTIALLY_REFUNDED"):
        return None
    is_whole = status == "REFUNDED"
    return Told(
        event=f"{session} {status}", session=session, kind=GIVEN_BACK, key=marks[2], outcome="done",
        amount=_cents(said["amount"]) if is_whole else 0, currency=str(said["amount"]["currency_code"]),
    )  # fmt: skip


def _cents(amount: Mapping[str, Any]) -> int:
    return int(Decimal(amount["value"]) * 100)


def _above(refund: dict[str, Any]) -> str:
    """The capture that a refund gives back, by its link."""
    found = (each["href"] for each in refund["links"] if each["rel"] == "up")
    return str(next(found, "")).rpartition("/")[2]


def _settled(session: str, marks: re.Match[str], status: Any, amount: Any) -> Told | None:
    if status in ("DECLINED", "DENIED", "FAILED", "CANCELLED"):
        return _failed(session, "card-declined")
    if status not in ("COMPLETED", "REFUNDED", "PARTIALLY_REFUNDED") or not amount:
        return None
    return Told(
        event=f"{session} {status}", session=session, kind=marks[1], key=marks[2], outcome="done",
        amount=_cents(amount), currency=str(amount["currency_code"]),
    )  # fmt: skip


def _failed(session: str, why: str) -> Told:
    return Told(event=f"{session} {why}", session=session, kind="", outcome="failed", why=why)
