"""What goes into an export, read as the person's own data, as often as the archive needs it and never all at once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Sum

from ..errors import GateError
from ..files import stored
from ..files.models import StoredFile
from ..journal.models import Entry, Share
from ..published import statement
from ..registry import ARCHIVE_LISTS
from ..subjects import access
from ..subjects.register import personal_models
from ..uses import Actor, OwnData, Use
from ..uses.doors import keep
from ..uses.history import CATEGORY as USE_RECORD
from ..uses.history import mine
from ..uses.use import _current

PURPOSE = "showing-own-data"
ROLE = "data-subject"
ARCHIVE = "archive"
NOT_ROWS = frozenset({"files.StoredFile", "export.Export", "export.Part"})
"""What the archive tells in another way, or is itself."""
ROW_WEIGHT, ENTRY_WEIGHT = 3_000, 6_000
"""About how many bytes of a file take as long as a row, or an entry with its receipt."""
BATCH = 200


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the export: which of the subjects it was found for (from 1), and the values that were chosen."""

    part: int
    held: access.Held
    values: tuple[access.Value, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A stored file of the export.  `path` is its name in the archive, empty when it may not be given."""

    row: StoredFile
    path: str
    name: str
    content_type: str


@contextmanager
def within(use: Use) -> Iterator[Use]:
    """Go on with a use that outlasts the block."""
    token = _current.set(use)
    try:
        yield use
    finally:
        _current.reset(token)


class Reading:
    """The uses of one export: one for each subject in it, each with one entry, however often its rows are read.

    Rows are read anew for each member that tells of them, so that none is held; what changes meanwhile may stand in
    one member as it was, in the next as it is.
    `step` is told how many bytes' worth of work was done, and may raise to stop it.
    """

    def __init__(self, owner: UUID, subjects: Sequence[UUID], categories: Sequence[str]) -> None:
        self.uses = [Use(PURPOSE, Actor(ROLE, subject), OwnData(subject)) for subject in subjects]
        owned = [use for use, subject in zip(self.uses, subjects, strict=True) if subject == owner]
        if not owned:
            raise GateError("an export without its owner among its subjects")
        self.own = owned[0]
        self.chosen = list(categories)
        self._names = _below(categories)
        self.step: Callable[[int], None] = lambda amount: None

    def weight(self) -> int:
        """About how much there is to do, in bytes."""
        found = 0
        for subject in self._subjects():
            rows = sum(model.every.filter(owner=subject).count() for model in personal_models())
            files = self._files_of(subject).aggregate(bytes=Sum("size"))["bytes"] or 0
            entries = Share.objects.filter(subject=subject.hex).count() if self.has_uses else 0
            found += rows * ROW_WEIGHT * 3 + files + entries * ENTRY_WEIGHT
        return found

    @property
    def has_uses(self) -> bool:
        """Whether the record of uses was chosen."""
        return self._is_chosen(USE_RECORD)

    def rows(self, visit: Callable[[Row], None]) -> None:
        """Every chosen row, in the order of its model; the row is forgotten after the visit."""
        for part, use in enumerate(self.uses, 1):
            with within(use):
                for held in access.held(self._subject(use)):
                    if held.model not in NOT_ROWS and (values := self._values(held)):
                        visit(Row(part, held, values))
                    access.release(held)
                    self.step(ROW_WEIGHT)

    def files(self, visit: Callable[[File], None]) -> None:
        """Every chosen stored file but the archives, oldest first; `stored.read` gives its bytes in the visit."""
        for number, (use, pk) in enumerate(self._numbered, 1):
            with within(use):
                # One by one: no read transaction stays open while the bytes of a file go by.
                for row in StoredFile.objects.filter(pk=pk):
                    visit(_file(use, row, number))
                    self.step(0)

    @cached_property
    def _numbered(self) -> list[tuple[Use, UUID]]:
        """The files as they were when the export began: a file keeps its number in every member that names it."""
        return [
            (use, pk)
            for use in self.uses
            for pk in self._files_of(self._subject(use))
            .order_by("stored_at", "pk")
            .values_list("pk", flat=True)
        ]

    def entries(self, visit: Callable[[int, list[Entry]], None]) -> None:
        """The entries of the log on each subject, newest first, some at a time; inside the subject's use."""
        for part, use in enumerate(self.uses, 1):
            with within(use):
                batch = list(mine()[:BATCH]) if self.has_uses else []
                while batch:
                    visit(part, batch)
                    self.step(0)
                    batch = list(mine().filter(seq__lt=batch[-1].seq)[:BATCH])

    def lists(self, visit: Callable[[str, list[dict[str, Any]]], None]) -> None:
        """What the apps list beside rows and files (`registry.archive_list`); nothing for an empty list."""
        for name, (category, build) in ARCHIVE_LISTS.items():
            found: list[dict[str, Any]] = []
            for use in self.uses if self._is_chosen(category) else ():
                with within(use):
                    found += build(self._subject(use))
            if found:
                visit(name, found)

    def keep(self) -> None:
        """Make the entries of what was read durable.  Raises what poisoned a use."""
        for use in self.uses:
            keep(use)
            if use.fault is not None:
                raise use.fault

    def close(self) -> None:
        """End the uses; what was read before something failed is on record too."""
        for use in self.uses:
            try:
                keep(use)
            finally:
                use.close()

    def _subjects(self) -> list[UUID]:
        return [self._subject(use) for use in self.uses]

    def _subject(self, use: Use) -> UUID:
        assert use.by.subject is not None  # noqa: S101 - for the type checker
        return use.by.subject

    def _values(self, held: access.Held) -> tuple[access.Value, ...]:
        """The values of chosen categories, with the row's times and choices; nothing when none is chosen."""
        chosen = tuple(
            value for value in held.values if not value.category or self._is_chosen(value.category)
        )
        return chosen if self._names is None or any(value.category for value in chosen) else ()

    def _is_chosen(self, category: str) -> bool:
        return self._names is None or category in self._names

    def _files_of(self, subject: UUID) -> "stored.Files":
        files: stored.Files = StoredFile.objects.filter(owner=subject).exclude(category=ARCHIVE)
        return files if self._names is None else files.filter(category__in=self._names)


def _below(categories: Sequence[str]) -> frozenset[str] | None:
    """The categories and all below them; None for everything."""
    known, found, waiting = statement.current().categories, set[str](), list(categories)
    while waiting:
        name = waiting.pop()
        if name in known and name not in found:
            found.add(name)
            waiting += known[name].children
    return frozenset(found) if categories else None


def _file(use: Use, row: StoredFile, number: int) -> File:
    if not stored.is_open_to(use, row):
        return File(row, "", "", "")
    about = stored.describe(row)
    return File(row, f"files/{number:04}-{safe_name(about.name)}", about.name, about.content_type)


def safe_name(name: str) -> str:
    """A file's name as it may stand in an archive: one step, no hidden marks, nothing a system reads in its own way."""
    kept = "".join(char if char.isalnum() or char in "-_. " else "_" for char in name[-120:])
    return kept.strip(". ")[-80:].strip(". ") or "file"
