"""What the API tells, as objects that cannot be changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Value = str | bool
Given = str | bool | int | float | None
"""A value as it is sent; None for none."""


@dataclass(frozen=True, slots=True)
class Key:
    """What the key is for: `right` is "view" or "edit"; `part` the id of what it is narrowed to."""

    name: str
    right: str
    part: str | None
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Workspace:
    """The workspace that the key opens."""

    id: str
    name: str
    ended_at: datetime | None
    key: Key


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a collection."""

    id: str
    name: str
    kind: str
    finding: str
    is_required: bool
    choices: tuple[str, ...]
    target: str | None


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection and its fields."""

    id: str
    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A record; its values by the names of their fields."""

    id: str
    revision: int
    made_at: datetime
    changed_at: datetime
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Query:
    """A query that is kept under a name."""

    id: str
    name: str
    sql: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query answered: names of columns, rows of texts; cut when there were more than a query may answer."""

    columns: tuple[str, ...]
    rows: list[list[str]]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder, or a file with its size in bytes."""

    id: str
    kind: str
    name: str
    size: int | None
    media_type: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """What a file held from one upload to the next."""

    number: int
    size: int
    media_type: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class File:
    """A file; its newest version comes first."""

    id: str
    name: str
    folder: str | None
    versions: tuple[Version, ...]


def moment(text: str | None) -> datetime:
    """A time of the API's.  Raises ValueError for none."""
    if not text:
        raise ValueError("there is no time here")
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def workspace(said: dict[str, Any]) -> Workspace:
    """A workspace out of JSON."""
    key = said["key"]
    ended = said["ended_at"]
    return Workspace(
        said["id"], said["name"], moment(ended) if ended else None,
        Key(key["name"], key["right"], key["part"], moment(key["ends_at"])),
    )  # fmt: skip


def collection(said: dict[str, Any]) -> Collection:
    """A collection out of JSON."""
    fields = (
        Field(**{**each, "choices": tuple(each["choices"])}) for each in said["fields"]
    )  # fmt: skip
    return Collection(said["id"], said["name"], tuple(fields))


def record(said: dict[str, Any]) -> Record:
    """A record out of JSON."""
    return Record(
        said["id"], said["revision"], moment(said["made_at"]), moment(said["changed_at"]), said["values"]
    )


def query(said: dict[str, Any]) -> Query:
    """A kept query out of JSON."""
    return Query(said["id"], said["name"], said["sql"], tuple(said["parameters"]))


def entry(said: dict[str, Any]) -> Entry:
    """A folder or file of a list out of JSON."""
    return Entry(**{**said, "changed_at": moment(said["changed_at"])})


def file(said: dict[str, Any]) -> File:
    """A file out of JSON."""
    versions = (Version(**{**each, "made_at": moment(each["made_at"])}) for each in said["versions"])
    return File(said["id"], said["name"], said["folder"], tuple(versions))
