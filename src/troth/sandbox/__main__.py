"""`python -m troth.sandbox`: serve the sandbox processor on loopback, with TLS.

    TROTH_SANDBOX_SECRET=… python -m troth.sandbox PORT CERTIFICATE KEY AUTHORITY HOOK

HOOK is the address of the house that is told what became of each payment, `https://localhost:8443/…`.
"""

import hashlib
import hmac
import json
import os
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import credit, pages
from .book import Asking, Book, Wrong

MOST = 20_000
"""Bytes of a body."""
TRIES = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before each attempt to tell the house."""


class Processor(ThreadingHTTPServer):
    """The server, with what it knows."""

    daemon_threads = True

    def __init__(self, port: int, secret: str, hook: str, authority: str) -> None:
        super().__init__(("127.0.0.1", port), Desk)
        self.book, self.secret, self.hook, self.authority = Book(), secret, hook, authority

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: browsers that do not trust the certificate hang up, and a traceback would hold where they are."""

    def tell(self, asking: Asking) -> None:
        """Tell the house, in the background, until it has taken it."""
        self.tell_of(asking.told())

    def tell_of(self, said: dict[str, Any]) -> None:
        """Tell the house of anything."""
        threading.Thread(target=self._tell, args=(json.dumps(said).encode(),), daemon=True).start()

    def _tell(self, body: bytes) -> None:
        for wait in TRIES:
            time.sleep(wait)
            stamp = str(int(time.time()))
            signed = hmac.new(self.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
            headers = {
                "Content-Type": "application/json",
                "Troth-Sandbox-Signature": f"t={stamp},v1={signed}",
            }
            asked = urllib.request.Request(self.hook, body, headers, method="POST")
            context = ssl.create_default_context(cafile=self.authority)
            try:
                with urllib.request.urlopen(asked, timeout=10, context=context) as answer:
                    if answer.status < 300:
                        return
            except (urllib.error.URLError, OSError):
                continue


class Desk(BaseHTTPRequestHandler):
    """One request."""

    server: Processor
    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_GET(self) -> None:
        """Pages, and what became of a session."""
        kind, _, rest = urlsplit(self.path).path.strip("/").partition("/")
        if kind == "style.css":
            self._answer(200, pages.STYLE.encode(), "text/css")
        elif kind == "v1" and self._is_house():
            asking = self.server.book.find(rest.removeprefix("sessions/"))
            self._json(asking.told() if asking else None)
        elif kind == "pay" and (asking := self.server.book.find(rest)):
            if asking.outcome:
                self._go(asking.return_to)
            else:
                self._answer(200, pages.asking_page(asking, self.server.book.method_of(asking)))
        else:
            self._answer(404, pages.page("There is no such page", "<p>It may have been used already.</p>"))

    def do_POST(self) -> None:
        """What the house asks, and what people press."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST:
            self.close_connection = True
            self._answer(413, pages.page("That is too much", ""))
            return
        body, parts = self.rfile.read(int(length)), urlsplit(self.path).path.strip("/").split("/")
        if parts == ["v1", "sessions"]:
            self._begin(body)
        elif parts == ["v1", "credit"]:
            self._check(body)
        elif len(parts) == 4 and parts[:2] == ["v1", "sessions"] and parts[3] == "cancel":
            self._cancel(self.server.book.find(parts[2]))
        elif len(parts) == 3 and parts[0] == "pay" and (asking := self.server.book.find(parts[1])):
            self._press(asking, parts[2], body)
        else:
            self._answer(404, pages.page("There is no such page", ""))

    def _begin(self, body: bytes) -> None:
        if not self._is_house():
            return
        try:
            said: Any = json.loads(body)
            asking = self.server.book.begin(said if isinstance(said, dict) else {})
        except (Wrong, ValueError) as why:
            self._json({"error": str(why)}, 422)
            return
        if asking.outcome:
            self.server.tell(asking)
        port = self.server.server_address[1]
        self._json(
            {
                "id": asking.id,
                "url": f"https://pay.localhost:{port}/pay/{asking.id}",
            }
        )

    def _check(self, body: bytes) -> None:
        if not self._is_house():
            return
        try:
            found = credit.opinion(json.loads(body))
        except ValueError:
            found = None
        self._json(found or {"error": "key, name, address and employees are needed"}, 200 if found else 422)

    def _cancel(self, asking: Asking | None) -> None:
        if self._is_house():
            if asking:
                self.server.book.refuse(asking)
            self._json(asking.told() if asking else None)

    def _press(self, asking: Asking, act: str, body: bytes) -> None:
        book = self.server.book
        if act == "card":
            typed = parse_qs(body.decode("ascii", "replace")).get("number", [""])[0]
            stands = book.use_card(asking, typed)
            if stands == "3d-secure":
                self._answer(200, pages.confirm_page(asking))
                return
            if stands:
                self._answer(422, pages.asking_page(asking, None, stands))
                return
        elif act == "approve":
            book.approve(asking)
        else:
            book.refuse(asking)
        self.server.tell(asking)
        if ending := book.ends_soon(asking):
            self.server.tell_of(ending)
        self._go(asking.return_to)

    def _is_house(self) -> bool:
        said = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if hmac.compare_digest(said.encode(), self.server.secret.encode()):
            return True
        self._json({"error": "the secret is of another"}, 401)
        return False

    def _json(self, said: dict[str, Any] | None, status: int = 200) -> None:
        body = json.dumps(said or {"error": "no such session"}).encode()
        self._answer(status if said else 404, body, "application/json")

    def _go(self, to: str) -> None:
        self.send_response(303)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, status: int, body: bytes, kind: str = "text/html; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header(
            "Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
        )
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a line would hold what people do."""


def main(port: str, certificate: str, key: str, authority: str, hook: str) -> None:
    """Serve until told to stop."""
    server = Processor(int(port), os.environ["TROTH_SANDBOX_SECRET"], hook, authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
