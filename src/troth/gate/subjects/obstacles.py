"""What stands in the way of an erasure: asked before it begins, told to the person with what to do about it."""

from collections.abc import Callable

from ..errors import Obstacle, Obstructed

__all__ = ["OBSTACLES", "Obstacle", "Obstructed", "of"]

OBSTACLES: list[Callable[[str], list[Obstacle]]] = []
"""Each is asked with the subject (32 hex digits)."""


def of(subject: str) -> list[Obstacle]:
    """Everything that stands in the way of erasing a subject."""
    return [obstacle for ask in OBSTACLES for obstacle in ask(subject)]
