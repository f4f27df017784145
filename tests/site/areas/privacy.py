"""The pages of this area, and how each of the cast comes to them."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, Response

from tests.site.pages import PASSWORD, Cast, Shown, press

OWN = "/account/privacy/"
ADDRESS = "wanda@wickerwork.example"


def register(cast: Cast, page: Page) -> None:
    """Wanda registers, types the code that was mailed to her, and asks for her data."""
    cast.go(page, "/register/")
    for name, value in {
        "name": "Wanda Wicker", "company": "Wickerwork & Daughters", "email": ADDRESS, "password": PASSWORD,
    }.items():  # fmt: skip
        page.locator(f"main [name={name}]").fill(value)
    page.locator("main button").first.click()
    page.wait_for_url("**/register/code/**")
    page.locator("main [name=code]").fill(mailed_code(cast))
    page.locator("main button").first.click()
    page.wait_for_url("**/account/**")
    cast.go(page, OWN + "export/new/")
    press("Put it together")(page)
    until = time.monotonic() + 60
    while page.get_by_role("link", name="Download (ZIP)").count() == 0 and time.monotonic() < until:
        time.sleep(0.5)
        cast.go(page, OWN + "export/?still=1")
    cast.go(page, OWN + "uses/?role=everybody")
    cast.at["own-receipt"] = str(page.locator(f"a[href^='{OWN}receipts/']").first.get_attribute("href"))


def mailed_code(cast: Cast) -> str:
    """The eight digits in the newest message that holds some."""
    owner = cast.demo.browser().become("owner")
    for message in re.findall(r"/office/mail/[0-9a-f-]{36}/", owner.get("/office/mail/").text):
        if found := re.search(r"\b\d{4} ?\d{4}\b", owner.get(message).text):
            return found[0]
    raise AssertionError("no code was mailed")


def close_the_company(page: Page) -> Response:
    """Whoever is a company's only owner must close it before they can leave; the page of leaving afterwards."""
    house = page.url.partition("/account/")[0]
    page.goto(house + "/account/people/")
    page.locator("main a[href$='/close/']").first.click()
    page.locator("main [name=name]").fill("Wickerwork & Daughters")
    press("Close the company for good")(page)
    answer = page.goto(house + OWN + "erase/")
    assert answer is not None
    return answer


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {"wanda": register}
SHOWN: tuple[Shown, ...] = (
    Shown("own-privacy", "wanda", OWN),
    Shown("own-held", "wanda", OWN + "held/"),
    Shown("own-held, beyond the last page", "wanda", OWN + "held/?page=9"),
    Shown("own-uses", "wanda", OWN + "uses/?role=everybody"),
    Shown("own-uses, nothing found", "wanda", OWN + "uses/?kind=5"),
    Shown("own-received", "wanda", OWN + "received/"),
    Shown("own-receipt", "wanda", "{own-receipt}"),
    Shown("own-choices", "wanda", OWN + "choices/"),
    Shown("own-choose", "wanda", OWN + "choices/", 200, press("Object to showing our Customers")),
    Shown("own-correct", "wanda", OWN + "correct/name/"),
    Shown("own-correct with errors", "wanda", OWN + "correct/phone/", 422, press("Correct it", phone="none")),
    Shown("own-export", "wanda", OWN + "export/"),
    Shown("own-export-ask", "wanda", OWN + "export/new/"),
    Shown("own-erase", "wanda", OWN + "erase/"),
    Shown("own-erase, nothing in the way", "wanda", OWN, 200, close_the_company),
    Shown(
        "own-erase with errors", "wanda", OWN + "erase/", 422, press("Erase everything about me", email="a@b")
    ),
    Shown("own-erased", "visitor", OWN + "erased/"),
)
NO_PAGES: dict[str, str] = {
    "ask_for_export": "JSON", "choose": "JSON", "correct": "JSON", "erase": "JSON",
    "own-receipt-json": "a download", "own-export-file": "a download", "openapi-json": "JSON",
    "api-root": "not found, in JSON", "api-me": "JSON", "api-uses": "JSON", "api-receipt": "JSON",
    "api-exports": "JSON", "api-export": "JSON", "api-archive": "a download", "api-choices": "JSON",
    "api-choice": "JSON",
}  # fmt: skip


def fill(cast: Cast) -> None:
    """Make what these pages show."""
    cast.screen("wanda")
