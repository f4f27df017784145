"""Where posts are found: each app that has threads says how theirs are linked, and what of them is on the first page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

PAGES = "troth.config.urls_community"


@dataclass(frozen=True, slots=True)
class Where:
    """Where a post stands: what its place is called, and its address on the community host, from the slash on."""

    label: str
    path: str

    @property
    def url(self) -> str:
        """The whole address, for pages of other hosts."""
        return str(settings.TROTH_BASE_URLS["community"]) + self.path


Finder = Callable[[UUID, int], Where | None]
_FINDERS: dict[str, Finder] = {}


def stands(kind: str, find: Finder) -> None:
    """Say how posts of a kind are found: `find(thread, number)`, which opens nobody's data."""
    _FINDERS[kind] = find


def where(kind: str, thread: UUID, number: int) -> Where | None:
    """Where a post stands; None when its place is gone."""
    find = _FINDERS.get(kind)
    return find(thread, number) if find else None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the community's first page, and its line in the menu there."""

    order: int
    label: str
    url_name: str
    template: str
    build: Callable[[HttpRequest], dict[str, Any]]


PARTS: list[Part] = []


def front(part: Part) -> None:
    """Put a part on the community's first page."""
    PARTS.append(part)
    PARTS.sort(key=lambda each: each.order)
