"""Customers and testimonials: what Alice of the sample permitted, what Olga of a long name is asked and offers."""

from collections.abc import Callable

from playwright.sync_api import FilePayload, Page, Response

from tests.site.areas.files import picture
from tests.site.areas.people import COMPANY, OLGA
from tests.site.pages import Cast, Shown, press

OWN, DESK = "/account/publish/", "/office/showcase/"
WORDS = (
    "We fire bricks in three towns, and until last spring each of them had its own idea of what had been ordered. Now "
    "there is one list, and averyveryveryveryveryveryveryveryveryveryverylongword in it that nobody has to look for."
)
NAME = "Olga Featherstonehaugh-Cholmondeley"


def fill(cast: Cast) -> None:
    """Sales ask Olga, who has not answered; she permits a line with a logo that waits for them, and keeps a draft."""
    sales, olga = cast.screen("sales"), cast.screen("olga")
    cast.go(sales, DESK)
    sales.locator("main [name=address]").fill(OLGA)
    sales.locator("main [name=kind]").select_option("testimonial")
    press("Send the request", text=WORDS)(sales)
    cast.go(olga, OWN)
    cast.at["asked"] = str(olga.get_by_role("link", name="Look at it").first.get_attribute("href"))
    cast.go(olga, OWN + "new/")
    olga.locator("main [name=kind]").select_option("listing")
    logo: FilePayload = {"name": "logo.png", "mimeType": "image/png", "buffer": picture(160, 40)}
    olga.locator("main [name=logo]").set_input_files(logo)
    press("Go on", text=WORDS, name=NAME, title="Managing director", company=COMPANY)(olga)
    cast.at["offered"] = "/" + olga.url.split("/", 3)[3]
    press("I permit")(olga)
    cast.go(olga, OWN + "new/")
    press("Go on", text=WORDS, name=NAME)(olga)
    cast.at["draft"] = "/" + olga.url.split("/", 3)[3]


def nothing_written(page: Page) -> Response:
    """The form, sent empty."""
    return press("Go on", text="", name="")(page)


def nobody_there(page: Page) -> Response:
    """Somebody who owns no company here."""
    return press("Send the request", address="nobody@nowhere.example", text="x")(page)


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("customers", "visitor", "/customers/"),
    Shown("testimonials", "visitor", "/testimonials/"),
    Shown("own-showcase", "olga", OWN),
    Shown("own-showcase, who owns nothing", "ivan", OWN),
    Shown("own-showcase, published", "alice", OWN),
    Shown("own-showcase-new", "olga", OWN + "new/"),
    Shown("own-showcase-new, with errors", "olga", OWN + "new/", 422, nothing_written),
    Shown("own-showcase-one", "olga", "{draft}"),
    Shown("own-showcase-one, asked for", "olga", "{asked}"),
    Shown("own-showcase-one, a line", "olga", "{offered}"),
    Shown("own-showcase-change", "olga", "{offered}change/"),
    Shown("office-showcase", "sales", DESK),
    Shown("office-showcase-ask, with errors", "sales", DESK, 422, nobody_there),
)
NO_PAGES: dict[str, str] = {
    "published-logo": "a picture", "logo-preview": "a picture",
    "own-showcase-permit": "a button", "own-showcase-withdraw": "a button", "office-showcase-ask": "shown with errors",
    "office-showcase-accept": "a button", "office-showcase-take-off": "a button",
}  # fmt: skip
