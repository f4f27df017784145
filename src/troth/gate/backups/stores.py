"""Copies of a database while it is served, and putting them back.  No Django here but its settings' form."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .parts import BackupRefused, copy

if TYPE_CHECKING:
    import psycopg

Database = Mapping[str, Any]
"""One entry of Django's DATABASES."""


def kind(database: Database) -> str:
    """`sqlite` or `postgresql`."""
    return "sqlite" if str(database["ENGINE"]).endswith("sqlite3") else "postgresql"


def file_name(database: Database) -> str:
    """What the copy of a store is called in its part."""
    return "store.sqlite3" if kind(database) == "sqlite" else "store.dump"


def is_empty(database: Database) -> bool:
    """Whether nothing lies in the place of the store."""
    if kind(database) == "sqlite":
        return not Path(database["NAME"]).exists()
    with _connected(database) as connection:
        return not _tables(connection)


def _connected(database: Database) -> "psycopg.Connection[Any]":
    import psycopg

    return psycopg.connect(
        dbname=database["NAME"], user=database["USER"] or None, password=database["PASSWORD"] or None,
        host=database["HOST"] or None, port=database["PORT"] or None, **database.get("OPTIONS", {}),
    )  # fmt: skip


def _tables(connection: "psycopg.Connection[Any]") -> list[str]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return [str(row[0]) for row in found.fetchall()]


def _clear(database: Database) -> None:
    """Drop what an interrupted restore left, and what newer migrations put beside it."""
    from psycopg import sql

    with _connected(database) as connection:
        for table in _tables(connection):
            connection.execute(sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(sql.Identifier(table)))


def dump(database: Database, target: Path) -> None:
    """A consistent copy of a PostgreSQL database.  Raises BackupRefused.

    SQLite is copied over the connection that Django has open (`taking.py`).
    """
    # The wall between workspaces holds for the tables' owner too: a copy says that it takes all of them.
    options = [
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        "--enable-row-security",
        "--file",
        str(target),
    ]
    _run("pg_dump", database, [*options, f"--dbname={database['NAME']}"], PGOPTIONS="-c app.every=on")


def put_back(database: Database, source: Path) -> None:
    """Fill the place of a store from its copy, in the place of what an interrupted restore left.

    Raises BackupRefused, OSError.
    """
    if kind(database) == "postgresql":
        _clear(database)
        options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
        _run("pg_restore", database, [*options, f"--dbname={database['NAME']}", str(source)])
        return
    place = Path(database["NAME"])
    for suffix in ("-wal", "-shm", ""):
        place.with_name(place.name + suffix).unlink(missing_ok=True)
    copy(source, place)


def _run(program: str, database: Database, options: list[str], **more: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise BackupRefused(
            f"`{program}` is not on the PATH: install PostgreSQL's client programs, of the server's version"
        )
    where = {"--host": database["HOST"], "--port": database["PORT"], "--username": database["USER"]}
    given = [f"{name}={value}" for name, value in where.items() if value]
    password = {"PGPASSWORD": str(database["PASSWORD"])} if database["PASSWORD"] else {}
    tls = {f"PG{key.upper()}": str(value) for key, value in database.get("OPTIONS", {}).items()}
    done = subprocess.run(
        [found, "--no-password", *given, *options],
        env={**os.environ, **tls, **password, **more}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it did not say why"])[0]
        raise BackupRefused(
            f"`{program}` failed ({said.removeprefix(program + ': ')[:200]}); mend that and repeat"
        )
