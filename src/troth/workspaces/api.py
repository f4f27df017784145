"""What the apps' parts of a workspace's API have in common: the caller's access, pages of lists, problems.

Loaded where the API is, and nowhere else: it brings the library with it.
"""

from typing import Any
from uuid import UUID

from django.core import signing
from django.http import HttpRequest
from ninja import Schema
from pydantic import BaseModel, Field

from troth.gate.ids import uuid7
from troth.gate.problems import WORDS, Code, Trouble

from .access import Access
from .doors import access_of

MOST, USUAL = 200, 50
"""Entries of one page of a list: how many there are at most, and when nobody says."""


class Fault(Schema):
    """What is wrong with one row of a request, counted from 0, and in which of its fields."""

    row: int
    where: str | None = None
    what: str


class ProblemDetails(Schema):
    """What went wrong (RFC 9457), in which part of the request (where that can be said), and what to do."""

    type: str
    title: str
    status: int
    detail: str
    error: Code
    where: str | None = None
    advice: str
    faults: list[Fault] | None = None
    offset: int | None = Field(None, description="Where an upload stands, in bytes")


COMMON: dict[Any, Any] = dict.fromkeys(
    (400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 503), ProblemDetails
)
"""The answers that any address may give beside its own."""


class Detailed(Trouble):
    """Trouble with more to say: `faults` by row, or the `offset` of an upload."""

    def __init__(self, status: int, error: Code, what: str, advice: str, **more: Any) -> None:
        super().__init__(status, error, what, advice)
        self.problem |= more


class Sent(BaseModel):
    """What a request brings: an object, where the library's own class would take anything for one."""


class Cut(Sent):
    """Which page of a list: how many entries, and behind which cursor."""

    limit: int = Field(USUAL, ge=1, le=MOST)
    cursor: str = Field("", max_length=600, description="The `next` of the page before")


def reading(request: HttpRequest) -> Access:
    """The caller's way into the workspace, to look at something."""
    return access_of(request)


def changing(request: HttpRequest) -> Access:
    """The caller's way into the workspace, to change something.  Raises Trouble once the workspace has ended."""
    access = access_of(request)
    if access.workspace.ended_at is not None:
        raise Trouble(
            409,
            "obstructed",
            "this workspace has ended: nothing in it is changed any more",
            "read it, or take it along",
        )
    return access


def row_id(request: HttpRequest, number: int = 0) -> UUID:
    """The id of a row that the request makes: with an idempotency key the same one, however often it is sent."""
    once: UUID | None = getattr(request, "once", None)
    return UUID(int=once.int + number) if once else uuid7()


def cursor_to(request: HttpRequest, about: str, place: str) -> str:
    """A cursor for the rest of a list, of which `about` says all that the caller asked for."""
    return signing.dumps(place, salt=_salt(request, about))


def place_of(request: HttpRequest, about: str, cursor: str) -> str:
    """What a cursor stands for; blank without one.  Raises Trouble for one that is of another list."""
    if not cursor:
        return ""
    try:
        return str(signing.loads(cursor, salt=_salt(request, about)))
    except signing.BadSignature:
        raise Trouble(
            422, "invalid", "this cursor belongs to another list", "begin without a cursor", "cursor"
        ) from None


def _salt(request: HttpRequest, about: str) -> str:
    return f"workspace-api.{access_of(request).workspace.owner_id.hex}.{about}"


def shown_to_nobody() -> Trouble:
    """For what is not there, and for what is not open to the caller: nobody learns which."""
    return Trouble(404, "not-found", WORDS[404][1], WORDS[404][2])
