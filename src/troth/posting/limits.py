"""How much one author may post in how long, and which posts a moderator looks at before anyone else does."""

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from troth.gate.published import statement
from troth.gate.subjects import limits as subject_limits

from .drafts import Draft
from .models import Ban, Edition, Post
from .text import as_read, rendered

MOST_LINKS = 10
MOST_CHANGES = 10
"""Of one author, within a minute."""

LINKS_OF_A_NEWCOMER, KNOWN_AFTER = 2, 5
"""How many links somebody may set who has fewer posts standing than that, before a moderator looks."""

COMPARED, REPEATED = 10, timedelta(hours=1)
SHORT = 20
"""Letters that a line in a chat room may have and be said again: there people say yes more than once."""

LINES_GO = "chat-lines-deleted"
"""The promise that lines in chat rooms do not stand for ever."""

_LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
_ANCHOR = re.compile(r"<a [^>]*>.*?</a>", re.DOTALL)


class NotPosted(Exception):
    """Why something was not posted or changed, in words for its author.  Nothing was kept."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many posts within so many minutes."""

    most: int
    minutes: int


RATES = {
    Post.Kind.CHAT: (Rate(30, 1), Rate(600, 60)),
    Post.Kind.BOARD: (Rate(6, 1), Rate(60, 60)),
    Post.Kind.COMMENT: (Rate(6, 1), Rate(60, 60)),
    Post.Kind.ARTICLE: (Rate(6, 1), Rate(60, 60)),
}


def refuse_limited(owner: UUID) -> None:
    """Raises NotPosted for somebody whom moderators keep from posting, or who lets nothing of theirs be used."""
    if (ban := Ban.of(owner)) is not None:
        raise NotPosted(f"Moderators keep you from posting until {ban.until:%d %B %Y}. Nothing was kept.")
    if any(each.kind == subject_limits.Limit.Kind.RESTRICTION for each in subject_limits.of(owner)):
        raise NotPosted(
            "You asked us to keep your data without using it, so nothing of yours can be shown. Nothing was kept."
        )


def refuse_too_many(owner: UUID, kind: str) -> None:
    """Raises NotPosted when an author posted as much as anybody may; runs in the act that posts."""
    now = timezone.now()
    for rate in RATES[Post.Kind(kind)]:
        since = now - timedelta(minutes=rate.minutes)
        if Post.objects.filter(owner=owner, kind=kind, made_at__gt=since).count() >= rate.most:
            raise NotPosted(f"That is more than {rate.most} in {_span(rate.minutes)}. Please wait a little.")


def refuse_too_many_changes(owner: UUID) -> None:
    """The same for changes, each of which leaves what was said before."""
    since = timezone.now() - timedelta(minutes=1)
    if Edition.objects.filter(owner=owner, until__gt=since).count() >= MOST_CHANGES:
        raise NotPosted(f"That is more than {MOST_CHANGES} changes in a minute. Please wait a little.")


def _span(minutes: int) -> str:
    return "a minute" if minutes == 1 else "an hour"


def refuse_repeated(owner: UUID, kind: str, draft: Draft) -> None:
    """Raises NotPosted for what its author said a moment ago; runs inside a use of the author's own data."""
    said = _folded(draft.body)
    if kind == Post.Kind.CHAT and len(said) < SHORT:
        return
    recent = Post.objects.filter(owner=owner, kind=kind, made_at__gt=timezone.now() - REPEATED)
    for row in recent.order_by("-made_at")[:COMPARED]:
        if row.sealed is not None and _folded(row.body or "") == said:
            raise NotPosted("You posted this a moment ago. It stands there already.")


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def lines_stand() -> timedelta | None:
    """clause: public.posts - how long a line in a chat room stands; None where the statement promises nothing."""
    promise = statement.current().promises.get(LINES_GO)
    return timedelta(**{promise.unit: promise.amount}) if promise else None


def links_in(text: str) -> int:
    """How many links readers find in a text, however they are written: those they can press, and bare addresses."""
    rest, pressed = _ANCHOR.subn(" ", rendered(text))
    return pressed + len(_LINK.findall(as_read(rest)))


def needs_a_look(owner: UUID, body: str, *, is_staff: bool) -> bool:
    """Whether a moderator looks first.  Raises NotPosted for more links than anybody reads."""
    links = links_in(body)
    if links > MOST_LINKS:
        raise NotPosted(f"There are {links} links in it; {MOST_LINKS} are the most. Nothing was kept.")
    if links <= LINKS_OF_A_NEWCOMER or is_staff:
        return False
    standing = Post.objects.filter(owner=owner, state=Post.State.STANDING)
    return len(standing.values_list("pk", flat=True)[:KNOWN_AFTER]) < KNOWN_AFTER
