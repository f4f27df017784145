"""Folders and files in a workspace's API: listed, downloaded in ranges, uploaded in pieces."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase, UnreadablePostError
from ninja import Query, Router, Schema, Status
from pydantic import Field

from troth.accounts.people.companies import NotNow
from troth.gate.files.continuing import Busy
from troth.gate.problems import WORDS, Trouble
from troth.workspaces.access import Access, enter
from troth.workspaces.api import (
    COMMON,
    Cut,
    Detailed,
    Sent,
    changing,
    cursor_to,
    place_of,
    reading,
    shown_to_nobody,
)

from . import downloads, reaching, sending, showing
from .models import LONGEST, Document, Folder, Upload
from .quota import TooLarge
from .sending import Misplaced

router, uploads = Router(tags=["files"]), Router(tags=["files"])
LARGEST = 1 << 50


class Inside(Cut):
    """Of which folder; without one, of the top."""

    folder: UUID | None = None


class EntryTold(Schema):
    """A folder, or a file with the size of its newest version, in bytes."""

    id: UUID
    kind: Literal["folder", "file"]
    name: str
    size: int | None
    media_type: str | None
    changed_at: datetime


class EntriesTold(Schema):
    """A page of what lies in a folder: folders first, then files, by name."""

    entries: list[EntryTold]
    next: str | None


class VersionTold(Schema):
    """What a file held from one upload to the next."""

    number: int
    size: int
    media_type: str
    made_at: datetime


class FileTold(Schema):
    """A file; the newest version counts and comes first."""

    id: UUID
    name: str
    folder: UUID | None
    versions: list[VersionTold]


class Announced(Sent):
    """A file that is about to come; with its SHA-256 it is kept only if it came as it is."""

    name: str = Field(min_length=1, max_length=LONGEST)
    size: int = Field(ge=0, le=LARGEST, description="In bytes")
    folder: UUID | None = None
    sha256: str = Field("", pattern="^([0-9a-f]{64})?$")


class Which(Sent):
    """Which version; the newest without a number."""

    version: int | None = Field(None, ge=1, le=2**31 - 1)


class At(Sent):
    """Where a piece begins, in bytes from the beginning of the file."""

    offset: int = Field(ge=0, le=LARGEST)


class UploadTold(Schema):
    """How far an upload is: `offset` bytes of `size` are durable.  `piece` is what is best sent at once."""

    id: UUID
    offset: int
    size: int
    piece: int


@router.get("", response={200: EntriesTold, **COMMON}, url_name="api-files", summary="Files")
def files(request: HttpRequest, asked: Query[Inside]) -> Any:
    """What lies in a folder.  A key that is narrowed to parts sees these at the top."""
    access, about = reading(request), f"files.{asked.folder}"
    start = int(place_of(request, about, asked.cursor) or 0)
    stop = start + asked.limit
    with enter(access):
        folders, documents = showing.inside(access, _folder(access, asked.folder))
        entries = sorted(
            [*map(_folder_told, folders), *_files_told(documents)],
            key=lambda one: (one["kind"] == "file", str(one["name"]).casefold(), one["id"]),
        )
    behind = cursor_to(request, about, str(stop)) if stop < len(entries) else None
    return {"entries": entries[start:stop], "next": behind}


def _folder(access: Access, which: UUID | None) -> Folder | None:
    try:
        return reaching.folder(access, which)
    except Folder.DoesNotExist:
        raise shown_to_nobody() from None


def _folder_told(row: Folder) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": "folder",
        "name": row.name,
        "size": None,
        "media_type": None,
        "changed_at": row.made_at,
    }


def _files_told(rows: list[Document]) -> list[dict[str, Any]]:
    newest = showing.newest_of(rows)
    return [
        {
            "id": row.pk, "kind": "file", "name": row.name, "size": newest[row.pk].size,
            "media_type": newest[row.pk].media_type, "changed_at": newest[row.pk].made_at,
        }
        for row in rows if row.pk in newest
    ]  # fmt: skip


@router.get("/{uuid:file}", response={200: FileTold, **COMMON}, url_name="api-file", summary="A file")
def one_file(request: HttpRequest, file: UUID) -> Any:
    """Its name, its place and its versions."""
    access = reading(request)
    with enter(access):
        return _file(access, file)


def _file(access: Access, which: UUID) -> dict[str, Any]:
    try:
        row = reaching.document(access, which)
    except Document.DoesNotExist:
        raise shown_to_nobody() from None
    return {
        "id": row.pk, "name": row.name, "folder": row.folder_id,
        "versions": [
            {"number": each.number, "size": each.size, "media_type": each.media_type, "made_at": each.made_at}
            for each in row.versions.all()
        ],
    }  # fmt: skip


BYTES = {
    "responses": {
        status: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
        for status in (200, 206)
    }
}


@router.get("/{uuid:file}/content", response={200: None, 206: None, 304: None, 416: None, **COMMON},
            url_name="api-file-content", summary="The bytes of a file", openapi_extra=BYTES)  # fmt: skip
def content(request: HttpRequest, file: UUID, asked: Query[Which]) -> HttpResponseBase:
    """All of a version, or the one range that `Range` asks for (RFC 9110, section 14); the newest without a number.

    It ends in the middle when the key is ended meanwhile.
    """
    return downloads.sent(request, reading(request), file, asked.version)


# -- uploads


View = Callable[..., Any]


def told_as_problems(view: View) -> View:
    """Say what cannot be done with an upload."""

    @wraps(view)
    def said(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        except Misplaced as why:
            raise Detailed(409, "obstructed", str(why), "go on at `offset`", offset=why.offset) from None
        except TooLarge as why:
            raise Trouble(413, "too-large", str(why), "make room first, or send less") from None
        except NotNow as why:
            raise Trouble(422, "invalid", str(why), WORDS[422][2]) from None
        except Busy:
            what = "another piece of this upload is on its way just now"
            raise Trouble(409, "obstructed", what, "try again in a moment") from None
        except UnreadablePostError:
            raise Trouble(
                400, "unreadable", "the piece broke off; what came is kept", "ask how far it is"
            ) from None

    return said


@uploads.post("", response={201: UploadTold, **COMMON}, url_name="api-uploads", summary="Announce a file")
@told_as_problems
def announce(request: HttpRequest, wanted: Announced) -> Any:
    """The room for it is set aside.  Then send its bytes, piece by piece, and finish it, within a day."""
    made = sending.begin(changing(request), wanted.folder, wanted.name, wanted.size, wanted.sha256)
    return Status(201, _state(made))


def _state(upload: Upload) -> dict[str, Any]:
    return {"id": upload.pk, "offset": upload.stored.size, "size": upload.size, "piece": sending.PIECE}


def _mine(access: Access, which: UUID) -> Upload:
    with enter(access):
        found = sending.find(access, which)
    if found is None or not access.covers(found):
        raise shown_to_nobody()
    return found


@uploads.get(
    "/{uuid:upload}",
    response={200: UploadTold, **COMMON},
    url_name="api-upload",
    summary="How far an upload is",
)
def one_upload(request: HttpRequest, upload: UUID) -> Any:
    """After a break, go on at its `offset`."""
    return _state(_mine(reading(request), upload))


RAW = {
    "requestBody": {
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    }
}


@uploads.put("/{uuid:upload}", response={200: UploadTold, **COMMON}, url_name="api-upload-piece", summary="Send a piece",
             openapi_extra=RAW)  # fmt: skip
@told_as_problems
def piece(request: HttpRequest, upload: UUID, asked: Query[At]) -> Any:
    """Its bytes, from `offset` on: 64 KiB or more, unless it is the last.  What was answered is durable."""
    access = changing(request)
    found = _mine(access, upload)
    sending.send(access, found, asked.offset, request.read)
    return _state(_mine(access, upload))


@uploads.post("/{uuid:upload}/finish", response={200: FileTold, **COMMON}, url_name="api-upload-finish",
              summary="Finish an upload")  # fmt: skip
@told_as_problems
def finish(request: HttpRequest, upload: UUID) -> Any:
    """Keep the file.  Asked again, it answers the same."""
    access = changing(request)
    with enter(access):
        found = sending.find(access, upload)
        done = None if found else sending.finished(access, upload)
    if found is not None and access.covers(found):
        done = sending.finish(access, found)
    if done is None:
        raise shown_to_nobody()
    with enter(access):
        return _file(access, done.pk)


@uploads.delete(
    "/{uuid:upload}", response={204: None, **COMMON}, url_name="api-upload-drop", summary="Give an upload up"
)
@told_as_problems
def drop(request: HttpRequest, upload: UUID) -> Any:
    """With what came of it."""
    access = reading(request)
    sending.let_go(access, _mine(access, upload))
    return Status(204, None)
