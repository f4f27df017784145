"""The signed note over an export's manifest.  Specification: spec/export-bundle.md.

INVARIANT: it is signed with the log's key and can never be read as a head of the log: its first line is no origin of a
log, and it has two lines where a checkpoint has three.
"""

from troth.engine.ledger.errors import NoteError
from troth.engine.ledger.note import VerifierKey, b64, unb64, verify_note

_SUFFIX = "/export"
_HASH = 32


def manifest_text(origin: str, digest: bytes) -> str:
    """The note text: the log's origin with `/export` behind it, and the SHA-256 of the manifest."""
    return f"{origin}{_SUFFIX}\n{b64(digest)}\n"


def open_manifest(note: str, key: VerifierKey) -> bytes:
    """The hash of the manifest that the key has signed.  Raises NoteError."""
    lines = verify_note(note, key).split("\n")
    if len(lines) != 3 or lines[0] != key.name + _SUFFIX:
        raise NoteError("the note is not about an export")
    digest = unb64(lines[1])
    if len(digest) != _HASH:
        raise NoteError("the hash in the note has another length than SHA-256")
    return digest
