"""Tickets against the tables: who is let in by one, how it moves on, and what becomes of a copied one.

Ticket and session are two things.  The session's own key is known to this machine alone: it lies sealed in the family,
and a browser that shows one is let in by nobody.
"""

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from troth.gate.keystore.boxes import open_text, seal_text

from . import sessions, signins, tickets
from .binding import bindings
from .levels import held
from .levels.law import Values
from .models import Family
from .tickets import Ticket, Verdict

log = logging.getLogger("troth.sessions")


@dataclass(frozen=True, slots=True)
class Let:
    """Whom a shown ticket let in: the session behind it; or, without one, whether its answer may touch the cookies.

    `unproven` is whose ticket it was where a bound session came without its device: a copy, or a browser that could not
    ask its device, and that may have the session again at its next request.  It `may_end` with a ticket that is not old.
    """

    family: Family | None = None
    key: str = ""
    has_just_left: bool = False
    unproven: Family | None = None
    may_end: bool = False

    @property
    def session(self) -> Session | None:
        return self.family.session if self.family else None

    @property
    def is_bound(self) -> bool:
        bound = bindings.of(self.session) if self.session else None
        return bound is not None and bound.since is not None


NOBODY = Let()


def look(shown: str, device: str, at: int, host: str = tickets.COMPANY, proof: str = "") -> Let:
    """Whom a cookie lets in, beside the device that came with it, in a request that came to `host` at `at`.

    `proof` is the third cookie, of a session that is bound: without it nothing moves and nothing ends.  One read.  One
    write where the ticket, or the proof, is shown for the first time, or where it ends its session.
    """
    ticket = tickets.read(shown)
    if ticket is None:
        return NOBODY
    verdict, family = _judged(ticket, device, at, host)
    if (
        family is not None
        and verdict is not Verdict.FORGED
        and not bindings.is_shown(family.session, proof, at)
    ):
        return Let(unproven=family, may_end=verdict is not Verdict.COPIED)
    if verdict is Verdict.NEXT and family is not None and not _moves_on(family, ticket, at):
        # Another request showed it first, or the family is gone: what is so now decides.
        verdict, family = _judged(ticket, device, at, host)
    if family is None or verdict is Verdict.FORGED:
        return NOBODY
    if verdict is Verdict.COPIED:
        _end_copied(family)
        return NOBODY
    if verdict is Verdict.LEFT:
        return Let(has_just_left=True)
    return Let(family, open_text(settings.TROTH_KEYS, "families", family.key))


def _judged(ticket: Ticket, device: str, at: int, host: str) -> tuple[Verdict, Family | None]:
    try:  # with `get`: every request asks this, and `first` would have it put in order
        family = Family.objects.select_related("session", "session__binding").get(pk=ticket.family)
    except Family.DoesNotExist:
        return Verdict.FORGED, None
    verdict = tickets.judge(family.kin, ticket, device, at, held.MOST["grace"], host)
    if verdict in (Verdict.PREVIOUS, Verdict.LEFT):
        # Only a late one needs to know how late it may be.
        grace = held.of_session(family.session_id)["grace"]
        verdict = tickets.judge(family.kin, ticket, device, at, grace, host)
    if verdict is not Verdict.FORGED and family.session.expire_date <= timezone.now():
        # It ended by the clock, and stays ended when the clock is set back.
        sessions.end([family.session_id])
        return Verdict.FORGED, None
    return verdict, family


def _moves_on(family: Family, ticket: Ticket, at: int) -> bool:
    """Note that the next ticket was shown.  INVARIANT: one conditional update, so that of many requests one decides."""
    moved: dict[str, object] = {
        "generation": ticket.generation, "previous": bytes(family.current), "current": ticket.hash, "moved_at": at,
    }  # fmt: skip
    here = Family.objects.filter(pk=family.pk, generation=family.generation, left_at=None)
    if not here.update(**moved):
        return False
    for name, value in moved.items():
        setattr(family, name, value)
    return True


def _end_copied(family: Family) -> None:
    """More than one browser has tickets of this session: it ends for all of them, and its owner is told."""
    if family.left_at is not None and not _was_followed(family):
        return
    if signins.end_copied(family.session_id):
        log.warning("a session was ended: an old ticket of it was shown, or one without its device")


def _was_followed(left: Family) -> bool:
    """Whether the browser has shown a ticket of the family that came after: until then its answer may have been lost."""
    return Family.objects.filter(session=left.session_id, left_at=None, generation__gt=0).exists()


def due(family: Family, at: int, asked: Callable[[], Values]) -> Ticket | None:
    """The next ticket, where the newest one is old enough to be changed and still lets in; one read, then only.

    `asked` says what holds for whoever has the session; below what anybody can choose it is not asked.
    """
    if not is_old(at - family.moved_at, asked):
        return None
    now = Family.objects.filter(pk=family.pk, left_at=None).first()
    return tickets.next_of(now.kin) if now else None


def is_old(age: int, asked: Callable[[], Values]) -> bool:
    """Whether a ticket of so many seconds is to be changed; also when the clock was set back."""
    return age < 0 or (age >= held.LEAST["moves"] * 60 and age >= asked()["moves"] * 60)


def begin(key: str, device: str, host: str = tickets.COMPANY) -> Ticket:
    """A new family for the session with this key on one of our hosts, and its first ticket."""
    salt = secrets.token_bytes(16)
    family = Family.objects.create(
        id=uuid4(), session_id=sessions.kept_as(key), key=seal_text(settings.TROTH_KEYS, "families", key),
        salt=salt, device=tickets.device_hash(salt, device), moved_at=int(time.time()), host=host,
    )  # fmt: skip
    return tickets.next_of(family.kin)
