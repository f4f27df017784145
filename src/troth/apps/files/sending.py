"""Files that come in several goes: begun, sent piece by piece, finished; after a break the sender asks how far it got.

A piece is durable when it was answered.  What is finished twice is kept once.
"""

import hashlib
import re
from collections.abc import Callable
from uuid import UUID

from django.utils import timezone

from troth.accounts.people.companies import NotNow
from troth.gate.errors import Refused
from troth.gate.files import continuing, stored
from troth.gate.files.continuing import AllHere, Continuing
from troth.gate.uses import act
from troth.workspaces.access import Access, enter
from troth.workspaces.hosted import opened
from troth.workspaces.models import Right

from . import quota, reaching
from .flows import add_version, drop, held
from .kinds import kind_of
from .limits import must_be_taken
from .models import CATEGORY, Document, Upload, Version
from .naming import clean
from .reaching import must, with_bytes

PIECE = 8 << 20
"""What we ask senders to send at once, in bytes; any size from 64 KiB on is taken."""
AT_ONCE = 256 << 10
MOST_OPEN = 50
_SHA256 = re.compile(r"[0-9a-f]{64}|")


class Misplaced(NotNow):
    """The piece does not begin where the last one ended; `offset` is where to go on."""

    def __init__(self, offset: int) -> None:
        super().__init__("This is not where the upload stands. Go on at the offset that is given here.")
        self.offset = offset


def begin(by: Access, inside: UUID | None, name: str, size: int, sha256: str = "", mark: str = "") -> Upload:
    """Announce a file; the room for it is set aside.  With a `mark` an upload that the same person broke off is found.

    Raises NotNow, TooLarge, Refused.
    """
    if not _SHA256.fullmatch(sha256):
        raise NotNow("The SHA-256 of a file has 64 hexadecimal digits, in lower case.")
    name, mark = clean(name), mark[:80]
    with enter(by, writes=True), act():
        parent = held(by, inside)
        must(by, Right.EDIT, parent)
        mine = list(Upload.objects.filter(by=by.person).select_related("stored"))
        for each in mine if mark else ():
            if (each.folder_id, each.size, each.name, each.mark, each.sha256) == (
                inside,
                size,
                name,
                mark,
                sha256,
            ):
                return each  # type: ignore[no-any-return]
        if len(mine) >= MOST_OPEN:
            raise NotNow(f"{MOST_OPEN} of your uploads are not finished. Finish or drop some of them first.")
        quota.must_fit(size, quota.left())
        file = continuing.begin(by.workspace.owner_id, name, "", CATEGORY)
        file.save(force_insert=True)
        made = Upload(
            folder=parent, stored=file, name=name, sha256=sha256, mark=mark, size=size, by_id=by.person,
        )  # fmt: skip
        made.save(force_insert=True)
    return made


def find(by: Access, which: UUID) -> Upload | None:
    """One's own unfinished upload, within the open workspace."""
    found: Upload | None = (
        Upload.objects.filter(pk=which, by=by.person).select_related("stored", "folder").first()
    )
    return found


def send(by: Access, upload: Upload, offset: int, read: Callable[[int], bytes]) -> int:
    """Take the next piece, as it comes out of `read`; returns how much of the file is durable.

    What came before a break is kept: then this raises OSError, as `read` does.  Raises Misplaced, TooLarge,
    continuing.Busy, Refused.
    """
    try:
        with with_bytes(by, upload):
            must(by, Right.EDIT, upload)
            file = Continuing(upload.stored)
    except AllHere:
        raise Misplaced(upload.stored.size) from None
    try:
        if file.came != offset:
            raise Misplaced(file.came)
        _fill(by, upload, file, read)
    except BaseException:
        file.pause()
        raise
    with opened(by.workspace.owner_id):
        Upload.objects.filter(pk=upload.pk).update(touched_at=timezone.now())
    if file.came == upload.size:
        return file.finish().size
    if file.pause() == offset:
        raise NotNow("Nothing of this is kept: a piece has 64 KiB at least, unless it is the last one.")
    return file.row.size


def _fill(by: Access, upload: Upload, file: Continuing, read: Callable[[int], bytes]) -> None:
    while data := read(AT_ONCE):
        if file.came + len(data) > upload.size:
            raise quota.TooLarge(f"This is more than was announced: the file has {upload.size} bytes.")
        if not by.is_live():
            raise Refused("this workspace is no longer open to you")
        file.write(data)


def finish(by: Access, upload: Upload) -> Document:
    """Keep the file, once all of it is here and is what was announced.  Raises Misplaced, NotNow, Refused.

    A file with another checksum than was announced is dropped.
    """
    with enter(by):
        must(by, Right.EDIT, upload)
    file = upload.stored
    if not file.is_whole and upload.size == 0:
        send(by, upload, 0, lambda _: b"")
    if not file.is_whole or file.size != upload.size:
        raise Misplaced(file.size)
    if not _is_as_announced(by, upload):
        let_go(by, upload)
        raise NotNow("What came has another checksum than was announced, so it was not kept. Send it again.")
    kind = kind_of(reaching.beginning(by, upload))
    try:
        must_be_taken(by, kind)
    except NotNow:
        let_go(by, upload)
        raise
    with enter(by, writes=True), act():
        parent = held(by, upload.folder_id)
        must(by, Right.EDIT, parent)
        found = find(by, upload.pk)
        if found is None:
            raise NotNow("This upload is not there any more.")
        name = found.name
        found.delete()
        # The version's id is the upload's, so that whoever did not hear of it finds the file.
        return add_version(by, parent, name, file, kind, pk=upload.pk).document


def finished(by: Access, which: UUID) -> Document | None:
    """The file that an upload became, for whoever did not hear of it; within the open workspace."""
    made = Version.objects.filter(pk=which, by=by.person).select_related("document").first()
    return made.document if made else None


def _is_as_announced(by: Access, upload: Upload) -> bool:
    with with_bytes(by, upload):
        wanted, found = upload.sha256, hashlib.sha256()
        for chunk in stored.read(upload.stored) if wanted else ():
            found.update(chunk)
    return not wanted or found.hexdigest() == wanted


def let_go(by: Access, upload: Upload) -> None:
    """Drop an upload with what came of it."""
    with enter(by, writes=True), act():
        found = find(by, upload.pk)
        if found is not None:
            drop(found)
