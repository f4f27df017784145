"""A stand-in for Stripe's servers, as their public documentation describes them: hosted Checkout, and keys that hold.

On loopback, in the test's own process.  `localstripe` knows neither.  Amounts in cents.
"""

import json
import re
import secrets
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe

KEY, SIGNING = "sk_test_of_the_stub", "whsec_of_the_stub"
GOOD, DECLINED, POOR, LATE = "4242424242424242", "4000000000000002", "4000000000009995", "4000000000000341"
SECURE = "4000000000003220"
PAST = "/v1/"
MADE = {"/v1/customers", "/v1/checkout/sessions", "/v1/payment_intents", "/v1/refunds"}


class Fault(Exception):
    """An answer that is none of success: its status and Stripe's words for it."""

    def __init__(self, status: int, **said: Any) -> None:
        super().__init__(status)
        self.status, self.said = (
            status,
            {"type": "card_error" if status == 402 else "invalid_request_error", **said},
        )


class Stub(ThreadingHTTPServer):
    """The server, with all that it keeps; `is_away` breaks the line, `loses` breaks it after the work was done."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.things = dict[str, dict[str, Any]]()
        self.answers = dict[str, tuple[str, dict[str, Any]]]()
        self.asked = list[tuple[str, str, dict[str, Any]]]()
        self.is_away = self.loses = False
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def settings(self) -> dict[str, str]:
        """What the house is told of it."""
        return {
            "class": "troth.gate.outbound.stripe.Stripe", "name": "Stripe", "label": "Card", "country": "US",
            "recipient": "payment-processor", "api": self.url, "origin": "https://*.stripe.com", "pages": "hosted",
            "page": "", "key": KEY, "webhook": SIGNING,
        }  # fmt: skip

    # -- what people do on Stripe's pages

    def show_card(self, url: str, number: str = GOOD) -> str:
        """Type a card on a page of Checkout; what the page says, blank when it leads back."""
        session = self.things[url.rpartition("/")[2]]
        if number in (DECLINED, POOR):
            return "Your card was declined."
        method = self._keep("pm", "payment_method", number=number, customer=session["customer"],
                            card={"brand": "visa", "last4": number[-4:], "exp_year": 2031})  # fmt: skip
        intent = self._keep("seti", "setup_intent", status="succeeded", customer=session["customer"],
                            payment_method=method["id"], metadata={})  # fmt: skip
        session |= {"status": "complete", "url": None, "setup_intent": intent["id"]}
        return ""

    def confirm(self, url: str, is_me: bool = True) -> None:
        """Answer the bank."""
        intent = self.things[url.rpartition("/")[2]]
        intent["next_action"] = None
        if is_me:
            intent["status"] = "succeeded"
        else:
            code = "payment_intent_authentication_failure"
            intent |= {"status": "requires_payment_method", "last_payment_error": {"code": code}}

    def give_back(self, intent: dict[str, Any], amount: int) -> tuple[bytes, dict[str, str]]:
        """What somebody gives back at Stripe's dashboard, and the event of it."""
        charge = self._keep("ch", "charge", payment_intent=intent["id"], amount=intent["amount"], status="succeeded",
                            amount_refunded=amount, currency=intent["currency"], metadata=intent["metadata"])  # fmt: skip
        return self.event("charge.refunded", charge)

    def event(self, kind: str, about: Mapping[str, Any], **changed: Any) -> tuple[bytes, dict[str, str]]:
        """An event as Stripe sends it, signed."""
        body = json.dumps({"id": f"evt_{secrets.token_hex(8)}", "object": "event", "type": kind,
                           "data": {"object": dict(about)}, **changed})  # fmt: skip
        return sign(body)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """All things of a kind."""
        return [each for each in self.things.values() if each["object"] == kind]

    # -- what the house asks

    def answer(self, method: str, path: str, said: dict[str, Any], key: str) -> dict[str, Any]:
        """One request; the same key gets the first answer again."""
        with self.lock:
            self.asked.append((method, path, said))
            if not key:
                return self._do(method, path, said)
            known = self.answers.get(key)
            if known is None:
                try:
                    made = self._do(method, path, said)
                except Fault as fault:
                    made = {"fault": fault}
                known = self.answers[key] = json.dumps([path, said], sort_keys=True), dict(made)
            if known[0] != json.dumps([path, said], sort_keys=True):
                raise Fault(400, type="idempotency_error", message="another request had this key")
            if "fault" in known[1]:
                raise known[1]["fault"]
            return known[1]

    def _do(self, method: str, path: str, said: dict[str, Any]) -> dict[str, Any]:
        kind, _, rest = path.removeprefix(PAST).partition("/")
        if kind == "checkout":
            kind, _, rest = rest.partition("/")
        which, _, act = rest.partition("/")
        if method == "GET" and not which:
            wanted = (
                each for each in self.of("payment_intent") if each.get("customer") == said.get("customer")
            )
            return {"object": "list", "data": list(wanted), "has_more": False, "url": path}
        if not which:
            return dict(getattr(self, f"_begin_{kind}")(said))
        thing = self.things.get(which)
        if thing is None:
            raise Fault(404, code="resource_missing")
        if method == "POST" and not act:
            thing |= said
        elif act == "expire":
            self._end(thing, ("open",), "expired")
        elif act == "cancel":
            self._end(thing, ("requires_action", "requires_payment_method"), "canceled")
        return self._expanded(thing, said.get("expand", []))

    def _end(self, thing: dict[str, Any], states: tuple[str, ...], to: str) -> None:
        if thing["status"] not in states:
            raise Fault(400, code="unexpected_state")
        thing |= {"status": to, "url": None, "next_action": None}

    def _expanded(self, thing: dict[str, Any], names: list[str]) -> dict[str, Any]:
        made = {name: value for name, value in thing.items() if name != "number"}
        for each in names:
            name, _, rest = each.partition(".")
            if made.get(name):
                made[name] = self._expanded(self.things[made[name]], [rest] if rest else [])
        return made

    def _begin_customers(self, said: dict[str, Any]) -> dict[str, Any]:
        return self._keep("cus", "customer", **said)

    def _begin_sessions(self, said: dict[str, Any]) -> dict[str, Any]:
        assert (
            said["mode"] == "setup"
            and said["payment_method_types"] == ["card"]
            and said["customer"] in self.things
        )
        made = self._keep("cs_test", "checkout.session", **said, status="open", setup_intent=None)
        made["url"] = f"https://checkout.stripe.com/c/pay/{made['id']}"
        return made

    def _begin_payment_intents(self, said: dict[str, Any]) -> dict[str, Any]:
        card = self.things[said["payment_method"]]
        assert said["confirm"] == "true" and said["customer"] == card["customer"], (
            "a saved card is its customer's"
        )
        made = self._keep("pi", "payment_intent", amount=int(said["amount"]), currency=said["currency"],
                          customer=said["customer"],
                          metadata=said["metadata"], next_action=None, last_payment_error=None)  # fmt: skip
        if card["number"] == SECURE:
            if said.get("off_session"):
                self._decline(made, "authentication_required")
            page = {
                "url": f"https://hooks.stripe.com/3d_secure_2/hosted/{made['id']}",
                "return_url": said["return_url"],
            }
            made |= {
                "status": "requires_action",
                "next_action": {"type": "redirect_to_url", "redirect_to_url": page},
            }
        elif card["number"] == LATE:
            self._decline(made, "generic_decline")
        else:
            made["status"] = "succeeded"
        return made

    def _decline(self, intent: dict[str, Any], code: str) -> None:
        error = {"code": "card_declined", "decline_code": code}
        intent |= {"status": "requires_payment_method", "last_payment_error": error}
        raise Fault(402, **error, payment_intent=intent)

    def _begin_refunds(self, said: dict[str, Any]) -> dict[str, Any]:
        paid = self.things[said["payment_intent"]]
        if paid["status"] != "succeeded" or any(
            each["payment_intent"] == paid["id"] for each in self.of("refund")
        ):
            raise Fault(400, code="charge_already_refunded")
        return self._keep("re", "refund", payment_intent=paid["id"], amount=int(said["amount"]),
                          currency=paid["currency"], metadata=said["metadata"], status="succeeded")  # fmt: skip

    def _keep(self, prefix: str, kind: str, **said: Any) -> dict[str, Any]:
        made = {"id": f"{prefix}_{secrets.token_hex(12)}", "object": kind, **said}
        self.things[made["id"]] = made
        return made


class Desk(BaseHTTPRequestHandler):
    """One request to the interface."""

    server: Stub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("GET", urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._answer("POST", self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())

    def _answer(self, method: str, form: str) -> None:
        if self.server.is_away:
            self.close_connection = True
            return
        status, body, path = 200, dict[str, Any](), ""
        try:
            if self.headers.get("Authorization") != f"Bearer {KEY}":
                raise Fault(401)
            path = urlsplit(self.path).path
            key = self.headers.get("Idempotency-Key", "") if method == "POST" and path in MADE else ""
            body = self.server.answer(method, path, nested(form), key)
        except Fault as fault:
            status, body = fault.status, {"error": fault.said}
        if self.server.loses and method == "POST" and path in MADE:
            self.close_connection = True
            return
        told = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def nested(form: str) -> dict[str, Any]:
    """`metadata[kind]=verify&expand[0]=x` as what it says."""
    made = dict[str, Any]()
    for name, value in parse_qsl(form, keep_blank_values=True):
        first, *inner = re.findall(r"[^\[\]]+", name)
        if not inner:
            made[first] = value
        elif inner[0].isdecimal():
            made.setdefault(first, []).append(value)
        else:
            made.setdefault(first, {})[inner[0]] = value
    return made


def sign(body: str, at: float | None = None, secret: str = SIGNING) -> tuple[bytes, dict[str, str]]:
    """A body with its signature."""
    header = stripe.WebhookSignature.generate_signature_header(body, secret, int(at or time.time()))
    return body.encode(), {"Stripe-Signature": header}
