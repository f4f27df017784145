"""What a program does with a workspace: one method for each verb."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from . import told, transfers
from .errors import ApiError, Invalid
from .told import Answer, Collection, Entry, File, Given, Query, Record, Workspace
from .wire import Wire

ROWS, PAGE = 500, 200
"""Records of one request; entries of one page."""
Progress = Callable[[int, int | None], None]
"""Called with how many are done, of how many (None: nobody knows): records, or bytes."""


class Client:
    """A workspace, by a key.  Every method raises ApiError; `authority` is a file of certificates to trust."""

    def __init__(self, url: str, key: str, *, authority: str | None = None, **wire: Any) -> None:
        self._wire = Wire(url, key, authority=authority, **wire)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all lines to the server."""
        self._wire.close()

    def workspace(self) -> Workspace:
        """The workspace, and what the key is for."""
        return told.workspace(self._wire.ask("GET", ""))

    # -- records

    def collections(self) -> list[Collection]:
        """The collections that are open to the key."""
        return [told.collection(each) for each in self._wire.ask("GET", "/collections")]

    def collection(self, name: str) -> Collection:
        """The collection of a name.  Raises LookupError for none, or several."""
        found = [each for each in self.collections() if each.name == name]
        if len(found) != 1:
            raise LookupError(f"{len(found)} collections of this name are open to the key")
        return found[0]

    def records(
        self, of: Collection, where: Mapping[str, Given] | None = None, *, sort: str = ""
    ) -> Iterator[Record]:
        """All records, page by page as they are asked for: oldest first, or by a plain field (`-name`: falling).

        `where` says what the values of fields must be.  It travels in a body, so that none stands in an address.
        """
        wanted = [{"field": name, "value": value} for name, value in (where or {}).items()]
        asked: dict[str, Any] = {"where": wanted, "sort": sort, "limit": PAGE, "cursor": ""}
        while True:
            page = self._wire.ask("POST", f"/collections/{of.id}/records/find", asked)
            yield from map(told.record, page["records"])
            if page["next"] is None:
                return
            asked["cursor"] = page["next"]

    def record(self, of: Collection, which: str) -> Record:
        """One record by its id."""
        return told.record(self._wire.ask("GET", f"/collections/{of.id}/records/{which}"))

    def make(self, into: Collection, values: Mapping[str, Given]) -> Record:
        """A new record."""
        made = self._wire.ask("POST", f"/collections/{into.id}/records", {"values": dict(values)})
        return told.record(made)

    def change(self, of: Collection, record: Record, values: Mapping[str, Given]) -> Record:
        """New values for some fields.  Raises Conflict when somebody changed the record since it was read."""
        body = {"revision": record.revision, "values": dict(values)}
        changed = self._wire.ask("PATCH", f"/collections/{of.id}/records/{record.id}", body)
        return told.record(changed)

    def delete(
        self, of: Collection, records: Iterable[Record | str], progress: Progress | None = None
    ) -> int:
        """Delete records, 500 at a time; how many."""
        path, done = f"/collections/{of.id}/records/delete", 0
        for batch in _batches(records):
            ids = [each.id if isinstance(each, Record) else each for each in batch]
            done += self._wire.ask("POST", path, {"ids": ids})["deleted"]
            _tell(progress, done)
        return done

    def make_many(
        self, into: Collection, rows: Iterable[Mapping[str, Given]], progress: Progress | None = None
    ) -> list[str]:
        """New records, 500 at a time; their ids, in the order of the rows.

        Each batch is made whole or not at all.  Raises Invalid with the faults by row, counted over all rows; what
        came in the batches before is made.
        """
        path, made = f"/collections/{into.id}/records/make", list[str]()
        for batch in _batches(rows):
            body = {"records": [{"values": dict(row)} for row in batch]}
            with _counted_from(len(made)):
                made += [each["id"] for each in self._wire.ask("POST", path, body)["records"]]
            _tell(progress, len(made))
        return made

    def change_many(
        self,
        of: Collection,
        changes: Iterable[tuple[Record, Mapping[str, Given]]],
        progress: Progress | None = None,
    ) -> int:
        """New values for each of many records, 500 at a time, as `make_many`; how many."""
        path, done = f"/collections/{of.id}/records/change", 0
        for batch in _batches(changes):
            body = {
                "records": [
                    {"id": row.id, "revision": row.revision, "values": dict(new)} for row, new in batch
                ]
            }
            with _counted_from(done):
                self._wire.ask("POST", path, body)
            done += len(batch)
            _tell(progress, done)
        return done

    # -- queries

    def queries(self) -> list[Query]:
        """The kept queries."""
        return [told.query(each) for each in self._wire.ask("GET", "/queries")]

    def run(self, query: Query, parameters: Mapping[str, str] | None = None, *, every: float = 0.5) -> Answer:
        """Run a kept query and wait for its answer.  Raises ApiError when it failed; what is wrong is in its words."""
        run = self._wire.ask("POST", f"/queries/{query.id}/runs", {"parameters": dict(parameters or {})})
        while run["state"] in ("waiting", "running"):
            time.sleep(every)
            run = self._wire.ask("GET", f"/runs/{run['id']}")
        if run["state"] != "done":
            raise ApiError(200, {"error": run["state"], "detail": run["wrong"] or "the query was cancelled"})
        columns, rows, cursor = tuple[str, ...](), list[list[str]](), ""
        while True:
            page = self._wire.ask("GET", f"/runs/{run['id']}/answer", query={"limit": PAGE, "cursor": cursor})
            columns, rows = tuple(each["name"] for each in page["columns"]), rows + page["rows"]
            if page["next"] is None:
                return Answer(columns, rows, run["is_cut"])
            cursor = page["next"]

    # -- files

    def files(self, folder: str | None = None) -> Iterator[Entry]:
        """What lies in a folder, or at the top."""
        cursor = ""
        while True:
            page = self._wire.ask("GET", "/files", query={"folder": folder, "limit": PAGE, "cursor": cursor})
            yield from map(told.entry, page["entries"])
            if page["next"] is None:
                return
            cursor = page["next"]

    def file(self, which: str) -> File:
        """A file by its id, with its versions."""
        return told.file(self._wire.ask("GET", f"/files/{which}"))

    def upload(self, path: Path, folder: str | None = None, progress: Progress | None = None) -> File:
        """Keep a file under its name: a new one, or the next version.  What breaks off on the way goes on."""
        return told.file(transfers.upload(self._wire, path, folder, progress))

    def download(self, file: File, path: Path, progress: Progress | None = None) -> None:
        """Write a file's newest version to a path, whole or not at all.  What breaks off on the way goes on."""
        transfers.download(self._wire, file, path, progress)


class _counted_from:  # noqa: N801 - reads as a statement: `with _counted_from(…)`
    """Count the rows of faults from the first row of all batches."""

    def __init__(self, first: int) -> None:
        self._first = first

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Invalid) and self._first:
            faults = [
                {"row": each.row + self._first, "where": each.where, "what": each.what}
                for each in error.faults
            ]
            said = {"error": error.error, "detail": error.what, "advice": error.advice, "where": error.where}
            raise Invalid(error.status, {**said, "faults": faults}) from error


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(rows)
    while batch := list(islice(left, ROWS)):
        yield batch


def _tell(progress: Progress | None, done: int) -> None:
    if progress is not None:
        progress(done, None)
