"""A stand-in for PayPal, as its public documentation describes it: the interface, and the page on which one approves.

On loopback, in the test's own process; the page may have TLS and a port of its own, for a browser.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import ssl
import threading
import time
import zlib
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

CLIENT, SECRET, WEBHOOK = "client-of-the-stub", "secret-of-the-stub", "1JE4291016473214C"
HOOK = "/payments/hook/paypal/"
SEEN = [
    "Transmission-Id", "Transmission-Time", "Transmission-Sig", "Cert-Url", "Auth-Algo",
]  # fmt: skip


class Fault(Exception):
    """An answer that is none of success: its status and PayPal's word."""

    def __init__(self, status: int, issue: str = "") -> None:
        super().__init__(issue)
        self.status, self.issue = status, issue


class PayPalStub(ThreadingHTTPServer):
    """All that PayPal knows; `is_away` breaks the line, `loses` breaks it after the work was done, `is_poor` declines."""

    daemon_threads = True

    def __init__(self, pages: str = "https://www.paypal.example") -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.pages, self.key = pages, secrets.token_bytes(16)
        self.tokens = set[str]()
        self.forget()
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def forget(self) -> None:
        """Begin anew; whoever came in before comes in again."""
        self.things, self.answers, self.asked = dict[str, dict[str, Any]](), dict[str, Any](), list[str]()
        self.is_away = self.loses = self.is_poor = False
        self.hook = "https://shop.example" + HOOK

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def settings(self) -> dict[str, str]:
        """What the house is told of it."""
        return {
            "class": "troth.gate.outbound.paypal.PayPal", "name": "PayPal", "label": "PayPal", "country": "LU",
            "recipient": "payment-processor", "api": self.url, "origin": self.pages, "client": CLIENT,
            "secret": SECRET, "webhook": WEBHOOK,
        }  # fmt: skip

    # -- what people do there

    def approve(self, url: str) -> str:
        """Alice agrees; where her browser is sent."""
        thing = self.things[url.rpartition("=")[2]]
        thing["status"] = "APPROVED"
        return f"{thing['back']['return_url']}?token={thing['id']}&PayerID=7E7MGXCWTTKK2"

    def event(self, kind: str, about: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        """An event as PayPal sends it, signed over its checksum."""
        body = json.dumps(
            {"id": f"WH-{secrets.token_hex(9)}", "event_type": kind, "resource": about}, indent=1
        )
        return self.signed(body.encode())

    def signed(self, body: bytes) -> tuple[bytes, dict[str, str]]:
        """A body with its headers."""
        told = {
            "Transmission-Id": secrets.token_hex(8), "Transmission-Time": "2026-11-29T20:00:00Z",
            "Cert-Url": "https://api.paypal.example/cert", "Auth-Algo": "SHA256withRSA",
        }  # fmt: skip
        told["Transmission-Sig"] = self._sign(told["Transmission-Id"], told["Transmission-Time"], body)
        return body, {f"PayPal-{name}": value for name, value in told.items()}

    def _sign(self, which: str, at: str, body: bytes) -> str:
        signed = f"{which}|{at}|{WEBHOOK}|{zlib.crc32(body)}".encode()
        return base64.b64encode(hmac.new(self.key, signed, hashlib.sha256).digest()).decode()

    def of(self, kind: str) -> list[dict[str, Any]]:
        """All things of a kind: `order`, `setup`, `token`, `refund`."""
        return [each for each in self.things.values() if each["kind"] == kind]

    def capture_event(self, order: dict[str, Any], kind: str = "COMPLETED") -> tuple[bytes, dict[str, str]]:
        """That something was captured of an order."""
        related = {"supplementary_data": {"related_ids": {"order_id": order["id"]}}}
        unit = order["purchase_units"][0]
        return self.event(
            f"PAYMENT.CAPTURE.{kind}", {**_captured(order), **related, "custom_id": unit["custom_id"]}
        )

    def give_back(self, order: dict[str, Any], status: str = "REFUNDED") -> tuple[bytes, dict[str, str]]:
        """What somebody gives back at PayPal's own page, and the event of it: it has no mark of ours."""
        unit = order["purchase_units"][0]
        capture = {**_captured(order), "status": status, "custom_id": unit.get("custom_id")}
        self.things[capture["id"]] = {"kind": "capture", **capture}
        up = {"rel": "up", "href": f"{self.url}/v2/payments/captures/{capture['id']}"}
        return self.event("PAYMENT.CAPTURE.REFUNDED", {"id": _id(), "status": "COMPLETED", "links": [up]})

    # -- what the house asks

    def answer(self, method: str, path: str, body: bytes, key: str) -> dict[str, Any]:
        """One request; the same key gets the first answer again."""
        with self.lock:
            self.asked.append(f"{method} {path}")
            if path.endswith("/verify-webhook-signature"):
                return self._verify(body)
            if not key or key not in self.answers:
                try:
                    made: Any = self._do(method, path, json.loads(body or b"{}"))
                except Fault as fault:
                    made = fault
                self.answers[key or secrets.token_hex(4)] = (
                    made if not isinstance(made, dict) else json.loads(json.dumps(made))
                )
            else:
                made = self.answers[key]
            if isinstance(made, Fault):
                raise made
            return dict(made)

    def _verify(self, body: bytes) -> dict[str, Any]:
        said, event = json.loads(body), body.partition(b'"webhook_event": ')[2][:-1]
        wanted = self._sign(said["transmission_id"], said["transmission_time"], event)
        is_ours = said["webhook_id"] == WEBHOOK and hmac.compare_digest(wanted, said["transmission_sig"])
        return {"verification_status": "SUCCESS" if is_ours else "FAILURE"}

    def _do(self, method: str, path: str, said: dict[str, Any]) -> dict[str, Any]:
        parts = path.strip("/").split("/")[1:]
        if parts[:2] == ["notifications", "webhooks"]:
            if parts[2] != WEBHOOK:
                raise Fault(404)
            return {"id": WEBHOOK, "url": self.hook}
        if method == "GET":
            return self._found(parts[2])
        if parts == ["vault", "setup-tokens"]:
            return self._begin("setup", said, "/agreements/approve?approval_session_id=")
        if parts == ["vault", "payment-tokens"]:
            setup = self._found(said["payment_source"]["token"]["id"])
            if setup["status"] != "APPROVED":
                raise Fault(422, "TOKEN_NOT_APPROVED")
            self.things[setup["id"]]["status"] = "VAULTED"
            wallet = {"paypal": {"email_address": "alice@archer.example", "payer_id": "7E7MGXCWTTKK2"}}
            return self._keep("token", payment_source=wallet)
        if parts == ["checkout", "orders"]:
            return self._order(said)
        if parts[-1] == "capture":
            return self._capture(self._found(parts[2]))
        return self._refund(parts[2], said)

    def _begin(self, kind: str, said: dict[str, Any], page: str) -> dict[str, Any]:
        made = self._keep(kind, **said, back=said["payment_source"]["paypal"].get("experience_context"))
        links = [
            {
                "rel": "approve" if kind == "setup" else "payer-action",
                "href": f"{self.pages}{page}{made['id']}",
            }
        ]
        self.things[made["id"]] |= {"status": "PAYER_ACTION_REQUIRED", "links": links}
        return self._found(made["id"])

    def _order(self, said: dict[str, Any]) -> dict[str, Any]:
        assert said["intent"] == "CAPTURE"
        vaulted = said["payment_source"]["paypal"].get("vault_id")
        if vaulted is None:
            return self._begin("order", said, "/checkoutnow?token=")
        if self.things.get(vaulted, {}).get("kind") != "token":
            raise Fault(422, "TOKEN_ID_NOT_FOUND")
        self._refuse(said)
        return self._capture(self._keep("order", **said, status="APPROVED"))

    def _capture(self, order: dict[str, Any]) -> dict[str, Any]:
        thing = self.things[order["id"]]
        if thing["status"] == "COMPLETED":
            raise Fault(422, "ORDER_ALREADY_CAPTURED")
        if thing["status"] != "APPROVED":
            raise Fault(422, "ORDER_NOT_APPROVED")
        self._refuse(thing)
        unit = thing["purchase_units"][0]
        unit["payments"] = {"captures": [{"id": _id(), "status": "COMPLETED", "amount": unit["amount"]}]}
        thing["status"] = "COMPLETED"
        return self._found(order["id"])

    def _refuse(self, order: dict[str, Any]) -> None:
        number = order["purchase_units"][0]["invoice_id"]
        if any(
            _captured(each) and each["purchase_units"][0]["invoice_id"] == number for each in self.of("order")
        ):
            raise Fault(422, "DUPLICATE_INVOICE_ID")
        if self.is_poor:
            raise Fault(422, "INSTRUMENT_DECLINED")

    def _refund(self, capture: str, said: dict[str, Any]) -> dict[str, Any]:
        (paid,) = [each for each in self.of("order") if _captured(each).get("id") == capture]
        if any(each["of"] == capture for each in self.of("refund")):
            raise Fault(422, "CAPTURE_FULLY_REFUNDED")
        _captured(paid)["status"] = "REFUNDED"
        return self._keep("refund", **said, of=capture, status="COMPLETED")

    def _keep(self, kind: str, **said: Any) -> dict[str, Any]:
        made = {"id": _id(), "kind": kind, **said}
        self.things[made["id"]] = made
        return made

    def _found(self, which: str) -> dict[str, Any]:
        if which not in self.things:
            raise Fault(404, "RESOURCE_NOT_FOUND")
        return self.things[which]


class Desk(BaseHTTPRequestHandler):
    """One request to the interface."""

    server: PayPalStub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("GET", b"")

    def do_POST(self) -> None:
        self._answer("POST", self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _answer(self, method: str, body: bytes) -> None:
        stub = self.server
        if stub.is_away:
            self.close_connection = True
            return
        status, told = 200 if method == "GET" else 201, dict[str, Any]()
        try:
            told = self._told(method, body)
        except Fault as fault:
            status, told = fault.status, {"name": "FAULT", "details": [{"issue": fault.issue}]}
        if stub.loses and method == "POST" and re.search(r"orders$|refund$|capture$", self.path):
            self.close_connection = True
            return
        answer = json.dumps(told).encode()
        self.send_response(200 if "oauth2" in self.path and status == 201 else status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _told(self, method: str, body: bytes) -> dict[str, Any]:
        said = self.headers.get("Authorization", "")
        if self.path == "/v1/oauth2/token":
            if said != "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode():
                raise Fault(401, "invalid_client")
            token = secrets.token_hex(8)
            self.server.tokens.add(token)
            return {"access_token": token, "token_type": "Bearer", "expires_in": 32400}
        if said.removeprefix("Bearer ") not in self.server.tokens:
            raise Fault(401, "invalid_token")
        return self.server.answer(method, self.path, body, self.headers.get("PayPal-Request-Id", ""))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


class ApprovalPage(ThreadingHTTPServer):
    """PayPal's page for a browser, with the demo's certificate for `pay.localhost`."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Approval)
        self.stub = PayPalStub(f"https://pay.localhost:{port}")

    def serve(self, certificate: Path, key: Path) -> None:
        """Answer from now on, in the background."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class Approval(BaseHTTPRequestHandler):
    """Agree, or go back."""

    server: ApprovalPage
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        place = escape(self.path, quote=True)
        buttons = (
            "<button name='act' value='agree'>Agree</button><button name='act' value='back'>Cancel</button>"
        )
        body = f"<!DOCTYPE html><title>PayPal</title><form method='post' action='{place}'>{buttons}</form>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        typed = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        thing = self.server.stub.things[urlsplit(self.path).query.rpartition("=")[2]]
        to = self.server.stub.approve(self.path) if typed["act"] == ["agree"] else thing["back"]["cancel_url"]
        self.send_response(303)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def _captured(order: dict[str, Any]) -> dict[str, Any]:
    found: list[dict[str, Any]] = order["purchase_units"][0].get("payments", {}).get("captures", [{}])
    return found[-1]


def _id() -> str:
    return secrets.token_hex(8).upper() + str(int(time.time()) % 10)
