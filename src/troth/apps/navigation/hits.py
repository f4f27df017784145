"""One thing done on a page, on its way from the wire to its row; and who asks, as far as that is kept."""

from dataclasses import dataclass, field
from datetime import datetime

from troth.visits.models import What

from .browsers import Browser


@dataclass(frozen=True, slots=True)
class Asker:
    """What a request says beside its body.  `number` is that of the cookie, None for a browser without one.

    `country` is worked out from the address (`visits/country.py`), which goes elsewhere; blank where it cannot be.
    """

    browser: Browser
    language: str
    address: str
    number: bytes | None
    at: datetime
    country: str = ""


@dataclass(slots=True)
class Hit:
    """What was done; texts are clean already (`cleaning.py`)."""

    asker: Asker
    site: str
    what: What
    path: str
    referrer: str = ""
    target: str = ""
    done: str = ""
    campaign: str = ""
    load_ms: int | None = None
    read_ms: int | None = None
    error: str | None = None


class Unreadable(Exception):
    """A body that says nothing we can count; the message is for whoever wrote the program, and repeats none of it."""


@dataclass(slots=True)
class Told:
    """What a request told: what is counted of it, and by name what is not."""

    hits: list[Hit] = field(default_factory=list)
    dropped: set[str] = field(default_factory=set)
