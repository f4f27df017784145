"""Recipients: the page on which one confirms, and the office's list of them."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page

from tests.site.demo import Browser
from tests.site.pages import ENQUIRY, Cast, Shown, press

APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN = (
    Shown("office-recipients", "owner", "/office/recipients/"),
    Shown("told", "visitor", "{told}"),
    Shown("told, over", "visitor", "/privacy/told/open/" + "0" * 64 + "/", 410),
    Shown("told, confirmed", "visitor", "{told}", 200, press("It is deleted")),
)
NO_PAGES: dict[str, str] = {}

LETTER = re.compile(r"https://localhost:\d+(/privacy/told/open/\w+/)")
THREAD = re.compile(r"https://localhost:\d+(/enquiries/open/[\w-]+/)")


def fill(cast: Cast) -> None:
    """Send an enquiry, delete it once the carrier has its confirmation, and find the letter about that."""
    visitor, owner = cast.demo.browser(), cast.demo.browser().become("owner")
    earlier = listed(owner)
    assert visitor.fill_in("/contact/", ENQUIRY).status == 302
    thread = visitor.get(in_new_mail(owner, THREAD, earlier)).header("location")
    assert visitor.fill_in(thread + "delete/", {}).status == 200
    cast.at["told"] = in_new_mail(owner, LETTER, earlier)


def listed(owner: Browser) -> set[str]:
    """The messages of the office's first page of mail."""
    return set(re.findall(r"/office/mail/[0-9a-f-]{36}/", owner.get("/office/mail/").text))


def in_new_mail(owner: Browser, wanted: re.Pattern[str], earlier: set[str], seconds: float = 30) -> str:
    """A link in a message that was not there earlier and has left, as soon as there is one."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for text in (owner.get(page).text for page in listed(owner) - earlier):
            if (found := wanted.search(text)) and "shown here" in text:
                return found.group(1)
        time.sleep(0.5)
    raise AssertionError(f"no new message with {wanted.pattern}")
