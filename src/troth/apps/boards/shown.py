"""What the pages of the boards show."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from troth.posting import shown
from troth.posting.models import Post
from troth.posting.standing import PAGES, Where

from .models import Section, Topic

PER_PAGE = 50
LATEST = 5
UNTITLED = "A topic whose first post was removed"


@dataclass(frozen=True, slots=True)
class Line:
    """A topic in a list."""

    topic: Topic
    title: str
    name: str
    replies: int
    at: datetime | None


def visible(topics: "QuerySet[Topic]") -> "QuerySet[Topic]":
    """Topics in which something was said that does not wait for a moderator."""
    firsts = Post.objects.filter(thread=OuterRef("thread"), number=1)
    seen = topics.filter(thread__last__gt=0).exclude(Exists(firsts.filter(state=Post.State.QUEUED)))
    return seen.select_related("thread")


def lines(topics: Iterable[Topic]) -> list[Line]:
    """Topics with their titles, each read from its first post."""
    listed = list(topics)
    first = shown.first_of([topic.thread_id for topic in listed])
    return [_line(topic, first.get(topic.thread_id)) for topic in listed]


def _line(topic: Topic, first: shown.Said | None) -> Line:
    title = first.said.title if first and first.said else ""
    name = first.name if first and first.said else ""
    return Line(topic, title or UNTITLED, name, max(topic.thread.last - 1, 0), topic.thread.last_at)


def page_of(number: int) -> int:
    """The page of a topic on which a post stands: pages are by number, and a removed post keeps its place."""
    return (max(number, 1) - 1) // PER_PAGE + 1


def posts_on(topic: Topic, page: int) -> "QuerySet[Post]":
    """The posts of one page of a topic."""
    first = (page - 1) * PER_PAGE + 1
    numbers = Q(number__gte=first, number__lt=first + PER_PAGE)
    return Post.objects.filter(numbers, thread=topic.thread_id).order_by("number")


def pages(topic: Topic, asked: str | None) -> Any:
    """The page of a topic that is asked for, as a Page of Django's paginator over the numbers."""
    return Paginator(range(topic.thread.last), PER_PAGE).get_page(asked)


def where(thread: UUID, number: int) -> Where | None:
    """Where a post of a topic stands; opens nothing."""
    topic = Topic.objects.filter(thread=thread).select_related("section").first()
    if topic is None:
        return None
    page = page_of(number)
    path = reverse("topic", PAGES, args=[topic.pk]) + (f"?page={page}" if page > 1 else "") + f"#p{number}"
    return Where(topic.section.name, path)


def front(request: HttpRequest) -> dict[str, Any]:
    """The boards on the first page of the community."""
    latest = visible(Topic.objects.all()).order_by("-thread__last_at")[:LATEST]
    return {"sections": list(Section.objects.all()), "latest": lines(latest)}
