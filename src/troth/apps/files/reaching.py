"""What somebody reaches of a workspace's files: all of them, or the folders and files that were opened to them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from troth.gate.errors import Refused
from troth.gate.files import stored
from troth.gate.files.models import StoredFile
from troth.gate.uses.actor import Row
from troth.workspaces.access import PURPOSE, Access, enter
from troth.workspaces.hosted import opened
from troth.workspaces.models import Right

from .models import Document, Folder, Upload, Version

ASKED_EVERY = 0.05
"""Seconds after which a running download asks again whether its reader is still let in."""

Kept = Version | Upload
Placed = Folder | Document


@dataclass(frozen=True, slots=True)
class Way:
    """Somebody's access as the ground for the bytes of one version or upload: where they reach it, it reaches them."""

    access: Access
    kept: Kept
    ground: ClassVar[str] = "grant"

    @property
    def names_actor_to(self) -> UUID:
        """As the access does."""
        return self.access.names_actor_to

    def is_live(self) -> bool:
        """For as long as the access."""
        return self.access.is_live()

    def covers(self, row: Row) -> bool:
        """The bytes of this one, and what the access covers anyway."""
        if isinstance(row, StoredFile):
            return row.pk == self.kept.stored_id and self.access.covers(self.kept)
        return self.access.covers(row)


def with_bytes(by: Access, kept: Kept) -> enter:
    """Enter the workspace, and a use in which the bytes of a version or an upload can be opened."""
    return enter(by, given=Way(by, kept))


def allows(by: Access, wanted: Right, what: Placed | Upload | None) -> bool:
    """Whether the access is enough for it; None is the top of the workspace."""
    return by.allows(wanted) or (what is not None and any(by.allows(wanted, part) for part in what.parts))


def must(by: Access, wanted: Right, what: Placed | Upload | None) -> None:
    """Raises Refused when the access is not enough, or no longer."""
    if not by.is_live() or not allows(by, wanted, what):
        by.must(wanted)


def may_share(by: Access, what: Placed) -> bool:
    """Whether somebody may open it to others."""
    row = by.workspace
    return row.ended_at is None and not row.is_companys and by.allows(Right.SHARE, what.pk)


def folder(by: Access, which: UUID | None) -> Folder | None:
    """A folder that somebody reaches, within the open workspace; the top for None.  Raises Folder.DoesNotExist."""
    if which is None:
        return None
    found: Folder = Folder.objects.select_related("parent").get(pk=which)
    if found.is_gone or not allows(by, Right.VIEW, found):
        raise Folder.DoesNotExist
    return found


def document(by: Access, which: UUID, *, is_gone: bool = False) -> Document:
    """A file that somebody reaches, within the open workspace.  Raises Document.DoesNotExist."""
    found: Document = Document.objects.select_related("folder").get(pk=which)
    if found.is_gone is not is_gone or not allows(by, Right.VIEW, found):
        raise Document.DoesNotExist
    return found


def version(by: Access, which: UUID, number: int | None) -> Version:
    """A version of a file, the newest without a number.  Raises Document.DoesNotExist, Version.DoesNotExist."""
    of = document(by, which)
    wanted = of.versions.select_related("stored", "document__folder")
    found: Version | None = (wanted.filter(number=number) if number else wanted).first()
    if found is None:
        raise Version.DoesNotExist
    return found


def stream(by: Access, kept: Version, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The bytes of a version for an answer in pieces; the entry is durable before this returns.

    Access that is taken back meanwhile ends it before the next chunk is opened.  Raises Refused.
    """
    with opened(by.workspace.owner_id):
        way = Way(by, kept)
        chunks = stored.stream(kept.stored, PURPOSE, by=by.actor, given=way, start=start, stop=stop)
    return while_let_in(by.is_live_now, chunks)


def while_let_in(still: Callable[[], bool], chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, for as long as the question is answered with yes; it is asked before a chunk is opened.

    A fast reader's chunks of one `ASKED_EVERY` share an answer.  Raises Refused.
    """
    asked = float("-inf")
    while True:
        if time.monotonic() - asked >= ASKED_EVERY:
            if not still():
                raise Refused("this workspace is no longer open to you")
            asked = time.monotonic()
        chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


def beginning(by: Access, kept: Kept) -> bytes:
    """The first chunk of what was kept, opened in a use of its own."""
    with with_bytes(by, kept):
        return next(stored.read(kept.stored), b"")
