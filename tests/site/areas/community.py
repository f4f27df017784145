"""The community: signing in there."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.site.pages import COMMUNITY, Cast, Shown

CROSS = "/account/community/?asked=" + "0" * 64


def fill(cast: Cast) -> None:
    """Nothing is needed yet."""


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("cross", "olga", CROSS),
    Shown("arrive, too late", "visitor", COMMUNITY + "sign-in/arrive/?code=x", 403),
)
NO_PAGES: dict[str, str] = {"arrive": "shown too late; else redirects", "sign-out": "a button"}
