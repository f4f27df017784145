"""What tests do to databases: which of them run on PostgreSQL, which are begun first, how a store is emptied.

`--database-only` keeps the tests that touch the database: the run on PostgreSQL repeats no others. `--whole` adds the
browser suite, which takes long: its demos are then served from PostgreSQL too.
"""

from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest
from django.apps import apps
from django.db import connections, transaction
from django.db.backends.signals import connection_created
from django.test import TransactionTestCase

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


@cache
def tables(alias: str, _installed: tuple[str, ...]) -> tuple[str, ...]:
    """The quoted names of the models' tables in a store."""
    connection = connections[alias]
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return tuple(connection.ops.quote_name(name) for name in names)


APPS = Path(__file__).parents[1] / "apps"


def empty(alias: str) -> None:
    """Empty the tables in which a test left something: to ask all of them and to delete is quicker than a flush."""
    named = tables(alias, tuple(apps.app_configs))
    one = "SELECT {0} WHERE EXISTS (SELECT 1 FROM {1})"
    asked = " UNION ALL ".join(one.format(*each) for each in enumerate(named))
    # The wall between workspaces holds for whoever empties the tables too.
    with everywhere(), transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(asked)
        for (number,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {named[number]}")  # noqa: S608 - from the catalogue


def leave_empty(case: TransactionTestCase) -> None:
    for alias in case._databases_names(include_mirrors=False):
        empty(alias)


def was_left_open(case: TransactionTestCase) -> bool:
    """Whether a test left a line to a store inside a transaction: such a line is closed, others serve the next test."""
    return any(
        not line.get_autocommit() for line in connections.all(initialized_only=True) if line.connection
    )


def close_every_line() -> None:
    """A store that somebody has open cannot be dropped: a browser's event loop, and a thread, have lines of their own."""
    for line in list(LINES):
        line.inc_thread_sharing()
        line.close()


def _keep(connection: Any, **kwargs: Any) -> None:
    LINES.add(connection)


LINES: WeakSet[Any] = WeakSet()
connection_created.connect(_keep)
Case: Any = TransactionTestCase
Case._fixture_teardown, Case._should_reload_connections = leave_empty, was_left_open


SERVED = {"demo", "rough", "databases"}
"""Fixtures of the browser suite that are on PostgreSQL beside one."""


def touches_the_database(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    marks = (item.get_closest_marker(name) for name in ("django_db", "both_stores"))
    return any(marks) or bool(FIXTURES & names)


@pytest.hookimpl(tryfirst=True, specname="pytest_collection_modifyitems")
def pytest_apps_come_later(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On the second database the floors that speak to it come first, and the apps above them with the long tests."""
    if config.getoption("--database-only"):
        for item in items:
            if item.path.is_relative_to(APPS):
                item.add_marker(pytest.mark.long)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONGEST)))
    if config.getoption("--database-only"):
        whole = SERVED if config.getoption("--whole") else set()
        kept = {id(item) for item in items if touches_the_database(item) or whole & set(item.fixturenames)}  # type: ignore[attr-defined]
        config.hook.pytest_deselected(items=[item for item in items if id(item) not in kept])
        items[:] = [item for item in items if id(item) in kept]
