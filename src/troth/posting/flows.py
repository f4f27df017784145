"""What an author does with posts: one function for each verb (clause public.posts).

What stands, anyone reads: the entry that says so is written in the act in which it comes to stand.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from troth.accounts.models import Role
from troth.gate.registry import serves
from troth.gate.subjects import holds
from troth.gate.subjects.erase import lock
from troth.gate.uses import Actor, OwnData, act, using
from troth.gate.uses.outward import publish

from . import limits
from .drafts import Draft, has_card_number, warning_hash
from .limits import NotPosted
from .models import LONGEST_NAME, LONGEST_TITLE, Commons, Edition, PenName, Post, Thread, longest_of
from .text import cleaned, cleaned_line

__all__ = ["Author", "NotPosted", "edit", "forget_editions", "post", "remove", "wish_for_all"]

PURPOSE, SHOWING = serves("publishing"), serves("showing-own-data")
PLACE, PUBLIC = "composer", "public"
MOST_EDITIONS = 20
CARD = "This looks like a payment card number. Please take it out: we never take card numbers, and nothing was stored."


@dataclass(frozen=True, slots=True)
class Author:
    """Who posts: somebody with an account, or a member of staff."""

    owner: UUID
    is_staff: bool = False


def as_author(owner: UUID, *, writes: bool = False) -> using:
    """A use by somebody of their own posts."""
    by = Actor("data-subject", owner)
    return using(SHOWING, by=by, given=OwnData(owner), at=PLACE if writes else None)


def shown_fields(row: Post) -> tuple[str, ...]:
    """What anyone reads of a post."""
    return ("signed_as", "title", "body") if row.number == 1 else ("signed_as", "body")


def give_to_anyone(row: Post, by: Actor) -> None:
    """Note in the act that is open that anyone is given a post; it stands from the end of that act on."""
    publish(row, shown_fields(row), to=PUBLIC, purpose=PURPOSE, by=by, given=row)


def post(author: Author, thread: UUID, kind: str, row_id: str, draft: Draft) -> Post:
    """Keep a post, and show it to anyone unless a moderator has to look first.  Sent twice it is one post.

    Raises NotPosted, with nothing kept.
    """
    draft = _looked_over(draft, author, kind)
    limits.refuse_limited(author.owner)
    Commons.begin()
    with as_author(author.owner, writes=True):
        try:
            with act():
                return _post(author, thread, kind, UUID(row_id), draft)
        except IntegrityError:
            sent: Post | None = Post.objects.filter(pk=row_id, owner=author.owner).first()
            if sent is not None:
                return sent  # another press of the button was quicker
            raise NotPosted("Somebody signs with this name already. Please choose another.") from None


def _post(author: Author, thread: UUID, kind: str, pk: UUID, draft: Draft) -> Post:
    sent: Post | None = Post.objects.filter(pk=pk, owner=author.owner).first()
    if sent is not None:
        return sent
    lock(author.owner.hex)
    where = _held(thread)
    limits.refuse_too_many(author.owner, kind)
    limits.refuse_repeated(author.owner, kind, draft)
    waits = limits.needs_a_look(author.owner, draft.body, is_staff=author.is_staff)
    _sign(author.owner, draft.signed_as)
    now, where.last, where.version = timezone.now(), where.last + 1, where.version + 1
    row = Post(
        id=pk, owner_id=author.owner, kind=kind, thread=where, number=where.last, afterwards=draft.afterwards,
        warning_hash=warning_hash(), is_staff=author.is_staff, made_at=now,
        state=Post.State.QUEUED if waits else Post.State.STANDING,
        signed_as=draft.signed_as, body=draft.body, **({"title": draft.title} if draft.title else {}),
    )  # fmt: skip
    _set_quote(row, draft)
    row.save(force_insert=True)
    if row.is_standing:
        give_to_anyone(row, Actor("data-subject", author.owner))
    where.last_at = now
    where.save(update_fields=["last", "last_at", "version"])
    return row


def _held(thread: UUID) -> Thread:
    """The thread, held until the act ends: its posts are numbered one after another.  Raises NotPosted."""
    found = Thread.objects.select_for_update().filter(pk=thread).first()
    if found is None or found.is_locked:
        raise NotPosted("This is closed: nothing more is posted here. Nothing was kept.")
    return found


def _looked_over(draft: Draft, author: Author, kind: str) -> Draft:
    """A draft without hidden marks.  Raises NotPosted for one that cannot be posted at all."""
    draft = replace(
        draft,
        signed_as=cleaned_line(draft.signed_as),
        title=cleaned_line(draft.title),
        body=cleaned(draft.body),
    )
    for text, longest in (
        (draft.body, longest_of(kind)),
        (draft.title, LONGEST_TITLE),
        (draft.signed_as, LONGEST_NAME),
    ):
        if len(text) > longest:
            raise NotPosted(f"This has {len(text):,} letters; {longest:,} are the most. Nothing was kept.")
    if any(has_card_number(text) for text in (draft.signed_as, draft.title, draft.body)):
        raise NotPosted(CARD)
    if not (draft.body and draft.signed_as):
        raise NotPosted("A post has words and a name under it. Nothing was kept.")
    sounds = draft.signed_as.casefold()
    ours = settings.TROTH_COMPANY["company"]["name"].casefold()
    reserved = {"staff", "moderator", "admin", *(str(label).casefold() for label in Role.labels)}
    if not author.is_staff and (ours in sounds or sounds in reserved):
        raise NotPosted("This name sounds as if you worked for us. Please choose another.")
    return draft


def _sign(owner: UUID, name: str) -> None:
    """Take a name as somebody's own, in the act that is open; IntegrityError when another one signs with it."""
    own = PenName.objects.filter(owner=owner).first() or PenName(owner_id=owner)
    if own.sealed is None or own.name != name:
        own.name = name
        own.save()


def pen_name(owner: UUID) -> str:
    """The name somebody signed with last; blank before the first post.  Runs inside a use of their own data."""
    own = PenName.objects.filter(owner=owner).first()
    return own.name if own is not None else ""


def _set_quote(row: Post, draft: Draft) -> None:
    if draft.quote is None:
        return
    row.quotes_id, row.quote_edition = draft.quote.post, draft.quote.edition
    row.quote_start, row.quote_end = draft.quote.start, draft.quote.end


def own(owner: UUID, pk: UUID) -> Post | None:
    """A post of somebody's own, or None."""
    found: Post | None = Post.objects.filter(pk=pk, owner=owner).first()
    return found


def _locked(owner: UUID, pk: UUID) -> Post:
    """A post as it stands now, held until the act ends.  Raises NotPosted when it is not theirs, or removed."""
    row: Post | None = Post.objects.select_for_update().filter(pk=pk, owner=owner).first()
    if row is None or row.is_removed:
        raise NotPosted("This post was removed meanwhile. Nothing was changed.")
    return row


def edit(author: Author, pk: UUID, draft: Draft) -> Post:
    """Let a post say something else; what it said stays with its author.  Raises NotPosted, with nothing changed."""
    limits.refuse_limited(author.owner)
    with as_author(author.owner, writes=True), act():
        row = _locked(author.owner, pk)
        draft = _looked_over(draft, author, row.kind)
        if row.thread.is_locked and row.kind != Post.Kind.ARTICLE:
            raise NotPosted("This is closed: nothing is changed here any more.")
        if limits.needs_a_look(author.owner, draft.body, is_staff=author.is_staff):
            row.state = Post.State.QUEUED
        limits.refuse_too_many_changes(author.owner)
        _remember(row)
        row.body, row.edition, row.edited_at = draft.body, row.edition + 1, timezone.now()
        row.afterwards, row.warning_hash = draft.afterwards, warning_hash()
        if row.number == 1 and draft.title:
            row.title = draft.title
        changed = ["body", "edition", "edited_at", "afterwards", "warning_hash", "state", "title"]
        row.save(update_fields=[name for name in changed if name not in Post.seals])
        if row.is_standing:
            give_to_anyone(row, Actor("data-subject", author.owner))
        Thread.touch(row.thread_id)
    return row


def _remember(row: Post) -> None:
    """Keep what it says now beside it; of many editions the oldest go, unless the law wants them kept."""
    Edition(owner_id=row.owner_id, post=row, number=row.edition, body=row.body).save(force_insert=True)
    if not holds.in_the_way(row.owner_id.hex):
        Edition.objects.filter(post=row, number__lte=row.edition - MOST_EDITIONS).delete()


def forget_editions(owner: UUID, pk: UUID) -> None:
    """Let go of what a post said before.  What was quoted of it is then quoted nowhere.

    Raises NotPosted, also while the law wants it kept.
    """
    with act():
        row = _locked(owner, pk)
        lock(owner.hex)
        if holds.in_the_way(owner.hex):
            raise NotPosted(
                "The law wants what you posted kept for now. Nothing was changed; ask again later."
            )
        Edition.objects.filter(post=row).delete()
        Thread.touch(row.thread_id)


def remove(owner: UUID, pk: UUID) -> None:
    """Take a post away: its words are gone here and wherever they were quoted, its mark stays for thirty days.

    Words that the law wants kept are shown to nobody either.  Raises NotPosted.
    """
    with act():
        row = _locked(owner, pk)
        lock(owner.hex)
        wiped = {} if holds.in_the_way(owner.hex) else {"sealed": None, "afterwards": ""}
        if wiped:
            Edition.objects.filter(post=row).delete()
        Post.objects.filter(pk=pk).update(
            state=Post.State.REMOVED, removed_by=Post.Remover.AUTHOR, removed_at=timezone.now(), **wiped
        )
        Thread.touch(row.thread_id)


def wish_for_all(owner: UUID, afterwards: str) -> int:
    """Say it for all of one's posts; returns how many."""
    with act():
        lock(owner.hex)
        mine = Post.objects.filter(owner=owner).exclude(state=Post.State.REMOVED)
        return int(mine.update(afterwards=Post.Afterwards(afterwards)))
