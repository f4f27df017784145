"""Somebody at the database's own prompt, past the gate: what they can change and what they can see."""

from collections.abc import Callable
from threading import Thread
from typing import Any

from django.db import connection, connections


def spoil(statement: str, *values: Any) -> int:
    """Run one SQL statement; returns the number of rows changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def everything_in(table: str) -> bytes:
    """All that a table holds, as one run of bytes."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - from the catalogue
        return b"\n".join(
            bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            for row in cursor.fetchall()
            for value in row
        )


def tables_holding(marker: bytes) -> list[str]:
    """The tables of the data store in which a marker stands in clear."""
    return [table for table in connection.introspection.table_names() if marker in everything_in(table)]


def beside(work: Callable[[], object], times: int = 1) -> list[object]:
    """Run `work` in threads of their own, each with connections of its own; what each gave, or raised."""
    given: list[object] = []

    def run() -> None:
        try:
            given.append(work())
        except Exception as error:  # noqa: BLE001 - shown to the test
            given.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given
