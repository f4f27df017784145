"""Signing checkpoints, and the manifests of exports.

The only module of the ledger that needs `cryptography`; no other imports it.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from troth.engine.ledger.errors import NoteError
from troth.engine.ledger.manifest import manifest_text
from troth.engine.ledger.note import Checkpoint, VerifierKey, is_key_name, signature_line


def new_seed() -> bytes:
    """A new private key: the 32-byte seed of RFC 8032.  Whoever holds it can sign heads of the log."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


class Signer:
    """Signs the checkpoints of one log.  The key's name is the log's origin."""

    def __init__(self, origin: str, seed: bytes) -> None:
        """Take the origin and the 32-byte seed.  Raises NoteError when either is malformed."""
        if not is_key_name(origin):
            raise NoteError(f"`{origin[:80]}` is no origin; use a host and path without spaces or `+`")
        if len(seed) != 32:
            raise NoteError("a signing key has 32 bytes")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = VerifierKey(origin, self._private.public_key().public_bytes_raw())

    def sign(self, size: int, root: bytes) -> str:
        """A signed note over the tree head.

        INVARIANT: the caller has checked that this tree extends every tree signed before (`extend` with
        `root`, compare-and-set on the last checkpoint): the log never signs two heads that do not fit.
        """
        return self._signed(Checkpoint(self.key.name, size, root).text())

    def sign_manifest(self, digest: bytes) -> str:
        """A signed note over the SHA-256 of an export's manifest; nobody can take it for a tree head."""
        return self._signed(manifest_text(self.key.name, digest))

    def _signed(self, text: str) -> str:
        return f"{text}\n{signature_line(self.key, self._private.sign(text.encode()))}"
