"""Where the bytes of stored files lie: under random names in TROTH_HOME/files, open to nobody else."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings


def folder() -> Path:
    """The folder of all files; the sealed bytes in it may be backed up like the data store."""
    return Path(settings.TROTH_HOME) / "files"


def path(token: str) -> Path:
    """Where the file of a token lies: by its first two digits, so that no folder grows too long."""
    return folder() / token[:2] / token


def create(token: str) -> BinaryIO:
    """A new file, readable by its owner alone.  Raises FileExistsError."""
    place = path(token)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def again(token: str) -> BinaryIO:
    """An unfinished file, to be written on; nobody else writes on it until it is closed, or its writer died.

    Raises FileNotFoundError; BlockingIOError while somebody else does.
    """
    file = path(token).open("r+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        file.close()
        raise
    return file


def sync(file: BinaryIO) -> None:
    """Return when the bytes so far are on disk."""
    file.flush()
    os.fdatasync(file.fileno())


def make_durable(file: BinaryIO, token: str) -> None:
    """Return when the bytes and the name are on disk."""
    sync(file)
    for place in (path(token).parent, folder()):
        shelf = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(shelf)
        finally:
            os.close(shelf)


def remove(token: str) -> None:
    """Take a file away.  Nothing is written over it: without its key it is noise already."""
    path(token).unlink(missing_ok=True)


def tokens(before: float) -> Iterator[str]:
    """The tokens of files that nobody has written to since `before` (a Unix time)."""
    for shelf in sorted(folder().glob("[0-9a-f][0-9a-f]")):
        with os.scandir(shelf) as entries:
            for entry in entries:
                try:
                    if entry.stat(follow_symlinks=False).st_mtime < before:
                        yield entry.name
                except FileNotFoundError:
                    continue
