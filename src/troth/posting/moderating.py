"""What readers and moderators do about posts: report, decide, keep somebody from posting, read somebody no more."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from troth.accounts.people import notices
from troth.gate.subjects.erase import lock
from troth.gate.uses import Actor, act

from .flows import give_to_anyone
from .limits import NotPosted
from .models import Ban, Block, Commons, Post, Report, Thread

MOST_REPORTS = 30
"""By one reader within a day."""

DAYS = (1, 7, 30)
"""For how long somebody can be kept from posting."""


def report(reader: UUID, pk: UUID, reason: str) -> None:
    """Ask moderators to look at a post; once is enough, until it was changed.  Raises NotPosted."""
    with act():
        lock(reader.hex)
        row = Post.objects.filter(pk=pk, state=Post.State.STANDING).first()
        if row is None:
            raise NotPosted("This post stands there no more.")
        since = timezone.now() - timedelta(days=1)
        if Report.objects.filter(owner=reader, made_at__gt=since).count() >= MOST_REPORTS:
            raise NotPosted(f"You reported {MOST_REPORTS} posts within a day. Please write to us instead.")
        before = Report.objects.filter(owner=reader, post=row).first()
        if before is None:
            Report.objects.create(owner_id=reader, post=row, reason=Report.Reason(reason))
        elif before.decided_at and row.edited_at and before.decided_at < row.edited_at:
            # What was decided on stands there no more.
            again = {"reason": Report.Reason(reason), "made_at": timezone.now(), "decided_at": None}
            Report.objects.filter(pk=before.pk).update(**again)


def waiting() -> "list[UUID]":
    """Posts that moderators have to look at, the longest waiting first: held back, or reported."""
    reported = Report.objects.filter(decided_at=None).exclude(post__state=Post.State.REMOVED)
    queue = Post.objects.filter(state=Post.State.QUEUED) | Post.objects.filter(pk__in=reported.values("post"))
    return list(queue.order_by("made_at").values_list("pk", flat=True))


def decide(pk: UUID, by: Actor, *, stays: bool, edition: int) -> Post:
    """Let a post stand, or remove it, as it was read: `edition` is what the moderator saw.

    Its author is told by mail of a removal, and still has the words for thirty days.  Raises NotPosted.
    """
    with act():
        row: Post | None = Post.objects.select_for_update().filter(pk=pk).first()
        if row is None or row.is_removed:
            raise NotPosted("This post was removed meanwhile.")
        if row.edition != edition:
            raise NotPosted("Its author changed it meanwhile. Look at it again.")
        was_waiting = row.state == Post.State.QUEUED
        now = timezone.now()
        if stays:
            row.state = Post.State.STANDING
            row.save(update_fields=["state"])
            if was_waiting:
                give_to_anyone(row, by)
        else:
            gone = {"removed_by": Post.Remover.MODERATOR, "removed_at": now, "state": Post.State.REMOVED}
            # The author of a post that stayed behind is not there to object: its words go at once.
            wiped = {"sealed": None, "afterwards": ""} if row.owner_id == Commons.owner() else {}
            Post.objects.filter(pk=pk).update(**gone, **wiped)
        Report.objects.filter(post=row, decided_at=None).update(decided_at=now)
        Thread.touch(row.thread_id)
    if not stays:
        _tell(row)
    return row


def _tell(row: Post) -> None:
    page = settings.TROTH_BASE_URLS["community"] + "/posts/mine/"
    notices.tell(
        row.owner_id,
        "A post of yours was removed",
        "A moderator removed a post of yours. For thirty days you alone can still read it; then it is deleted.\n\n"
        f"Your posts: {page}\n\nIf you think that this is a mistake, answer through our Contact Us form.\n",
    )


def ban(pk: UUID, days: int) -> None:
    """Keep the author of a post from posting for some days.  Raises NotPosted for nobody who can be."""
    if days not in DAYS:
        raise NotPosted("Choose for how long.")
    row = Post.objects.filter(pk=pk).first()
    if row is None or row.is_staff or row.owner_id == Commons.owner():
        raise NotPosted("Nobody is there to be kept from posting.")
    until = timezone.now() + timedelta(days=days)
    with act():
        lock(row.owner_id.hex)
        Ban.objects.create(owner_id=row.owner_id, until=until)
    notices.tell(
        row.owner_id,
        "You cannot post for a while",
        f"Moderators keep you from posting in our community until {until:%d %B %Y}. What stands there stays.\n",
    )


def lift(ban_id: UUID) -> bool:
    """Let somebody post again; False when nothing kept them."""
    return bool(Ban.objects.filter(pk=ban_id, until__gt=timezone.now()).update(until=timezone.now()))


def block(reader: UUID, pk: UUID) -> bool:
    """Read the author of a post no more; False when that is nobody else who could be met again."""
    row = Post.objects.filter(pk=pk, is_staff=False).exclude(owner=reader).first()
    if row is None or row.owner_id == Commons.owner():
        return False
    try:
        with transaction.atomic():
            Block.objects.create(owner_id=reader, blocked_id=row.owner_id)
    except IntegrityError:  # blocked already, or gone this moment
        return Block.objects.filter(owner=reader, blocked=row.owner_id).exists()
    return True


def unblock(reader: UUID, block_id: UUID) -> None:
    """Read somebody again."""
    Block.objects.filter(owner=reader, pk=block_id).delete()
