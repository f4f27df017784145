"""Collections and records as a workspace's API tells them and takes them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr

from troth.workspaces.api import Cut, Sent

MOST_ROWS = 500
"""Records of one request."""

Number = Annotated[StrictFloat, Field(allow_inf_nan=False)]
Given = StrictStr | StrictBool | StrictInt | Number | None
"""A value as it is sent: text, or the JSON of what it is; null for none."""
Values = Annotated[dict[str, Given], Field(description="By the field’s name, or its id")]


class FieldTold(Schema):
    """One field of a collection, under the name by which values are told."""

    id: UUID
    name: str
    kind: Literal["text", "number", "date", "boolean", "choice", "email", "phone", "reference", "file"]
    finding: Literal["none", "searchable", "unique", "plain"]
    is_required: bool
    choices: list[str]
    target: UUID | None


class CollectionTold(Schema):
    """A collection and its fields."""

    id: UUID
    name: str
    fields: list[FieldTold]


class RecordTold(Schema):
    """A record.  Values are texts, yes and no are true and false; what has no value is left out."""

    id: UUID
    revision: int
    made_at: datetime
    changed_at: datetime
    values: dict[str, str | bool]


class RecordsTold(Schema):
    """A page of records."""

    records: list[RecordTold]
    next: str | None


class Condition(Sent):
    """What a value must be: all of it (`is`), or for a plain number or date a range."""

    field: str = Field(max_length=200)
    how: Literal["is", "from", "to"] = "is"
    value: Given


class Listed(Cut):
    """Which records, in which order: by a plain field, with a minus the other way round."""

    sort: str = Field("", max_length=200)


class Found(Listed):
    """Records that fit all conditions."""

    where: list[Condition] = Field([], max_length=20)


class New(Sent):
    """A record to be."""

    values: Values


class Changing(Sent):
    """New values for some fields of a record that is at this revision."""

    revision: int = Field(ge=1, le=2**31 - 1)
    values: Values


class ChangingOne(Changing):
    """New values for one of several records."""

    id: UUID


class Many(Sent):
    """Records to be: all of them are made, or none."""

    records: list[New] = Field(min_length=1, max_length=MOST_ROWS)


class ChangingMany(Sent):
    """Records to be changed: all of them are, or none."""

    records: list[ChangingOne] = Field(min_length=1, max_length=MOST_ROWS)


class Ids(Sent):
    """Records to be deleted: all of them are, or none."""

    ids: list[UUID] = Field(min_length=1, max_length=MOST_ROWS)


class At(Schema):
    """A record and the revision that it is at now."""

    id: UUID
    revision: int


class Written(Schema):
    """What was made or changed, in the order of the request."""

    records: list[At]


class Deleted(Schema):
    """How many were deleted."""

    deleted: int
