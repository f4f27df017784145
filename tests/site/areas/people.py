"""Registration, one's own account, a company's people: the pages of Olga, Ivan, Paula and of whoever is invited."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, Response

from tests.site.pages import PASSWORD, Cast, Shown, press

OLGA, IVAN, PAULA = "olga@brickworks.example", "ivan@brickworks.example", "paula@elsewhere.example"
COMPANY = "Featherstonehaugh, Cholmondeley and Partners (International) Brickworks Ltd"
CODE = re.compile(r"^ +(\d{8})$", re.MULTILINE)
HOUSE: list[Cast] = []
"""The cast, for what is done on a page and needs the mail."""

LINK = re.compile(r"https://localhost:\d+(/join/[\w-]+/)")


def in_mail(cast: Cast, wanted: re.Pattern[str], address: str) -> str:
    """What the newest message to an address says."""
    owner = cast.demo.browser().become("owner")
    for message in re.findall(r"/office/mail/[0-9a-f-]{36}/", owner.get("/office/mail/").text):
        text = owner.get(message).text
        if address in text and (found := wanted.search(text)):
            return found[1]
    raise AssertionError(f"no message with {wanted.pattern}")


def fill_in(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f"main [name={name}]").first.fill(value)
    page.get_by_role("main").locator("form button.button").first.click()
    page.wait_for_load_state()


def ask(cast: Cast, page: Page, address: str, password: str = PASSWORD, company: str = COMPANY) -> None:
    cast.go(page, "/register/")
    fill_in(
        page, name="Olga Featherstonehaugh-Cholmondeley", company=company, email=address, password=password
    )
    page.wait_for_url("**/register/code/")


def prove(cast: Cast, page: Page, address: str) -> None:
    fill_in(page, code=in_mail(cast, CODE, address))
    page.wait_for_url(re.compile("/account/|/webauthn/"))


def invite(cast: Cast, address: str) -> str:
    """Olga invites somebody; the link in their mail."""
    page = cast.screen("olga")
    cast.go(page, cast.at["company"])
    page.locator("main form[action$='/invite/'] [name=email]").fill(address)
    page.get_by_role("button", name="Invite").click()
    page.wait_for_load_state()
    return in_mail(cast, LINK, address)


def olga(cast: Cast, page: Page) -> None:
    """Registers with a company of a long name."""
    ask(cast, page, OLGA)
    prove(cast, page, OLGA)
    cast.go(page, "/account/people/")
    cast.at["company"] = "/" + page.url.split("/", 3)[3]


def ivan(cast: Cast, page: Page) -> None:
    """Joins as a member."""
    cast.go(page, invite(cast, IVAN))
    fill_in(page, name="Ivan", password=PASSWORD)
    prove(cast, page, IVAN)
    cast.go(cast.screen("olga"), cast.at["company"])
    href = cast.screen("olga").locator("main a[href$='/hand-over/']").first.get_attribute("href")
    cast.at["hand-over"] = str(href)


def paula(cast: Cast, page: Page) -> None:
    """Has neither password nor passkey, and no company any more."""
    ask(cast, page, PAULA, password="", company="Paulas")
    prove(cast, page, PAULA)
    cast.go(page, "/account/people/")
    cast.go(page, page.url + "close/")
    fill_in(page, name="Paulas")


def half_registered(cast: Cast, page: Page) -> None:
    ask(cast, page, "pavel@elsewhere.example")


def twice_registered(cast: Cast, page: Page) -> None:
    """Somebody who types the code for an address that has an account."""
    ask(cast, page, OLGA)


def invited(cast: Cast, page: Page) -> None:
    cast.go(page, invite(cast, "iris@brickworks.example"))


def type_the_code(page: Page) -> Response:
    return press("Open my account", code=in_mail(HOUSE[0], CODE, OLGA))(page)


def into_account_email_code(page: Page) -> Response:
    """Olga asks to move."""
    return press("Send the code", email="olga@new-brickworks.example")(page)


tried = press("Try it", address="192.0.2.1")
below_the_floor = press("See what changes", idle="90")
seen_before = press("See what changes", idle="20", sessions="3")


def named_a_server(page: Page) -> Response:
    """A server with a long name, which nobody can look up."""
    long = "https://" + "alarms-of-our-security-desk." * 6 + "brickworks.example/in?of=" + "company" * 9
    return press("Have it told", address=long)(page)


def wrongly_named(page: Page) -> Response:
    """A company to be closed whose name was mistyped."""
    page.locator("main [name=name]").fill("x")
    return press("Close the company")(page)


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {
    "olga": olga, "ivan": ivan, "paula": paula, "half-registered": half_registered,
    "twice-registered": twice_registered, "invited": invited,
}  # fmt: skip
SHOWN: tuple[Shown, ...] = (
    Shown("register", "visitor", "/register/"),
    Shown("register with errors", "visitor", "/register/", 422, press("Register", email="none", password="short")),
    Shown("register-code", "half-registered", "/register/code/"),
    Shown("register-code, wrong", "half-registered", "/register/code/", 422, press("Open my account", code="1")),
    Shown("register-code, taken", "twice-registered", "/register/code/", 409, type_the_code),
    Shown("join", "invited", "/join/"),
    Shown("join with errors", "invited", "/join/", 422, press("Register and join", password="short")),
    Shown("join-open, over", "visitor", "/join/" + "A" * 43 + "/", 410),
    Shown("account", "olga", "/account/"),
    Shown("account, without a company", "paula", "/account/"),
    Shown("account-people", "paula", "/account/people/"),
    Shown("account-email", "olga", "/account/email/"),
    Shown("account-email-code", "olga", "/account/email/", 200, into_account_email_code),
    Shown("account-confirm", "paula", "/account/confirm/"),
    Shown("account-confirm, sent", "paula", "/account/confirm/", 200, press("Send me a code")),
    Shown("account-company", "olga", "{company}"),
    Shown("account-company, as a member", "ivan", "{company}"),
    Shown("company-invite with errors", "olga", "{company}", 422, press("Invite", email="none")),
    Shown("company-hand-over", "olga", "{hand-over}"),
    Shown("company-security", "olga", "{company}security/"),
    Shown("company-security, tried", "olga", "{company}security/", 200, tried),
    Shown("company-security-try with errors", "olga", "{company}security/", 422, press("Try it", address="here")),
    Shown("company-security-change", "olga", "{company}security/change/"),
    Shown("company-security-change with errors", "olga", "{company}security/change/", 422, below_the_floor),
    Shown("company-security-change, what changes", "olga", "{company}security/change/", 200, seen_before),
    Shown("company-server", "olga", "{company}security/server/"),
    Shown("company-server with errors", "olga", "{company}security/server/", 422, press("Have it told", address="http://x")),
    Shown("company-server, named", "olga", "{company}security/server/", 200, named_a_server),
    Shown("company-close", "olga", "{company}close/"),
    Shown("company-close with errors", "olga", "{company}close/", 422, wrongly_named),
)  # fmt: skip
NO_PAGES: dict[str, str] = {
    "register-again": "POST, redirects", "join-open": "redirects to the invitation",
    "account-confirm-send": "POST, redirects", "company-rename": "POST, redirects", "company-withdraw": "POST, redirects",
    "company-security-save": "POST, redirects; with errors it is the page before", "company-leave": "POST, redirects",
    "company-security-try": "POST, the page of the company’s security", "company-security-yes": "POST, redirects",
    "company-role": "POST, redirects", "company-remove": "POST, redirects", "company-invite": "POST, redirects",
    "company-server-try": "POST, redirects", "company-server-stop": "POST, redirects",
}  # fmt: skip


def fill(cast: Cast) -> None:
    """Everybody registers; what they see has addresses of its own."""
    HOUSE[:] = [cast]
    for who in ("olga", "ivan", "paula"):
        cast.screen(who)
