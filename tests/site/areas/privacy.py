"""The pages of this area, and how each of the cast comes to them."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.site.pages import Cast, Shown

APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = ()
NO_PAGES: dict[str, str] = {
    "own-choose": "POST, redirects", "own-receipt-json": "a download", "own-export-file": "a download",
    "openapi-json": "JSON", "api-root": "not found, in JSON", "api-me": "JSON", "api-uses": "JSON",
    "api-receipt": "JSON", "api-exports": "JSON", "api-export": "JSON", "api-archive": "a download",
    "api-choices": "JSON", "api-choice": "JSON",
}  # fmt: skip


def fill(cast: Cast) -> None:
    """Make what these pages show."""
