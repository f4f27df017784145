"""What the pages of the blog show."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from troth.posting import shown
from troth.posting.models import Post
from troth.posting.standing import PAGES, Where

from .models import Article

LATEST = 3
MOST_COMMENTS = 500
LABEL = "Blog"

Line = tuple[Article, shown.Said]


def visible() -> "QuerySet[Article]":
    """Articles whose first post stands."""
    first = Post.objects.filter(thread=OuterRef("thread"), number=1, state=Post.State.STANDING)
    return Article.objects.filter(Exists(first)).select_related("thread")


def lines(articles: Iterable[Article]) -> list[Line]:
    """Articles with what they say; none of an author who lets nothing be shown."""
    listed = list(articles)
    first = shown.first_of([each.thread_id for each in listed])
    found = ((each, first.get(each.thread_id)) for each in listed)
    return [(each, said) for each, said in found if said is not None and said.said is not None]


def comments(article: Article, reader: UUID | None) -> list[shown.Said]:
    """What was said under an article, the oldest first."""
    rows = Post.objects.filter(thread=article.thread_id, number__gt=1).order_by("number")
    return shown.standing(rows[:MOST_COMMENTS], reader)


def where(thread: UUID, number: int) -> Where | None:
    """Where an article or a comment stands; opens nothing."""
    article = Article.objects.filter(thread=thread).first()
    if article is None:
        return None
    path = reverse("article", PAGES, args=[article.slug])
    return Where(LABEL, path if number == 1 else f"{path}#p{number}")


def front(request: HttpRequest) -> dict[str, Any]:
    """The blog on the first page of the community."""
    return {"articles": lines(visible()[:LATEST])}
