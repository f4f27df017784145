"""The `troth` command.  Every error a person can cause ends in one line: what is wrong, where, what to do."""

import argparse
import atexit
import errno
import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from troth.engine.roomy import roomy

FAMILIES = (
    "serving", "statements", "proofs", "ledgers", "keys", "backups", "subjects", "retention", "company",
)  # fmt: skip


@roomy
def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="troth", description="A privacy statement that runs.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for family in FAMILIES:
        import_module(f"troth.config.commands.{family}").add(commands)
    options = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        lines = _explained(error)
        if lines is None:
            raise
        print(lines, file=sys.stderr)
        return 1


EXPLAINED = (
    ("troth.engine.seal.errors", "SealError"), ("troth.config.environment", "SettingError"),
    ("troth.config.supervise", "CannotHold"), ("troth.config.listen", "CannotListen"),
    ("troth.config.certificates", "CertificateProblem"), ("django.core.exceptions", "ImproperlyConfigured"),
    ("django.core.management.base", "CommandError"),
)  # fmt: skip
"""Errors whose message is written for whoever caused them."""

DATABASE_ADVICE = {
    "locked": "another program holds it: `fuser -v TROTH_HOME/*.sqlite3` says which; end it and try again",
    "disk is full": "make room on its disk and try again",
    "no such table": "run `troth init`",
    "readonly": "make its file and its folder yours to write",
    "unable to open": "make its file and its folder yours to read and write",
    "disk I/O": "make room on its disk, or mend it, and try again",
    "connection refused": "start the database server, or correct the database URL",
}
"""What to do, by a word of the database's own message, which is not repeated: it may hold a value."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _explained(error: Exception) -> str | None:
    """A line, or one for each problem of a statement, for the errors that have one; None for those that are ours."""
    if _is_one(error, ("troth.engine.statement", "StatementError")):
        return str(error)
    if _is_one(error, *EXPLAINED):
        return f"troth: {' '.join(str(error).split())}"
    if _is_one(error, ("django.db", "DatabaseError")):
        text = str(error).lower()
        known = next((word for word in DATABASE_ADVICE if word.lower() in text), None)
        advice = DATABASE_ADVICE[known] if known else "run `troth doctor`"
        return f"troth: the database cannot be used ({known or type(error).__name__}); {advice}"
    if isinstance(error, OSError) and error.errno:
        where = f"{error.filename}: " if error.filename else ""
        advice = (
            "make room on the disk and try again" if error.errno in FULL else "is it there, and yours to use?"
        )
        return f"troth: {where}{error.strerror}; {advice}"
    return None


def _is_one(error: Exception, *names: tuple[str, str]) -> bool:
    """Whether an error is of a class, given by module and name: a module that was not needed is not loaded for this."""
    kinds = [getattr(sys.modules.get(module), name, None) for module, name in names]
    return isinstance(error, tuple(kind for kind in kinds if kind))


def _has_store() -> bool:
    """Whether there is a store to ask; asking SQLite for one makes it."""
    from django.conf import settings

    store = settings.DATABASES["default"]
    name = Path(str(store["NAME"]))
    return "sqlite" not in store["ENGINE"] or (name.is_file() and name.stat().st_size > 0)


def set_up() -> None:
    """Start Django for a command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.config.settings")
    import django

    django.setup()
    from django.db import connections

    if _has_store():
        from troth.gate.published import statement

        statement.try_refreshing(at_once=True)
    if not gc.get_freeze_count():
        # What a start loads stays: no look for garbage goes through it, not even the last, a quarter of a command's time.
        gc.freeze()
        # What is frozen is not taken apart, and a store that nobody closes does not take its last pages into its file.
        atexit.register(connections.close_all)


if __name__ == "__main__":
    sys.exit(main())
