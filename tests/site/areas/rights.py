"""The request desk: what a requester sees on the way from the form to the answer, and the privacy officer's pages."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page

from tests.site.pages import ENQUIRY, Cast, Shown, press

FORM, OFFICE = "/privacy/request/", "/office/requests/"
TEXT = "A first line.\n\nAnother, with averyveryveryveryveryveryveryveryveryveryveryveryverylongword in it."


def code_for(cast: Cast, number: str, seconds: float = 20) -> str:
    """The newest code that was mailed for a request."""
    owner, until = cast.demo.browser().become("owner"), time.monotonic() + seconds
    while time.monotonic() < until:
        for message in re.findall(r"/office/mail/[0-9a-f-]{36}/", owner.get("/office/mail/").text):
            text = owner.get(message).text
            if number in text and (found := re.search(r"\b\d{8}\b", text)):
                return found[0]
        time.sleep(0.5)
    raise AssertionError(f"no code was mailed for {number}")


def ask(cast: Cast, page: Page, kind: str) -> str:
    """Send the form; the address of the request."""
    cast.go(page, FORM)
    page.locator(f"main [name=kind][value={kind}]").check()
    page.locator("main [name=email]").fill(ENQUIRY["email"])
    page.locator("main [name=text]").fill(TEXT)
    page.get_by_role("main").get_by_role("button", name="Send request").click()
    page.wait_for_url("**/code/")
    return re.sub(r"^https://[^/]+|code/$", "", page.url)


def prove(cast: Cast, page: Page, path: str) -> None:
    """Type the code that was mailed."""
    cast.go(page, path + "code/")
    page.locator("main [name=code]").fill(code_for(cast, path.split("/")[-2]))
    press("Go on")(page)


def ask_three_times(cast: Cast, page: Page) -> None:
    """One request that waits for its code, one for a correction, one for a deletion."""
    cast.demo.browser().fill_in("/contact/", ENQUIRY)
    for kind in ("correction", "deletion"):
        cast.at[kind] = ask(cast, page, kind)
        prove(cast, page, cast.at[kind])
    cast.at["waiting"] = ask(cast, page, "access")
    cast.at |= {
        f"office-{kind}": OFFICE + cast.at[kind].split("/")[-2] + "/" for kind in ("correction", "waiting")
    }
    officer = cast.demo.browser().become("privacy-officer")
    choices = officer.get(cast.at["office-correction"] + "correct/").text
    cast.at["office-field"] = next(
        iter(re.findall(rf"{OFFICE}[\w-]+/correct/[0-9a-f-]{{36}}/phone/", choices))
    )


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {"requester": ask_three_times}
SHOWN: tuple[Shown, ...] = (
    Shown("request-ask", "requester", FORM),
    Shown("request-ask with errors", "requester", FORM, 422, press("Send request", email="none")),
    Shown("request-code", "requester", "{waiting}code/"),
    Shown("request-code with errors", "requester", "{waiting}code/", 422, press("Go on", code="1")),
    Shown("request-page", "requester", "{correction}"),
    Shown("request-write with errors", "requester", "{correction}", 422, press("Send message")),
    Shown("request-erase", "requester", "{deletion}erase/"),
    Shown("request-erase with errors", "requester", "{deletion}erase/", 422, press("Delete my data for good")),
    Shown("own-requests", "wanda", "/account/requests/"),
    Shown("office-requests", "privacy-officer", OFFICE),
    Shown("office-requests, counts", "owner", OFFICE),
    Shown("office-request", "privacy-officer", "{office-correction}"),
    Shown("office-request-correct", "privacy-officer", "{office-correction}correct/"),
    Shown("office-request-correct-field", "privacy-officer", "{office-field}"),
    Shown(
        "office-request-correct-field with errors", "privacy-officer", "{office-field}", 422,
        press("Correct it", phone="call me"),
    ),
    Shown("office-request, not proven", "privacy-officer", "{office-waiting}"),
    Shown(
        "office-request-close with errors", "privacy-officer", "{office-correction}", 422, press("Send the answer")
    ),
    Shown("office-request-message, empty", "privacy-officer", "{office-correction}", 422, press("Send message")),
    Shown("office-request-identity, empty", "privacy-officer", "{office-waiting}", 422, press("It is the person")),
)  # fmt: skip
NO_PAGES: dict[str, str] = {
    "request-open": "redirects to the request", "request-code-send": "POST, redirects",
    "request-archive": "a download", "api-requests": "JSON", "ask": "JSON", "request-write": "POST, redirects",
    "request-read": "POST, redirects",
    "office-request-close": "POST, redirects", "office-request-message": "POST, redirects",
    "office-request-identity": "POST, redirects",
}  # fmt: skip


def fill(cast: Cast) -> None:
    """Make what these pages show."""
    cast.screen("requester")
