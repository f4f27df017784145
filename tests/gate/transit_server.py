"""The transit engine of a key service on loopback, built from its documentation (openbao.org, "Transit (API)")."""

import json
import os
from base64 import b64decode, b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "s.a-token-of-the-kiln-key-service"


class Engine(ThreadingHTTPServer):
    """Keys by name, each with whether it may be deleted."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.keys: dict[str, tuple[AESGCM, bool]] = {}
        self.is_sealed = False
        Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    server: Engine

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._serve(None)

    def do_DELETE(self) -> None:
        self._serve(None)

    def do_POST(self) -> None:
        self._serve(json.loads(self.rfile.read(int(self.headers["content-length"])) or b"{}"))

    def do_PUT(self) -> None:
        self.do_POST()

    def _serve(self, told: Any) -> None:
        status, data = self._answer(told)
        body = json.dumps(data).encode() if data is not None else b""
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, told: Any) -> tuple[int, Any]:
        if self.server.is_sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if self.headers["X-Vault-Token"] != TOKEN:
            return 403, {"errors": ["permission denied"]}
        what, name, *rest = self.path.removeprefix("/v1/kiln-transit/").split("/")
        known = self.server.keys.get(name)
        if what == "keys":
            return self._key(name, rest, told, known)
        if known is None:
            return 400, {"errors": ["encryption key not found"]}
        place = b64decode(told.get("associated_data", ""))
        if what == "encrypt":
            nonce = os.urandom(12)
            sealed = nonce + known[0].encrypt(nonce, b64decode(told["plaintext"]), place)
            return 200, {"data": {"ciphertext": "vault:v1:" + b64encode(sealed).decode()}}
        sealed = b64decode(told["ciphertext"].removeprefix("vault:v1:"))
        try:
            opened = known[0].decrypt(sealed[:12], sealed[12:], place)
        except InvalidTag:
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"data": {"plaintext": b64encode(opened).decode()}}

    def _key(self, name: str, rest: list[str], told: Any, known: Any) -> tuple[int, Any]:
        if self.command == "GET":
            return (200, {"data": {"name": name}}) if known else (404, {"errors": []})
        if self.command == "DELETE":
            if not known or not known[1]:
                return 400, {"errors": ["deletion is not allowed for this key"]}
            del self.server.keys[name]
            return 204, None
        if rest == ["config"]:
            self.server.keys[name] = (known[0], bool(told["deletion_allowed"]))
        elif known is None:
            self.server.keys[name] = (AESGCM(AESGCM.generate_key(256)), False)
        return 204, None
