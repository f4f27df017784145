"""How the clause on posts is proved: each was written under its warning, and none holds a card number."""

from troth.engine.statement import parse
from troth.gate.proving.answers import Finding, broken, control, kept
from troth.gate.published.models import StatementVersion
from troth.gate.registry import serves
from troth.gate.uses import SYSTEM, using

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
