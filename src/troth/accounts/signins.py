"""Sign-ins: what is noted of each, the alert for a browser not seen before, and how sessions end."""

import re
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import (
    authentication_step_completed,
    password_changed,
    password_reset,
    password_set,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from troth.gate import watch
from troth.gate.registry import built_at, serves
from troth.gate.subjects.erase import FAREWELLS
from troth.gate.subjects.register import ENDINGS
from troth.gate.uses import SYSTEM, Actor, OwnData, act, using

from . import sessions
from .adapter import SECOND_FACTORS, AccountAdapter
from .binding import bindings
from .hooks import hooks
from .hooks.models import Event
from .levels import held
from .levels.choosing import TIGHTENED
from .models import SignIn, User
from .people import companies
from .people.models import Membership, Role

PLACE = "sign-in"
PURPOSE, SHOWING = serves("signing-in"), serves("showing-own-data")
COMPARED, SHOWN = 200, 20
"""How many earlier sign-ins an unknown browser is compared with, and how many ended ones the page shows."""

built_at(PLACE, "troth.accounts.signins:begin")
REPLAYED = watch.reports("ticket-replayed", "troth.accounts.signins:end_copied")
NEW = watch.reports("new-browser", "troth.accounts.signins:begin")

_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("Chrom", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Windows", "Windows"),
    ("CrOS", "ChromeOS"), ("Mac OS X", "a Mac"), ("Linux", "Linux"),
)  # fmt: skip


def named(agent: str) -> str:
    """A browser in words: `Firefox on Windows`; what is not known, by the first words of what it calls itself."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or agent[:60] or "A browser that did not say which"


def _kind(agent: str) -> str:
    """A browser without its versions: an update is no new browser."""
    return re.sub(r"[\d._]+", "", agent)


def _whole() -> AbstractContextManager[Any]:
    """An act of its own, or a part of the one that is open."""
    return nullcontext() if transaction.get_connection().in_atomic_block else act()


@receiver(user_logged_in)
def begin(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """Note the sign-in under its session, and tell the person when the browser is a new one."""
    session = request.session
    sessions.begin_clock(session)
    if session.session_key is None:
        session.save()
    kept = sessions.kept_as(str(session.session_key))
    SignIn.objects.filter(session=kept, ended_at=None).update(ended_at=timezone.now())
    agent = request.META.get("HTTP_USER_AGENT", "")[:300]
    now = timezone.now()
    with using(PURPOSE, by=SYSTEM, at=PLACE), _whole():
        earlier = [_kind(row.browser) for row in SignIn.objects.filter(owner=user.subject_id)[:COMPARED]]
        SignIn(
            owner_id=user.subject_id, browser=agent, address=request.META.get("REMOTE_ADDR", "")[:45],
            session=kept, at=now, seen_at=now.replace(minute=0, second=0, microsecond=0),
            came_from=getattr(request, "came_from", None),
        ).save(force_insert=True)  # fmt: skip
        # Of the sample's role switcher nothing is known but that a button was pressed.
        proved = bool(get_authentication_records(request, user))
        is_new = proved and bool(earlier) and _kind(agent) not in earlier
        if is_new:
            hooks.happened_to(user.subject_id, Event.What.NEW_BROWSER)
    end_beyond(user.subject_id)
    if is_new:
        watch.saw(NEW, account=user.subject_id.hex)
        transaction.on_commit(lambda: _alert(user, agent, now))


def knows(subject: UUID, request: HttpRequest) -> bool:
    """Whether somebody has signed in before with this kind of browser from this address."""
    agent, address = request.META.get("HTTP_USER_AGENT", "")[:300], request.META.get("REMOTE_ADDR", "")[:45]
    with using(PURPOSE, by=SYSTEM):
        rows = SignIn.objects.filter(owner=subject)[:COMPARED]
        return any(row.address == address and _kind(row.browser) == _kind(agent) for row in rows)


def _alert(user: User, agent: str, at: datetime) -> None:
    context = {"browser": named(agent), "timestamp": at}
    get_adapter().send_mail("account/email/new_browser", user.email, context)
    warn_owners(
        user.subject_id,
        "Somebody of your company signed in from a browser that was not seen with them before.",
    )


def end_copied(kept: str) -> int:
    """End a session of which more than one browser has tickets, and tell its owner; returns how many were told.

    The end, the entry and the mail come together or not at all.  Nobody is told of a session without a sign-in, or of one
    that had ended before.
    """
    with act(), using(PURPOSE, by=SYSTEM):
        rows = list(SignIn.objects.filter(session=kept, ended_at=None))
        if not sessions.end([kept]):
            return 0
        now = timezone.now()
        for row in rows:
            SignIn.objects.filter(pk=row.pk).update(was_copied=True)
            watch.saw(REPLAYED, account=row.owner_id.hex)
            hooks.happened_to(row.owner_id, Event.What.COPIED)
            user = User.objects.filter(subject=row.owner_id).first()
            if user is not None:
                context = {"browser": named(row.browser), "timestamp": now}
                AccountAdapter().tell("account/email/copied", user, context)
    for row in rows:
        warn_owners(
            row.owner_id,
            "We ended a session of somebody of your company: an old or copied mark of it was shown.",
        )
    return len(rows)


def warn_owners(subject: UUID, words: str) -> None:
    """Write to the owners of those of somebody's companies that want it; of the person they are told no more."""
    for place in to_be_warned(subject):
        companies.tell(place, "A warning about your company", words)


def to_be_warned(subject: UUID) -> list[Membership]:
    """The owners who want to hear of what happens to somebody of their company."""
    wanting = [each.customer for each in held.standings(subject) if each.values["alerts"] == "owners"]
    return list(Membership.objects.filter(customer__in=wanting, role=Role.OWNER).exclude(owner=subject))


def end_beyond(subject: UUID) -> None:
    """End the oldest of somebody's sessions where they have more than what holds for them; those they led to go along."""
    most = held.of_person(subject)["sessions"]
    opened = _open(subject).filter(came_from=None).order_by("-at", "-pk")
    if beyond := list(opened.values_list("session", flat=True)[most:]):
        _end(beyond)


@dataclass(frozen=True, slots=True)
class Shown:
    """A sign-in as its owner sees it."""

    id: UUID
    browser: str
    address: str
    at: datetime
    seen_at: datetime
    ended_at: datetime | None
    is_this: bool
    was_copied: bool
    is_bound: bool


def shown(subject: UUID, session: SessionBase) -> tuple[list[Shown], list[Shown]]:
    """A person's sessions that are open, this one first, and the last of those that have ended."""
    here = sessions.kept_as(str(session.session_key))
    rows = SignIn.objects.filter(owner=subject)
    with using(SHOWING, by=Actor("data-subject", subject), given=OwnData(subject)):
        still = list(rows.filter(ended_at=None))
        bound = bindings.of_sessions([row.session for row in still])
        opened = [_shown(row, here, is_bound=row.session in bound) for row in still]
        ended = [_shown(row, here) for row in rows.exclude(ended_at=None)[:SHOWN]]
    return sorted(opened, key=lambda each: not each.is_this), ended


def _shown(row: SignIn, here: str, *, is_bound: bool = False) -> Shown:
    return Shown(
        row.pk, named(row.browser), row.address, row.at, row.seen_at, row.ended_at, row.session == here,
        row.was_copied, is_bound,
    )  # fmt: skip


def end_one(subject: UUID, sign_in: UUID) -> bool:
    """End one of a person's own sessions; False for one that is not theirs."""
    kept = list(SignIn.objects.filter(owner=subject, pk=sign_in).values_list("session", flat=True))
    sessions.end(kept)
    return bool(kept)


def end_others(subject: UUID, session: SessionBase) -> int:
    """End every session of a person but this one; returns how many were open."""
    here = sessions.kept_as(str(session.session_key))
    kept = _open(subject).exclude(session=here).values_list("session", flat=True)
    return _end(list(kept))


def end_all(subject: str) -> None:
    """End every session of a subject (32 hex digits)."""
    _end(list(_open(subject).values_list("session", flat=True)))


def _open(subject: UUID | str) -> Any:
    return SignIn.objects.filter(owner=subject, ended_at=None)


def _end(kept: list[str]) -> int:
    sessions.end(kept)
    return len(kept)


# Before the rows that know the sessions go, and once more with the login: nobody signs in between unseen.
FAREWELLS.append(end_all)
ENDINGS.append(end_all)
# What a company chose holds for the sessions that are open.
TIGHTENED.append(end_beyond)


@receiver(post_save, sender=Membership)
def join_with_no_more_sessions(sender: Any, instance: Membership, created: bool, **_: Any) -> None:
    """Whoever joins a company has no more sessions than it lets its people have."""
    if created:
        transaction.on_commit(lambda: end_beyond(instance.owner_id))


@receiver(password_changed)
@receiver(password_set)
def end_others_with_the_old_password(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    end_others(user.subject_id, request.session)


@receiver(authenticator_added)
def end_others_without_a_second_step(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    """With the first second step end the sessions that never showed one: whoever only knew the password goes."""
    steps = Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS)
    if authenticator.type in SECOND_FACTORS and not steps.exclude(pk=authenticator.pk).exists():
        end_others(user.subject_id, request.session)


@receiver(password_reset)
def end_all_with_the_forgotten_password(sender: Any, user: User, **_: Any) -> None:
    end_all(user.subject_id.hex)


@receiver(authentication_step_completed)
def begin_a_new_key(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    """Whoever confirmed who they are goes on under a new key."""
    if kwargs.get("reauthenticated"):
        request.session.cycle_key()
