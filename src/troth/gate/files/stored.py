"""Writing, reading and removing stored files, each within a use.

The bytes are sealed in chunks (spec/sealed-file.md) under a key that lies in the row's envelope: whoever cannot open
the row cannot open the file, and a row that passes to another owner takes its file along without touching it.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from troth.engine.policy import Permit
from troth.engine.seal import (
    CHUNK,
    FileSealer,
    SealBroken,
    file_context,
    new_file_key,
    open_file,
    place_of,
    seal_row,
)

from ..errors import GateError, Refused, SealedError
from ..keystore import keys
from ..published import statement
from ..uses import Actor, Ground, Use, current_use
from ..uses.doors import _act, keep
from ..uses.envelopes import aad
from . import away, disk
from .models import StoredFile, new_token

GRACE = 600
"""Seconds after its last byte for which a file without a row is left alone: its transaction may still be open."""
CHECK_SECONDS = 1.0
SYNC_BYTES = 256 << 20
"""So much is put on disk at once, so that the end of a large file does not wait for all of it."""
BATCH = 500

Files = QuerySet[StoredFile]


@dataclass(frozen=True, slots=True)
class Described:
    """What a file is called and what it is."""

    name: str
    content_type: str


class Writing:
    """A file as it is written, sealed chunk by chunk; nobody finds it before its row is saved.

    The open use needs a place that collects the category, or, for what is made from data it may use, the permission
    to use it.  `token` is its name on disk, for who must find a half-written one again.

    Raises Refused; Erased or KeyMissing from `write` within a second after the owner's key is gone.
    """

    def __init__(self, owner: UUID, name: str, content_type: str, category: str, token: str = "") -> None:
        use, key = current_use(), new_file_key()
        self.row = StoredFile(owner_id=owner, category=category, size=0, token=token or new_token())
        cipher = use.cipher(owner.hex)
        take_in(use, self.row)
        content = {"key": key.hex(), "name": name, "content_type": content_type}
        self.row.sealed = seal_row(cipher, content, aad(self.row))
        self._sealer = FileSealer(key, file_context(keys.deployment(), self.row.pk))
        self._file = disk.create(self.row.token)
        self._checked, self._synced = time.monotonic(), 0

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Seal the next bytes."""
        if time.monotonic() - self._checked > CHECK_SECONDS:
            check_key(self.row.owner_id)
            self._checked = time.monotonic()
        for sealed in self._sealer.feed(data):
            self._file.write(sealed)
        self.row.size += len(data)
        if self.row.size - self._synced > SYNC_BYTES:
            disk.sync(self._file)
            self._synced = self.row.size
        return len(data)

    def flush(self) -> None:
        """Nothing: what is held back is sealed with the next chunk."""

    def close(self) -> StoredFile:
        """The row, once all bytes are on disk.  It is for the caller to save it, in the transaction that names it."""
        for sealed in self._sealer.finish():
            self._file.write(sealed)
        disk.make_durable(self._file, self.row.token)
        self._file.close()
        check_key(self.row.owner_id)
        return self.row

    def put_off(self) -> StoredFile:
        """The row of a file whose bytes come later (`continuing.py`); its place on disk is durable."""
        self.row.is_whole = False
        disk.make_durable(self._file, self.row.token)
        self._file.close()
        return self.row

    def abandon(self) -> None:
        """Take away what was written."""
        self._file.close()
        disk.remove(self.row.token)


def write(owner: UUID, name: str, content_type: str, chunks: Iterable[bytes], category: str) -> StoredFile:
    """Store a file of a subject.  Raises as `Writing` does; then nothing of it is left."""
    writing = Writing(owner, name, content_type, category)
    try:
        for chunk in chunks:
            writing.write(chunk)
        row = writing.close()
        row.save(force_insert=True)
    except BaseException:
        writing.abandon()
        raise
    return row


def describe(stored: StoredFile) -> Described:
    """The file's name and type.  Raises Refused."""
    content = opened(current_use(), stored)
    return Described(content["name"], content["content_type"])


def is_open_to(use: Use, stored: StoredFile) -> bool:
    """Whether the use may read the file; asking opens nothing."""
    return isinstance(_decide(use, stored), Permit)


def read(stored: StoredFile) -> Iterator[bytes]:
    """The file's bytes, for as long as the open use lasts.  Raises Refused.

    On the way: SealBroken where it was altered or cut; Erased or KeyMissing before the next chunk once its owner's
    key is gone; SealedError when the use has ended.
    """
    use = current_use()
    content = opened(use, stored)

    def still() -> None:
        if use.closed:
            raise SealedError("this use has ended; read the file inside it, or take a stream")

    return _chunks(stored, content, still)


def stream(
    stored: StoredFile,
    purpose: str,
    *,
    by: Actor,
    given: Ground | None,
    start: int = 0,
    stop: int | None = None,
) -> Iterator[bytes]:
    """The file's bytes for an answer that is sent in pieces.  The entry is durable before this returns.

    From the byte `start` up to, and without, the byte `stop`: only the chunks they lie in are opened.
    Raises Refused, which is on record too, and GateError inside an act; on the way as `read` does.
    """
    if _act.get() is not None:
        raise GateError("a stream cannot begin within an act: its entry would not be durable before it")
    use = Use(purpose, by, given)
    try:
        content = opened(use, stored)
    finally:
        keep(use)
        use.close()
    return _part(stored, content, start, stored.size if stop is None else stop)


def remove(stored: StoredFile) -> None:
    """Delete the row, and the bytes once that is durable."""
    token = stored.token
    stored.delete()
    transaction.on_commit(lambda: away.remove(token))


def leave(subject: str) -> None:
    """The bytes of a subject (32 hex digits) who is being erased: their rows go with the others.

    Runs when the erasure is durably begun and cannot be taken back, so nothing is lost that was to stay.
    """
    for token in StoredFile.objects.filter(owner=UUID(subject)).values_list("token", flat=True):
        away.remove(token)


def sweep() -> int:
    """Take away files that no row names: what a crash left of a write, a removal or an erasure.  Returns how many."""
    lost, waiting = 0, disk.tokens(time.time() - GRACE)
    while batch := list(islice(waiting, BATCH)):
        known = set(StoredFile.objects.filter(token__in=batch).values_list("token", flat=True))
        for token in batch:
            if token not in known:
                disk.remove(token)
                lost += 1
    return lost


def take_in(use: Use, row: StoredFile) -> None:
    """Note that a use takes a file in, or makes it.  Raises Refused."""
    if use.at:
        use._collected.setdefault(row.owner_id.hex, {})[row.category] = use._collecting(row.category)
        return
    _permitted(use, row)


def opened(use: Use, stored: StoredFile) -> dict[str, Any]:
    """What a file's envelope holds, for this room alone.  Raises Refused."""
    _permitted(use, stored)
    return use.open_all(stored)


def _permitted(use: Use, stored: StoredFile) -> None:
    decision, owner = _decide(use, stored), stored.owner_id.hex
    if not isinstance(decision, Permit):
        use._used.setdefault(owner, {})
        use._fail(Refused(decision.reason, decision.clause))
    use.note(owner, stored.category, decision.clause)


def _decide(use: Use, stored: StoredFile) -> Any:
    policy = statement.policy(stored.collected_under)
    if policy is None:
        raise Refused(
            f"the statement this file was stored under (`{stored.collected_under}`) is not known here"
        )
    return policy.decide(
        "use", stored.category, use.purpose, use.by.role, use.plans.grounds_for(stored, stored.category)
    )


def later_keys(content: dict[str, Any]) -> list[tuple[int, bytes]]:
    """The keys that took over after a break (spec/sealed-file.md), from the content of a file's envelope."""
    pairs = (each.split(":") for each in content.get("later", "").split())
    return [(int(first), bytes.fromhex(key)) for first, key in pairs]


def _part(stored: StoredFile, content: dict[str, Any], start: int, stop: int) -> Iterator[bytes]:
    first = min(start, max(stored.size - 1, 0)) // CHUNK
    at = first * CHUNK
    for chunk in _chunks(stored, content, lambda: None, first):
        piece = chunk[max(start - at, 0) : max(stop - at, 0)]
        at += len(chunk)
        if piece:
            yield piece
        if at >= stop and stop < stored.size:
            return


def _chunks(
    stored: StoredFile, content: dict[str, Any], still: Callable[[], None], first: int = 0
) -> Iterator[bytes]:
    owner, seen, key = stored.owner_id, first * CHUNK, bytes.fromhex(content["key"])
    context, later = file_context(keys.deployment(), stored.pk), later_keys(content)
    try:
        with away.opened(stored.token) as file:
            if first:
                file.seek(place_of(first))
            for chunk in open_file(key, context, file.read, later=later, first=first):
                still()
                check_key(owner)
                yield chunk
                seen += len(chunk)
    except FileNotFoundError:
        check_key(owner)
        raise SealBroken("a stored file is not on disk, nor in a bucket") from None
    if seen != stored.size:
        raise SealBroken("a stored file has another size than its row says")


def check_key(owner: UUID) -> None:
    """Raises Erased or KeyMissing when a subject has no key any more."""
    if not keys.ciphers([owner.hex]):
        raise keys.absent(owner.hex)
