"""What the JSON API takes and gives, as its description says it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field, JsonValue

from troth.gate.keystore.limits import OBJECTIONABLE


class Clause(Schema):
    """A clause of the privacy statement."""

    id: str
    title: str


class Value(Schema):
    """One item: what it is, what it says, why it was asked for, where it comes in, the clause that shows it."""

    label: str
    value: JsonValue
    category: list[str]
    why: str
    places: list[str]
    clause: Clause


class Plain(Schema):
    """What is kept beside it and says nothing about a person: a time, a choice from a list."""

    label: str
    value: JsonValue


class Row(Schema):
    """One row we hold.  `hidden` names what is left out because it tells of somebody else."""

    title: str
    is_own: bool
    values: list[Value]
    plain: list[Plain]
    hidden: list[str]
    keep_until: datetime | None
    keep_clause: Clause | None


class Window(Schema):
    """Which rows: from which one on, and how many."""

    start: int = Field(0, ge=0, le=1_000_000)
    limit: int = Field(50, ge=1, le=50)


class Cursor(Schema):
    """Which uses: those after an entry, and how many."""

    cursor: str = Field("", max_length=32)
    limit: int = Field(50, ge=1, le=50)


class Registration(Schema):
    """What you gave when you registered; what you did not give is empty."""

    name: str
    company: str
    address: str
    phone: str
    email: str


class Me(Schema):
    """Everything held about you, a page at a time: pass `next` as `start`."""

    registration: Registration
    rows: list[Row]
    next: int | None


Line = Annotated[str, Field(max_length=300)]


class Corrections(Schema):
    """What to correct; what is left out stays.  The e-mail address is changed on the account's own page."""

    model_config = ConfigDict(extra="forbid")

    name: Line | None = None
    company: Line | None = None
    address: Line | None = None
    phone: Line | None = None


class Corrected(Schema):
    """The fields that were different, and the registration data as it is now."""

    changed: list[str]
    registration: Registration


class Use(Schema):
    """One entry of the record of uses."""

    entry: str
    at: datetime
    act: str
    who: str
    to: str
    purpose: str
    fields: list[str]
    clauses: list[Clause]
    country: str
    place: str


class Uses(Schema):
    """Uses, newest first: pass `next` as `cursor`."""

    uses: list[Use]
    next: str | None


class Path(Schema):
    """A hash's way up a tree: its place, the tree's size, its siblings in base64."""

    index: int
    size: int
    path: list[str]


class Place(Path):
    """The entry's place in the log, and the signed head that says so."""

    checkpoint: str


class Receipt(Schema):
    """The receipt, in the format `troth-receipt/1`."""

    format: Literal["troth-receipt/1"]
    origin: str
    entry: str
    leaf: str
    salt: str
    detail: str
    share: Path
    log: Place | None


class ExportAsked(Schema):
    """The categories to take along; all of them when none is named."""

    model_config = ConfigDict(extra="forbid")

    categories: list[Annotated[str, Field(max_length=80)]] | None = Field(None, max_length=100)


class Export(Schema):
    """An export: `progress` is in percent."""

    id: UUID
    state: Literal["preparing", "ready", "expired", "failed"]
    progress: int
    asked_at: datetime
    expires_at: datetime | None


class Limit(Schema):
    """A restriction of everything, or an objection to one purpose."""

    id: int
    kind: Literal["restriction", "objection"]
    purpose: str
    since: datetime


class Choices(Schema):
    """The limits in force, and the purposes one can object to with what they mean."""

    limits: list[Limit]
    objectionable: dict[str, str]


class Choice(Schema):
    """A limit to set: an objection to one purpose, or, without a purpose, a restriction of everything."""

    model_config = ConfigDict(extra="forbid")

    purpose: str | None = Field(None, json_schema_extra={"enum": [None, *OBJECTIONABLE]})


class Erasing(Schema):
    """An erasure that has begun: the key is gone; `purging` until nothing of it is left on our disks."""

    erasure: UUID
    state: Literal["begun", "purging", "done"]
