"""“This browser” and “What we record”."""

import json
from collections.abc import Callable

from playwright.sync_api import Page

from tests.apps.navigating import FIREFOX
from tests.site.pages import Cast, Shown, press
from troth.apps.navigation.numbers import COOKIE

APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("you", "visitor", "/you/"),
    Shown("you, with a trail", "wanda", "/you/"),
    Shown("home, of a browser that was here", "wanda", "/"),
    Shown("contact, with the box of a trail", "wanda", "/contact/"),
    Shown("office-traffic", "sales", "/office/visits/"),
    Shown(
        "office-traffic, a strange period", "sales", "/office/visits/?first=2026-05-02&last=2026-05-01", 422
    ),
    Shown("office-traffic-report", "sales", "/office/visits/report/pages/"),
    Shown("office-live", "sales", "/office/visits/now/"),
    Shown("office-faults", "sales", "/office/visits/faults/"),
    Shown("office-goals", "sales", "/office/visits/goals/"),
    Shown("office-goals, nothing named", "sales", "/office/visits/goals/", 422, press("Count it")),
    Shown("cookies", "visitor", "/cookies/"),
    Shown("cookies, nothing chosen", "visitor", "/cookies/", 422, press("Save")),
)
NO_PAGES: dict[str, str] = {
    "you-download": "a file", "you-forget": "a button", "you-unlink": "a button", "you-switch": "a button",
    "browser-unlink": "a button",
    "office-goal-add": "a button", "office-goal-remove": "a button", "office-funnel-add": "a button",
    "office-funnel-remove": "a button",
    "gpc": "for programs", "office-traffic-csv": "a file",
}  # fmt: skip
HEADERS = {"User-Agent": FIREFOX, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}


def fill(cast: Cast) -> None:
    """Wanda's browser tells of pages as one that people use does: that of the tests counts as a program."""
    browser, told = cast.demo.browser(), {"k": "l", "u": f"https://elsewhere.example/{'averylong' * 15}"}
    for path in ("/services/", "/customers/", "/testimonials/"):
        sent = json.dumps([{"k": "v", "p": path}, {**told, "p": path}])
        browser._ask("POST", "/beacon/hits", sent, HEADERS)
    value, name = browser.cookies[COOKIE], COOKIE
    cast.screen("wanda").context.add_cookies(
        [{"name": name, "value": value, "url": cast.demo.url, "secure": True}]
    )
