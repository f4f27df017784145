"""A page with a card's field, on an origin of its own: what stands for Stripe's card element where `localstripe` serves.

`Cards` is what such a page does with Stripe (here at the test's own bidding), `CardPage` shows it to a browser.
"""

import json
import ssl
import threading
import urllib.error
import urllib.request
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY, SIGNING = "sk_test_of_localstripe", "whsec_of_localstripe"


class Cards:
    """Sends what was typed to Stripe's servers, and nowhere else."""

    def __init__(self, api: str) -> None:
        self.api = api

    def type(self, intent: str, number: str) -> str:
        """A card for a Setup Intent: blank when it is set up, `3d-secure` when its bank asks, else what is wrong."""
        card = {"number": number.replace(" ", ""), "exp_month": 12, "exp_year": 2031, "cvc": "123"}
        data = {"type": "card", "card": card}
        status, said = self.ask(f"/v1/setup_intents/{intent}/confirm", {"payment_method_data": data})
        if status != 200:
            return str(said["error"].get("message") or "wrong")
        return "3d-secure" if said["status"] == "requires_action" else ""

    def answer(self, intent: str, is_me: bool) -> None:
        """What its owner tells the bank."""
        if intent.startswith("pi_"):
            _, said = self.ask(f"/v1/payment_intents/{intent}", None)
            told = {"client_secret": said["client_secret"], "success": is_me}
            self.ask(f"/v1/payment_intents/{intent}/_authenticate", told)
        else:
            self.ask(
                f"/v1/setup_intents/{intent}/{'confirm' if is_me else 'cancel'}", {"client_secret": None}
            )

    def ask(self, path: str, said: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        """One request, as JSON: `localstripe` takes that as well as forms."""
        body = None if said is None else json.dumps(said).encode()
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.api + path, body, headers)  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


class CardPage(ThreadingHTTPServer):
    """The page for a browser, with the demo's certificate for `pay.localhost`."""

    daemon_threads = True

    def __init__(self, port: int, api: str) -> None:
        super().__init__(("127.0.0.1", port), Desk)
        self.cards = Cards(api)

    def serve(self, certificate: Path, key: Path) -> None:
        """Answer from now on, in the background."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class Desk(BaseHTTPRequestHandler):
    """One request."""

    server: CardPage
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self._show(asked, confirms=asked.get("intent", "").startswith("pi_"))

    def do_POST(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        typed = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if "answer" in typed:
            self.server.cards.answer(asked["intent"], typed["answer"] == ["yes"])
        elif (wrong := self.server.cards.type(asked["intent"], typed["number"][0])) == "3d-secure":
            self._show(asked, confirms=True)
            return
        elif wrong and "declined" not in wrong:
            self._show(asked, confirms=False)
            return
        self.send_response(303)
        self.send_header("Location", asked["return"])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _show(self, asked: dict[str, str], confirms: bool) -> None:
        fields = (
            "<button name='answer' value='yes'>Yes, it is me</button><button name='answer' value='no'>No</button>"
            if confirms
            else "<label>Card number <input name='number' autocomplete='off'></label><button>Use this card</button>"
        )
        place = escape(self.path, quote=True)
        body = (
            f"<!DOCTYPE html><title>Card</title><form method='post' action='{place}'>{fields}</form>".encode()
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""
