"""Data quality: what a check proposes to Alice of the sample, and the office’s page of runs."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.site.pages import Cast, Shown

OWN, DESK = "/account/privacy/proposals/", "/office/quality/"


def fill(cast: Cast) -> None:
    """Nothing: the sample has had a run."""


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("own-proposals", "alice", OWN),
    Shown("own-proposals, none", "olga", OWN),
    Shown("office-quality", "privacy-officer", DESK),
)
NO_PAGES: dict[str, str] = {"own-proposal-accept": "a button", "own-proposal-decline": "a button"}
