"""Run by pymerkle's own interpreter: one JSON order a line in, one JSON answer a line out, seconds for an entry."""

import json
import os
import sqlite3
import sys
import time
from pathlib import Path

import pymerkle

ENTRY = 240  # bytes: about what an entry of the ledger and its sealed share hold


def tree(path: Path, *, wal: bool = False) -> pymerkle.SqliteTree:
    made = pymerkle.SqliteTree(str(path))
    made.con.execute("PRAGMA synchronous=FULL")
    if wal:
        made.con.execute("PRAGMA journal_mode=WAL")
    return made


def timed(trees: dict[str, pymerkle.SqliteTree], order: dict[str, object]) -> dict[str, float]:
    entries = [os.urandom(ENTRY) for _ in range(int(str(order["times"])))]
    log = trees[str(order["do"])]
    cpu, wall = time.process_time(), time.perf_counter()
    if str(order["do"]).startswith("group"):
        log.append_entries(entries)
        if order["do"] == "group-root":
            log.get_root()
    else:
        for entry in entries:
            log.append_entry(entry)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall": wall / len(entries), "cpu": cpu / len(entries)}


def main() -> None:
    folder = Path(sys.argv[1])
    trees = {
        "one": tree(folder / "one.sqlite3"), "one-wal": tree(folder / "in-wal.sqlite3", wal=True),
        "group": tree(folder / "group.sqlite3", wal=True),
        "group-root": tree(folder / "group-root.sqlite3", wal=True),
    }  # fmt: skip
    for line in sys.stdin:
        order = json.loads(line)
        versions = {"pymerkle": pymerkle.__version__, "sqlite": sqlite3.sqlite_version}
        print(json.dumps(versions if order["do"] == "versions" else timed(trees, order)), flush=True)


if __name__ == "__main__":
    main()
