"""Every page of the site, and how each of the cast comes to it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Page, Response

from tests.site.conftest import Opens
from tests.site.demo import Demo

PASSWORD = "correct horse battery staple"
ENQUIRY = {
    "name": "Wilhelmina Featherstonehaugh-Cholmondeley", "company": "", "address": "", "phone": "",
    "email": "wilhelmina.featherstonehaugh-cholmondeley@a-rather-long-domain-name-for-a-narrow-screen.example",
    "message": "A first line.\n\nAnother, with averyveryveryveryveryveryveryveryveryveryveryveryverylongword in it.",
    "topic": "Services",
}  # fmt: skip


def one_time_code(secret: str, at: float | None = None) -> str:
    """The code that an authenticator app shows (RFC 6238: SHA-1, 30 seconds, six digits)."""
    counter = struct.pack(">Q", int((at or time.time()) // 30))
    digest = hmac.digest(base64.b32decode(secret + "=" * (-len(secret) % 8)), counter, hashlib.sha1)
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


@dataclass
class Cast:
    """Who looks at pages, each in a browser of their own, and what they have to look at."""

    demo: Demo
    opens: Opens
    at: dict[str, str] = field(default_factory=dict)  # addresses that differ from run to run
    _screens: dict[str, Page] = field(default_factory=dict)

    def screen(self, who: str) -> Page:
        """The browser window of `visitor`, a role of the sample's staff, or somebody appointed for a page."""
        if who not in self._screens:
            page = self._screens[who] = self.opens().new_page()
            if who in APPOINTED:
                APPOINTED[who](self, page)
            elif who != "visitor":
                self.become(page, who)
        return self._screens[who]

    def become(self, page: Page, role: str) -> None:
        """Take a role by the switcher in the foot."""
        self.go(page, "/")
        page.locator(f"footer button[value='{role}']").click()
        page.wait_for_url("**/office/")

    def go(self, page: Page, path: str) -> Response:
        """Open an address of the company host, or a whole one."""
        answer = page.goto(path if path.startswith("https:") else self.demo.url + path)
        assert answer is not None
        return answer

    def send_enquiry(self) -> str:
        """Ask something as a visitor and open the private link; the thread's address."""
        page = self.screen("visitor")
        sent = self.demo.browser().fill_in("/contact/", ENQUIRY)
        assert sent.status == 302
        owner = self.demo.browser().become("owner")
        newest = re.findall(r"/office/mail/[0-9a-f-]{36}/", owner.get("/office/mail/").text)[0]
        link = re.findall(r"https://localhost:\d+/enquiries/open/[\w-]+/", owner.get(newest).text)[0]
        self.at |= {"link": link, "message": newest}
        return self.go(page, link).url


def fill_the_house(cast: Cast) -> None:
    """Send an enquiry, have it read and answered; note the addresses of all that this made."""
    thread = cast.send_enquiry()
    pk = thread.split("/")[-2]
    cast.at |= {"thread": f"/enquiries/{pk}/", "enquiry": f"/office/enquiries/{pk}/"}
    sales = cast.demo.browser().become("sales")
    sales.get(cast.at["enquiry"])
    assert (
        sales.fill_in(cast.at["enquiry"], {"message": "Yes."}, to=cast.at["enquiry"] + "answer/").status
        == 302
    )
    page = cast.screen("visitor")
    until = time.monotonic() + 20
    cast.go(page, cast.at["thread"])
    cast.at["receipt"] = str(page.locator("a[href^='/enquiries/receipts/']").first.get_attribute("href"))
    while "waiting for the log" in cast.go(page, cast.at["receipt"]).text() and time.monotonic() < until:
        time.sleep(0.3)
    cast.at["version"] = re.findall(r'class="hash">([0-9a-f]{64})', sales.get("/privacy/").text)[0]
    cast.at["entry"] = re.findall(r"/office/ledger/[0-9a-f]{32}/", sales.get("/office/ledger/").text)[0]


def appoint(cast: Cast, address: str) -> None:
    """A member of staff with a password, as `troth appoint` makes one."""
    made = cast.demo.run("appoint", "Nadia New", address, "support", "CZ", typed=PASSWORD + "\n")
    assert made.returncode == 0, made.stderr


def sign_in(cast: Cast, page: Page, address: str) -> None:
    cast.go(page, "/accounts/login/")
    page.locator("input[name=login]").fill(address)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button").first.click()
    page.wait_for_load_state()


def arrive(cast: Cast, page: Page, address: str = "nadia@iplum.example") -> None:
    """Nadia signs in for the first time and confirms who she is, as settings that matter ask."""
    appoint(cast, address)
    sign_in(cast, page, address)
    cast.go(page, "/accounts/2fa/totp/activate/")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button").first.click()
    page.wait_for_url("**/totp/activate/")


def turn_on_second_step(cast: Cast, page: Page) -> None:
    """Zdenek signs in and sets up the authenticator app."""
    arrive(cast, page, "zdenek@iplum.example")
    page.locator("input[name=code]").fill(one_time_code(page.locator("main code").first.inner_text().strip()))
    page.locator("main button").first.click()
    page.wait_for_load_state()


def stop_half_way(cast: Cast, page: Page) -> None:
    """Zdenek, in another browser, has given the password and not yet the code."""
    cast.screen("second-step")
    sign_in(cast, page, "zdenek@iplum.example")


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {
    "newcomer": arrive, "second-step": turn_on_second_step, "half-way": stop_half_way,
}  # fmt: skip


def press(name: str, /, **fields: str) -> Callable[[Page], Response]:
    """On the page that is open: fill in fields without the browser's own checks, and press a button."""

    def act(page: Page) -> Response:
        for field_name, value in fields.items():
            page.locator(f"main [name={field_name}]").fill(value)
        page.evaluate("document.querySelectorAll('form').forEach(form => { form.noValidate = true })")
        with page.expect_navigation() as arrived:
            page.get_by_role("main").get_by_role("button", name=name).first.click()
        return arrived.value

    return act


def with_a_stale_form(page: Page) -> Response:
    """Press the button of a page whose cookie is gone."""
    page.context.clear_cookies()
    return press("Send enquiry")(page)


@dataclass(frozen=True)
class Shown:
    """A page: the names of its address in the URL lists, its viewer, where it is, what is done there."""

    name: str
    who: str
    path: str
    status: int = 200
    then: Callable[[Page], Response] | None = None


COMMUNITY, WORKSPACE = "https://community.localhost:{port}/", "https://workspace.localhost:{port}/"
DESK, LEDGER = "/office/enquiries/", "/office/ledger/"
CARD = "4111 1111 1111 1111"
NEW_PASSWORD, ACTIVATE = "/accounts/password/change/", "/accounts/2fa/totp/activate/"

AS_THEY_ARE = {
    "visitor": {
        "home": "/", "statement": "/privacy/", "statement-version": "/privacy/versions/{version}/",
        "proof": "/privacy/proof/", "agreement": "/agreement/", "community": COMMUNITY, "workspace": WORKSPACE,
        "contact": "/contact/", "contact-sent": "/contact/sent/", "thread": "{thread}",
        "thread-delete": "{thread}delete/", "receipt": "{receipt}", "account_login": "/accounts/login/",
    },
    "owner": {
        "office": "/office/", "office-mail": "/office/mail/", "office-message": "{message}",
        "office-ledger": LEDGER, "office-ledger, no such purpose": LEDGER + "?purpose=inviting",
        "office-ledger, nothing found": LEDGER + "?purpose=sending-mail&recipient=administrator",
        "office-entry": "{entry}", "account_set_password": "/accounts/password/set/",
        "account_logout": "/accounts/logout/",
    },
    "sales": {
        "inbox": DESK, "inbox, filtered": DESK + "?topic=Partnership&state=closed", "enquiry": "{enquiry}",
    },
    "newcomer": {
        "mfa_activate_totp": ACTIVATE, "mfa_index, off": "/accounts/2fa/",
        "account_reauthenticate": "/accounts/reauthenticate/", "account_change_password": NEW_PASSWORD,
    },
    "second-step": {
        "mfa_index": "/accounts/2fa/", "mfa_view_recovery_codes": "/accounts/2fa/recovery-codes/",
        "mfa_generate_recovery_codes": "/accounts/2fa/recovery-codes/generate/",
        "mfa_deactivate_totp": "/accounts/2fa/totp/deactivate/",
        "mfa_reauthenticate": "/accounts/2fa/reauthenticate/",
    },
    "half-way": {"mfa_authenticate": "/accounts/2fa/authenticate/"},
}  # fmt: skip

AFTER_AN_ACT = (
    Shown("404", "visitor", "/no/such/page/", 404),
    Shown("404, elsewhere", "visitor", COMMUNITY + "no/", 404),
    Shown("410", "visitor", "/enquiries/open/" + "A" * 43 + "/", 410),
    Shown("403", "sales", "/office/mail/", 403),
    Shown(
        "contact with errors", "visitor", "/contact/", 422, press("Send enquiry", email="none", phone="none")
    ),
    Shown("thread-reply with errors", "visitor", "{thread}", 422, press("Send message", message=CARD)),
    Shown(
        "login with errors",
        "visitor",
        "/accounts/login/",
        200,
        press("Sign in", login="a@b.example", password="x"),
    ),
    Shown("inbox, found", "sales", DESK, 200, press("Find address", email="alice@archer.example")),
    Shown("inbox, not found", "sales", DESK, 200, press("Find address", email="nobody@archer.example")),
    Shown("enquiry-answer with errors", "sales", "{enquiry}", 422, press("Send answer")),
    Shown("enquiry-answer", "sales", "{enquiry}", 200, press("Send answer", message="Certainly.")),
    Shown("activation with errors", "newcomer", ACTIVATE, 200, press("Turn on", code="000000")),
    Shown("password with errors", "newcomer", NEW_PASSWORD, 200, press("", oldpassword="x")),
    Shown(
        "code with errors", "half-way", "/accounts/2fa/authenticate/", 200, press("Sign in", code="000000")
    ),
    Shown("stale form", "sales", "/contact/", 403, with_a_stale_form),
    # The last one: it takes the thread away.
    Shown("thread-delete, done", "visitor", "{thread}delete/", 200, press("Delete my enquiry for good")),
)
PAGES = (
    *(Shown(name, who, path) for who, paths in AS_THEY_ARE.items() for name, path in paths.items()),
    *AFTER_AN_ACT,
)

NO_PAGES = {
    "log-checkpoint": "text", "log-checkpoint-at": "text", "log-consistency": "text", "log-vkey": "text",
    "metrics": "text", "health": "text",
    "log-tile": "bytes", "security-txt": "text", "company-css": "a style sheet", "receipt-json": "a download",
    "mfa_download_recovery_codes": "a download", "thread-open": "redirects to the thread",
    "thread-reply": "POST, redirects", "enquiry-call": "a button",
    "enquiry-assign": "POST, redirects", "enquiry-close": "POST, redirects",
    "demo-become": "POST, redirects", "office-break": "POST, redirects", "office-mend": "POST, redirects",
}  # fmt: skip
