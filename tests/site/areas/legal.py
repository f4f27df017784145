"""What the law asks: the desk, a record that waits, one in force with a package, and the public count."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, Response

from tests.site.areas.people import OLGA
from tests.site.pages import Cast, Shown, press

DESK = "/office/legal/"
REASONS = (
    "The court asks under which name and address the account was opened, and to whom the answers went.\n\n"
    "Averyveryveryveryveryveryveryveryveryveryveryveryverylongword stands in the order."
)


def day(days: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


def enter(cast: Cast, page: Page, **more: str) -> str:
    """Put an order about Olga on record; its page."""
    cast.go(page, DESK)
    page.get_by_label("An order, or what the law requires").check()
    page.get_by_label("Contact data").check()
    page.locator("main [name=country]").select_option("US")
    told = {
        "authority": "District Court of Springfield, Third Division", "reference_given": "24 C 1138/2026-0000000017",
        "reasons": REASONS, "dated": day(-3), "who": OLGA, "ends_at": day(60), **more,
    }  # fmt: skip
    press("Put it on record", **told)(page)
    found = page.locator("main .roster a").first.get_attribute("href")
    return str(found)


def approve(cast: Cast, path: str) -> None:
    for role in ("privacy-officer", "owner"):
        page = cast.screen(role)
        cast.go(page, path)
        page.get_by_role("button", name="Approve it").click()
        page.wait_for_load_state()


def nothing_said(page: Page) -> Response:
    """The form, sent empty."""
    return press("Put it on record", reasons="", who="")(page)


def fill(cast: Cast) -> None:
    """One record in force, and one that waits and may not be told."""
    page = cast.screen("administrator")
    cast.at["legal"] = enter(cast, page)
    approve(cast, cast.at["legal"])
    cast.at["legal-waiting"] = enter(cast, page, untold_to=day(20))
    assert re.fullmatch(r"/office/legal/L-\w{4}-\w{4}/", cast.at["legal-waiting"])


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("legal-counts", "visitor", "/privacy/legal/"),
    Shown("office-legal", "privacy-officer", DESK),
    Shown("office-legal-enter, with errors", "administrator", DESK, 422, nothing_said),
    Shown("office-legal-one", "owner", "{legal}"),
    Shown("office-legal-one, that waits", "privacy-officer", "{legal-waiting}"),
)
NO_PAGES: dict[str, str] = {
    "office-legal-enter": "shown with errors", "office-legal-approve": "a button", "office-legal-end": "a button",
    "office-legal-package": "a button", "office-legal-order": "a file", "office-legal-file": "a file",
}  # fmt: skip
