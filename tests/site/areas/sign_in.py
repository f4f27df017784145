"""The pages of this area, and how each of the cast comes to them."""

from collections.abc import Callable

from playwright.sync_api import Page, Response

from tests.site import pages
from tests.site.pages import Cast, Shown, press

RESET, PASSKEYS = "/accounts/password/reset/", "/accounts/2fa/webauthn/"
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def with_a_passkey(cast: Cast, page: Page) -> None:
    """Petronela, who signed in by password and added a passkey; one earlier session is open, and one was copied."""
    address = "petronela@iplum.example"
    pages.arrive(cast, cast.opens().new_page(), address)
    elsewhere = cast.opens().new_page()
    pages.sign_in(cast, elsewhere, address)
    show_a_copy(cast, elsewhere)
    pages.sign_in(cast, page, address)
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    cast.go(page, PASSKEYS + "add/")
    page.locator("input[name=password]").fill(pages.PASSWORD)
    page.locator("main button").first.click()
    page.wait_for_url("**/webauthn/add/")
    page.locator("input[name=name]").fill("A rather long name of a telephone that somebody was given in 2026")
    page.locator("#passkey-button").click()
    page.wait_for_url("**/recovery-codes/")
    cast.go(page, PASSKEYS)
    links = page.locator("main a[href*='/keys/']").evaluate_all(
        "all => all.map(each => each.getAttribute('href'))"
    )
    cast.at |= {"passkey-edit": links[0], "passkey-remove": links[1]}


def show_a_copy(cast: Cast, page: Page) -> None:
    """Somebody copied the ticket of a browser, and not its second cookie."""
    cast.go(page, "/account/security/")
    thief = cast.demo.browser()
    thief.cookies = {
        each["name"]: each["value"] for each in page.context.cookies() if each["name"] == "__Host-session"
    }
    assert thief.cookies and thief.get("/account/security/").status == 302


def asked_for_a_code(cast: Cast, page: Page) -> None:
    """Victor, who gave an address on the page for forgotten passwords."""
    cast.go(page, RESET)
    page.locator("input[name=email]").fill("nobody@iplum.example")
    page.locator("main button").first.click()
    page.wait_for_url("**/reset/code/")


def weak(page: Page) -> Response:
    """A password that everybody tries."""
    return press("Change password", oldpassword="x", password1="passwordpassword", password2="y")(page)


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {
    "keyholder": with_a_passkey,
    "forgetful": asked_for_a_code,
}
SHOWN: tuple[Shown, ...] = (
    Shown("account_security", "keyholder", "/account/security/"),
    Shown("account_security, bare", "sales", "/account/security/"),
    Shown("mfa_list_webauthn", "keyholder", PASSKEYS),
    Shown("mfa_list_webauthn, none", "sales", PASSKEYS),
    Shown("mfa_add_webauthn", "keyholder", PASSKEYS + "add/"),
    Shown("mfa_edit_webauthn", "keyholder", "{passkey-edit}"),
    Shown("mfa_remove_webauthn", "keyholder", "{passkey-remove}"),
    Shown("mfa_reauthenticate_webauthn", "keyholder", PASSKEYS + "reauthenticate/"),
    Shown("account_change_password, weak", "keyholder", "/accounts/password/change/", 200, weak),
    Shown("account_reset_password", "visitor", RESET),
    Shown("account_confirm_password_reset_code", "forgetful", RESET + "code/"),
    Shown("account_confirm_password_reset_code, wrong", "forgetful", RESET + "code/", 200, press("Go on", code="BCDF")),
    Shown("account_password_reset_completed", "visitor", RESET + "done/"),
)  # fmt: skip
NO_PAGES: dict[str, str] = {
    "change-password": "redirects to the page", "password_advice": "POST, JSON", "mfa_login_webauthn": "JSON, POST",
    "device-register": "POST, what browsers themselves call", "device-refresh": "POST, what browsers themselves call",
    "account_end_session": "POST, redirects", "account_end_others": "POST, redirects",
    "account_complete_password_reset": "after a mailed code: tests/accounts/test_sign_in_reset.py",
}  # fmt: skip


def fill(cast: Cast) -> None:
    """Make what these pages show: the passkey's own addresses are known once its holder came."""
    cast.screen("keyholder")
