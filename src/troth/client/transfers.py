"""Bytes of files up and down: in pieces, and on from where a break left them."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from urllib3.exceptions import HTTPError

from .errors import ApiError, Unavailable
from .told import File
from .wire import BROKEN, Wire

AT_ONCE = 256 * 1024
Progress = Callable[[int, int | None], None]


def upload(wire: Wire, path: Path, folder: str | None, progress: Progress | None) -> dict[str, Any]:
    """Send a file; what the API tells of it then.  Raises ApiError."""
    size, digest = path.stat().st_size, _sha256(path)
    told = {"name": path.name, "size": size, "folder": folder, "sha256": digest}
    going = wire.ask("POST", "/uploads", told)
    with path.open("rb") as source:
        failed = 0
        while going["offset"] < size:
            before = going["offset"]
            going, is_through = _send(wire, source, going)
            _tell(progress, going["offset"], size)
            failed = 0 if is_through or going["offset"] > before else failed + 1
            if failed and not wire.wait(failed - 1):
                raise Unavailable(0, BROKEN)
    finished: dict[str, Any] = wire.ask("POST", f"/uploads/{going['id']}/finish", {})
    return finished


def _send(wire: Wire, source: Any, going: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Send the next piece; how far the upload is then, and whether the piece went through."""
    source.seek(going["offset"])
    piece, where = source.read(going["piece"]), f"/uploads/{going['id']}"
    try:
        return wire.ask("PUT", where, raw=piece, query={"offset": str(going["offset"])}, repeat=False), True
    except ApiError as error:
        if error.status and error.status < 500 and error.status not in (400, 409, 429):
            raise
    # A piece that broke off may have come in part: the server knows how much.
    return wire.ask("GET", where), False


def download(wire: Wire, file: File, path: Path, progress: Progress | None) -> None:
    """Write the newest version to a path; until all of it is there, it has another name.  Raises ApiError."""
    newest = file.versions[0]
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as target:
            failed = 0
            while target.tell() < newest.size or not newest.size:
                before = target.tell()
                if _receive(wire, file, newest.number, target, newest.size, progress):
                    break
                failed = 0 if target.tell() > before else failed + 1
                if not wire.wait(failed):
                    raise Unavailable(0, BROKEN)
            target.flush()
            os.fsync(target.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _receive(wire: Wire, file: File, version: int, target: Any, size: int, progress: Progress | None) -> bool:
    """Write what comes, from where the target stands; whether all of it is there then."""
    start = target.tell()
    try:
        with wire.stream(f"/files/{file.id}/content", {"version": version}, start) as answer:
            if start and answer.status != 206:
                target.seek(0)
                target.truncate()
            while data := answer.read1(AT_ONCE):
                target.write(data)
                _tell(progress, target.tell(), size)
    except HTTPError:
        return False
    except ApiError as error:
        if error.status != 429 and error.status < 500:
            raise
        return False
    return bool(target.tell() == size)


def _sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _tell(progress: Progress | None, done: int, size: int) -> None:
    if progress is not None:
        progress(done, size)
