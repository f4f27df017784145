"""The archive as it is written: members one after another, each with its hash, and the signed manifest at the end.

Nothing of it is held in memory but the list of members.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any, Protocol

FORMAT = "troth-export/1"
MANIFEST, NOTE = "manifest.json", "manifest.note"
_LARGE = 1 << 31


class Sink(Protocol):
    """Whatever takes the archive's bytes in order; it cannot be gone back in."""

    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...


class Member:
    """One member while it is written."""

    def __init__(self, into: IO[bytes]) -> None:
        self._into, self._hash = into, hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """The next bytes."""
        self._hash.update(data)
        self._into.write(data)
        self.size += len(data)

    def text(self, text: str) -> None:
        """The next characters."""
        self.write(text.encode())

    @property
    def digest(self) -> str:
        """Hex of the SHA-256 of all bytes so far."""
        return self._hash.hexdigest()


class Zipped:
    """A ZIP file written to a sink.  `is_large` lets members without a size grow beyond 2 GiB, in a newer form of ZIP."""

    def __init__(self, sink: Sink, moment: datetime, *, is_large: bool = False) -> None:
        self._is_large = is_large
        self._zip = zipfile.ZipFile(sink, "w", allowZip64=True)  # type: ignore[call-overload]
        self._time = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
        self._members: list[dict[str, Any]] = []

    @contextmanager
    def member(self, name: str, *, size: int | None = None) -> Iterator[Member]:
        """A member to write.  With a `size` it is a file, kept as it is; without one it is text, and packed."""
        info = zipfile.ZipInfo(name, self._time)
        info.external_attr = 0o600 << 16
        info.compress_type = zipfile.ZIP_DEFLATED if size is None else zipfile.ZIP_STORED
        is_large = self._is_large if size is None else size >= _LARGE
        with self._zip.open(info, "w", force_zip64=is_large) as into:
            written = Member(into)
            yield written
        self._members.append({"name": name, "size": written.size, "sha256": written.digest})

    def close(self, facts: dict[str, Any], sign: Callable[[bytes], str]) -> None:
        """Write the manifest, its signed note, and the archive's own list of members."""
        manifest = {"format": FORMAT, **facts, "members": self._members}
        text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False).encode()
        with self.member(MANIFEST) as out:
            out.write(text)
        with self.member(NOTE) as out:
            out.text(sign(hashlib.sha256(text).digest()))
        self._zip.close()
