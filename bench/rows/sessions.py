"""What a ticket that moves costs a request, beside Django's own database sessions; and many that move at once."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore as PlainStore
from django.contrib.sessions.models import Session
from django.db import connections
from django.http import HttpRequest
from django.test import Client, override_settings

from troth.accounts import families, tickets
from troth.accounts.models import Family, User
from troth.accounts.sessions import SessionStore
from troth.accounts.staff import appoint

from ..browser import signed_in
from ..method import Contender, Measured, by_turns
from ..report import Section, Target

PLAIN, OURS = "Django's database sessions, no firewall", "sealed sessions behind tickets, and the firewall"
MOVING, THEIRS = (
    "troth.accounts.moving.MovingSessions",
    "django.contrib.sessions.middleware.SessionMiddleware",
)
GUARDING = ("troth.apps.protection.middleware.Guard", "troth.apps.protection.middleware.Barred")
PAGES = {"a redirect, signed in": "/.well-known/change-password", "a page, signed in": "/contact/"}
BOUND, THREADS, AT_ONCE, BATCH = 1.15, 8, 4, 250
BEGUN = 1_000_000_000
"""When it all happens: nothing waits for a clock."""


def rows(rounds: int, moves: int) -> list[Section]:
    """A request by either way, and so many moves of tickets, each shown by several requests at once."""
    user = appoint("Dana Novak", "dana@iplum.example", "sales", "CZ").user
    plain, ours = _plain(user), signed_in(user)
    sections = []
    for title, path in PAGES.items():
        found = by_turns([Contender(PLAIN, _asked(plain, path)), Contender(OURS, _asked(ours, path))], rounds)
        target = Target("clock, to Django's", found[OURS].ratio(found[PLAIN]), BOUND)
        sections.append(Section(f"Sessions: {title}", "a request", list(found.values()), [target]))
    return [*sections, _moves(moves)]


def _plain(user: User) -> Client:
    """A browser whose requests go through the same middleware, but for sessions as Django ships them."""
    request = HttpRequest()
    request.session = PlainStore()
    login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
    request.session.save()
    client = Client(HTTP_HOST="localhost")
    client.cookies[settings.SESSION_COOKIE_NAME] = str(request.session.session_key)
    chain = [THEIRS if each == MOVING else each for each in settings.MIDDLEWARE if each not in GUARDING]
    with override_settings(MIDDLEWARE=chain, SESSION_ENGINE="django.contrib.sessions.backends.db"):
        client.handler.load_middleware()
    return client


def _asked(client: Client, path: str) -> Callable[[], None]:
    def get() -> None:
        answer = client.get(path, secure=True)
        assert answer.status_code in (200, 302) and "login" not in answer.headers.get("Location", "")

    return get


def _moves(count: int) -> Section:
    """Tickets move, the new and the old one shown by several at once; afterwards each old one is a copy."""
    found, lost, forked, missed = Measured("moves, each shown by four at once"), 0, 0, 0
    made = 0
    with ThreadPoolExecutor(THREADS, initializer=_awake) as threads:
        while made < count:
            held = [_family() for _ in range(min(BATCH, count - made))]
            made += len(held)
            shown = _mixed(held)
            let: list[bool] = []
            work = partial(_all_of, threads, shown, let)
            one = Contender("", work, units=len(held), before=int, loops=1)
            found.samples.append(one.sample())
            lost += let.count(False)
            forked += Family.objects.exclude(generation=2).filter(pk__in=[each[0] for each in held]).count()
            later = [(each[1], each[3], settings.TROTH_SESSION_GRACE + 1 + BEGUN) for each in held]
            missed += sum(threads.map(lambda one: families.look(*one).session is not None, later))
            missed += Session.objects.filter(families__in=[each[0] for each in held]).count()
        list(threads.map(lambda _: connections.close_all(), range(THREADS)))
    targets = [
        Target("sessions lost of those that moved", lost, 0, form=".0f"),
        Target("forked", forked, 0, form=".0f"),
        Target("old tickets shown again that ended nothing", missed, 0, form=".0f"),
    ]
    notes = [
        f"{made:,} sessions, {made * AT_ONCE:,} tickets shown in {THREADS} threads, {made:,} old ones shown again"
    ]
    return Section("Sessions: moves at once", "a move", [found], targets, notes)


Held = tuple[Any, str, str, str]


def _family() -> Held:
    """A session whose first ticket was shown: its family, that ticket, the next one, and the device."""
    session, device = SessionStore(), tickets.new_device()
    session.save()
    first = families.begin(str(session.session_key), device)
    let = families.look(str(first), device, BEGUN)
    assert let.family is not None
    return let.family.pk, str(first), str(tickets.next_of(let.family.kin)), device


def _mixed(held: list[Held]) -> list[tuple[str, str, int]]:
    """The old ticket and the new one of each, twice, in any order."""
    shown = [(ticket, each[3], BEGUN) for each in held for ticket in each[1:3] * (AT_ONCE // 2)]
    random.shuffle(shown)
    return shown


def _all_of(threads: ThreadPoolExecutor, shown: list[tuple[str, str, int]], let: list[bool]) -> None:
    let.extend(threads.map(_look, shown))


def _look(one: tuple[str, str, int]) -> bool:
    return families.look(*one).session is not None


def _awake() -> None:
    connections["default"].ensure_connection()
