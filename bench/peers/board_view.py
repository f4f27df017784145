"""A page of a topic on plain models: the very code of the real view, with plain posts behind its names."""

import inspect
from collections.abc import Callable
from types import FunctionType, SimpleNamespace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import path
from django.utils.safestring import mark_safe

from troth.apps.boards import shown, views
from troth.apps.boards.models import Topic
from troth.posting.shown import Said, Words

from .models import PlainPost


def _posts_on(topic: Topic, page: int) -> "QuerySet[PlainPost]":
    first = (page - 1) * shown.PER_PAGE + 1
    numbers = {"number__gte": first, "number__lt": first + shown.PER_PAGE}
    return PlainPost.objects.filter(thread=topic.thread_id, **numbers).order_by("number")


def _standing(rows: "QuerySet[PlainPost]", reader: UUID | None = None) -> list[Said]:
    return [
        Said(
            row.pk, row.thread, row.number, "board", Words(row.name, row.title, row.body, mark_safe(row.html)),  # noqa: S308 - our own
            row.made_at, None, is_staff=False, has_left=False, is_mine=row.owner_id == reader,
        )
        for row in rows
    ]  # fmt: skip


def _on_plain_models() -> Callable[..., HttpResponseBase]:
    names: dict[str, Any] = dict(vars(views))
    for name, value in list(names.items()):
        if inspect.isfunction(value) and value.__module__ == views.__name__:
            function = inspect.unwrap(value)
            names[name] = FunctionType(
                function.__code__, names, name, function.__defaults__, function.__closure__
            )
    names["posts"] = SimpleNamespace(standing=_standing, first_of=None)
    names["shown"] = SimpleNamespace(**{**vars(shown), "posts_on": _posts_on})
    view: Callable[..., HttpResponseBase] = names["topic"]
    return view


urlpatterns = [path("bench/topics/<uuid:which>/", _on_plain_models())]
