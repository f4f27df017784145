"""Row-level security on PostgreSQL: the same queries with it, and with neither the policies nor what is told before."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from troth.apps.records.models import Record
from troth.gate.subjects import wall
from troth.workspaces.hosted import opened

from ..method import Contender, by_turns
from ..report import Section, Target
from .kiln import Kiln, fill

ON, OFF = "with row-level security", "without it"
PAGE = 100


def rows(rounds: int, workspaces: int, records: int) -> list[Section]:
    """A page of records and one record, inside a transaction and outside."""
    if connection.vendor != "postgresql":
        note = "needs PostgreSQL: python scripts/postgres.py -- .venv-bench/bin/python -m bench walls"
        return [Section("Row-level security", "a query", [], [], [note])]
    kiln = fill(workspaces, records)[0]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with opened(kiln.id):
        one = Record.objects.values_list("pk", flat=True)[records // 2]
    page = _query(kiln, lambda: len(list(_page(kiln))) == PAGE)
    single = _query(kiln, lambda: Record.objects.filter(pk=one).values_list("revision").get() == (1,))
    total = workspaces * records
    return [
        _section(f"Row-level security: {PAGE} records among {total:,}", page, rounds),
        _section(
            f"Row-level security: {PAGE} records among {total:,}, in a transaction", _in_act(page), rounds
        ),
        _section(
            f"Row-level security: one record by its id among {total:,}, in a transaction",
            _in_act(single),
            rounds,
        ),
    ]


def _page(kiln: Kiln) -> Iterator[object]:
    shown = Record.objects.filter(collection=kiln.collection, is_shown=True)
    return iter(shown.values_list("pk", "sealed", "made_at")[:PAGE])


def _query(kiln: Kiln, ask: Callable[[], bool]) -> Callable[[], None]:
    def run() -> None:
        with opened(kiln.id):
            assert ask()

    return run


def _in_act(query: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        with transaction.atomic():
            query()

    return run


def _section(title: str, query: Callable[[], None], rounds: int) -> Section:
    found = by_turns([Contender(OFF, query, within=_torn_down), Contender(ON, query)], rounds)
    return Section(
        title,
        "a query",
        list(found.values()),
        [Target("clock, with it to without", found[ON].ratio(found[OFF]), 1.2)],
    )


@contextmanager
def _torn_down() -> Iterator[None]:
    """Within the block the database has no wall and is told nothing."""
    quoted = [connection.ops.quote_name(table) for table in wall.tables()]
    connection.execute_wrappers.remove(wall.tell)
    try:
        with connection.cursor() as cursor:
            for table in quoted:
                cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY")
        yield
    finally:
        with connection.cursor() as cursor:
            for table in quoted:
                cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        connection.execute_wrappers.append(wall.tell)
