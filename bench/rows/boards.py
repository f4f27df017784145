"""A page of fifty posts by fifty people, as a visitor reads it, in-process through Django's test client."""

from collections.abc import Callable
from uuid import UUID

from django.test import Client

from troth.apps.boards.models import Section as Board
from troth.apps.boards.models import Topic
from troth.config import urls_community
from troth.gate.journal.models import Entry
from troth.gate.uses import SYSTEM, Actor, act, using
from troth.posting import flows
from troth.posting.drafts import warning_hash
from troth.posting.models import Post, Thread
from troth.posting.text import rendered

from ..method import Contender, by_turns
from ..peers import board_view
from ..peers.models import PlainPost
from ..report import Section, Target
from .people import subjects

POSTS = 50
PLAIN, OURS = (
    "the same view on plain models, its HTML in a column",
    "the topic, each post under its author's key",
)
WORDS = (
    "We fire **twice a week**, and until now everything stood in a notebook:\n\n- temperature every hour,\n- who was "
    "there,\n- what broke.\n\nDo you keep one record for each firing? Ours is number {}, and it took an afternoon. "
) + "The glaze has a field of its own, and the notebook stays at home. " * 6


def rows(rounds: int) -> list[Section]:
    """Two pages that show the same fifty posts; that no look leaves an entry is looked at."""
    urls_community.urlpatterns += board_view.urlpatterns
    topic = _topic()
    client = Client(HTTP_HOST="community.localhost")
    pages = [
        Contender(PLAIN, _page(client, f"/bench/topics/{topic}/")),
        Contender(OURS, _page(client, f"/boards/topics/{topic}/")),
    ]
    pages[1].run()
    before = Entry.objects.count()
    found = by_turns(pages, rounds)
    assert Entry.objects.count() == before, "a look at a page left an entry"
    target = Target("CPU, to plain", found[OURS].cpu_ratio(found[PLAIN]), 1.3)
    return [Section(f"A page of {POSTS} posts, in-process", "a page", list(found.values()), [target])]


def _topic() -> UUID:
    board = Board.objects.create(slug="bench", name="Bench", about="Posts by the hundred.")
    thread = Thread.objects.create(last=POSTS)
    topic = Topic.objects.create(pk=thread.pk, thread=thread, section=board)
    made = []
    with using(flows.SHOWING, by=SYSTEM, at=flows.PLACE):
        for number, owner in enumerate(subjects(POSTS), 1):
            row = Post(
                owner=owner, kind=Post.Kind.BOARD, thread=thread, number=number, afterwards="keep",
                warning_hash=warning_hash(), signed_as=f"Author {number}", body=WORDS.format(number),
            )  # fmt: skip
            if number == 1:
                row.title = "How do you keep the kiln's diary?"
            made.append(row)
        Post.objects.bulk_create(made)
    with act():
        for row in made:
            flows.give_to_anyone(row, Actor("data-subject", row.owner_id))
    PlainPost.objects.bulk_create(
        PlainPost(
            id=row.pk, owner_id=row.owner_id, thread=thread.pk, number=row.number, name=f"Author {row.number}",
            title="How do you keep the kiln's diary?" if row.number == 1 else "", body=WORDS.format(row.number),
            html=rendered(WORDS.format(row.number)), made_at=row.made_at,
        )
        for row in made
    )  # fmt: skip
    return topic.pk  # type: ignore[no-any-return]


def _page(client: Client, path: str) -> Callable[[], None]:
    def get() -> None:
        answer = client.get(path, secure=True)
        assert answer.status_code == 200, f"{path} answered {answer.status_code}"
        assert answer.content.count(b"twice a week") == POSTS, f"{path} does not show {POSTS} posts"

    return get
