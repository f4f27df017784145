"""Whether a backup may be restored here: everything that can be refused is refused before a byte is written.

No Django here: the settings of the restored install are not there yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from troth.engine.ledger import LedgerError, open_checkpoint
from troth.engine.ledger.sign import Signer
from troth.engine.seal import KeyFile, read_tombstones

from . import parts, stores
from .parts import BackupRefused, Manifest
from .stores import Database

MARKER = "restoring"
"""The file in TROTH_HOME that says: here lies what may not be served yet."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a backup is to be restored: the home folder, the keys brought there, the stores by their alias."""

    home: Path
    keys: Path
    tombstones: Path
    databases: Mapping[str, Database]

    @property
    def marker(self) -> Path:
        """The marker's path."""
        return self.home / MARKER


@dataclass(frozen=True, slots=True)
class Admitted:
    """A backup that may be restored: its parts, and the published head that is newer than its own, if one was given."""

    place: Place
    data: Manifest
    keys: Manifest
    data_folder: Path
    keys_folder: Path
    published: str

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads known of the log before, but for those in its tables."""
        return tuple(note for note in (self.data.head, self.published) if note)


def admit(data: Path, keys: Path, place: Place, published: Path | None) -> Admitted:
    """Look at the place, the keys, the journal and the whole backup.  Raises BackupRefused, KeyStoreError, JournalBroken.

    `data` and `keys` are the folders of the two parts.
    """
    _refuse_a_live_place(place)
    keeper = KeyFile(place.keys)
    of_data, of_keys = parts.read(data, parts.DATA, keeper), parts.read(keys, parts.KEYS, keeper)
    if of_keys.backup != of_data.backup and of_keys.moment < of_data.moment:
        raise BackupRefused(
            f"the keys in `{keys}` are older than the data in `{data}`: rows would have no key; bring newer ones"
        )
    _refuse_an_old_journal(place, keeper, of_data, of_keys)
    _refuse_dead_keys(keeper, of_keys)
    for alias, manifest in (("default", of_data), ("keys", of_keys)):
        if stores.kind(place.databases[alias]) != manifest.store:
            variable = "TROTH_DATABASE_URL" if alias == "default" else "TROTH_KEYS_DATABASE_URL"
            raise BackupRefused(f"the backup is of {manifest.store}: set or leave out {variable} to fit it")
    note = _published(published, keeper) if published else ""
    return Admitted(place, of_data, of_keys, data, keys, note)


def _refuse_a_live_place(place: Place) -> None:
    if place.marker.exists():
        return  # an interrupted restore is begun again
    brought = (place.keys, place.tombstones)
    for path in sorted(place.home.iterdir()) if place.home.is_dir() else ():
        is_brought = any(path == each or path in each.parents for each in brought)
        if path.name != "lock" and not is_brought:
            raise BackupRefused(
                f"`{place.home}` is not empty (`{path.name}`): a backup is never restored over an install;"
                " give another TROTH_HOME"
            )
    for alias, database in place.databases.items():
        if not stores.is_empty(database):
            raise BackupRefused(
                f"the `{alias}` store is not empty: a backup is never restored over an install"
            )


def _refuse_an_old_journal(place: Place, keeper: KeyFile, *manifests: Manifest) -> None:
    key = keeper.named_key("tombstone")
    count = read_tombstones(place.tombstones, key).count
    for manifest in manifests:
        if count < manifest.tombstones:
            raise BackupRefused(
                f"tombstone journal `{place.tombstones}` is older than the backup ({count} entries,"
                f" not {manifest.tombstones}), or was cut: bring the newest copy"
            )
        if read_tombstones(place.tombstones, key, manifest.tombstones).head != manifest.chain:
            raise BackupRefused(
                f"tombstone journal `{place.tombstones}` is not the one that the backup knew: bring the newest copy"
            )


def _refuse_dead_keys(keeper: KeyFile, manifest: Manifest) -> None:
    living = {epoch.number for epoch in keeper.epochs()}
    missing = sorted(set(manifest.epochs) - living)
    if missing and missing[-1] > max(living):
        raise BackupRefused(
            f"epoch {missing[-1]} of the backup is not in the key folder: bring a newer escrow of the keys"
        )
    if missing:
        raise BackupRefused(
            f"the keys of the backup of {manifest.moment:%Y-%m-%d} were wrapped under epoch {missing[0]}, which is"
            " destroyed: they open nothing any more; bring a newer backup, or newer keys with `--keys-from`"
        )


def _published(path: Path, keeper: KeyFile) -> str:
    """A head that somebody outside kept.  Its signature is checked here, its history when the tables are there."""
    try:
        note = path.read_text(encoding="utf-8")
        open_checkpoint(note, Signer(note.partition("\n")[0], keeper.named_key("ledger")).key)
    except OSError as error:
        raise BackupRefused(
            f"`{path}` cannot be read ({error.strerror}): name the file of a checkpoint"
        ) from None
    except (LedgerError, UnicodeDecodeError):
        raise BackupRefused(f"`{path}` is no head that this install has signed: bring another copy") from None
    return note
