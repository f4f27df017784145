"""Sealed files: large data in chunks of 64 KiB, each bound to its file, its place, and whether it is the last.

Source: spec/sealed-file.md.  The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizar 2015) over AES-256-GCM,
under a random key of the file's own.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from os import urandom
from typing import NoReturn
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from troth.engine.seal.errors import SealBroken
from troth.engine.seal.value import length_prefixed

CHUNK = 64 * 1024
"""Bytes of plaintext in every chunk but the last."""
FILE_HEADER = b"TF\x01"

_KEY_SIZE = 32
_SEALED = CHUNK + 16
_LABEL = b"sealed-file"
_MORE, _LAST = b"\0", b"\1"
_BROKEN = "a sealed file does not open: altered, cut, out of order, of another row, or under another key"


def new_file_key() -> bytes:
    """32 random bytes: the key of one file, to be sealed in the file's row."""
    return urandom(_KEY_SIZE)


Later = Sequence[tuple[int, bytes]]
"""Keys that took over after a break: the first chunk that each seals, in order, and the key (section "After a break")."""


def place_of(index: int) -> int:
    """Where in the sealed file a chunk begins, in bytes."""
    return len(FILE_HEADER) + index * _SEALED


def file_context(deployment: UUID, row: UUID) -> bytes:
    """The place a file belongs to: install and row.  Its owner is bound by the row, in which its key lies."""
    return length_prefixed(deployment.bytes) + length_prefixed(_LABEL) + length_prefixed(row.bytes)


class _Chunks:
    """The chunks of one file under its key; shows nothing of the key."""

    __slots__ = ("_aead", "_context")

    def __init__(self, key: bytes, context: bytes) -> None:
        if len(key) != _KEY_SIZE:
            raise ValueError("a file's key has 32 bytes")
        self._aead, self._context = AESGCM(key), context

    def _place(self, index: int, last: bytes) -> tuple[bytes, bytes]:
        nonce = index.to_bytes(11) + last
        return nonce, self._context + nonce

    def __reduce__(self) -> NoReturn:
        raise TypeError("a file's cipher is never pickled or copied")


class FileSealer(_Chunks):
    """Seals a file as its bytes come.  What `feed` and `finish` return is to be written in that order.

    `first` is the chunk it begins with.  INVARIANT: one that this key has not sealed before, or two chunks would share
    a nonce.
    """

    __slots__ = ("_held", "_index")

    def __init__(self, key: bytes, context: bytes, first: int = 0) -> None:
        super().__init__(key, context)
        self._held, self._index = bytearray(), first

    @property
    def sealed(self) -> int:
        """How many chunks are sealed, those before the first one included."""
        return self._index

    def feed(self, data: bytes | bytearray | memoryview) -> list[bytes]:
        """The sealed bytes that are complete with this piece; none when it only fills a chunk."""
        self._held += data
        if len(self._held) <= CHUNK:
            return []
        # One chunk is always held back: it may be the last, and then is sealed as such.
        done, start = ([] if self._index else [FILE_HEADER]), 0
        with memoryview(self._held) as held:
            while len(held) - start > CHUNK:
                done.append(self._seal(held[start : start + CHUNK], _MORE))
                start += CHUNK
        del self._held[:start]
        return done

    def settle(self) -> list[bytes]:
        """The sealed bytes of a whole chunk that was held back, for a caller who knows that more follows."""
        if len(self._held) < CHUNK:
            return []
        first = [] if self._index else [FILE_HEADER]
        done = [*first, self._seal(memoryview(bytes(self._held)), _MORE)]
        self._held.clear()
        return done

    def finish(self) -> list[bytes]:
        """The last sealed bytes; an empty file has a last chunk too, without which it would be a cut one."""
        first = [] if self._index else [FILE_HEADER]
        return [*first, self._seal(memoryview(bytes(self._held)), _LAST)]

    def _seal(self, chunk: memoryview, last: bytes) -> bytes:
        nonce, aad = self._place(self._index, last)
        self._index += 1
        return self._aead.encrypt(nonce, chunk, aad)


class _FileOpener:
    """Opens chunks, each under the key it was sealed under."""

    __slots__ = ("_chunks", "_starts")

    def __init__(self, key: bytes, context: bytes, later: Later) -> None:
        self._starts = [0, *(first for first, _ in later)]
        self._chunks = [_Chunks(each, context) for each in (key, *(each for _, each in later))]

    def open(self, index: int, sealed: bytes, last: bytes) -> bytes:
        chunks = self._chunks[bisect_right(self._starts, index) - 1]
        nonce, aad = chunks._place(index, last)
        try:
            opened = chunks._aead.decrypt(nonce, sealed, aad)
        except InvalidTag:
            raise SealBroken(_BROKEN) from None
        if last is _LAST and index and not opened:
            raise SealBroken(_BROKEN)
        return opened


def open_file(
    key: bytes, context: bytes, read: Callable[[int], bytes], *, later: Later = (), first: int = 0
) -> Iterator[bytes]:
    """The chunks of a sealed file in order; `read(n)` gives n bytes, fewer only at the end.

    From the beginning, or from the chunk `first`, when `read` stands there (`place_of`).
    Raises SealBroken: before a chunk that is altered, missing, out of place, and where a file was cut or grew.
    What was given before that is true, but not the whole.
    """
    opener, index = _FileOpener(key, context, later), first
    if first == 0 and read(len(FILE_HEADER)) != FILE_HEADER:
        raise SealBroken(_BROKEN)
    held = read(_SEALED)
    while True:
        following = read(_SEALED) if len(held) == _SEALED else b""
        yield opener.open(index, held, _MORE if following else _LAST)
        if not following:
            return
        held, index = following, index + 1
