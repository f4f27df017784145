"""`troth keys …`: status, rotate, recovery, escrow, restore, lost."""

import argparse
import sys
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Add this family to the command line."""
    family = commands.add_parser("keys", help="epoch keys and their escrow").add_subparsers(
        dest="what", required=True
    )
    family.add_parser("status", help="epochs, live data keys, health").set_defaults(run=run_status)
    family.add_parser("rotate", help="re-wrap live keys, begin and end epochs that are due").set_defaults(
        run=run_rotate
    )
    family.add_parser(
        "recovery", help="make a recovery key pair; keep the private half offline"
    ).set_defaults(run=run_recovery)
    escrow = family.add_parser("escrow", help="copy the key folder, sealed to the recovery key")
    escrow.add_argument("to", type=Path)
    escrow.add_argument("--recovery", required=True, help="the public half, as `keys recovery` printed it")
    escrow.set_defaults(run=run_escrow)
    restore = family.add_parser("restore", help="open an escrow into a new key folder (TROTH_KEYS)")
    restore.add_argument("source", type=Path)
    restore.set_defaults(run=run_restore)
    lost = family.add_parser("lost", help="begin another key store when the one before is lost for ever")
    lost.add_argument("--yes", action="store_true", help="do not ask")
    lost.set_defaults(run=run_lost)


def _set_up() -> Any:
    from ..cli import set_up

    set_up()
    from troth.gate.keystore import keys

    return keys


def run_status(options: argparse.Namespace) -> int:
    """Epochs with their live data keys and their end, and the escrow's age; 1 if something is to be mended."""
    _set_up()
    from troth.gate.keystore import turning

    for each in turning.standings():
        begun = f"{each.epoch.created:%Y-%m-%d}"
        print(f"epoch {each.epoch.number}  begun {begun}  {each.live} live keys  {each.end}")
    is_well, told = turning.escrow_standing()
    if is_well:
        print(told)
    problems = turning.troubles()
    for problem in problems:
        print(f"MEND  {problem}", file=sys.stderr)
    return int(bool(problems))


def run_rotate(options: argparse.Namespace) -> int:
    """What the worker does every hour, now."""
    _set_up()
    from troth.gate.keystore.turning import turn_epoch

    print(f"{turn_epoch()} keys re-wrapped")
    return 0


def run_recovery(options: argparse.Namespace) -> int:
    """Print a pair; nothing is stored."""
    from troth.gate.keystore.escrow import new_recovery_key

    public, private = new_recovery_key()
    print(
        f"public, for `troth keys escrow`:\n{public}\n\nprivate, to be written down and kept offline:\n{private}"
    )
    return 0


def run_escrow(options: argparse.Namespace) -> int:
    """Rewrite the escrow; it forgets destroyed epochs as the folder does."""
    _set_up()
    from troth.gate.keystore.escrow import escrow

    escrow(options.to.expanduser().resolve(), options.recovery)
    print(f"escrow written to {options.to}")
    return 0


def run_restore(options: argparse.Namespace) -> int:
    """Fill TROTH_KEYS from an escrow; the private half is asked for, never given on the command line."""
    import getpass

    from troth.gate.keystore.escrow import restore

    from ..environment import ROOT, env_path

    folder = env_path("TROTH_KEYS", env_path("TROTH_HOME", ROOT / "var") / "keys")
    is_person = sys.stdin.isatty()
    private = getpass.getpass("Recovery key: ") if is_person else sys.stdin.readline().strip()
    restore(options.source.expanduser().resolve(), private, folder)
    print(f"keys restored to {folder}; bring the newest tombstone journal before anything is served")
    return 0


def run_lost(options: argparse.Namespace) -> int:
    """Begin an empty key store beside data whose keys are gone; asks for the word LOST. 1 when there is none to begin."""
    keys = _set_up()
    from troth.gate import roles
    from troth.gate.subjects import keyless

    from .preparing import migrate

    if not keyless.is_lost():
        print("troth: the key store is there, or nothing needs one: nothing was changed", file=sys.stderr)
        return 1
    if not options.yes and not _is_sure():
        print("nothing was changed")
        return 1
    with roles.owning():
        migrate(is_lost=True)
    keys.begin_store()
    print(f"another key store is begun; {keyless.count()} subjects are unreadable from now on")
    return 0


def _is_sure() -> bool:
    print(
        "No backup holds the key store, and what is here may stay unreadable. Type LOST: ", end="", flush=True
    )
    return sys.stdin.readline().strip() == "LOST"
