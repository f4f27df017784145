"""Where data goes: the public list, and the office's register with what the other areas did."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.site.pages import Cast, Shown

APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("countries", "visitor", "/privacy/countries/"),
    Shown("office-transfers", "privacy-officer", "/office/transfers/"),
    Shown("office-left", "owner", "/office/transfers/left/"),
    Shown("office-transfers, a time without any", "owner", "/office/transfers/?last=2020-01-01"),
)
NO_PAGES: dict[str, str] = {"office-transfers-csv": "a table as CSV"}


def fill(cast: Cast) -> None:
    """Count what was done so far, as the worker does every ten minutes."""
    cast.demo.run("prove", "--clause", "transfer.global")
