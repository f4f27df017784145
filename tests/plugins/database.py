"""What tests do to databases: which of them run on PostgreSQL, which are begun first, how a store is emptied.

`--database-only` keeps the tests that touch the database: the run on PostgreSQL repeats no others. `--whole` adds the
browser suite, which takes long: its demos are then served from PostgreSQL too.
"""

from typing import Any

import pytest
from django.db.backends.postgresql.operations import DatabaseOperations

from troth.gate.subjects.scope import everywhere

FIXTURES = {"db", "transactional_db", "django_db_serialized_rollback", "live_server", "admin_client"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database-only", action="store_true", help="run the tests that touch the database")
    parser.addoption("--whole", action="store_true", help="and the whole browser suite with them")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "long: storms of kills, restores, each page in a browser: `make test-long`, not `make test`",
    )
    config.addinivalue_line(
        "markers", "both_stores: a walk through a demo that runs on SQLite and on PostgreSQL"
    )


LONGEST = (
    "test_kill_house.py",
    "test_pages.py",
    "test_backup.py",
    "test_markers.py",
    "test_walk.py",
    "test_export.py",
    "test_kill_erasures.py",
    "test_own_data_walk.py",
    "test_hosting_walk.py",
    "test_subject_command.py",
    "test_isolation.py",
)
"""Files to begin with, so that no worker is left with a long one when the others are done."""


def only_the_filled(operations: DatabaseOperations, style: Any, tables: list[str], **_: Any) -> list[str]:
    """Empty the tables in which a test left something: to truncate all of them takes longer than most tests."""
    quoted = [operations.quote_name(table) for table in tables]
    one = "(SELECT {0} FROM {1} LIMIT 1)"
    asked = " UNION ALL ".join(one.format(*each) for each in enumerate(quoted))
    with everywhere(), operations.connection.cursor() as cursor:
        cursor.execute(asked)
        filled = [quoted[number] for (number,) in cursor.fetchall()]
    return [f"DELETE FROM {table}" for table in filled]  # noqa: S608 - from the catalogue


def flush_everywhere(
    operations: DatabaseOperations, statements: list[str], flush: Any = DatabaseOperations.execute_sql_flush
) -> None:
    """The wall between workspaces holds for whoever empties the tables too."""
    with everywhere():
        flush(operations, statements)


DatabaseOperations.sql_flush = only_the_filled
DatabaseOperations.execute_sql_flush = flush_everywhere


SERVED = {"demo", "rough", "databases"}
"""Fixtures of the browser suite that are on PostgreSQL beside one."""


def touches_the_database(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    marks = (item.get_closest_marker(name) for name in ("django_db", "both_stores"))
    return any(marks) or bool(FIXTURES & names)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONGEST)))
    if config.getoption("--database-only"):
        whole = SERVED if config.getoption("--whole") else set()
        kept = {id(item) for item in items if touches_the_database(item) or whole & set(item.fixturenames)}  # type: ignore[attr-defined]
        config.hook.pytest_deselected(items=[item for item in items if id(item) not in kept])
        items[:] = [item for item in items if id(item) in kept]
