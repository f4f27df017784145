"""Words are looked for in what this process has opened: no index of them lies in the database (decision 0024)."""

from collections.abc import Collection
from uuid import UUID

from . import shown
from .models import Post

NEWEST = 2_000
"""Posts that are looked through, the newest ones."""

MOST_WORDS, SHORTEST, BATCH = 8, 2, 200


def search(
    words: str, kinds: Collection[str], reader: UUID | None = None, most: int = 50
) -> list[shown.Said]:
    """The newest standing posts that have all of the words, without regard to capitals; none for no words.

    Of those whom `reader` does not want to read there is none.
    """
    wanted = [word for word in dict.fromkeys(words.casefold().split()) if len(word) >= SHORTEST][:MOST_WORDS]
    if not wanted:
        return []
    standing = Post.objects.filter(kind__in=kinds, state=Post.State.STANDING).order_by("-made_at")
    newest = list(standing.values_list("pk", flat=True)[:NEWEST])
    unknown = [pk for pk in newest if shown.remembered(pk) is None]
    for start in range(0, len(unknown), BATCH):
        shown.standing(Post.objects.filter(pk__in=unknown[start : start + BATCH]))
    hits = [pk for pk in newest if _has(shown.remembered(pk), wanted)][:most]
    # What was remembered is looked at as on any page: it may be gone, changed or limited since.
    found = shown.standing(Post.objects.filter(pk__in=hits).order_by("-made_at"), reader)
    return [said for said in found if not said.is_unread and _has(said.said, wanted)]


def _has(words: shown.Words | None, wanted: list[str]) -> bool:
    if words is None:
        return False
    text = f"{words.title}\n{words.body}\n{words.name}".casefold()
    return all(word in text for word in wanted)
