"""Who posts in these tests, and the shortest way to a post."""

from typing import Any
from uuid import UUID

from tests.apps.privacy_people import BOB, browser, person
from tests.cast import ALICE, CHARLIE
from troth.accounts.people.models import Person
from troth.gate.ids import uuid7
from troth.posting import flows, shown
from troth.posting.drafts import Draft, Quote
from troth.posting.flows import Author
from troth.posting.models import Post, Thread

__all__ = ["ALICE", "BOB", "CHARLIE", "browser", "person"]
WORDS = "The kiln holds its heat until noon."


def draft(body: str = WORDS, name: str = "Alice A.", **changes: Any) -> Draft:
    return Draft(**{"signed_as": name, "body": body, "afterwards": "keep", **changes})


def thread() -> UUID:
    made: UUID = Thread.objects.create().pk
    return made


def posted(
    who: Person, where: UUID, body: str = WORDS, name: str = "", kind: str = "board", **changes: Any
) -> Post:
    """Somebody posts; by default under the first letters of their address."""
    signed = name or f"N{who.owner_id.hex[-6:]}"
    return flows.post(Author(who.owner_id), where, kind, uuid7().hex, draft(body, signed, **changes))


def quoting(row: Post, words: str, whole: str = WORDS) -> Quote:
    start = whole.index(words)
    return Quote(row.pk, row.edition, start, start + len(words))


def read(where: UUID, reader: UUID | None = None) -> list[shown.Said]:
    """What anyone reads in a thread."""
    return shown.standing(Post.objects.filter(thread=where), reader)
