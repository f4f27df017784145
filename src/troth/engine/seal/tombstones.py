"""The tombstone journal: who was erased, in a form that names nobody.

Source: spec/keys.md, section "Tombstones". It lies outside the backups of data and keys, so that a restore
can erase again whoever was erased since.
"""

import fcntl
import hmac
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from troth.engine.seal.errors import JournalBroken
from troth.engine.seal.keyfolder import replace

_MAGIC = b"troth-tombstones-1\n"
_MEND = "bring the newest copy"
_DIGITS, _HEX = 10, 64
_RECORD = _DIGITS + 1 + _HEX + 1 + _HEX + 1
_MARK = slice(_DIGITS + 1, _DIGITS + 1 + _HEX)


@dataclass(frozen=True, slots=True)
class Tombstones:
    """A journal as read: how many entries, the chain value of the last, and the marks."""

    count: int
    head: str
    marks: frozenset[bytes] = field(repr=False)
    key: bytes = field(repr=False)

    def __contains__(self, subject: UUID) -> bool:
        """Whether the subject was erased."""
        return _mark(self.key, subject) in self.marks


def begin_tombstones(path: Path, key: bytes) -> None:
    """Create an empty journal. Raises JournalBroken when there is one, for a journal is never begun twice."""
    if path.exists():
        raise JournalBroken(f"tombstone journal `{path}` is there already: it is never begun twice")
    try:
        replace(path, _MAGIC + hmac.digest(key, _MAGIC, "sha256").hex().encode() + b"\n")
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise JournalBroken(
            f"tombstone journal `{path}` cannot be made ({why}): put it on a disk with room"
        ) from None


def append_tombstones(path: Path, key: bytes, subjects: Iterable[UUID]) -> int:
    """Write that `subjects` were erased; durable when this returns the new count. Twice is no harm.

    Costs the same however long the journal is. Raises JournalBroken when the journal is missing (it is never
    made anew here), its last entries are altered, or it cannot be written.
    """
    try:
        with _opened(path) as descriptor:
            count, head = _tail(path, descriptor, key)
            start, records = _start(count), b""
            for subject in subjects:
                count += 1
                record = _record(key, count, _mark(key, subject).hex(), head)
                head = _chain_of(record)
                records += record
            os.ftruncate(descriptor, start)  # a torn last record was never acknowledged
            if os.pwrite(descriptor, records, start) != len(records):
                raise JournalBroken(f"tombstone journal `{path}` cannot be written whole: is the disk full?")
            os.fsync(descriptor)
    except OSError as error:
        raise _unreachable(path, error) from None
    return count


def read_tombstones(path: Path, key: bytes, most: int | None = None) -> Tombstones:
    """The whole journal, or its first `most` entries, checked.

    A cut tail shows only against a `count` and `head` remembered elsewhere.

    Raises JournalBroken when it is missing, altered or of another install.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreachable(path, error) from None
    return _parse(path, content, key, most)


def _parse(path: Path, content: bytes, key: bytes, most: int | None) -> Tombstones:
    head = _begin(path, content, key)
    marks: list[bytes] = []
    count = _whole_records(len(content))
    for number in range(1, (count if most is None else min(count, most)) + 1):
        record = content[_start(number - 1) : _start(number)]
        head = _follow(path, record, number, head, key)
        marks.append(bytes.fromhex(record[_MARK].decode()))
    return Tombstones(len(marks), head, frozenset(marks), key)


def _tail(path: Path, descriptor: int, key: bytes) -> tuple[int, str]:
    """Count and head, by the first line and the last two records."""
    head = _begin(path, os.pread(descriptor, _start(0), 0), key)
    count = _whole_records(os.fstat(descriptor).st_size)
    if count > 1:
        head = _chain_of(os.pread(descriptor, _RECORD, _start(count - 2)))
    if count:
        head = _follow(path, os.pread(descriptor, _RECORD, _start(count - 1)), count, head, key)
    return count, head


def _begin(path: Path, content: bytes, key: bytes) -> str:
    head = hmac.digest(key, _MAGIC, "sha256").hex()
    if content[: _start(0)] != _MAGIC + head.encode() + b"\n":
        raise JournalBroken(f"tombstone journal `{path}` is altered or of another install: {_MEND}")
    return head


def _follow(path: Path, record: bytes, number: int, head: str, key: bytes) -> str:
    """The chain value of `record` if it is entry `number` after `head`."""
    expected = _record(key, number, record[_MARK].decode("ascii", errors="replace"), head)
    if not hmac.compare_digest(record, expected):
        raise JournalBroken(f"tombstone journal `{path}` is altered at entry {number}: {_MEND}")
    return _chain_of(record)


def _mark(key: bytes, subject: UUID) -> bytes:
    return hmac.digest(key, b"troth-tombstone-1:" + subject.bytes, "sha256")


def _record(key: bytes, number: int, mark: str, head: str) -> bytes:
    body = f"{number:0{_DIGITS}d} {mark}"
    chain = hmac.digest(key, f"{head} {body}".encode(), "sha256").hex()
    return f"{body} {chain}\n".encode()


def _chain_of(record: bytes) -> str:
    return record[_RECORD - _HEX - 1 : -1].decode("ascii", errors="replace")


def _whole_records(size: int) -> int:
    return (size - _start(0)) // _RECORD


def _start(number: int) -> int:
    return len(_MAGIC) + _HEX + 1 + number * _RECORD


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _unreachable(path: Path, error: OSError) -> JournalBroken:
    return JournalBroken(f"tombstone journal `{path}` cannot be used ({error.strerror}): {_MEND}")
