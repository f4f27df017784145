"""Service providers: the public register, a provider’s own page, and the office’s register of duties."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, Response

from tests.site.pages import Cast, Shown, press

DESK, PORTAL = "/office/providers/", "/providers/"


def fill(cast: Cast) -> None:
    """The privacy officer makes a key to the sample’s call list; a provider comes in by it."""
    officer, provider = cast.screen("privacy-officer"), cast.screen("provider")
    cast.go(officer, DESK)
    cast.at["duty"] = str(officer.locator("main table a").first.get_attribute("href"))
    cast.at["theirs"] = cast.at["duty"].replace("/office", "")
    cast.go(officer, cast.at["duty"])
    press("Make a key")(officer)
    key = officer.locator("#new-key").inner_text()
    assert re.fullmatch(r"troth_duty_[\w-]{43}", key)
    cast.go(provider, PORTAL)
    press("Open the duty", key=key)(provider)


def wrong_key(page: Page) -> Response:
    """A key that opens nothing."""
    return press("Open the duty", key="troth_duty_" + "a" * 43)(page)


def nothing_said(page: Page) -> Response:
    """A report of no record."""
    return press("Send the report", mark="0" * 32, note="x")(page)


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {"provider": lambda cast, page: None}
SHOWN: tuple[Shown, ...] = (
    Shown("providers", "visitor", "/privacy/providers/"),
    Shown("provider", "visitor", PORTAL),
    Shown("provider, who is in", "provider", PORTAL),
    Shown("provider, with errors", "visitor", PORTAL, 422, wrong_key),
    Shown("provider-duty", "provider", "{theirs}"),
    Shown("provider-records", "provider", "{theirs}", 200, press("Show the next records")),
    Shown("provider-report, with errors", "provider", "{theirs}", 422, nothing_said),
    Shown("office-providers", "privacy-officer", DESK),
    Shown("office-providers, who only reads", "administrator", DESK),
    Shown("office-duty-begin, with errors", "privacy-officer", DESK, 422, press("Put it on the register")),
    Shown("office-provider-contract, with errors", "privacy-officer", DESK, 422, press("Note the contract")),
    Shown("office-duty", "privacy-officer", "{duty}"),
    Shown("office-duty-key", "privacy-officer", "{duty}", 200, press("Make a key")),
)
NO_PAGES: dict[str, str] = {
    "provider-leave": "a button", "provider-file": "a file", "provider-deleted": "a button",
    "duty-api": "JSON", "duty-api-records": "JSON", "duty-api-reports": "JSON",
    "provider-report": "shown with errors", "office-duty-begin": "shown with errors",
    "office-provider-contract": "shown with errors", "office-provider-contract-file": "a file",
    "office-duty-key-end": "a button", "office-duty-end": "a button",
}  # fmt: skip
