"""SQL over a sealed collection, run as the worker runs it, beside DuckDB on a plain CSV file of the same rows."""

import csv
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from troth.apps.queries import flows, running
from troth.apps.queries.models import Run
from troth.gate.subjects import owning
from troth.workspaces.hosted import opened

from ..method import Contender, by_turns
from ..report import Section, Target
from .kiln import DRAFTS, Kiln, texts, workspace

GROUPED = "SELECT city, count(*), max(day) FROM {0} GROUP BY city ORDER BY city"
FIRST = "SELECT * FROM {0} LIMIT 1"
PLAIN, STARTED, OURS = (
    "DuckDB on a plain CSV",
    "the same in a process of its own",
    "asked, run by the worker, answered",
)
SCRIPT = "import duckdb, sys; print(len(duckdb.connect().execute(sys.argv[1]).fetchall()))"


def rows(rounds: int, count: int, home: Path) -> list[Section]:
    """A grouping over so many records, and the first row of them."""
    kiln, path = workspace(count), home / "pots.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([draft.name for draft in DRAFTS])
        writer.writerows(texts(number) for number in range(count))
    return [
        _section(f"SQL over {count:,} records, grouped", kiln, path, GROUPED, 8, rounds),
        _section(f"SQL over {count:,} records, to the first row", kiln, path, FIRST, 1, rounds),
    ]


def _section(title: str, kiln: Kiln, path: Path, sql: str, expected: int, rounds: int) -> Section:
    plain = sql.format(f"read_csv('{path}')")
    contenders = [
        Contender(PLAIN, _plainly(plain, expected)), Contender(STARTED, _started(plain, expected)),
        Contender(OURS, _ours(kiln, sql.format('"Pots"'), expected)),
    ]  # fmt: skip
    found = by_turns(contenders, rounds)
    return Section(
        title, "a query", list(found.values()),
        [Target("clock, to DuckDB on a plain CSV", found[OURS].ratio(found[PLAIN]), 20)],
        ["ours: every record opened under the workspace's key, fed to a process that is shut in, its answer sealed"],
    )  # fmt: skip


def _plainly(sql: str, expected: int) -> Callable[[], None]:
    def run() -> None:
        with duckdb.connect() as line:
            assert len(line.execute(sql).fetchall()) == expected

    return run


def _started(sql: str, expected: int) -> Callable[[], None]:
    def run() -> None:
        done = subprocess.run(
            [sys.executable, "-I", "-c", SCRIPT, sql], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == str(expected)

    return run


def _ours(kiln: Kiln, sql: str, expected: int) -> Callable[[], None]:
    def run() -> None:
        asked = flows.ask(kiln.access, sql, {})
        running.turn()
        while running.GOING:
            time.sleep(0.002)
            running.turn()
        with opened(kiln.id):
            done = Run.objects.get(pk=asked.pk)
        assert (done.state, done.rows) == (Run.State.DONE, expected), done.state
        assert not owning.found(Run, state=Run.State.WAITING)

    return run
