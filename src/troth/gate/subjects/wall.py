"""The second wall: in PostgreSQL a hosted table shows the rows of the open workspace and of no other.

Row-level security is forced, so it holds for the tables' owner too.  Each statement that names a hosted table is
preceded, in the same transaction, by one that tells the database the scope for that transaction alone; a statement
outside any scope finds nothing and writes nothing.  What was told leaves nothing behind on the line, so lines may come
from a pool that lends one for the length of a transaction.
SQLite has no such thing: there the ORM's scope and the seal are the walls.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import DatabaseError, connections

from .models import PersonalModel
from .scope import EVERYWHERE, current

POLICY = "one_workspace"
TELL = "SELECT set_config('app.workspace', '{workspace}', true), set_config('app.every', '{every}', true)"
ROWS = re.compile(r"[\s(]*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
"""Statements about rows.  Others (VACUUM, CREATE INDEX) are the owner's, see none, and may refuse a transaction."""
# The settings are read once a statement, not once a row: as a sub-select they are a plan of their own.
SEEN = (
    "(SELECT current_setting('app.every', true)) = 'on'"
    " OR owner_id = (SELECT NULLIF(current_setting('app.workspace', true), '')::uuid)"
)


@cache
def tables() -> tuple[str, ...]:
    """The tables of hosted rows."""
    models = (model for model in apps.get_models() if issubclass(model, PersonalModel))
    return tuple(sorted(model._meta.db_table for model in models if model.is_hosted))


@cache
def _named() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, tables()))})\b" if tables() else r"(?!)")


def tell(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Django's hook around each statement: tell the database which workspace is open, if it matters."""
    if not _named().search(sql) or not ROWS.match(sql):
        return execute(sql, params, many, context)
    connection = context["connection"]
    _say(connection, _told(), in_transaction=True)
    if not connection.get_autocommit():
        return execute(sql, params, many, context)
    try:
        done = execute(sql, params, many, context)
    except BaseException:
        # A line that broke has nothing left to take back.
        with suppress(DatabaseError):
            _say(connection, "ROLLBACK")
        raise
    _say(connection, "COMMIT")
    return done


def _told() -> str:
    scope = current()
    if scope == EVERYWHERE:
        return TELL.format(workspace="", every="on")
    # An id is written into the text: nothing else that could be a scope is.
    return TELL.format(workspace=UUID(str(scope)) if scope else "", every="off")


def _say(connection: Any, text: str, *, in_transaction: bool = False) -> None:
    """Send text past psycopg's cursors, which take longer to make than what is said here takes to be done.

    They begin a transaction at its first statement: where this is the first, it is begun here.
    """
    import psycopg

    line = connection.connection
    if in_transaction and line.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE:
        text = f"BEGIN; {text}"
    with connection.wrap_database_errors:
        if line.closed:
            raise psycopg.OperationalError("the line to the database is closed")
        result = line.pgconn.exec_(text.encode())
        if result.status not in (psycopg.pq.ExecStatus.TUPLES_OK, psycopg.pq.ExecStatus.COMMAND_OK):
            raise psycopg.errors.error_from_result(result)


def attend(connection: Any, **kwargs: Any) -> None:
    """A line to a database was opened: PostgreSQL's gets the hook."""
    if connection.vendor == "postgresql" and tell not in connection.execute_wrappers:
        connection.execute_wrappers.append(tell)


def build(using: str = "default", **kwargs: Any) -> None:
    """After migrations: put the policy on each hosted table that has none, and force it."""
    connection = connections[using]
    # Django sends the same signal, without a plan, when it empties the tables: then none is new.
    if connection.vendor != "postgresql" or "plan" not in kwargs:
        return
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        walled = set(_walled(cursor))
        for table in (name for name in tables() if name in there - walled):
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"CREATE POLICY {POLICY} ON {quoted} USING ({SEEN}) WITH CHECK ({SEEN})")
            cursor.execute(f"ALTER TABLE {quoted} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")


def missing(using: str = "default") -> list[str]:
    """Hosted tables without the wall; none on SQLite, which has none to miss."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        return sorted(set(tables()) - set(_walled(cursor)))


def _walled(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid"
        " WHERE c.relrowsecurity AND c.relforcerowsecurity AND p.polname = %s",
        [POLICY],
    )
    return [str(row[0]) for row in cursor.fetchall()]
