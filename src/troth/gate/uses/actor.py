"""Who acts, and the ground they act on."""

import uuid
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Final, Protocol


@dataclass(frozen=True, slots=True)
class Actor:
    """A recipient of the statement (`role`), the subject behind it if it is a person, and where they sit (ISO 3166)."""

    role: str
    subject: uuid.UUID | None = None
    country: str = ""


SYSTEM: Final = Actor("system")
VISITOR: Final = Actor("visitor")


class Row(Protocol):
    """What a use needs of a personal row; `PersonalModel` provides it."""

    id: Any
    owner_id: Any
    collected_under: str
    sealed: bytes | memoryview | None


class Ground(Protocol):
    """A record that must exist for a use: it says itself what it covers and whether it still lives.

    One that has a `reference` (its number) is named in the record of each use on it, for whoever the use was about.
    One that `names_actor_to` a subject has in that subject's part of the record who acted, by their id.
    One that `covers_category` some categories only is no ground for what else lies in a row.
    One that is `untold_until` a moment is shown to whoever the use was about from then on (`journal.models.Untold`).
    """

    ground: ClassVar[str]

    def is_live(self) -> bool: ...

    def covers(self, row: Row) -> bool: ...


class Each(Enum):
    """`given=EACH`: in a list every row is its own ground, checked as it is opened."""

    ROW = "each row is its own ground"


EACH: Final = Each.ROW


@dataclass(frozen=True, slots=True)
class OwnData:
    """The ground on which people see their own data: nothing but rows they own."""

    subject: uuid.UUID
    ground: ClassVar[str] = "own-data"

    @property
    def record_of(self) -> uuid.UUID:
        """Whose record of uses may be shown on this ground."""
        return self.subject

    def is_live(self) -> bool:
        return True

    def covers(self, row: Row) -> bool:
        return bool(row.owner_id == self.subject)
