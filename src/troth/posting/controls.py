"""How the clause on posts is proved: each was written under its warning, and none holds a card number.

What was said in a chat room is gone when the statement says so.
"""

from datetime import timedelta

from django.utils import timezone

from troth.engine.statement import parse
from troth.gate.proving.answers import Finding, broken, control, kept
from troth.gate.published.models import StatementVersion
from troth.gate.registry import serves
from troth.gate.uses import SYSTEM, using

from . import limits
from .drafts import CLAUSE, has_card_number, hash_of, warning_hash, warning_in
from .models import Edition, Post

PURPOSE = serves("proving-the-statement")


@control(CLAUSE)
def posts_are_warned_of_and_hold_no_card() -> Finding:
    """Each post has the hash of a warning that a statement of ours gives, and no card number is in any of them."""
    bare = Post.objects.exclude(warning_hash__in=_warnings()).count()
    if bare:
        return broken(
            f"{bare} posts without their warning",
            "what stood above the box when they were written is not known",
        )
    if old := _old_lines():
        return broken(f"{old} lines of chat rooms stand too long", "their time was over more than a day ago")
    checked, with_card = 0, 0
    with using(PURPOSE, by=SYSTEM) as opening:
        for model in (Post, Edition):
            for row in model.objects.exclude(sealed=None).order_by("pk").iterator(chunk_size=200):
                if opening.is_open_to(row):
                    checked += 1
                    with_card += any(has_card_number(each) for each in _texts(row))
                    opening.release(row)
    if with_card:
        return broken(
            f"{with_card} of {checked} posts hold a card number",
            "card numbers are refused, and these came by",
        )
    return kept(
        f"{checked} posts, each under its warning, none with a card number",
        "the hash of what stood above the box is kept with each; what they say was opened and looked through",
    )


def _old_lines() -> int:
    """Lines of chat rooms that anyone reads though they should be deleted; a worker has a day for it."""
    stand = limits.lines_stand()
    if stand is None:
        return 0
    late = timezone.now() - stand - timedelta(days=1)
    standing = Post.objects.filter(kind=Post.Kind.CHAT, made_at__lt=late)
    return standing.exclude(state=Post.State.REMOVED).count()


def _texts(row: Post | Edition) -> list[str]:
    return (
        [row.body or ""]
        if isinstance(row, Edition)
        else [row.body or "", row.title or "", row.signed_as or ""]
    )


def _warnings() -> set[str]:
    """The hashes of what the statement in force says to whoever posts, and of what earlier ones said."""
    found = (
        warning_in(parse(row.text, "a statement of ours")) for row in StatementVersion.objects.only("text")
    )
    return {warning_hash(), *(hash_of(text) for text in found if text)}
