"""`troth backup` and `troth restore`."""

import argparse
import os
from pathlib import Path
from typing import Any

from ..databases import owners, stores
from ..environment import ROOT, env_path, own_file, refuse_half_restored

OWN = ("company.toml", "statement.md", "agreement.md")


def add(commands: Any) -> None:
    """Add this family to the command line."""
    backup = commands.add_parser("backup", help="copy data, keys and files while the site runs")
    backup.add_argument("dir", type=Path, help="a folder that is not there yet, outside TROTH_HOME")
    backup.set_defaults(run=run_backup)
    restore = commands.add_parser("restore", help="fill an empty TROTH_HOME from a backup")
    restore.add_argument("dir", type=Path, help="the backup")
    restore.add_argument("--keys-from", type=Path, help="where the part `keys` is, if kept apart")
    restore.add_argument("--checkpoint", type=Path, help="a head of the log that is newer than the backup's")
    restore.set_defaults(run=run_restore)


def _home() -> Path:
    return env_path("TROTH_HOME", ROOT / "var")


def run_backup(options: argparse.Namespace) -> int:
    """Write a backup; nothing is there under its name until it is whole."""
    from ..cli import set_up

    home, target = _home(), options.dir.expanduser().absolute()
    refuse_half_restored(home)
    os.umask(0o077)
    set_up()
    from troth.gate.backups.placing import note_taken
    from troth.gate.backups.taking import take
    from troth.gate.files import away

    manifest = take(target, {name: own_file(name, home) for name in OWN})
    note_taken(home, target)
    size = sum(size for size, _ in manifest.files.values())
    print(
        f"backup of {manifest.taken}: {len(manifest.files)} files of data ({size // 1024} KiB), written to {target}"
    )
    if away.bucket() is not None:
        count, held = away.beyond()
        print(
            f"NOT in it: {count} stored files ({held // 1024} KiB) that lie in the bucket, of which the backup has the"
        )
        print("keys; keep the bucket's older versions, or a copy of it, for as long as this backup")
    print("keep `data` and `keys` apart; the key folder is in neither: run `troth keys escrow`, and copy the")
    print("tombstone journal to another machine after each erasure, or daily")
    return 0


def run_restore(options: argparse.Namespace) -> int:
    """Restore, erase again whoever was erased since, and begin a new log; then the install may be served."""
    from troth.gate.backups.admitting import Place, admit
    from troth.gate.backups.placing import put_in_place, release

    from ..supervise import hold

    home, backup = _home(), options.dir.expanduser().resolve()
    keys = env_path("TROTH_KEYS", home / "keys")
    place = Place(
        home, keys, env_path("TROTH_TOMBSTONES", keys / "tombstones"),
        stores(home) | owners(),  # whoever puts tables back owns them
    )  # fmt: skip
    os.umask(0o077)
    with hold(home):
        apart = options.keys_from.expanduser().resolve() if options.keys_from else backup
        given = admit(backup / "data", _part(apart, "keys"), place, options.checkpoint)
        put_in_place(given)
        done = _finish(given)
        release(given)
    for what, count in done.items():
        print(f"{what}: {count}")
    print(f"restored to {home} as of {given.data.taken}; run `troth ledger verify`, then `troth serve`")
    return 0


def _part(folder: Path, name: str) -> Path:
    """A part by its own folder, or by the one around it."""
    return folder if (folder / "manifest.json").is_file() else folder / name


def _finish(given: Any) -> dict[str, int]:
    """Django is started only now: its settings come from the files just put in place."""
    from ..cli import set_up
    from .preparing import migrate

    set_up()
    from troth.gate import roles
    from troth.gate.backups.restoring import finish

    with roles.owning():
        migrate()
        return finish(given) | {"sessions ended": _end_sessions()}


def _end_sessions() -> int:
    """Whoever was signed in when the backup was taken signs in again."""
    from django.contrib.sessions.models import Session

    from troth.accounts.sessions import end

    kept = list(Session.objects.values_list("session_key", flat=True))
    end(kept)
    return len(kept)
