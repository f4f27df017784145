"""Data keys: made, loaded and destroyed (design: Keys; spec/keys.md); they are re-wrapped in `turning`.

INVARIANT: the key rows are read from the store at each load.  Only the unwrapping is cached, by wrapped bytes, so
that a destroyed or refused key stops the very next read.  What is cached counts for nothing without its epoch's key:
where that cannot be had any more, reads end within ten minutes.
"""

import time
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections, transaction
from django.db.models import Model
from django.utils.module_loading import import_string

from troth.engine.seal import (
    AES_256_GCM,
    CACHE_SECONDS,
    Cipher,
    Erased,
    JournalBroken,
    KeyFile,
    KeyKeeper,
    KeyMissing,
    KeyStoreError,
    append_tombstones,
    epoch_of,
    new_dek,
    read_tombstones,
    unwrap_cipher,
    wrap,
    wrap_context,
)

from .models import DataKey, KeySet, Limit
from .routing import KEYS

CHUNK = 500
MOST_CACHED = 20_000

EMPTY = (
    "the key store is gone or empty: put back `keystore.sqlite3`, or what TROTH_KEYS_DATABASE_URL names, from the newest"
    " backup; if there is none for ever, `troth keys lost` begins another, and what is here now stays unreadable"
)

_ciphers: dict[bytes, Cipher] = {}
_since = time.monotonic()


@cache
def keeper() -> KeyKeeper:
    """The adapter that holds the epoch keys: a folder of key files, locked by a key service where one is set.

    Raises KeyStoreError.
    """
    told = settings.TROTH_KEY_SERVICE
    service = import_string(told["BACKEND"])(**told["OPTIONS"]) if told else None
    return KeyFile(Path(settings.TROTH_KEYS), service=service)


@cache
def deployment() -> UUID:
    """The id of this install, part of everything sealed here."""
    return keeper().deployment


def is_begun() -> bool:
    """Whether the key store is there and was begun."""
    return has_rows(KeySet, KEYS)


def has_rows(model: type[Model], store: str) -> bool:
    """Whether a store is there and a table of it holds anything: asking makes nothing, not even the file."""
    asked = connections[store]
    if asked.vendor == "sqlite" and not Path(asked.settings_dict["NAME"]).exists():
        return False  # opening it would make an empty one
    with asked.cursor() as cursor:
        if model._meta.db_table not in asked.introspection.table_names(cursor):
            return False
    return model._default_manager.using(store).exists()


def begin_store() -> None:
    """This store belongs to this key folder from now on.  Whoever calls knows that no data needs the keys of another."""
    KeySet.objects.create(check_value=keeper().check_value, tombstones=read_tombstones(*_journal()).count)


def match_store() -> None:
    """Compare the key folder with the one this store was begun with, and the journal with its last known length.

    Raises KeyStoreError for a store that is empty or another install's keys, JournalBroken for a journal that was cut.
    """
    known = KeySet.objects.first() if is_begun() else None
    if known is None:
        raise KeyStoreError(EMPTY)
    if known.check_value != keeper().check_value:
        raise KeyStoreError(
            f"key folder `{settings.TROTH_KEYS}` holds the keys of another install:"
            " set TROTH_KEYS to the folder made with this data"
        )
    if read_tombstones(*_journal()).count < known.tombstones:
        raise JournalBroken(f"tombstone journal `{settings.TROTH_TOMBSTONES}` was cut: bring the newest copy")


def forget_cached() -> None:
    """Open the key folder anew at the next question (another folder, or a test)."""
    keeper.cache_clear()
    deployment.cache_clear()
    _ciphers.clear()


def _wrapping(subject: str, version: int) -> bytes:
    return wrap_context(deployment(), UUID(subject), version)


def create(subject: str, algorithm: int = AES_256_GCM) -> Cipher:
    """Make and durably keep a key for a new subject (32 hex digits), before any of its data is written."""
    dek, epoch, store = new_dek(), keeper().newest_epoch(), connections[KEYS]
    wrapped = wrap(keeper().kek(epoch), epoch, dek, _wrapping(subject, 1))
    row = (
        subject,
        1,
        algorithm,
        epoch,
        wrapped,
        False,
        False,
        store.ops.adapt_datetimefield_value(datetime.now(UTC)),
    )
    with store.cursor() as cursor:
        cursor.execute(
            "INSERT INTO keystore_datakey (subject, version, algorithm, epoch, wrapped, erasing, limited, created_at)"
            " VALUES (%s,%s,%s,%s,%s,%s,%s,%s)", row,
        )  # fmt: skip
    cipher = Cipher(dek, 1, algorithm)
    _remember(wrapped, cipher)
    return cipher


def _forget_old() -> None:
    """INVARIANT: no data key that was unwrapped more than ten minutes ago is used."""
    global _since
    if (now := time.monotonic()) - _since >= CACHE_SECONDS:
        _ciphers.clear()
        _since = now


def _remember(wrapped: bytes, cipher: Cipher) -> None:
    if len(_ciphers) >= MOST_CACHED:
        _ciphers.clear()
    _ciphers[wrapped] = cipher


def ciphers(subjects: Collection[str]) -> dict[str, Cipher]:
    """Ciphers of those subjects whose key lives and is not being erased; one bare query for each 500."""
    return load(subjects)[0]


def load(subjects: Collection[str]) -> tuple[dict[str, Cipher], set[str]]:
    """The ciphers, and those of the subjects who put a limit on the use of their data."""
    found: dict[str, Cipher] = {}
    limited, of_epochs = set[str](), dict[bytes, bytes]()
    # In the order of their index: those of a list of rows were mostly begun one after the other.
    wanted, unknown = sorted(subjects), list[str]()
    _forget_old()
    for start in range(0, len(wanted), CHUNK):
        for subject, stored, limits in _rows("subject, wrapped, limited", wanted[start : start + CHUNK]):
            if limits:
                limited.add(subject)
            cipher = _ciphers.get(wrapped := bytes(stored))
            if cipher is None:
                unknown.append(subject)
            else:
                found[subject] = cipher
                of_epochs[wrapped[:6]] = wrapped
    for wrapped in of_epochs.values():
        keeper().kek(epoch_of(wrapped))
    for start in range(0, len(unknown), CHUNK):
        for row in _rows("subject, wrapped, version, algorithm, epoch", unknown[start : start + CHUNK]):
            found[row[0]] = _unwrap(*row)
    return found, limited


def _rows(columns: str, subjects: list[str]) -> list[Any]:
    """Key rows of those subjects that are not being erased."""
    marks = ",".join(["%s"] * len(subjects))
    with connections[KEYS].cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM keystore_datakey WHERE NOT erasing AND subject IN ({marks})",  # noqa: S608 - our own
            subjects,
        )
        return list(cursor.fetchall())


def _unwrap(subject: str, stored: bytes, version: int, algorithm: int, epoch: int) -> Cipher:
    wrapped = bytes(stored)
    cipher = unwrap_cipher(keeper().kek(epoch), wrapped, _wrapping(subject, version), version, algorithm)
    _remember(wrapped, cipher)
    return cipher


def absent(subject: str) -> Erased | KeyMissing:
    """Why a subject has no cipher: erased (a tombstone or a running erasure says so), or missing, which is an alarm."""
    if DataKey.objects.filter(subject=subject, erasing=True).exists() or UUID(subject) in read_tombstones(
        *_journal()
    ):
        return Erased("this data was erased")
    return KeyMissing("a data key is missing without an erasure on record; run `troth doctor`")


def _journal() -> tuple[Path, bytes]:
    return Path(settings.TROTH_TOMBSTONES), keeper().named_key("tombstone")


def intend_erasure(subject: str) -> None:
    """Step 1 of an erasure: from here on every read of the subject refuses."""
    DataKey.objects.filter(subject=subject).update(erasing=True)


def remember(mark: UUID) -> None:
    """Write into the journal that outlives every backup.  Safe to repeat.  Raises JournalBroken."""
    count = append_tombstones(*_journal(), [mark])
    KeySet.objects.filter(tombstones__lt=count).update(tombstones=count)


def is_remembered(mark: UUID) -> bool:
    """Whether the journal holds it; reads all of the journal.  Raises JournalBroken."""
    return mark in read_tombstones(*_journal())


def destroy(subject: str) -> None:
    """Step 2: the key dies, and the tombstone outlives every backup.  Safe to repeat."""
    remember(UUID(subject))
    with transaction.atomic(using=KEYS):
        for rows in (Limit.objects.filter(subject=subject), DataKey.objects.filter(subject=subject)):
            rows._raw_delete(rows.db)


def is_whole(subject: str) -> bool:
    """Whether a subject's key lives and no erasure of it was begun."""
    return DataKey.objects.filter(subject=subject, erasing=False).exists()


def is_here(subject: str) -> bool:
    """Whether a subject has a key, in whatever state."""
    return DataKey.objects.filter(subject=subject).exists()


def without(subjects: Collection[str]) -> set[str]:
    """Those of some subjects that have no key, and whom no tombstone says to be erased: an alarm for each."""
    wanted, here = list(subjects), set[str]()
    for start in range(0, len(wanted), CHUNK):
        asked = DataKey.objects.filter(subject__in=wanted[start : start + CHUNK])
        here.update(asked.values_list("subject", flat=True))
    if not (missing := set(wanted) - here):
        return missing
    erased = read_tombstones(*_journal())
    return {subject for subject in missing if UUID(subject) not in erased}


def begun_erasures() -> list[str]:
    """Subjects whose erasure was begun in the key store and may have stopped there."""
    return list(DataKey.objects.filter(erasing=True).values_list("subject", flat=True))


def sweep_orphans(known: Iterable[str]) -> int:
    """Delete keys of subjects that never got a data row (a crash between the two commits).

    A key younger than a day is left alone: the transaction that writes its subject may still be open.
    """
    old = DataKey.objects.filter(erasing=False, created_at__lt=datetime.now(UTC) - timedelta(days=1))
    orphans = set(old.values_list("subject", flat=True)) - set(known)
    for subject in orphans:
        DataKey.objects.filter(subject=subject).delete()
    return len(orphans)
