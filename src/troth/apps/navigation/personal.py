"""What the front page shows on account of this browser's visits, why, and the switch of each part of it.

clause: use.personalise, navigation.anonymous.  The trail is found by the number in the cookie and by nothing else.  A
name is put beside it only in a browser that its user connected to it, in one use on that ground.  A browser that sends
Global Privacy Control, whose user chose to have no number, or limits this use of their data, is shown nothing of it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from troth.accounts.people.models import Person
from troth.engine.policy import Permit
from troth.gate.published import statement
from troth.gate.registry import Audience, Reader
from troth.gate.uses import SYSTEM, Use, using
from troth.visits.models import Day, Event, LinkedBrowser, What

from . import linking, numbers

CLAUSE = "use.personalise"
PURPOSE = linking.LINKING
VIEWED = linking.VIEWED
LOOKS_BACK = 7
"""Days of the trail that are looked at, today among them."""
MOST = 3
"""Pages that are recommended at once."""

BLOCKS = {
    "greeting": "Your name, in a browser you connected to it",
    "continue": "The page where you left off",
    "recommended": "Pages that go with those you viewed",
    "offer": "A promotional offer of ours",
}
"""Each part that can be turned off, and what it shows."""

PAGES = {
    "services": ("Services and prices", ("customers", "testimonials", "contact")),
    "customers": ("Our Customers", ("testimonials", "services", "contact")),
    "testimonials": ("What Customers say", ("customers", "services", "contact")),
    "contact": ("Contact us", ("services", "agreement")),
    "agreement": ("The Subscription Agreement", ("services", "statement", "proof")),
    "statement": ("The privacy statement", ("proof", "providers", "cookies")),
    "proof": ("How the statement is proved", ("statement", "providers")),
    "providers": ("Our service providers", ("statement", "proof")),
    "cookies": ("What we record", ("statement", "proof")),
    "refer": ("Refer a friend", ("customers", "services")),
}
"""Pages about the Company by URL name: what they are called here, and which ones go with them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A page that was viewed in this browser, and when last."""

    name: str
    at: datetime


def off_in(request: HttpRequest) -> set[str]:
    """The parts that were turned off in this browser."""
    return BLOCKS.keys() & set(request.COOKIES.get(numbers.SWITCHED_OFF, "").split("."))


def switched(request: HttpRequest, block: str, *, on: bool) -> str:
    """What the cookie holds once a part is turned on or off; blank when nothing is off."""
    off = off_in(request) - {block} if on else off_in(request) | {block}
    return ".".join(sorted(off & BLOCKS.keys()))


def part(request: HttpRequest) -> dict[str, Any] | None:
    """What the front page shows a browser that was here before; None where nothing is personalised."""
    number, shown = linking.number_in(request), BLOCKS.keys() - off_in(request) - {"offer"}
    if number is None or not shown:
        return None
    link = linking.link_of(number)
    with using(PURPOSE, by=SYSTEM, given=link) as use:
        if link is not None and not use.is_open_to(link):
            return None  # its owner limits this use, or is being erased
        seen = _seen(use, number) if shown & {"continue", "recommended"} else []
        name = _name(use, link, is_joined=bool(seen)) if link is not None and "greeting" in shown else ""
    blocks = {
        "name": name,
        "last": _page(seen[0]) if seen and "continue" in shown else None,
        "recommended": _recommended(seen) if "recommended" in shown else [],
    }
    return {**blocks, "link": link, "days": LOOKS_BACK, "clause": CLAUSE} if any(blocks.values()) else None


def _seen(use: Use, number: bytes) -> list[Seen]:
    """The pages that this browser viewed, the last one first, each once."""
    decision = statement.current().decide("use", VIEWED, PURPOSE, SYSTEM.role)
    if not isinstance(decision, Permit):
        return []
    since = datetime.now(UTC) - timedelta(days=LOOKS_BACK)
    owners: dict[bytes, Any] = {}
    for day in Day.objects.filter(began_at__gt=since):
        if use.is_open_to(day) and "secret" in use.permits(day) and day.secret:
            owners[numbers.alias_of(day.secret, number)] = day.owner_id
    names, found = {reverse(name): name for name in PAGES}, dict[str, Seen]()
    told = Event.objects.filter(alias__in=list(owners), what=What.VIEW, path__in=list(names)).order_by(
        "-at", "-pk"
    )
    for event in told[:200]:
        use.note(event.owner_id.hex, VIEWED, decision.clause)
        found.setdefault(names[event.path], Seen(names[event.path], event.at))
    return list(found.values())


def _name(use: Use, link: LinkedBrowser, *, is_joined: bool) -> str:
    """The name to greet, where the statement lets it stand beside the trail; on record with whose it is."""
    decision = statement.current().decide("join", VIEWED, PURPOSE, SYSTEM.role, frozenset({link.ground}))
    person = Person.objects.filter(owner=link.owner_id).first()
    if not isinstance(decision, Permit) or person is None or "name" not in use.permits(person):
        return ""
    if is_joined:
        use.note(link.owner_id.hex, VIEWED, decision.clause)
    return str(person.name or "")


def _page(seen: Seen) -> dict[str, Any]:
    return {"title": PAGES[seen.name][0], "url": reverse(seen.name), "at": seen.at}


def _recommended(seen: list[Seen]) -> list[dict[str, str]]:
    """Pages that go with those that were viewed, beginning with the last one, and were not viewed themselves."""
    known = {each.name for each in seen}
    follow = [(name, each.name) for each in seen for name in PAGES[each.name][1] if name not in known]
    first = dict(reversed(follow))
    chosen = sorted(first, key=lambda name: [each for each, _ in follow].index(name))[:MOST]
    return [{"title": PAGES[n][0], "url": reverse(n), "after": PAGES[first[n]][0]} for n in chosen]


def reader(request: HttpRequest) -> Reader:
    """Whoever looks, for those who show them something; nobody for a browser that wants to be nobody."""
    number = linking.number_in(request)
    link = linking.link_of(number)

    def seen() -> frozenset[str]:
        if number is None:
            return frozenset()
        with using(PURPOSE, by=SYSTEM, given=link) as use:
            if link is not None and not use.is_open_to(link):
                return frozenset()
            return frozenset(each.name for each in _seen(use, number))

    return Reader(
        link.owner_id if link else None,
        lambda block: block not in off_in(request),
        seen,
        partial(_joins, link),
    )


def _joins(link: LinkedBrowser | None, category: str) -> bool:
    """Use a category of whoever connected the browser beside its trail, on record; False where that is not allowed."""
    if link is None:
        return False
    decision = statement.current().decide("join", category, PURPOSE, SYSTEM.role, frozenset({link.ground}))
    with using(PURPOSE, by=SYSTEM, given=link) as use:
        if not isinstance(decision, Permit) or not use.is_open_to(link):
            return False
        use.note(link.owner_id.hex, category, decision.clause)
    return True


def _why(reader: Reader, page: str) -> str:
    whose = "" if reader.subject else " We do not know whose it is."
    return (
        f"This browser viewed “{PAGES[page][0]}” within {LOOKS_BACK} days, which we found by the number in its cookie."
        + whose
    )


VIEWERS = Audience(
    "viewed", "Whoever viewed a page",
    lambda: [(name, title) for name, (title, _) in PAGES.items()],
    lambda reader, page: page in PAGES and page in reader.seen(),
    _why,
)  # fmt: skip


def switches(request: HttpRequest) -> list[dict[str, Any]]:
    """Each part and whether it is on, for the page “This browser”."""
    off = off_in(request)
    return [{"id": name, "label": label, "is_on": name not in off} for name, label in BLOCKS.items()]
