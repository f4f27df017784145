"""What the API says of a workspace and of a key."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field


class KeyTold(Schema):
    """The key that was sent: what it is for, and until when."""

    name: str
    right: Literal["view", "edit"]
    part: UUID | None = Field(None, description="The collection or folder that it is narrowed to")
    ends_at: datetime


class WorkspaceTold(Schema):
    """The workspace; once it has ended, nothing in it is changed any more."""

    id: UUID
    name: str
    ended_at: datetime | None
    key: KeyTold
