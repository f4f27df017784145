"""Files out of a form, sealed as they arrive: neither in memory nor on disk is there more of them than a chunk."""

from contextlib import suppress
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

from troth.gate.errors import Refused
from troth.gate.files.models import StoredFile
from troth.gate.files.stored import Writing
from troth.workspaces.access import Access, enter

from . import quota
from .kinds import kind_of
from .models import CATEGORY
from .naming import clean

_AROUND = 1 << 20
"""Bytes of a form that are not its files: names, boundaries, the token."""


class Received:
    """A file that came whole and waits to be kept; closed without that, it is gone."""

    def __init__(self, name: str, kind: str, writing: Writing) -> None:
        self.name, self.kind, self._writing = name, kind, writing
        self.is_kept = False

    def whole(self) -> StoredFile:
        """The row, for whoever keeps it."""
        return self._writing.close()

    def close(self) -> None:
        """Django's hook, at the end of the request."""
        if not self.is_kept:
            self._writing.abandon()


class SealingHandler(FileUploadHandler):
    """Django's upload handler for one request of somebody who may keep files.

    Raises TooLarge as soon as more is announced, or comes, than there is room for; Refused when the access is taken
    back meanwhile.
    """

    def __init__(self, request: HttpRequest, by: Access) -> None:
        super().__init__(request)
        self._by, self._free, self._came = by, quota.free_for(by), 0
        self._writing: Writing | None = None
        self._kind = ""
        self._made: list[Writing] = []

    def handle_raw_input(
        self,
        input_data: Any,
        meta: Any,
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        """Refuse at once what cannot fit."""
        if content_length > self._free + _AROUND:
            quota.must_fit(content_length, self._free)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """The next file begins; it is opened with its first bytes, by which its type is told."""
        super().new_file(*args, **kwargs)
        self._writing = None

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Seal what came."""
        self._came += len(raw_data)
        quota.must_fit(self._came, self._free)
        if not self._by.is_live():
            raise Refused("this workspace is no longer open to you")
        (self._writing or self._begin(raw_data)).write(raw_data)

    def _begin(self, first: bytes) -> Writing:
        self._kind = kind_of(first)
        with enter(self._by, writes=True):
            self._writing = Writing(
                self._by.workspace.owner_id, clean(self.file_name or ""), self._kind, CATEGORY
            )
        self._made.append(self._writing)
        return self._writing

    def file_complete(self, file_size: int) -> Received:  # type: ignore[override]  # Django asks it only to close it
        """What is put into `request.FILES`."""
        writing = self._writing or self._begin(b"")
        self._writing = None
        return Received(clean(self.file_name or ""), self._kind, writing)

    def abandon(self) -> None:
        """Take away all that came: the form broke off."""
        for writing in self._made:
            with suppress(OSError):
                writing.abandon()


def files_of(request: HttpRequest, by: Access) -> list[Received]:
    """The files of a form.  Raises TooLarge, Refused, and what Django raises for a form that is cut or malformed.

    Then nothing of them is left.
    """
    handler = SealingHandler(request, by)
    request.upload_handlers = [handler]
    try:
        return request.FILES.getlist("files")  # type: ignore[return-value]
    except BaseException:
        handler.abandon()
        raise
