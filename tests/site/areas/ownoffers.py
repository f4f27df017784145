"""Offers of our own: the sample's, which Alice answers and others look at; the desk of sales."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.site.pages import Cast, Shown, press

DESK = "/office/our-offers/"


def fill(cast: Cast) -> None:
    """Where the sample's offer stands, and the page of Alice's answer."""
    sales, alice = cast.screen("sales"), cast.screen("alice")
    cast.go(sales, DESK)
    cast.at["desk-own-offer"] = str(sales.locator("main table a").first.get_attribute("href"))
    cast.at["own-offer"] = cast.at["desk-own-offer"].replace("/office", "")
    cast.go(alice, cast.at["own-offer"])
    press("Send", name="Alice Archer", email="alice@archer.example")(alice)
    cast.go(alice, "/account/privacy/held/")
    found = alice.locator("main a[href*='/our-offers/answers/']").first.get_attribute("href")
    cast.at["own-offer-response"] = str(found)


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("own-offer", "visitor", "{own-offer}"),
    Shown("own-offer, with errors", "visitor", "{own-offer}", 422, press("Send")),
    Shown("own-offer-sent", "visitor", "{own-offer}sent/"),
    Shown("own-offer-response", "alice", "{own-offer-response}"),
    Shown("office-own-offers", "sales", DESK),
    Shown("office-own-offers, with errors", "sales", DESK, 422, press("Put it up")),
    Shown("office-own-offer", "sales", "{desk-own-offer}"),
)
NO_PAGES: dict[str, str] = {
    "own-offer-open": "redirects", "own-offer-back": "a button", "office-own-offer-end": "a button",
    "office-own-offer-handled": "a button",
}  # fmt: skip
