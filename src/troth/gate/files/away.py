"""Files that lie with a storage provider, where Django's storage `hosted` is no folder of ours.

Every file is written to the folder first, sealed, and is whole and durable there; it is read from there until it is
carried out (decision 0019).  So what is under way stands on this disk alone, and a provider who does not answer stops
no upload.  An object that no row names, whatever crashed between the two, is taken away by the sweep.
"""

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, cast

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages
from django.utils import timezone

from . import disk
from .models import StoredFile

if TYPE_CHECKING:
    from ..outbound.bucket import Bucket

log = logging.getLogger("troth.files")

SETTLED = 2.0
"""Seconds after its last byte from which a file is carried out."""
BATCH = 500
GRACE = timedelta(minutes=10)
UNFINISHED = timedelta(days=1)
"""After so long what came of an object that was never finished is dropped."""


def bucket() -> "Bucket | None":
    """The provider's; None where files stay in their folder."""
    storage = storages["hosted"]
    return None if isinstance(storage, FileSystemStorage) else cast("Bucket", storage)


def opened(token: str) -> BinaryIO:
    """A stored file's sealed bytes, wherever they lie.  Raises FileNotFoundError; OSError when a provider is silent."""
    try:
        return disk.path(token).open("rb")
    except FileNotFoundError:
        away = bucket()
        if away is None:
            raise
        return cast(BinaryIO, away.open(token))


def is_there(token: str) -> bool:
    """Whether a stored file has bytes.  Raises OSError when a provider is silent."""
    away = bucket()
    return disk.path(token).exists() or (away is not None and away.exists(token))


def remove(token: str) -> None:
    """Take a file away, wherever it lies.  Where a provider is silent the sweep does it later: it is noise already."""
    disk.remove(token)
    away = bucket()
    if away is not None:
        try:
            away.delete(token)
        except OSError as error:
            log.warning("a file could not be taken away from the provider: %s", error)


def carry() -> int:
    """Bring whole files to the provider, and take them away here; returns how many.  Raises OSError."""
    away, carried = bucket(), 0
    if away is None:
        return 0
    waiting = disk.tokens(time.time() - SETTLED)
    while batch := list(islice(waiting, BATCH)):
        for token in _whole(batch):
            carried += _carry(away, token)
    return carried


def waiting(before: float) -> int:
    """How many whole files nobody has carried out that were there before a moment (a Unix time)."""
    found, tokens = 0, disk.tokens(before)
    while batch := list(islice(tokens, BATCH)):
        found += len(_whole(batch))
    return found


def beyond() -> tuple[int, int]:
    """How many files lie with the provider and not here, and how many bytes of theirs."""
    count, size = 0, 0
    for token, length in StoredFile.objects.filter(is_whole=True).values_list("token", "size").iterator():
        if not disk.path(token).exists():
            count, size = count + 1, size + length
    return count, size


def _whole(tokens: list[str]) -> list[str]:
    return list(StoredFile.objects.filter(token__in=tokens, is_whole=True).values_list("token", flat=True))


def _carry(away: "Bucket", token: str) -> bool:
    try:
        with disk.path(token).open("rb") as file:
            away.save(token, File(file, token))
            if away.size(token) != disk.path(token).stat().st_size:
                raise OSError("an object has another size than its file")
    except FileNotFoundError:
        pass  # it was removed meanwhile
    if not StoredFile.objects.filter(token=token).exists():
        remove(token)
        return False
    # INVARIANT: only what the provider has whole is taken away here.
    disk.remove(token)
    return True


def sweep() -> int:
    """Take away objects that no row names, and what came of those that were never finished; returns how many."""
    away = bucket()
    if away is None:
        return 0
    now, lost = timezone.now(), 0
    for batch in _batches(away.names(now - GRACE)):
        known = set(StoredFile.objects.filter(token__in=batch).values_list("token", flat=True))
        for token in batch:
            if token not in known:
                away.delete(token)
                lost += 1
    return lost + away.give_up(now - UNFINISHED)


def _batches(tokens: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(tokens, BATCH)):
        yield batch
