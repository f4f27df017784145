"""The grounds on which a member of staff may look into a workspace (clauses hosting.access, agreement.grounds).

The apps that keep such records register their kind: support requests and incidents, and what the law requires.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from troth.gate.registry import serves
from troth.gate.uses.actor import Ground

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class LookGround(Ground, Protocol):
    """A record on which staff look: its number in the log, what it covers, and when it began and ends."""

    @property
    def number(self) -> str: ...

    @property
    def reference(self) -> str: ...

    @property
    def until(self) -> datetime: ...

    @property
    def is_open(self) -> bool: ...

    def lock(self) -> None: ...

    def workspaces(self) -> list[UUID]: ...

    def part_ids(self, workspace: UUID) -> set[UUID] | None: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of ground: how its numbers begin, its word, the statement's purpose, and who may look on it.

    `find` gives the record of a number, `live` those that stand for a workspace now, `since` when one became a ground
    (None: it never was).  Of one that `has_reasons` these stand in the record itself, and whoever works on it for the law
    need not give another each time.
    """

    letter: str
    label: str
    purpose: str
    roles: tuple[str, ...]
    find: Callable[[str], LookGround | None]
    live: Callable[[UUID], Iterable[LookGround]]
    since: Callable[[LookGround], datetime | None]
    has_reasons: bool = False


KINDS: dict[str, Kind] = {}
"""By the letter that a number begins with."""


def register(kind: Kind) -> None:
    """Let staff look on grounds of this kind; the statement must allow each of its roles to."""
    KINDS[kind.letter] = kind
    serves(kind.purpose)


def kind_of(number: str) -> Kind | None:
    """The kind of ground that a number names."""
    return KINDS.get(number.partition("-")[0])


def find(number: str) -> tuple[Kind, LookGround] | None:
    """The ground of a number, live or past."""
    kind = kind_of(number)
    row = kind.find(number) if kind else None
    return (kind, row) if kind and row else None


def live(workspace: UUID) -> list[tuple[Kind, LookGround]]:
    """Every ground on which somebody of staff may look into a workspace now."""
    return [(kind, row) for kind in KINDS.values() for row in kind.live(workspace)]


def new_number(letter: str) -> str:
    """A number that nobody can guess or count by."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{letter}-{drawn[:4]}-{drawn[4:]}"
