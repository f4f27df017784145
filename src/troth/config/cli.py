"""The `troth` command.  Every error a person can cause ends in one line: what is wrong, where, what to do."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

FAMILIES = (
    "serving", "statements", "proofs", "ledgers", "keys", "backups", "subjects", "retention", "company",
)  # fmt: skip


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


def _explained(error: Exception) -> str | None:
    """One line for the errors that have one; None for those that are ours to mend."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError

    from troth.engine.statement import StatementError
    from troth.gate.errors import SealError

    from .certificates import CertificateProblem
    from .environment import SettingError
    from .listen import CannotListen
    from .supervise import CannotHold

    if isinstance(error, StatementError):
        return str(error)
    if isinstance(
        error,
        SealError | SettingError | CannotHold | CannotListen | CertificateProblem | ImproperlyConfigured,
    ):
        return f"troth: {error}"
    if isinstance(error, DatabaseError):
        return f"troth: the database cannot be used ({_reason(error)}); run `troth doctor`"
    if isinstance(error, OSError) and error.filename:
        return f"troth: {error.filename}: {error.strerror}; check that the folder exists and may be written"
    return None


def _reason(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    known = (
        "locked",
        "disk is full",
        "no such table",
        "readonly",
        "unable to open",
        "connection refused",
        "disk I/O",
    )
    return next((word for word in known if word.lower() in text.lower()), type(error).__name__)


def set_up() -> None:
    """Start Django for a command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.config.settings")
    import django

    django.setup()


if __name__ == "__main__":
    sys.exit(main())
