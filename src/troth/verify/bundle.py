"""What must hold for an export to be whole and true.  Format: spec/export-bundle.md.

Members are read piece by piece and never unpacked to disk, so that a hostile archive costs time at most.
"""

import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import IO, Any

from troth.engine.ledger.errors import LedgerError
from troth.engine.ledger.manifest import open_manifest
from troth.engine.ledger.note import Checkpoint, VerifierKey, open_checkpoint
from troth.engine.ledger.receipt import Receipt
from troth.verify.check import Invalid, Undecided, check_place, check_share
from troth.verify.words import plain

FORMAT = "troth-export/1"
MANIFEST, NOTE, VKEY, CHECKPOINT = "manifest.json", "manifest.note", "vkey", "checkpoint"
_FACTS = {"categories", "company", "format", "log", "made_at", "members", "statement"}
_PIECE = 1 << 20
_LARGEST_TEXT = 4 << 20
_LARGEST_MANIFEST = 256 << 20
_BOMB_BYTES, _BOMB_RATIO = 1 << 30, 300
_MOST_NAMED = 10
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


@dataclass
class Found:
    """What a checked archive says of itself."""

    key: VerifierKey
    is_own_key: bool
    facts: dict[str, Any]
    members: int = 0
    size: int = 0
    proven: int = 0
    waiting: int = 0
    heads: dict[tuple[str, int], bytes] = field(default_factory=dict)


def check_bundle(path: str, key: VerifierKey | None) -> Found:
    """Check an export against the log's key, or against the one inside it.  Raises Invalid or Undecided."""
    try:
        # Opened first: a file that cannot be read is no fault of the archive.
        with open(path, "rb") as file:
            return _check(file, key)
    except OSError as error:
        raise Undecided(f"cannot read `{plain(path)}`: {error.strerror or 'no such file'}") from None


def _check(file: IO[bytes], key: VerifierKey | None) -> Found:
    try:
        archive = zipfile.ZipFile(file)
    except (*_DAMAGE, IndexError, KeyError) as error:
        raise Invalid(
            "this is no ZIP archive, or its list of members is damaged; to check a single receipt, give a checkpoint"
            f" and `--vkey` too ({type(error).__name__})"
        ) from None
    infos = _infos(archive, file.seek(0, 2))
    trusted = key or _own_key(archive, infos)
    manifest = _text(archive, infos, MANIFEST, _LARGEST_MANIFEST)
    found = Found(trusted, key is None, _manifest(manifest, _text(archive, infos, NOTE), trusted))
    faults = [*_names(infos, found), *_members(archive, infos, found)]
    if faults:
        more = len(faults) - _MOST_NAMED
        raise Invalid("\n  ".join([*faults[:_MOST_NAMED], *([f"and {more} more"] if more > 0 else [])]))
    return found


def _infos(archive: zipfile.ZipFile, length: int) -> dict[str, zipfile.ZipInfo]:
    """The members by name, each once, each in a place of its own."""
    infos: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        if info.filename in infos:
            raise Invalid(f"`{plain(info.filename)}` stands in the archive twice")
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Invalid(f"`{plain(info.filename)}` is packed in a way that no export is")
        infos[info.filename] = info
    end = 0
    for info in sorted(infos.values(), key=lambda each: each.header_offset):
        if info.header_offset < end:
            raise Invalid(f"`{plain(info.filename)}` lies over another member; this is a hostile archive")
        end = info.header_offset + info.compress_size
    total = sum(info.file_size for info in infos.values())
    if end > length or total > max(_BOMB_BYTES, _BOMB_RATIO * length):
        raise Invalid(
            f"the archive claims to unpack to {total} bytes, which its {length} bytes cannot honestly hold"
        )
    return infos


def _own_key(archive: zipfile.ZipFile, infos: dict[str, zipfile.ZipInfo]) -> VerifierKey:
    try:
        return VerifierKey.parse(_text(archive, infos, VKEY).removesuffix("\n"))
    except LedgerError as error:
        raise Invalid(f"`{VKEY}`: {error}") from None


def _text(
    archive: zipfile.ZipFile, infos: dict[str, zipfile.ZipInfo], name: str, most: int = _LARGEST_TEXT
) -> str:
    if name not in infos:
        raise Invalid(f"`{plain(name)}` is missing; this is no export, or it was taken out")
    content = bytearray()
    try:
        for piece in _pieces(archive, infos[name]):
            content += piece
            if len(content) > most:
                raise Invalid(f"`{plain(name)}` is larger than {most} bytes")
        return content.decode()
    except UnicodeDecodeError:
        raise Invalid(f"`{plain(name)}` is not UTF-8 text") from None
    except _DAMAGE:
        raise Invalid(f"`{plain(name)}` is damaged and cannot be unpacked") from None


def _pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(info) as member:
        while piece := member.read(_PIECE):
            yield piece


def _manifest(text: str, note: str, key: VerifierKey) -> dict[str, Any]:
    try:
        if open_manifest(note, key) != sha256(text.encode()).digest():
            raise Invalid(f"`{MANIFEST}` is not the one that was signed")
        facts = json.loads(text)
    except LedgerError as error:
        raise Invalid(f"`{NOTE}`: {error}") from None
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict) or set(facts) != _FACTS or facts["format"] != FORMAT:
        raise Invalid(f"`{MANIFEST}` is not of the form `{FORMAT}`")
    members = facts["members"]
    if not isinstance(members, list) or not all(map(_is_member, members)):
        raise Invalid(f"`{MANIFEST}` lists something that is no member")
    return facts


def _is_member(listed: object) -> bool:
    return (
        isinstance(listed, dict)
        and set(listed) == {"name", "sha256", "size"}
        and isinstance(listed["name"], str)
        and isinstance(listed["sha256"], str)
        and type(listed["size"]) is int
    )


def _names(infos: dict[str, zipfile.ZipInfo], found: Found) -> Iterator[str]:
    listed = {member["name"] for member in found.facts["members"]}
    for name in sorted(infos.keys() - listed - {MANIFEST, NOTE}):
        yield f"`{plain(name)}` stands in the archive, but not in the manifest"
    for name in sorted(listed - infos.keys()):
        yield f"`{plain(name)}` is missing"


def _members(archive: zipfile.ZipFile, infos: dict[str, zipfile.ZipInfo], found: Found) -> Iterator[str]:
    for listed in found.facts["members"]:
        name = listed["name"]
        if name not in infos:
            continue
        found.members, found.size = found.members + 1, found.size + listed["size"]
        try:
            if fault := _hash(archive, infos[name], listed):
                yield f"`{plain(name)}` {fault}"
            elif fault := _proof(archive, infos, name, found):
                yield f"`{plain(name)}`: {fault}"
        except _DAMAGE:
            yield f"`{plain(name)}` is damaged and cannot be unpacked"


def _hash(archive: zipfile.ZipFile, info: zipfile.ZipInfo, listed: dict[str, Any]) -> str:
    if info.file_size != listed["size"]:
        return f"has {info.file_size} bytes, and {listed['size']} were signed"
    digest, seen = sha256(), 0
    for piece in _pieces(archive, info):
        digest.update(piece)
        seen += len(piece)
    return "was changed" if seen != listed["size"] or digest.hexdigest() != listed["sha256"] else ""


def _proof(archive: zipfile.ZipFile, infos: dict[str, zipfile.ZipInfo], name: str, found: Found) -> str:
    """What is wrong with a receipt or a head; nothing for other members."""
    is_receipt = name.startswith("receipts/")
    if not is_receipt and name != CHECKPOINT:
        return ""
    try:
        text = _text(archive, infos, name)
        if name == CHECKPOINT:
            _agree(_opened(text, found.key), found)
        else:
            _check_receipt(Receipt.from_json(text), name, found)
    except (LedgerError, Invalid) as error:
        return str(error)
    return ""


def _check_receipt(receipt: Receipt, name: str, found: Found) -> None:
    if not re.fullmatch(rf"receipts/{re.escape(receipt.entry)}(-\d+)?\.json", name):
        raise Invalid("the receipt is of another entry than its name says")
    check_share(receipt)
    if receipt.place is None:
        found.waiting += 1
        return
    # A restored house goes on in a new log: same key, same house, another number.
    if receipt.origin.rpartition("/")[0] != found.key.name.rpartition("/")[0]:
        raise Invalid("the receipt is of another house's log")
    _agree(check_place(receipt, VerifierKey(receipt.origin, found.key.public), _opened), found)
    found.proven += 1


@lru_cache(maxsize=4096)
def _opened(note: str, key: VerifierKey) -> Checkpoint:
    # Many receipts stand under one head, and its signature takes a while to check.
    return open_checkpoint(note, key)


def _agree(head: Checkpoint, found: Found) -> None:
    if found.heads.setdefault((head.origin, head.size), head.root) != head.root:
        raise Invalid(
            f"the log has signed two different trees of {head.size} entries; keep this archive as proof"
        )


def describe_bundle(found: Found) -> Iterator[str]:
    """Lines that say what a checked export is."""
    yield f"  log        {plain(found.key.name)}"
    yield f"  made       {plain(str(found.facts['made_at']))}, by {plain(str(found.facts['company']))}"
    yield f"  policy     statement of version {plain(str(found.facts['statement']))}"
    yield f"  members    {found.members}, of {found.size} bytes, each as it was signed"
    yield f"  receipts   {found.proven} proven{_not_yet(found.waiting)}"
    if found.is_own_key:
        yield "  key        the one in the archive: it shows that nothing was changed, not who made it;"
        yield "             compare it with the one that the house publishes, or give that one with `--vkey`"
        yield f"             {plain(str(found.key))}"
    else:
        yield "  key        the one you gave"


def _not_yet(waiting: int) -> str:
    return f"; {waiting} had no place in the log yet when the archive was made" if waiting else ""
