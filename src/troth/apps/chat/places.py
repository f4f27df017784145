"""Where lines are found, and what of the rooms is on the community's first page."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from troth.posting.standing import PAGES, Where

from .models import Room

FRONT = 4
"""Rooms on the first page, those in which most was said."""


def where(thread: UUID, number: int) -> Where | None:
    """The page that shows a line, below those before it."""
    room = Room.objects.filter(thread=thread).first()
    if room is None:
        return None
    return Where(room.name, f"{reverse('chat-room', PAGES, args=[room.slug])}?before={number + 1}")


def front(request: HttpRequest) -> dict[str, Any]:
    """Where somebody talks; opens nobody's data."""
    rooms = Room.objects.filter(thread__is_locked=False).select_related("thread")
    return {"rooms": rooms.order_by("-thread__last", "name")[:FRONT]}
