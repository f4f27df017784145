"""The process in which a query runs: no network, no files, little memory, no way back to the rest of the house.

It is started alone (`python -I runner.py`), gets tables as CSV through pipes and writes its answer into memory that the
starter holds.  Nothing of Troth is imported here, and nothing of a query ever lies on a disk.

    argv: the orders as a file descriptor, the answer as a file descriptor
    orders: {"sql", "parameters": {name: text}, "tables": [{"name", "columns": [[name, type]], "fd", "is_text"}],
             "most_rows", "most_bytes", "seconds", "megabytes"}
    answer: one JSON line of {"columns": [[name, type]]}, one for each row, one of {"rows", "is_cut"}; or {"wrong": text}
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from typing import Any

NEW_USER, NEW_NET, DEATH_SIGNAL = 0x10000000, 0x40000000, 1
BATCH = 500
MOST_COLUMNS = 200
KINDS = (
    ("DECIMAL(30,10)", "-?(0|[1-9][0-9]{0,18})([.][0-9]{1,10})?", "{}"),
    ("DATE", "[0-9]{4}-[0-9]{2}-[0-9]{2}", "TRY_CAST({} AS DATE)"),
)
"""What a column of texts is taken for when all of them look like it: a code such as `007` stays a text."""


def shut_in(seconds: int, megabytes: int, most_bytes: int) -> None:
    """Give up what a query has no need of: the network, files, time and memory without end; die with the starter."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    libc.unshare(NEW_USER | NEW_NET)  # where the kernel refuses, DuckDB's own lock is what holds
    room = (megabytes + 2048) << 20  # the program itself, and what it asks for and does not use
    limits = (
        (resource.RLIMIT_CPU, seconds + 1), (resource.RLIMIT_AS, room), (resource.RLIMIT_FSIZE, most_bytes * 2),
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 128),
    )  # fmt: skip
    for which, most in limits:
        resource.setrlimit(which, (most, most))


def answer(orders: dict[str, Any]) -> Iterator[Any]:
    """The answer, line by line."""
    import duckdb

    line = duckdb.connect(":memory:")
    line.execute(f"SET memory_limit = '{int(orders['megabytes'])}MB'")
    for setting in ("threads = 1", "temp_directory = ''", "autoinstall_known_extensions = false",
                    "autoload_known_extensions = false", "allow_community_extensions = false"):  # fmt: skip
        line.execute(f"SET {setting}")
    for table in orders["tables"]:
        fill(line, table)
    line.execute("SET enable_external_access = false")
    line.execute("SET lock_configuration = true")
    statements = line.extract_statements(orders["sql"])
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        yield {
            "wrong": "A query is one SELECT. Nothing else is run here: data is changed on the pages of its collection."
        }
        return
    given = {name: orders["parameters"].get(name) for name in statements[0].named_parameters}
    found = line.execute(statements[0], given)
    if (width := len(found.description)) > MOST_COLUMNS:
        yield {
            "wrong": f"The answer has {width:,} columns, and {MOST_COLUMNS} at most are shown. Name those you need."
        }
        return
    yield {"columns": [[column[0], str(column[1])] for column in found.description]}
    yield from rows_of(found, orders["most_rows"], orders["most_bytes"])


def rows_of(found: Any, most_rows: int, most_bytes: int) -> Iterator[Any]:
    """The rows, until there are enough of them, and how many they were."""
    count, size = 0, 0
    while some := found.fetchmany(BATCH):
        for row in some:
            told = [
                None if value is None else value if isinstance(value, bool | int) else str(value)
                for value in row
            ]
            size += sum(len(str(value)) for value in told)
            if count == most_rows or size > most_bytes:
                yield {"rows": count, "is_cut": True}
                return
            count += 1
            yield told
    yield {"rows": count, "is_cut": False}


def fill(line: Any, table: dict[str, Any]) -> None:
    """Make one table out of the CSV that comes through its pipe."""
    columns = ", ".join(f"{quoted(name)}: '{kind}'" for name, kind in table["columns"])
    form = "header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"', new_line = '\\n'"
    how = f"{form}, allow_quoted_nulls = false, max_line_size = 10000000, parallel = false, columns = {{{columns}}}"
    read = f"read_csv('/dev/fd/{int(table['fd'])}', {how})"
    if not table.get("is_text"):
        line.execute(f"CREATE TABLE {identifier(table['name'])} AS FROM {read}")
        return
    held = f"as_text.{identifier(table['name'])}"
    line.execute("CREATE SCHEMA IF NOT EXISTS as_text")
    line.execute(f"CREATE TABLE {held} AS FROM {read}")
    names = [identifier(name) for name, _ in table["columns"]]
    tests = ", ".join(f"bool_and(regexp_full_match({name}, '{form}')) AND count({test.format(name)}) = count({name})"
                      for name in names for _, form, test in KINDS)  # fmt: skip
    told = list(line.execute(f"SELECT {tests} FROM {held}").fetchone())  # noqa: S608 - names are quoted
    cast = [_as_kind(name, told[at * len(KINDS) : (at + 1) * len(KINDS)]) for at, name in enumerate(names)]
    shown = f"CREATE VIEW {identifier(table['name'])} AS SELECT {', '.join(cast)} FROM {held}"  # noqa: S608 - the same
    line.execute(shown)


def _as_kind(name: str, fits: list[Any]) -> str:
    kind = next((kind for (kind, _, _), fit in zip(KINDS, fits, strict=True) if fit), None)
    return f"CAST({name} AS {kind}) AS {name}" if kind else name


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def main() -> None:
    """Read the orders, shut the door, answer."""
    with os.fdopen(int(sys.argv[1]), "rb") as told:
        orders = json.load(told)
    shut_in(orders["seconds"], orders["megabytes"], orders["most_bytes"])
    with os.fdopen(int(sys.argv[2]), "w", encoding="utf-8") as out:
        try:
            for each in answer(orders):
                out.write(json.dumps(each, ensure_ascii=False) + "\n")
        except MemoryError:
            out.write(json.dumps({"wrong": "The query needs more memory than a query gets."}) + "\n")
        except Exception as error:  # noqa: BLE001 - whatever the database says is for the person who asked
            with contextlib.suppress(Exception):
                out.write(json.dumps({"wrong": str(error)[:2000]}) + "\n")


if __name__ == "__main__":
    main()
