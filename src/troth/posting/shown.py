"""Posts as anyone reads them.  Each process opens a post once, not at each look (decision 0024).

At every look the store is asked for the row and the key store for its owner's key: what is removed, changed, erased or
limited is on no page from the next look on, whatever this process remembers.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from troth.gate.uses import EACH, SYSTEM, using
from troth.gate.uses.use import Use

from .flows import PURPOSE
from .models import Block, Commons, Edition, Post, Thread
from .text import as_read, rendered

REMEMBERED = 5_000
"""Posts whose words one process remembers at the most, those looked at last."""

SWEPT = 60
"""Seconds after which a look also forgets the posts that stand nowhere any more."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a post says: as it was written, and as HTML."""

    name: str
    title: str
    body: str
    html: SafeString

    @property
    def plain(self) -> str:
        """Without its Markdown."""
        return " ".join(as_read(self.html).split())


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words of another post; blank when they stand nowhere any more."""

    number: int
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Said:
    """A post on a page, or the mark of one that was removed (`said` is None)."""

    pk: UUID
    thread: UUID
    number: int
    kind: str
    said: Words | None
    at: datetime
    edited_at: datetime | None
    is_staff: bool
    has_left: bool
    is_mine: bool = False
    is_unread: bool = False
    removed_at: datetime | None = None
    removed_by: str = ""
    quote: Quoted | None = None

    @property
    def name(self) -> str:
        """Whom readers see: nobody, when the name went with its author."""
        return (self.said.name if self.said else "") or "Somebody who left"


_Mark = tuple[int, bytes]
_opened: "OrderedDict[UUID, tuple[_Mark, Words]]" = OrderedDict()
_lock = threading.Lock()
_swept = 0.0


def _mark(row: Post) -> _Mark:
    return row.edition, bytes(row.sealed or b"")


def _known(row: Post) -> Words | None:
    with _lock:
        held = _opened.get(row.pk)
        if held is None or held[0] != _mark(row):
            return None
        _opened.move_to_end(row.pk)
        return held[1]


def remembered(pk: UUID) -> Words | None:
    """What this process remembers of a post, to be looked for among; whoever shows it asks the stores first."""
    with _lock:
        held = _opened.get(pk)
    return held[1] if held else None


def _remember(row: Post, words: Words) -> None:
    with _lock:
        _opened[row.pk] = (_mark(row), words)
        while len(_opened) > REMEMBERED:
            _opened.popitem(last=False)


def forget() -> None:
    """Let go of everything this process remembers."""
    with _lock:
        _opened.clear()


def _sweep() -> None:
    """Once a minute: forget what stands nowhere any more, so that no memory outlives it for long."""
    global _swept
    if time.monotonic() - _swept < SWEPT:
        return
    _swept = time.monotonic()
    with _lock:
        held = list(_opened)
    for start in range(0, len(held), 500):
        some = held[start : start + 500]
        stand = set(Post.objects.filter(pk__in=some, state=Post.State.STANDING).values_list("pk", flat=True))
        with _lock:
            for pk in set(some) - stand:
                _opened.pop(pk, None)


def words_of(row: Post) -> Words:
    """A post opened in the use around."""
    body = row.body or ""
    return Words(row.signed_as or "", row.title or "" if row.number == 1 else "", body, rendered(body))


def _words(opening: Use, rows: Iterable[Post]) -> dict[UUID, Words]:
    """What the rows say that stand, of owners who let it be shown; opened only where this process does not know it."""
    found = dict[UUID, Words]()
    for row in rows:
        if not row.is_standing or not opening.is_open_to(row):
            continue
        words = _known(row)
        if words is None:
            words = words_of(row)
            opening.release(row)
            _remember(row, words)
        found[row.pk] = words
    return found


def standing(rows: "QuerySet[Post]", reader: UUID | None = None) -> list[Said]:
    """Posts as anyone reads them, in the order of `rows`: quotes filled in, removed ones as marks, none that waits.

    `reader` is who looks, if they signed in: what they do not want to read is marked.
    """
    _sweep()
    with using(PURPOSE, by=SYSTEM, given=EACH) as opening:
        shown = [row for row in rows if row.state != Post.State.QUEUED]
        sources = _sources(shown)
        words = _words(opening, [*shown, *sources.values()])
        quotes = {row.pk: _quoted(row, sources[row.quotes_id], words) for row in shown if row.quotes_id}
    commons, unread = Commons.owner() if shown else None, unread_by(reader)
    return [
        _said(
            row, words.get(row.pk), quotes.get(row.pk), commons=commons, reader=reader, is_unread=row.owner_id in unread
        )
        for row in shown
    ]  # fmt: skip


def _said(
    row: Post, words: Words | None, quote: Quoted | None, *, commons: UUID | None, reader: UUID | None,
    is_unread: bool,
) -> Said:  # fmt: skip
    return Said(
        pk=row.pk, thread=row.thread_id, number=row.number, kind=row.kind, said=words, at=row.made_at,
        edited_at=row.edited_at, is_staff=row.is_staff, has_left=row.owner_id == commons,
        is_mine=reader is not None and row.owner_id == reader, is_unread=is_unread, removed_at=row.removed_at,
        removed_by=row.get_removed_by_display() if row.is_removed else "", quote=quote if words else None,
    )  # fmt: skip


def unread_by(reader: UUID | None) -> set[UUID]:
    """Whose posts somebody does not want to read."""
    if reader is None:
        return set()
    return set(Block.objects.filter(owner=reader).values_list("blocked_id", flat=True))


# -- quotes


def _sources(rows: Sequence[Post]) -> dict[UUID, Post]:
    """The posts that are quoted, by their ids: one question, and none where nobody quotes."""
    here = {row.pk: row for row in rows}
    wanted = {row.quotes_id for row in rows if row.quotes_id}
    missing = wanted - here.keys()
    if missing:
        here |= {row.pk: row for row in Post.objects.filter(pk__in=missing)}
    return {pk: here[pk] for pk in wanted}


def _quoted(row: Post, source: Post, words: dict[UUID, Words]) -> Quoted:
    """The quoted words, for as long as they stand in their post: what was changed or removed is quoted nowhere."""
    said = words.get(source.pk)
    if said is None:
        return Quoted(source.number, "", "")
    text = said.body if row.quote_edition == source.edition else _earlier(source, row.quote_edition)
    quoted = text[row.quote_start : row.quote_end]
    return Quoted(source.number, said.name, quoted if quoted and quoted in said.body else "")


def _earlier(source: Post, edition: int) -> str:
    found = Edition.objects.filter(post=source, number=edition).select_related("post").first()
    return (found.body or "") if found is not None else ""


# -- news


def version_of(thread: UUID) -> int:
    """A number that grows with everything that happens in a thread; -1 for one that is not there."""
    found = Thread.objects.filter(pk=thread).values_list("version", flat=True).first()
    return -1 if found is None else int(found)


# -- one's own


def first_of(threads: Collection[UUID]) -> dict[UUID, Said]:
    """The first post of each thread: it bears the title."""
    rows = Post.objects.filter(thread__in=threads, number=1)
    return {each.thread: each for each in standing(rows)}


def own(rows: Iterable[Post]) -> list[dict[str, Any]]:
    """Somebody's own posts in a use of their own data, with what only they see."""
    return [
        {
            "row": row, "said": words_of(row) if row.sealed is not None else None,
            "afterwards": row.get_afterwards_display(), "state": row.get_state_display(),
        }
        for row in rows
    ]  # fmt: skip


def as_preview(name: str, title: str, body: str, at: datetime) -> Said:
    """A draft as it will stand."""
    words = Words(name, title, body, rendered(body))
    return Said(UUID(int=0), UUID(int=0), 0, "", words, at, None, is_staff=False, has_left=False)
