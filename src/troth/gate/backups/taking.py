"""Taking a backup while the site runs.

INVARIANT: the data store is copied before the key store.  A subject's key is durable before its first row, so every row
in the copy has its key in the other one, unless it was erased between the two; then its tombstone is written as well.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from uuid import uuid4

from django.conf import settings
from django.db import connections

from troth.engine.seal import read_tombstones

from ..journal import log
from ..journal.integrating import integrate
from ..keystore.keys import keeper, match_store
from ..keystore.models import DataKey
from ..keystore.routing import KEYS as KEY_STORE
from . import parts, stores
from .parts import BackupRefused, Manifest
from .placing import sync

FILES = "files"


def take(target: Path, own: Mapping[str, Path]) -> Manifest:
    """Write a backup to a folder that is not there yet; it appears under its name when it is whole.

    `own` are the files that make the install the company's own, by the names they have in a home folder.

    Raises BackupRefused, OSError.
    """
    _refuse_a_bad_place(target)
    match_store()
    # All that was done up to now is behind the head that the restored log will continue from.
    integrate()
    draft = Path(mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        before = _epochs()
        _copy_store("default", draft / parts.DATA)
        _copy_files(draft / parts.DATA, own)
        _copy_store(KEY_STORE, draft / parts.KEYS)
        data = _close(draft, before | _epochs())
        draft.rename(target)
    except BaseException:
        rmtree(draft)
        raise
    sync(target.parent)
    return data


def _refuse_a_bad_place(target: Path) -> None:
    if target.exists():
        raise BackupRefused(f"`{target}` is there already and is never overwritten: name another folder")
    if not target.parent.is_dir():
        raise BackupRefused(f"`{target.parent}` is no folder: make it, or name another place")
    for name in ("TROTH_HOME", "TROTH_KEYS"):
        if Path(getattr(settings, name)).resolve() in target.resolve().parents:
            raise BackupRefused(
                f"`{target}` lies inside {name}: a backup belongs elsewhere, best on another disk"
            )


def _epochs() -> set[int]:
    """What the data keys are wrapped under; asked twice, since an epoch may turn between."""
    return set(DataKey.objects.values_list("epoch", flat=True).distinct())


def _copy_store(alias: str, part: Path) -> None:
    database = settings.DATABASES[alias]
    part.mkdir(mode=0o700)
    target = part / stores.file_name(database)
    if stores.kind(database) == "postgresql":
        stores.dump(database, target)
        return
    with connections[alias].cursor() as cursor:
        # One read transaction over all of it, and no page of what was deleted.
        cursor.execute("VACUUM INTO %s", [str(target)])


def _copy_files(part: Path, own: Mapping[str, Path]) -> None:
    """Stored files as they lie, sealed, and the company's own."""
    home = Path(settings.TROTH_HOME)
    for path in parts.below(home / FILES):
        try:
            parts.copy(path, part / path.relative_to(home))
        except FileNotFoundError:
            continue  # erased since the folder was listed
    for name, path in own.items():
        parts.copy(path, part / name)


def _close(draft: Path, epochs: set[int]) -> Manifest:
    """The manifests, with the log's head and the journal's length of this moment: no row in the copies is younger."""
    head = log.head()
    tombstones = read_tombstones(Path(settings.TROTH_TOMBSTONES), keeper().named_key("tombstone"))
    if head is None:
        raise BackupRefused("the log has no signed head yet: run `troth worker`, then repeat")
    taken, backup, made = datetime.now(UTC).isoformat(timespec="milliseconds"), uuid4().hex, {}
    for part, alias in ((parts.DATA, "default"), (parts.KEYS, KEY_STORE)):
        made[part] = Manifest(
            part=part, backup=backup, taken=taken, deployment=str(keeper().deployment),
            check_value=keeper().check_value, store=stores.kind(settings.DATABASES[alias]),
            files=parts.listed(draft / part), tombstones=tombstones.count, chain=tombstones.head,
            epochs=tuple(sorted(epochs)) if part == parts.KEYS else (), head=head.note if part == parts.DATA else "",
        )  # fmt: skip
        parts.write(draft / part, made[part], keeper())
        for folder in (draft / part, *(path for path in (draft / part).rglob("*") if path.is_dir())):
            sync(folder)
    return made[parts.DATA]
