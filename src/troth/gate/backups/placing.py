"""Putting the copies in their place, under a marker: while it is there, nothing starts.  No Django here."""

import os
from datetime import UTC, datetime
from pathlib import Path

from . import parts, stores
from .admitting import Admitted


def put_in_place(given: Admitted) -> None:
    """The marker, then the files, then the stores.  Raises OSError, BackupRefused."""
    place = given.place
    _write(place.marker, given.data.backup)
    for name in given.data.files:
        if name != stores.file_name(place.databases["default"]):
            parts.copy(given.data_folder / name, place.home / name)
    for alias, folder in (("default", given.data_folder), ("keys", given.keys_folder)):
        database = place.databases[alias]
        stores.put_back(database, folder / stores.file_name(database))


def release(given: Admitted) -> None:
    """Everything is done: from here on the install may be served."""
    given.place.marker.unlink()
    sync(given.place.home)


def note_taken(home: Path, target: Path) -> None:
    """Keep when the last backup was taken, for `troth doctor`."""
    _write(home / "last-backup", f"{datetime.now(UTC).isoformat(timespec='seconds')} {target}\n")


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)


def sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
