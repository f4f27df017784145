"""What is done on boards: one function for each verb."""

from uuid import UUID

from django.db import transaction

from troth.posting import flows
from troth.posting.drafts import Draft
from troth.posting.flows import Author, NotPosted
from troth.posting.models import Post, Thread

from .models import Section, Topic

BOARD = Post.Kind.BOARD


def begin(author: Author, section: Section, row_id: str, draft: Draft) -> Post:
    """Begin a topic with its first post.  Raises NotPosted, with nothing kept."""
    if not section.is_open:
        raise NotPosted("Nothing new is begun on this board. Nothing was kept.")
    pk = UUID(row_id)
    with transaction.atomic():
        thread, _ = Thread.objects.get_or_create(pk=pk)
        Topic.objects.get_or_create(pk=pk, defaults={"section": section, "thread": thread})
    try:
        return flows.post(author, pk, BOARD, row_id, draft)
    except NotPosted:
        _take_back(pk)
        raise


def _take_back(pk: UUID) -> None:
    """A topic in which nothing was ever said is none; without a post it is on no page."""
    with transaction.atomic():
        thread = Thread.objects.select_for_update().filter(pk=pk, last=0).first()
        if thread is not None:
            Topic.objects.filter(thread=thread).delete()
            thread.delete()


def reply(author: Author, topic: Topic, row_id: str, draft: Draft) -> Post:
    """Post in a topic.  Raises NotPosted, with nothing kept."""
    return flows.post(author, topic.thread_id, BOARD, row_id, draft)


def lock(pk: UUID, *, locked: bool) -> None:
    """Take no more posts in a topic, or take them again."""
    with transaction.atomic():
        Thread.objects.filter(pk=Topic.objects.get(pk=pk).thread_id).update(is_locked=locked)
        Thread.touch(pk)


def pin(pk: UUID, *, pinned: bool) -> None:
    """Let a topic stand before the others of its board, or among them."""
    Topic.objects.filter(pk=pk).update(is_pinned=pinned)
