"""What is new in a room, at next to no cost when nothing is: each process looks for all who ask (decision 0025).

Whoever asks while the last look is fresh is answered from memory.  The first who asks after that looks at the room's
version, one number; only if that grew, or after some seconds anyway, are lines and names looked at again.  What a state
is called (`State.tag`) comes from what it shows and nothing else, so that every process calls it the same.
"""

import hashlib
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.http import Http404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from troth.posting import shown
from troth.posting.models import Post
from troth.posting.shown import Said
from troth.posting.standing import PAGES

from . import here
from .models import Readers, Room

LINES = 100
"""Lines that a room shows at once, the newest; the earlier ones stand on pages of their own."""

FRESH = 0.25
"""Seconds for which a look serves everybody who asks."""

WHOLE = 5.0
"""Seconds after which lines, names and keys are looked at again though the version says that nothing happened, and
the longest for which anybody is answered from memory when no look succeeds."""

EVERY = 2
"""Seconds after which a page asks again while something goes on there."""

BEAT = 10.0
"""Seconds between two notes of who is still here, and of how many read along."""

REMEMBERED = 64
"""States from which a browser is brought up to date by what differs; one that has an older one gets all lines."""

PROCESS = uuid4()


class NoRoom(Http404):
    """There is no room at this address, or none any more."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as a page shows it.  `mark` tells one state of it from the next."""

    said: Said
    html: str
    mark: str

    @property
    def number(self) -> int:
        """What it is called on the page; no other line of the room ever has this number."""
        return self.said.number


@dataclass(frozen=True, slots=True)
class State:
    """A room at one moment: its lines, oldest first, and the list of who is here."""

    tag: str
    version: int
    last: int
    lines: tuple[Line, ...]
    here: str
    is_closed: bool

    @property
    def marks(self) -> dict[int, str]:
        """What tells whether a line is there, and whether it is as it was."""
        return {line.number: line.mark for line in self.lines}


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def window(thread: UUID, before: int, reader: UUID | None = None) -> list[Said]:
    """The lines of a room whose numbers come just before one, oldest first; removed ones are marks."""
    rows = Post.objects.filter(thread=thread, number__lt=before, number__gte=before - LINES)
    return shown.standing(rows.order_by("number"), reader)


def line_of(said: Said) -> Line:
    """A line as HTML."""
    report = reverse("post-report", PAGES, args=[said.pk])
    html = render_to_string("chat/line.html", {"line": said, "report": report})
    return Line(said, html, _hash(html))


class Watch:
    """One room, as this process saw it last."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.state: State | None = None
        self._lock = threading.Lock()
        self._looked = self._whole = float("-inf")
        self._noted = time.monotonic()
        self._earlier: OrderedDict[str, tuple[dict[int, str], str]] = OrderedDict()
        self._answers: dict[tuple[str, str], bytes] = {}
        self._waits: Counter[int] = Counter()
        self._counted = 0
        self._seen: set[UUID] = set()
        self._known = here.Known()

    def ask(self) -> State:
        """The room as it is now, or was a moment ago.  Raises NoRoom, and what the stores raise."""
        now = time.monotonic()
        if self.state is not None and now - self._looked < FRESH:
            return self.state
        # One looks for all; the others have what was seen last, unless that is too old to be shown to anybody.
        must_wait = self.state is None or now - self._whole > WHOLE + FRESH + 1
        if self._lock.acquire(blocking=must_wait):
            try:
                if time.monotonic() - self._looked >= FRESH or self.state is None:
                    self._look()
            finally:
                self._lock.release()
        assert self.state is not None  # noqa: S101 - whoever waited for the lock looked, or found what another saw
        return self.state

    def hurry(self) -> None:
        """Something was just said or done here: the next who asks looks."""
        self._looked = float("-inf")

    def count(self, seconds: float, presence: UUID | None) -> None:
        """Note that a page asked, and asks again after so many seconds: whoever joined is here, others are counted."""
        if presence is not None and presence in self._known.ids:
            self._seen.add(presence)
        elif 0 < seconds <= BEAT:
            self._waits[int(time.monotonic())] += int(seconds * 10)

    def _look(self) -> None:
        now = time.monotonic()
        found = Room.objects.filter(slug=self.slug).values_list(
            "pk", "thread", "thread__version", "thread__last", "thread__is_locked"
        )
        row = found.first()
        if row is None:
            _watched.pop(self.slug, None)
            raise NoRoom
        room, thread, version, last, is_closed = row
        if now - self._noted >= BEAT:
            self._noted = now
            self._note(room)
        is_new = self.state is None or (version, is_closed) != (self.state.version, self.state.is_closed)
        if is_new or now - self._whole >= WHOLE:
            self._see(room, thread, version, last, is_closed=is_closed)
            self._whole = now
        self._looked = now

    def _see(self, room: UUID, thread: UUID, version: int, last: int, *, is_closed: bool) -> None:
        known = {line.said.pk: line for line in self.state.lines} if self.state else {}
        lines = tuple(_as_before(known, said) or line_of(said) for said in window(thread, last + 1))
        self._known = here.look(room, self._known)
        names = render_to_string("chat/here.html", {"here": self._known})
        tag = _hash(names, str(is_closed), *(f"{line.number} {line.mark}" for line in lines))
        if self.state is None or tag != self.state.tag:
            self._answers = {}
            self._earlier[tag] = ({line.number: line.mark for line in lines}, _hash(names))
            while len(self._earlier) > REMEMBERED:
                self._earlier.popitem(last=False)
        self.state = State(tag, version, last, lines, names, is_closed)

    def _note(self, room: UUID) -> None:
        """Write down who is still here and how many read along, once for all of them."""
        seen, self._seen = self._seen, set()
        here.still(tuple(seen))
        oldest, waits = int(time.monotonic() - BEAT), dict(self._waits)
        for second in (each for each in waits if each < oldest):
            del self._waits[second]
        # Whoever asks every two seconds is counted five times in ten, each time for two.
        count = round(sum(tenths for second, tenths in waits.items() if second >= oldest) / 10 / BEAT)
        if count or self._counted:
            Readers.objects.update_or_create(
                room_id=room, process=PROCESS, defaults={"count": count, "at": timezone.now()}
            )
        self._counted = count

    def answer(self, state: State, tag: str) -> bytes:
        """What a browser needs that shows the state of this name: what differs, or everything.

        An answer is remembered with the state that it leads to: one that was being made while a line went is
        given to nobody who asks after that.  All who name a state that nobody knows share one.
        """
        answers, key = self._answers, (state.tag, tag if tag in self._earlier else "")
        found = answers.get(key)
        if found is None:
            found = self._answer(state, tag).encode()
            if len(answers) < REMEMBERED:
                answers[key] = found
        return found

    def _answer(self, state: State, tag: str) -> str:
        known = self._earlier.get(tag)
        if known is None:
            return fragment(state, state.lines, is_whole=True)
        marks, names = known
        new = [line for line in state.lines if marks.get(line.number) != line.mark]
        return fragment(state, new, set(marks) - set(state.marks), is_whole=False, names=names)


def fragment(
    state: State, new: Iterable[Line], gone: Iterable[int] = (), *, is_whole: bool, names: str = ""
) -> str:
    """The news as HTML: lines to put in, the names of those to take out, and who is here when that changed."""
    context = {
        "state": state, "new": new, "gone": " ".join(map(str, sorted(gone))), "is_whole": is_whole,
        "here": "" if names == _hash(state.here) else state.here,
    }  # fmt: skip
    return render_to_string("chat/news.html", context)


def _as_before(known: dict[UUID, Line], said: Said) -> Line | None:
    line = known.get(said.pk)
    return line if line is not None and line.said == said else None


_watched: dict[str, Watch] = {}


def watch(slug: str) -> Watch:
    """The room at an address.  Raises NoRoom."""
    found = _watched.get(slug)
    if found is None:
        if not Room.objects.filter(slug=slug).exists():
            raise NoRoom
        found = _watched.setdefault(slug, Watch(slug))
    return found


def forget() -> None:
    """Let go of everything this process saw."""
    _watched.clear()
