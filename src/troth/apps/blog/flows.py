"""What is done in the blog: one function for each verb."""

from uuid import UUID

from django.db import IntegrityError, transaction

from troth.posting import flows
from troth.posting.drafts import Draft
from troth.posting.flows import Author, NotPosted
from troth.posting.models import Post, Thread

from .models import Article


def publish(author: Author, row_id: str, slug: str, draft: Draft) -> Post:
    """Put an article up, by a member of staff.  Raises NotPosted, with nothing kept."""
    pk = UUID(row_id)
    try:
        with transaction.atomic():
            thread, _ = Thread.objects.get_or_create(pk=pk)
            Article.objects.get_or_create(pk=pk, defaults={"thread": thread, "slug": slug})
    except IntegrityError:
        raise NotPosted("There is an article at this address. Please choose another.") from None
    try:
        return flows.post(author, pk, Post.Kind.ARTICLE, row_id, draft)
    except NotPosted:
        _take_back(pk)
        raise


def _take_back(pk: UUID) -> None:
    """An article that says nothing is none; without its post it is on no page."""
    with transaction.atomic():
        thread = Thread.objects.select_for_update().filter(pk=pk, last=0).first()
        if thread is not None:
            Article.objects.filter(thread=thread).delete()
            thread.delete()


def comment(author: Author, article: Article, row_id: str, draft: Draft) -> Post:
    """Say something under an article.  Raises NotPosted, with nothing kept."""
    return flows.post(author, article.thread_id, Post.Kind.COMMENT, row_id, draft)


def close(article: Article, *, closed: bool) -> None:
    """Take no more comments under an article, or take them again."""
    Thread.objects.filter(pk=article.thread_id).update(is_locked=closed)
    Thread.touch(article.thread_id)
