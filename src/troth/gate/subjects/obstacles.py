"""What stands in the way of an erasure: asked before it begins, told to the person with what to do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..errors import GateError


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason, what to do about it, the clause it rests on, and when it ends by itself (None: it does not)."""

    reason: str
    advice: str
    clause: str
    until: datetime | None = None


class Obstructed(GateError):
    """An erasure that cannot begin yet."""

    def __init__(self, obstacles: list[Obstacle]) -> None:
        super().__init__("; ".join(f"{each.reason}: {each.advice}" for each in obstacles))
        self.obstacles = obstacles


OBSTACLES: list[Callable[[str], list[Obstacle]]] = []
"""Each is asked with the subject (32 hex digits)."""


def of(subject: str) -> list[Obstacle]:
    """Everything that stands in the way of erasing a subject."""
    return [obstacle for ask in OBSTACLES for obstacle in ask(subject)]
