"""`troth init` and `troth staff`: make a site one's own, appoint its people."""

import argparse
import getpass
import shutil
import sys
from pathlib import Path
from typing import Any

from ..environment import ROOT, env_path

FILES = ("company.toml", "statement.md", "agreement.md")


def add(commands: Any) -> None:
    """Add this family to the command line."""
    init = commands.add_parser("init", help="write company.toml, statement.md and agreement.md to begin from")
    init.set_defaults(run=run_init)
    appoint = commands.add_parser("appoint", help="make a person a member of staff")
    for name in ("name", "email", "role", "country"):
        appoint.add_argument(name)
    appoint.set_defaults(run=run_appoint)


def run_init(options: argparse.Namespace) -> int:
    """Copy the three files into TROTH_HOME and make keys and stores; nothing that is there is overwritten."""
    home = env_path("TROTH_HOME", ROOT / "var")
    home.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        target: Path = home / name
        if target.exists():
            print(f"{target} is there already and stays as it is")
        else:
            shutil.copyfile(ROOT / name, target)
            print(f"{target} written; edit it, then run `troth statement check`")
    from .preparing import prepare

    prepare(home, sample=False)
    print("next: `troth appoint NAME EMAIL ROLE COUNTRY`, then `troth serve --with-worker`")
    return 0


def run_appoint(options: argparse.Namespace) -> int:
    """Appoint a person; the password is asked for, never given on the command line."""
    from ..cli import set_up

    set_up()
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    from troth.accounts.staff import appoint

    password = (
        getpass.getpass("Password (15 characters or more): ")
        if sys.stdin.isatty()
        else sys.stdin.readline().rstrip("\n")
    )
    try:
        validate_password(password)
        appoint(options.name, options.email, options.role, options.country, password)
    except ValidationError as error:
        print(f"troth: {' '.join(error.messages)}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"troth: {error}", file=sys.stderr)
        return 1
    print(f"appointed as {options.role}; the second factor is set up at the first sign-in")
    return 0
