"""What is done in a chat room: one function for each verb.  Lines are posts of the core, and go by its rules."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from troth.engine.ledger import Kind
from troth.gate.registry import serves
from troth.gate.subjects import holds
from troth.gate.subjects.erase import lock
from troth.gate.uses import SYSTEM, Actor, act
from troth.gate.uses.entering import enter
from troth.gate.uses.outward import publish
from troth.posting import flows as posting
from troth.posting import limits
from troth.posting.drafts import CLAUSE, Draft
from troth.posting.flows import PUBLIC, PURPOSE, Author, NotPosted, as_author, pen_name
from troth.posting.models import Post, Thread

from .models import KIND, STAYS, Presence, Readers, Room

__all__ = ["NotPosted", "change", "close", "delete_old", "join", "leave", "make", "say", "tidy"]

LASTING = serves("keeping-to-retention")
AWAY = timedelta(minutes=10)
"""How long a page may be silent and go on where it was; then nothing is left of its having been here."""

BATCH = 500


class Taken(Exception):
    """Another room has this address."""


def say(author: Author, room: Room, row_id: str, draft: Draft) -> Post:
    """Say something in a room; whoever does is here.  Raises NotPosted, with nothing kept."""
    line = posting.post(author, room.thread_id, KIND, row_id, draft)
    join(author.owner, room)
    return line


def join(owner: UUID, room: Room) -> Presence:
    """Say that one is here, under the name one posts under.  Raises NotPosted for somebody who has none."""
    limits.refuse_limited(owner)
    with as_author(owner, writes=True):
        try:
            with act():
                return _join(owner, room)
        except IntegrityError:  # their other window was quicker
            return Presence.objects.get(owner=owner, room=room)


def _join(owner: UUID, room: Room) -> Presence:
    lock(owner.hex)
    name = pen_name(owner)
    if not name:
        raise NotPosted("Say something first: the name you sign it with is the one that others see.")
    row: Presence = Presence.objects.filter(owner=owner, room=room).first() or Presence(
        owner_id=owner, room=room
    )
    is_known = row.sealed is not None and row.is_live() and row.name == name
    row.seen_at = timezone.now()
    if is_known:
        row.save(update_fields=["seen_at"])
        return row
    row.name = name
    row.save()
    publish(row, ("name",), to=PUBLIC, purpose=PURPOSE, by=Actor("data-subject", owner), given=row)
    Thread.touch(room.thread_id)
    return row


def leave(owner: UUID, room: Room) -> None:
    """Be here no more: the name is on no list from the next look on."""
    if Presence.objects.filter(owner=owner, room=room).delete()[0]:
        Thread.touch(room.thread_id)


def presence(owner: UUID, room: Room) -> Presence | None:
    """Somebody's own presence in a room; to open the page is a sign of it."""
    found: Presence | None = Presence.objects.filter(owner=owner, room=room).first()
    if found is not None and found.is_live():
        Presence.objects.filter(pk=found.pk).update(seen_at=timezone.now())
        return found
    return None


# -- staff


def make(name: str, slug: str, about: str) -> Room:
    """Open a room to anybody.  Raises Taken."""
    try:
        with act():
            return Room.objects.create(thread=Thread.objects.create(), name=name, slug=slug, about=about)
    except IntegrityError:
        raise Taken from None


def change(room: Room, name: str, slug: str, about: str) -> None:
    """Call a room something else.  Raises Taken."""
    try:
        with act():
            room.name, room.slug, room.about = name, slug, about
            room.save(update_fields=["name", "slug", "about"])
            Thread.touch(room.thread_id)
    except IntegrityError:
        raise Taken from None


def close(room: Room, *, is_closed: bool) -> None:
    """Let nobody say anything more, or let them again.  What was said stays for its thirty days."""
    with act():
        Thread.objects.filter(pk=room.thread_id).update(is_locked=is_closed)
        Thread.touch(room.thread_id)


# -- time


def days() -> int:
    """clause: public.posts - for how many days a line stands; 0 where nothing is promised."""
    return (limits.lines_stand() or timedelta()).days


def delete_old() -> int:
    """Delete lines that have stood long enough, with all that hangs on them; returns how many.

    A line that the law wants kept is shown to nobody from then on, and deleted when the hold is over.
    """
    ended, kept = 0, limits.lines_stand()
    if kept is None:
        return 0
    late = timezone.now() - kept
    for thread in Room.objects.values_list("thread", flat=True):
        _hide_held(thread, late)
        while batch := _end(thread, late):
            ended += batch
    if ended:
        with transaction.atomic():
            enter(Kind.RESTRICTED, LASTING, SYSTEM, [], CLAUSE)
    return ended


def _hide_held(thread: UUID, late: datetime) -> None:
    with transaction.atomic():
        old = Post.objects.filter(thread=thread, made_at__lte=late)
        held = old.filter(owner__in=holds.everybody()).exclude(state=Post.State.REMOVED)
        if held.update(state=Post.State.REMOVED, removed_at=timezone.now()):
            Thread.touch(thread)


def _end(thread: UUID, late: datetime) -> int:
    with transaction.atomic():
        old = Post.objects.filter(thread=thread, made_at__lte=late).exclude(owner__in=holds.everybody())
        owners = dict(old.order_by("made_at").values_list("pk", "owner")[:BATCH])
        for owner in sorted(set(owners.values())):
            lock(owner.hex)
        # A hold that was placed before the lock was taken keeps the line.
        kept = holds.keeps(list(Post.objects.filter(pk__in=owners)))
        free = [pk for pk in owners if pk not in kept]
        Post.objects.filter(pk__in=free).delete()
        Thread.touch(thread)
    return len(free)


def tidy() -> int:
    """Forget who was here and is not any more; returns how many."""
    long_ago = timezone.now() - max(AWAY, STAYS)
    Readers.objects.filter(at__lte=long_ago).delete()
    gone: int = Presence.objects.filter(seen_at__lte=long_ago).delete()[0]
    return gone
