"""A browser that has keys in its device: it does of Device Bound Session Credentials what the draft says a browser does.

Written from the draft and on bare keys, so that nothing here is signed by what the house reads it with.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client

OFFER = "Secure-Session-Registration"
_OFFER = re.compile(r'\(([A-Z0-9 ]+)\);path="([^"]+)";challenge="([^"]+)"')
_ASKED = re.compile(r'"([^"]+)";id="([^"]+)"')


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def number(value: int, size: int = 0) -> str:
    return text(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class Device:
    """One key, and what a browser knows of the session that is bound to it."""

    def __init__(
        self, algorithm: str = "ES256", bits: int = 2048, curve: Any = None, quote: str = '"'
    ) -> None:
        self.algorithm, self.quote = algorithm, quote
        self.key: Any = (
            ec.generate_private_key(curve or ec.SECP256R1())
            if algorithm == "ES256"
            else rsa.generate_private_key(65537, bits)
        )
        self.session = ""
        self.refreshes_at = ""

    # -- what it signs

    def public(self) -> dict[str, str]:
        """The public half as a JWK."""
        numbers = self.key.public_key().public_numbers()
        if self.algorithm == "ES256":
            size = (self.key.curve.key_size + 7) // 8
            curve = {256: "P-256", 384: "P-384"}[self.key.curve.key_size]
            return {"kty": "EC", "crv": curve, "x": number(numbers.x, size), "y": number(numbers.y, size)}
        return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}

    def proof(self, challenge: Any, head: dict[str, Any] | None = None, *, brings: bool = False) -> str:
        """A signed token, as the header holds it."""
        told = {
            "typ": "dbsc+jwt",
            "alg": self.algorithm,
            **({"jwk": self.public()} if brings else {}),
            **(head or {}),
        }
        body = text(json.dumps(told).encode()) + "." + text(json.dumps({"jti": challenge}).encode())
        return f"{self.quote}{body}.{text(self._signed(body.encode()))}{self.quote}"

    def _signed(self, data: bytes) -> bytes:
        if self.algorithm == "RS256":
            return bytes(self.key.sign(data, padding.PKCS1v15(), SHA256()))
        size = (self.key.curve.key_size + 7) // 8
        pair = decode_dss_signature(self.key.sign(data, ec.ECDSA(SHA256())))
        return b"".join(each.to_bytes(size, "big") for each in pair)

    # -- what it does

    def offered(self, answer: Any) -> tuple[str, str]:
        """Where to register, and with which challenge, out of the header of an answer."""
        found = _OFFER.fullmatch(answer[OFFER])
        assert found and self.algorithm in found[1].split(), answer[OFFER]
        return found[2], found[3]

    def register(self, client: Client, answer: Any) -> Any:
        """Take the offer of an answer, and keep what the house said of the session."""
        page, challenge = self.offered(answer)
        told = client.post(page, HTTP_SECURE_SESSION_RESPONSE=self.proof(challenge, brings=True))
        if told.status_code == 200:
            self.session, self.refreshes_at = told.json()["session_identifier"], told.json()["refresh_url"]
        return told

    def send(self, client: Client, proof: str = "", session: str = "") -> Any:
        """A call to the address for refreshing."""
        more = {"HTTP_SECURE_SESSION_RESPONSE": proof} if proof else {}
        return client.post(
            self.refreshes_at,
            HTTP_SEC_SECURE_SESSION_ID=f"{self.quote}{session or self.session}{self.quote}",
            **more,
        )

    def asked(self, client: Client) -> str:
        """The challenge that the house asks with."""
        answer = self.send(client)
        found = _ASKED.fullmatch(answer.get("Secure-Session-Challenge", ""))
        assert answer.status_code == 403 and found and found[2] == self.session, answer.headers
        return found[1]

    def refresh(self, client: Client) -> Any:
        """Show that the device is there, as before a request whose third cookie is over."""
        return self.send(client, self.proof(self.asked(client)))
