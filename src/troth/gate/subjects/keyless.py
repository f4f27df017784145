"""Data without its keys: a key store that is gone, one that is older than the data, and the end of the hope for it.

INVARIANT: a key store is begun over no data, or by whoever says that the one before is lost for ever.  Else a new one
would take its place unnoticed, and no reader could tell what was lost from what was erased.
"""

from itertools import islice
from pathlib import Path

from django.conf import settings

from ..errors import KeyStoreError
from ..journal.models import Entry
from ..keystore import keys
from ..keystore.beginning import is_begun
from .models import DataSubject


def is_lost() -> bool:
    """Whether there is data, and no key store for it."""
    return not keys.is_begun() and DataSubject.objects.exists()


def begin_store() -> None:
    """Begin the key store of a new install, or match the one there is.  Raises what `match_store` raises."""
    refuse_lost()
    if not keys.is_begun():
        keys.begin_store()
    keys.match_store()


def refuse_lost() -> None:
    """Raises KeyStoreError, with the way back, where data has lost its key store.  Makes nothing."""
    if is_lost():
        raise KeyStoreError(keys.EMPTY)


def refuse_missing_folder() -> None:
    """Raises KeyStoreError where a store was begun and the key folder is missing or empty.  Makes nothing."""
    if not is_begun(Path(settings.TROTH_KEYS)) and (keys.is_begun() or _has_entries()):
        raise KeyStoreError(
            f"key folder `{settings.TROTH_KEYS}` is missing or empty, but not what it sealed: mount it, or put it back"
            " from the escrow with `troth keys restore`"
        )


def _has_entries() -> bool:
    """Whether the data store is there and its log was begun, which is the first that happens in one."""
    return keys.has_rows(Entry, "default")


def count() -> int:
    """How many subjects have no key and no tombstone: what is held of them can be read by nobody."""
    subjects, found = DataSubject.objects.values_list("pk", flat=True).iterator(), 0
    while some := list(islice(subjects, keys.CHUNK)):
        found += len(keys.without([pk.hex for pk in some]))
    return found
