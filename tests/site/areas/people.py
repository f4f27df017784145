"""The pages of this area, and how each of the cast comes to them."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.site.pages import Cast, Shown

APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = ()
NO_PAGES: dict[str, str] = {}


def fill(cast: Cast) -> None:
    """Make what these pages show."""
