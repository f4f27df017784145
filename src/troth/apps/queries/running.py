"""Runs begin, go on beside the worker's other jobs, and end: nothing here waits for a query.

The tables are opened as whoever asked, by their own access, and go to the query's process through pipes; its answer
comes back in memory that has no name on any disk, and is sealed at once.
"""

import csv
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone

from troth.gate.errors import GateError, SealError
from troth.gate.subjects import owning
from troth.gate.uses import act
from troth.workspaces.access import Access, enter, find
from troth.workspaces.hosted import opened
from troth.workspaces.models import Workspace
from troth.workspaces.reading_files import Unreadable
from troth.workspaces.sections import Table, tables

from . import runner
from .models import Answer, Run

SECONDS, MEGABYTES = 30, 256
MOST_ROWS, MOST_BYTES, MOST_READ = 10_000, 8 << 20, 256 << 20
AT_ONCE = 2
LOST_AFTER = timedelta(seconds=3 * SECONDS)
AGAIN_WITHIN = timedelta(minutes=10)
"""So long after it was asked a run whose worker is gone begins again; then it has failed."""
STOPPED = "The query ended without an answer. It may have needed more memory than a query gets."
TOO_LONG = f"The query took longer than {SECONDS} seconds and was stopped. Ask for less, or for less at once."
TOO_MUCH = "There is more to read here than a query can take in at once."


class TooMuch(Exception):
    """The tables do not fit."""


@dataclass
class Going:
    """A run whose process is at work, or will be once it was fed."""

    workspace: UUID
    run: UUID
    process: subprocess.Popen[bytes]
    answer: int
    until: float = field(default_factory=lambda: time.monotonic() + SECONDS)


GOING: dict[UUID, Going] = {}
"""What this worker runs now."""


def turn() -> None:
    """End what is done, stop what is too long or cancelled, begin what waits."""
    for going in list(GOING.values()):
        _look_after(going)
    for workspace, run in _waiting():
        if len(GOING) >= AT_ONCE:
            return
        _begin(workspace, run)


def _waiting() -> Iterator[tuple[UUID, UUID]]:
    """Runs that nobody began, the oldest first; what a worker left behind begins again, or has failed."""
    now = timezone.now()
    # One that began further ahead than clocks differ did so under a clock that was wrong.
    for lost in ({"began_at__lt": now - LOST_AFTER}, {"began_at__gt": now + LOST_AFTER}):
        for owner, pk in owning.found(Run, state=Run.State.RUNNING, **lost):
            _begin_again(owner, pk)
    yield from owning.found(Run, state=Run.State.WAITING)


def _begin_again(workspace: UUID, pk: UUID) -> None:
    """Let a run whose worker is gone wait once more, if it was asked lately; else it has failed."""
    lately = timezone.now() - AGAIN_WITHIN
    with opened(workspace):
        lost = Run.objects.filter(pk=pk, state=Run.State.RUNNING, asked_at__gt=lately)
        is_again = lost.update(state=Run.State.WAITING, began_at=None)
    if not is_again:
        _fail(workspace, pk)


def _begin(workspace: UUID, pk: UUID) -> None:
    with opened(workspace):
        mine = Run.objects.filter(pk=pk, state=Run.State.WAITING)
        if not mine.update(state=Run.State.RUNNING, began_at=timezone.now()):
            return  # another worker was first
        run = Run.objects.get(pk=pk)
    access = _access(workspace, run)
    if access is None:
        _fail(workspace, pk)
        return
    try:
        with enter(access):
            GOING[pk] = _start(workspace, run, _wanted(run.sql, tables(access)))
    except Unreadable as why:
        _fail(workspace, pk, str(why), access)
    except TooMuch:
        _fail(workspace, pk, TOO_MUCH, access)
    except (GateError, SealError, OSError):
        _fail(workspace, pk)


def _access(workspace: UUID, run: Run) -> Access | None:
    row = Workspace.objects.filter(owner=workspace).first()
    return find(row, run.by_id) if row and run.by_id else None


def _wanted(sql: str, found: list[Table]) -> list[Table]:
    """Every table whose columns are known, and of the files those whose name stands in the query."""
    asked = sql.casefold()
    return [
        table
        for table in found
        if table.columns is not None or table.name.replace('"', '""').casefold() in asked
        or table.name.replace("'", "''").casefold() in asked
    ]  # fmt: skip


def _start(workspace: UUID, run: Run, found: list[Table]) -> Going:
    """Start the process and feed it: as much as its tables take to be read, and no longer."""
    opened_ones = [table.opens() for table in found]
    pipes = [os.pipe() for _ in found]
    told, telling = os.pipe()
    answer = os.memfd_create("answer")
    orders = {
        "sql": run.sql, "parameters": json.loads(run.parameters), "seconds": SECONDS, "megabytes": MEGABYTES,
        "most_rows": MOST_ROWS, "most_bytes": MOST_BYTES,
        "tables": [{"name": table.name, "columns": columns, "fd": ours, "is_text": table.columns is None}
                   for table, (columns, _), (ours, _) in zip(found, opened_ones, pipes, strict=True)],
    }  # fmt: skip
    inside = [told, answer, *(ours for ours, _ in pipes)]
    process = subprocess.Popen(
        [sys.executable, "-I", str(Path(runner.__file__)), str(told), str(answer)], pass_fds=inside, env={},
        cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for each in inside:
        if each != answer:
            os.close(each)
    try:
        with os.fdopen(telling, "w", encoding="utf-8") as out:
            json.dump(orders, out)
        _feed([rows for _, rows in opened_ones], [theirs for _, theirs in pipes])
    except BrokenPipeError:
        pass  # it has ended, and its answer says why
    except BaseException:
        process.kill()
        process.wait()
        os.close(answer)
        raise
    return Going(workspace, run.pk, process, answer)


def _feed(found: list[Iterator[list[str]]], pipes: list[int]) -> None:
    left = MOST_READ
    try:
        for rows in found:
            with os.fdopen(pipes.pop(0), "w", encoding="utf-8", errors="replace", newline="") as out:
                for line in rows:
                    text = _line(line)
                    left -= len(text)
                    if left < 0:
                        raise TooMuch
                    out.write(text)
    finally:
        for each in pipes:
            os.close(each)


def _line(values: list[str]) -> str:
    """One row of CSV: nothing is an empty field, which the other end reads as NULL."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(values)
    return out.getvalue()


def _look_after(going: Going) -> None:
    with opened(going.workspace):
        stays = Run.objects.filter(pk=going.run, state=Run.State.RUNNING).exists()
    is_late = time.monotonic() > going.until
    if going.process.poll() is None and stays and not is_late:
        return
    del GOING[going.run]
    killed = going.process.poll() is None
    if killed:
        going.process.kill()
        going.process.wait()
    try:
        if stays:
            _finish(going, TOO_LONG if killed or going.process.returncode < 0 else "")
    finally:
        os.close(going.answer)


def _finish(going: Going, wrong: str) -> None:
    with opened(going.workspace):
        run: Run | None = Run.objects.filter(pk=going.run).first()
    access = _access(going.workspace, run) if run else None
    if run is None or access is None:
        _fail(going.workspace, going.run)
        return
    size = os.fstat(going.answer).st_size
    lines = (
        os.pread(going.answer, size, 0).decode(errors="replace").rstrip("\n").split("\n") if not wrong else []
    )
    last: dict[str, Any] = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    if wrong or "rows" not in last:
        _fail(going.workspace, going.run, wrong or str(last.get("wrong", STOPPED)), access)
        return
    try:
        with enter(access, writes=True), act():
            done = {"state": Run.State.DONE, "rows": last["rows"], "is_cut": last["is_cut"]}
            # One that was cancelled at the last moment keeps no answer.
            if Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(ended_at=timezone.now(), **done):
                answer = Answer(run=run)
                answer.lines = "\n".join(lines[:-1])
                answer.save(force_insert=True)
    except (GateError, SealError):
        _fail(going.workspace, going.run)


def _fail(workspace: UUID, pk: UUID, wrong: str = "", access: Access | None = None) -> None:
    """The run has failed.  What is wrong is sealed, so it is kept only where whoever asked can still enter."""
    failed = {"state": Run.State.FAILED, "ended_at": timezone.now()}
    if access is None:
        with opened(workspace):
            Run.objects.filter(pk=pk, state=Run.State.RUNNING).update(**failed)
        return
    with enter(access, writes=True), act():
        run = Run.objects.filter(pk=pk, state=Run.State.RUNNING).first()
        if run is not None:
            run.wrong, run.state, run.ended_at = wrong, failed["state"], failed["ended_at"]
            run.save(update_fields=list(failed))
