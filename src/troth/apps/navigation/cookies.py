"""Every cookie there is: the list that the page “What we record” shows, held against the settings and the browsers."""

from dataclasses import dataclass

from django.conf import settings

from troth.accounts.binding import bindings
from troth.accounts.moving import DEVICE_COOKIE
from troth.gate.registry import built_at

from . import numbers

built_at("cookie-page", f"{__name__}:COOKIES")


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie: its name, what it is for, how long it lasts, who reads it.  Each belongs to one host of ours."""

    name: str
    purpose: str
    life: str
    readers: str


COOKIES = (
    Cookie(
        numbers.COOKIE,
        "A number drawn by lot, so that the pages of one visit are counted together. It does not say who you are.",
        f"{numbers.LASTS} days, then another number takes its place",
        "Our counter of visits, and the page “This browser” for you",
    ),
    Cookie(
        numbers.CHOICE, "What you chose below.", f"{numbers.CHOICE_LASTS} days", "Our counter of visits",
    ),
    Cookie(
        numbers.SWITCHED_OFF, "What you turned off of what we show you on account of your visits.",
        f"{numbers.CHOICE_LASTS} days", "Our front page, and the page “This browser”",
    ),
    Cookie(
        str(settings.SESSION_COOKIE_NAME), "Keeps you signed in, and keeps apart what several visitors do.",
        f"{settings.SESSION_COOKIE_AGE // 3600} hours at most; another takes its place as you go",
        "Our own pages",
    ),
    Cookie(
        DEVICE_COOKIE, "A number drawn by lot, by which a copy of your session shown elsewhere is noticed.",
        f"As long as the session, {settings.SESSION_COOKIE_AGE // 3600} hours at most", "Our own pages",
    ),
    Cookie(
        bindings.COOKIE,
        "Shows that your browser has just proved by a key which device it is on. Only browsers that can do so get it.",
        f"{bindings.LASTS // 60} minutes, then your browser proves it again", "Our own pages",
    ),
    Cookie(
        str(settings.CSRF_COOKIE_NAME), "Shows that a form was sent from our own page and by you.",
        "One year", "Our own pages, when a form is sent",
    ),
)  # fmt: skip
