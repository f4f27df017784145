"""What is built, registered by those who build it: places where data comes in, pages and plots of the office."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest

PLACES: dict[str, str] = {}
"""Each built place of the statement, and where its code stands."""


PURPOSES: set[str] = set()
"""Every purpose that the code uses data for."""


def serves(purpose: str) -> str:
    """Say that the code uses data for a purpose; returns it, so that the name stands once."""
    PURPOSES.add(purpose)
    return purpose


def built_at(place: str, where: str) -> None:
    """Say that a place of the statement exists in the code (`module:name`)."""
    PLACES[place] = where


@dataclass(frozen=True, slots=True)
class OfficePage:
    """A page in the office's side menu: URL name, label, the roles that may open it (none named: all staff)."""

    url_name: str
    label: str
    roles: tuple[str, ...] = ()


OFFICE: list[OfficePage] = []


def office_page(url_name: str, label: str, *roles: str) -> None:
    """Put a page into the office's menu."""
    OFFICE.append(OfficePage(url_name, label, roles))


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the office's overview, its note, and where it leads; `read` opens nobody's data."""

    label: str
    note: str
    url_name: str
    read: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Plot:
    """Counts over the last days on the office's overview."""

    label: str
    by_day: Callable[[int], list[tuple[date, int]]]


FIGURES: list[Figure] = []
PLOTS: list[Plot] = []


WAITING: dict[str, Callable[[], tuple[int, datetime | None]]] = {}
"""What waits to be done, by a word for it: how much, and since when the oldest of it; for monitoring."""


def waits(what: str, read: Callable[[], tuple[int, datetime | None]]) -> None:
    """Say how what waits is counted; `read` opens nobody's data."""
    WAITING[what] = read


@dataclass(frozen=True, slots=True)
class OwnCard:
    """A card of the page on which people see their own data; `build` runs inside the use that shows it to them."""

    order: int
    template: str
    build: Callable[[HttpRequest, UUID], dict[str, Any]]


OWN_CARDS: list[OwnCard] = []


def own_card(order: int, template: str, build: Callable[[HttpRequest, UUID], dict[str, Any]]) -> None:
    """Put a card on `/account/privacy/`: `build(request, subject)` gives the template its context."""
    OWN_CARDS.append(OwnCard(order, template, build))
    OWN_CARDS.sort(key=lambda card: card.order)


BANNERS: list[tuple[str, Callable[[HttpRequest], dict[str, Any] | None]]] = []
"""What stands above each page of somebody's account as long as it concerns them: a template, and what it shows."""


def banner(template: str, build: Callable[[HttpRequest], dict[str, Any] | None]) -> None:
    """Put something above the pages of an account; `build` opens nothing, and says None for whom it does not concern."""
    BANNERS.append((template, build))


def banners(request: HttpRequest) -> list[dict[str, Any]]:
    """Those that concern who is signed in, each with its `template`."""
    built = ((template, build(request)) for template, build in BANNERS)
    return [{"template": template, **told} for template, told in built if told is not None]


ARCHIVE_LISTS: dict[str, tuple[str, Callable[[UUID], list[dict[str, Any]]]]] = {}
"""Lists in the archive of a person's data of what belongs to nobody, and is theirs by an act of theirs."""


def archive_list(name: str, category: str, build: Callable[[UUID], list[dict[str, Any]]]) -> None:
    """Put `NAME.json` into the archive where the category was chosen and `build(subject)` gives anything.

    `build` runs inside the use that reads the person's own data, and opens what is not theirs in a use of its own.
    """
    ARCHIVE_LISTS[name] = category, build


ROW_PAGES: dict[str, str] = {}
"""By model, the page on which people see one row of their own, and can delete it alone."""


def row_page(model: str, url_name: str) -> None:
    """Name the page of one row (by its id); the list of what is held links it.  `model` is its label."""
    ROW_PAGES[model] = url_name


PROOF_PARTS: list[tuple[str, Callable[[HttpRequest], dict[str, Any]]]] = []
"""Sections of the public proof page: a template, and what it shows.  `build` opens nobody's data."""


def proof_part(template: str, build: Callable[[HttpRequest], dict[str, Any]]) -> None:
    """Put a section on `/privacy/proof/`."""
    PROOF_PARTS.append((template, build))


HOME_PARTS: list[tuple[str, Callable[[HttpRequest], dict[str, Any] | None]]] = []
"""Sections of the front page that differ from browser to browser: a template, and what it shows, or None for nothing."""


def home_part(template: str, build: Callable[[HttpRequest], dict[str, Any] | None]) -> None:
    """Put a section on the front page; where it shows something, the page is kept in no cache."""
    HOME_PARTS.append((template, build))


APIS: list[tuple[str, str]] = []
"""Where routers below `/api/v1/` are found, by prefix."""


def api(prefix: str, router: str) -> None:
    """Put a django-ninja router below `/api/v1/`, while the apps get ready; its errors are `gate.problems`.

    It is named (`"troth.apps.rights.api.router"`) and imported with the URLs: most commands need neither.
    """
    APIS.append((prefix, router))


@dataclass(frozen=True, slots=True)
class Tick:
    """A box under a form in which somebody makes themselves known, never ticked beforehand.

    `label` says what is offered, blank where nothing is; `done` is told whom the form made known, and by which place.
    """

    name: str
    why: str
    label: Callable[[HttpRequest], str]
    done: Callable[[HttpRequest, UUID, str], None]


TICKS: list[Tick] = []
TICKED = "ticked"


def tick(box: Tick) -> None:
    """Put a box under the forms by which people make themselves known."""
    TICKS.append(box)


def ticks(request: HttpRequest) -> list[dict[str, Any]]:
    """The boxes for a form's template (`ui/ticks.html`), as they were sent."""
    told = ((box, box.label(request)) for box in TICKS)
    return [
        {"name": box.name, "label": label, "why": box.why, "is_ticked": box.name in request.POST}
        for box, label in told
        if label
    ]


def remember_ticks(request: HttpRequest) -> None:
    """What was ticked in a form that makes somebody known only later: kept in the browser's session until then."""
    request.session[TICKED] = [box.name for box in TICKS if box.name in request.POST]


def made_known(request: HttpRequest, subject: UUID, place: str) -> None:
    """Somebody is known now: do what they ticked, in this form or in the one before."""
    asked = {*request.session.pop(TICKED, []), *request.POST}
    for box in TICKS:
        if box.name in asked:
            box.done(request, subject, place)


ARRIVALS: list[Callable[[HttpRequest, UUID], None]] = []
"""What is done when somebody's account was just opened in a browser: called with their subject."""


def arrival(done: Callable[[HttpRequest, UUID], None]) -> None:
    """Have something done for whoever just opened an account, with what their browser's session remembers."""
    ARRIVALS.append(done)


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever looks at a page, as far as the statement lets that be used to choose what they are shown.

    `subject` is whoever connected the browser, or None.  `seen` tells which pages about the Company it viewed, and
    `joins` whether a category of theirs may stand beside its trail: each call is a use, on record.
    """

    subject: UUID | None
    is_on: Callable[[str], bool]
    seen: Callable[[], frozenset[str]]
    joins: Callable[[str], bool]


READERS: list[Callable[[HttpRequest], Reader]] = []
"""How whoever looks at a page is known; filled by the app that keeps the trails."""


@dataclass(frozen=True, slots=True)
class Audience:
    """A rule whom something of ours is shown to: what it is called, its cases, whether a reader is one, and why.

    `why` is said to that reader, of one case.
    """

    name: str
    label: str
    cases: Callable[[], list[tuple[str, str]]]
    holds: Callable[[Reader, str], bool]
    why: Callable[[Reader, str], str]


AUDIENCES: dict[str, Audience] = {}


def audience(rule: Audience) -> None:
    """Put a rule on the list from which staff choose whom an offer of ours is shown to."""
    AUDIENCES[rule.name] = rule
