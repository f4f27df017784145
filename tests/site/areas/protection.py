"""Protection: the office's page with an alarm, a block by hand and a canary, and the form with errors."""

from collections.abc import Callable

from playwright.sync_api import Page, Response

from tests.site.pages import Cast, Shown, press

PATH = "/office/protection/"


def fill(cast: Cast) -> None:
    """Somebody asks for what is linked nowhere, and the administrator blocks a net."""
    cast.demo.browser().get("/.env")
    page = cast.screen("administrator")
    cast.go(page, PATH)
    press("Block it", net="203.0.113.0/24", minutes="600", why="Many tries, " + "and more of them, " * 9)(
        page
    )


def too_wide(page: Page) -> Response:
    """Half of the Internet."""
    return press("Block it", net="0.0.0.0/1", minutes="1", why="")(page)


def nobody(page: Page) -> Response:
    """A canary that is not here."""
    return press("Watch it", subject="0190b1a0-0000-7000-8000-000000000000")(page)


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("office-protection", "administrator", PATH),
    Shown("office-protection, of one rule", "owner", PATH + "?rule=canary-page"),
    Shown("office-protection, with errors", "administrator", PATH, 422, too_wide),
    Shown("office-protection, no such canary", "administrator", PATH, 422, nobody),
)
NO_PAGES: dict[str, str] = {
    "office-protection-change": "a button", "office-protection-canary": "a button",
    "account_challenge": "asks nobody but whose account is under attack: tests/apps/test_protection.py",
}  # fmt: skip
