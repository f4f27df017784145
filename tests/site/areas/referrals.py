"""Refer a friend: the form, the whole message, the friend’s links, the programme, and the staff’s page of counts."""

import re
from collections.abc import Callable

from playwright.sync_api import Page

from tests.site.pages import Cast, Shown, press

FORM = "/refer/"
FRIEND = {
    "your_name": "Wilhelmina Featherstonehaugh-Cholmondeley", "friend_name": "Frieda",
    "friend_email": "frieda.featherstonehaugh-cholmondeley@a-rather-long-domain-name-for-a-narrow-screen.example",
}  # fmt: skip
preview = press("See the message", **FRIEND)


def refer(cast: Cast, page: Page) -> None:
    """Somebody with an account refers a friend; the links of the message are noted."""
    cast.go(page, FORM)
    preview(page)
    press("Send it")(page)
    text = page.content()
    for name in ("visit", "never"):
        cast.at[name] = re.findall(rf"/refer/{name}/[\w-]+/", text)[0]
    # The link that a friend finds works from when the worker has sent the message.
    for _ in range(60):
        if cast.go(page, cast.at["never"]).status == 200:
            return
        page.wait_for_timeout(500)
    raise AssertionError("the invitation was never sent")


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("refer", "visitor", FORM),
    Shown("refer with errors", "visitor", FORM, 422, press("See the message", friend_email="none")),
    Shown("refer, the message", "visitor", FORM, 200, preview),
    Shown("refer-sent", "wanda", "/refer/sent/"),
    Shown("refer-never", "wanda", "{never}"),
    Shown("referrals", "wanda", "/account/referrals/"),
    Shown("office-referrals", "privacy-officer", "/office/referrals/"),
)
NO_PAGES: dict[str, str] = {"refer-visit": "redirects to the front page"}


def fill(cast: Cast) -> None:
    """Make what these pages show."""
    refer(cast, cast.screen("wanda"))
