"""Files that come in several goes: what is durable stays, and whoever sends goes on from there.

The row is saved before the first byte, so that the sweep leaves the bytes alone and an erasure finds them; `size` says
how much is on disk, a multiple of 64 KiB until the file is whole.
"""

import os
from uuid import UUID

from troth.engine.seal import CHUNK, FileSealer, SealBroken, file_context, new_file_key, place_of, seal_row

from ..keystore import keys
from ..uses import current_use
from ..uses.envelopes import aad
from . import disk
from .models import StoredFile
from .stored import Writing, check_key, later_keys, opened

SYNC_BYTES = 8 << 20
"""So much may have to be sent again after a kill."""


class Busy(Exception):
    """Somebody else is sending the same file just now."""


def begin(owner: UUID, name: str, content_type: str, category: str) -> StoredFile:
    """A file of which nothing has come.  It is for the caller to save the row.  Raises as `Writing` does."""
    return Writing(owner, name, content_type, category).put_off()


class AllHere(Exception):
    """All of the file has come; nothing is added to it."""


class Continuing:
    """The next bytes of an unfinished file, within a use that may open it; writing outlives the use.

    `came` is how many bytes there are, those that are only held back included.

    Raises Refused, Busy, AllHere; SealBroken when bytes are missing on disk.
    """

    def __init__(self, stored: StoredFile) -> None:
        opened(current_use(), stored)
        try:
            self._file = disk.again(stored.token)
        except BlockingIOError:
            raise Busy from None
        except FileNotFoundError:
            raise SealBroken("an unfinished file is not on disk") from None
        try:
            # Read again: whoever wrote on it before this may have come further since.
            stored.refresh_from_db()
            if stored.is_whole:
                raise AllHere
            self.row, self.came, self._noted = stored, stored.size, stored.size
            self._sealer = self._go_on()
        except BaseException:
            self._file.close()
            raise

    def _go_on(self) -> FileSealer:
        use, first = current_use(), self.row.size // CHUNK
        content = opened(use, self.row)
        place, length = place_of(first) if first else 0, os.fstat(self._file.fileno()).st_size
        if length < place:
            raise SealBroken("an unfinished file is shorter on disk than its row says")
        if length > place:
            # INVARIANT: these chunks may be sealed again with other content, so never again under the same key.
            later = f"{content.get('later', '')} {first}:{new_file_key().hex()}"
            content = {**content, "later": later.strip()}
            self.row.sealed = seal_row(use.cipher(self.row.owner_id.hex), content, aad(self.row))
            self.row.save(update_fields=["sealed"])
            self._file.truncate(place)
        self._file.seek(place)
        keys_of = [(0, bytes.fromhex(content["key"])), *later_keys(content)]
        return FileSealer(keys_of[-1][1], file_context(keys.deployment(), self.row.pk), first)

    def write(self, data: bytes) -> None:
        """Seal the next bytes; every 8 MiB they are made durable.  Raises Erased or KeyMissing."""
        for sealed in self._sealer.feed(data):
            self._file.write(sealed)
        self.came += len(data)
        if self._sealer.sealed * CHUNK - self._noted >= SYNC_BYTES:
            self._note()

    def pause(self) -> int:
        """Make durable what came; returns from where to go on, in bytes.  Less than 64 KiB at the end is not kept."""
        with self._file:
            for sealed in self._sealer.settle():
                self._file.write(sealed)
            self._note()
        return self.row.size

    def finish(self) -> StoredFile:
        """The file is whole with what came, and durable."""
        with self._file:
            for sealed in self._sealer.finish():
                self._file.write(sealed)
            disk.make_durable(self._file, self.row.token)
            check_key(self.row.owner_id)
            self.row.size, self.row.is_whole = self.came, True
            StoredFile.objects.filter(pk=self.row.pk).update(size=self.came, is_whole=True)
        return self.row

    def _note(self) -> None:
        disk.sync(self._file)
        check_key(self.row.owner_id)
        self.row.size = self._noted = self._sealer.sealed * CHUNK
        StoredFile.objects.filter(pk=self.row.pk).update(size=self.row.size)
