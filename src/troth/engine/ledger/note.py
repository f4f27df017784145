"""Checkpoints and the signed notes that carry them (https://c2sp.org/tlog-checkpoint, https://c2sp.org/signed-note)."""

import base64
import re
from dataclasses import dataclass
from hashlib import sha256

from troth.engine.ledger import ed25519
from troth.engine.ledger.errors import NoteError

ED25519 = b"\x01"
_LONGEST = 1 << 20
_MOST_SIGNATURES = 100
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_BAD_IN_NOTE = re.compile(r"[\x00-\x09\x0b-\x1f]")


def b64(data: bytes) -> str:
    """Standard Base 64 with padding (RFC 4648, 4)."""
    return base64.b64encode(data).decode("ascii")


def unb64(text: str) -> bytes:
    """Strict inverse of `b64`: one spelling for each value.  Raises NoteError for any other."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise NoteError("not base64") from None
    if b64(data) != text:
        raise NoteError("not the canonical base64 of its bytes")
    return data


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: which log, how many leaves, which root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note text that is signed."""
        return f"{self.origin}\n{self.size}\n{b64(self.root)}\n"

    @staticmethod
    def parse(text: str) -> "Checkpoint":
        """Read a note text; extension lines are refused, since nothing audits them.  Raises NoteError."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not _SIZE.fullmatch(lines[1]):
            raise NoteError("a checkpoint is three lines: origin, tree size, root")
        root = unb64(lines[2])
        if len(root) != 32:
            raise NoteError("a checkpoint's root has 32 bytes")
        return Checkpoint(lines[0], int(lines[1]), root)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A log's public key and its name, written as a C2SP vkey: `name+key id+base64`."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """First four bytes of SHA-256(name || newline || 0x01 || public key)."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64(ED25519 + self.public)}"

    @staticmethod
    def parse(vkey: str) -> "VerifierKey":
        """Read a vkey of type Ed25519.  Raises NoteError when malformed or of another type."""
        name, _, rest = vkey.partition("+")
        key = unb64(rest[9:])
        if not is_key_name(name) or key[:1] != ED25519 or len(key) != 33:
            raise NoteError("not an Ed25519 verifier key of the form `name+hash+base64`")
        found = VerifierKey(name, key[1:])
        if str(found) != vkey:
            raise NoteError("the verifier key's hash does not belong to its name and key; copy it again")
        return found


def is_key_name(name: str) -> bool:
    """Whether a text may name a key: not empty, no spaces, no plus sign, no control characters."""
    return bool(name) and "+" not in name and name.isprintable() and not any(map(str.isspace, name))


def signature_line(key: VerifierKey, signature: bytes) -> str:
    """The line that carries a signature under a note."""
    return f"\u2014 {key.name} {b64(key.key_id + signature)}\n"


def verify_note(note: str, key: VerifierKey) -> str:
    """The text of a note that the key has signed.  Signatures of other keys are ignored, as C2SP asks.

    Raises NoteError when the note is malformed, the key has not signed it, or one signature of it is wrong.
    """
    if len(note) > _LONGEST or _BAD_IN_NOTE.search(note):
        raise NoteError("not a signed note: too long, or with control characters")
    text, gap, rest = note.rpartition("\n\n")
    lines = rest.split("\n")
    if not gap or lines.pop() or not 1 <= len(lines) <= _MOST_SIGNATURES:
        raise NoteError("not a signed note: text, an empty line, then signature lines")
    signatures = [found for line in lines if (found := _signature(line, key)) is not None]
    if not signatures:
        raise NoteError(f"no signature by `{key.name}` with this key")
    signed = (text + "\n").encode()
    if not all(ed25519.verify(key.public, signed, signature) for signature in signatures):
        raise NoteError(f"the signature by `{key.name}` is wrong")
    return text + "\n"


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """The checkpoint in a signed note.  Raises NoteError unless the key signed it and names this log."""
    found = Checkpoint.parse(verify_note(note, key))
    if found.origin != key.name:
        raise NoteError(f"the checkpoint is of `{found.origin[:80]}`, the key of `{key.name}`")
    return found


def _signature(line: str, key: VerifierKey) -> bytes | None:
    dash, _, rest = line.partition(" ")
    name, _, coded = rest.partition(" ")
    if dash != "\u2014" or not is_key_name(name):
        raise NoteError("malformed signature line")
    data = unb64(coded)
    if len(data) < 5:
        raise NoteError("a signature line is too short")
    return data[4:] if name == key.name and data[:4] == key.key_id else None
