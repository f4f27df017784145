"""Joint offers: the sample's, in which Alice is interested and Olga of a long name is not; the desk of sales."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.site.pages import Cast, Shown, press

OFFERS, DESK = "/offers/", "/office/offers/"


def fill(cast: Cast) -> None:
    """Where the sample's offer stands."""
    sales = cast.screen("sales")
    cast.go(sales, DESK)
    cast.at["desk-offer"] = str(sales.get_by_role("link", name="Two desk phones").get_attribute("href"))
    cast.at["desk-partner"] = str(sales.locator(".roster a").first.get_attribute("href"))
    cast.at["offer"] = cast.at["desk-offer"].replace("/office", "")


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("offers", "visitor", OFFERS),
    Shown("offer", "visitor", "{offer}"),
    Shown("offer, the form", "olga", "{offer}"),
    Shown("offer, who is interested", "alice", "{offer}"),
    Shown("offer-interest, without the tick", "olga", "{offer}", 422, press("Show interest")),
    Shown("partner", "visitor", "/partners/"),
    Shown(
        "partner, with errors",
        "visitor",
        "/partners/",
        422,
        press("See what we gave you", key="troth_partner_x"),
    ),
    Shown("office-offers", "sales", DESK),
    Shown("office-offer-promote, with errors", "sales", DESK, 422, press("Put it up")),
    Shown("office-partner-register, with errors", "sales", DESK, 422, press("Register")),
    Shown("office-offer", "sales", "{desk-offer}"),
    Shown("office-partner", "sales", "{desk-partner}"),
    Shown(
        "office-partner, with errors",
        "sales",
        "{desk-partner}",
        422,
        press("Save", endpoint="http://x.example/"),
    ),
    Shown("office-part-key", "sales", "{desk-offer}", 200, press("Make a key for Kestrel Handsets")),
)
NO_PAGES: dict[str, str] = {
    "offer-interest": "POST, redirects", "office-offer-promote": "POST, redirects",
    "office-partner-register": "POST, redirects",
    "offer-withdraw": "a button", "offer-api": "an encrypted file", "office-offer-end": "a button",
    "office-partner-end": "a button",
}  # fmt: skip
