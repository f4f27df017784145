"""Proofs by which a browser shows that it has the key of its device (Device Bound Session Credentials, "DBSC proof").

A proof is a signed token in a header.  Nothing here touches a database, and nobody's word on an algorithm is taken: a
token says which of the two it was signed by, and the key decides.  Source: W3C, webappsec-dbsc, editor's draft of
February 2026; RFC 7515, 7517.
"""

import re
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from jwt.types import Options

ALGORITHMS = ("ES256", "RS256")
"""What we offer, the better first.  The draft knows `none` too, which proves nothing."""
TYPE = "dbsc+jwt"
LONGEST = 4_000
"""Characters of a proof, with room for a large key of RSA: what is longer is not looked at."""
RSA_BITS = range(2048, 4097)
# The draft's header is a string in quotes, whose parameters are ignored; Chromium 156 sends it without.
_SHAPE = re.compile(r'"?([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)"?(?:;.*)?')
_ASKED: Options = {
    "require": ["jti"], "verify_aud": False, "verify_iat": False, "verify_exp": False, "verify_nbf": False,
    "verify_iss": False, "verify_sub": False,
}  # fmt: skip
"""Of a token's claims the challenge alone counts, which says for whom and until when: browsers send others, or did."""


class Wrong(ValueError):
    """What was shown is no proof; the text says why, and nothing of what was shown."""


@dataclass(frozen=True, slots=True)
class Key:
    """The public half of a device's key, and the one algorithm it is used with."""

    algorithm: str
    der: bytes


def registering(shown: str) -> tuple[Key, str]:
    """The key that a proof brings along, and the challenge that it answers.  Raises Wrong."""
    token = _token(shown)
    head = _head(token)
    algorithm = head["alg"]
    try:
        public = jwt.PyJWK(head["jwk"], algorithm=algorithm).key
    except (KeyError, TypeError, ValueError, jwt.PyJWTError):
        raise Wrong("no key of a kind that we take came along") from None
    if not _is_taken(public, algorithm):
        raise Wrong("the key is of no kind that we take")
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Key(algorithm, der), _challenge(token, public, algorithm)


def answering(shown: str, key: Key) -> str:
    """The challenge that a proof answers, signed with a key that we know.  Raises Wrong."""
    token = _token(shown)
    head = _head(token)
    if head["alg"] != key.algorithm or "jwk" in head:
        raise Wrong("it was not signed in the way that was agreed")
    return _challenge(token, load_der_public_key(key.der), key.algorithm)


def _token(shown: str) -> str:
    found = _SHAPE.fullmatch(shown) if len(shown) <= LONGEST else None
    if found is None:
        raise Wrong("there is no signed token")
    return found[1]


def _head(token: str) -> dict[str, Any]:
    try:
        head = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise Wrong("the token has no head") from None
    if head.get("typ") != TYPE or head.get("alg") not in ALGORITHMS:
        raise Wrong("the token is of another kind, or signed by nothing that we take")
    return head


def _is_taken(public: object, algorithm: str) -> bool:
    """Whether it is the public half of a key, of the curve or the sizes that we take."""
    if algorithm == "ES256":
        return isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1)
    return isinstance(public, RSAPublicKey) and public.key_size in RSA_BITS


def _challenge(token: str, public: Any, algorithm: str) -> str:
    try:
        told = jwt.decode(token, public, algorithms=[algorithm], options=_ASKED)
    except (jwt.PyJWTError, ValueError):
        raise Wrong("the signature is not of that key") from None
    if not isinstance(told["jti"], str):
        raise Wrong("it answers no challenge")
    return told["jti"]
