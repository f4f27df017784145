"""Passkeys in a real browser with a virtual authenticator: added, used to sign in, used to confirm, removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.site.databases import files_of, fresh_databases, is_beside_postgres, left_in
from tests.site.demo import Demo

ADDRESS, PASSWORD = "petra.passkey@iplum.example", "correct horse battery staple"
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip
SECURITY, ADD = "/account/security/", "/accounts/2fa/webauthn/add/"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with fresh_databases() as make:
        running = Demo(tmp_path_factory.mktemp("passkeys") / "home", settings=make("passkeys")).start()
        made = running.run("appoint", "Petra Passkey", ADDRESS, "support", "CZ", typed=PASSWORD + "\n")
        assert made.returncode == 0, made.stderr
        yield running
        running.stop()


class Device:
    """A browser window with an authenticator built in, as in a laptop or a telephone."""

    def __init__(self, page: Page, demo: Demo) -> None:
        self.page, self.demo = page, demo
        self._tools = page.context.new_cdp_session(page)
        self._tools.send("WebAuthn.enable")
        made = self._tools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self._authenticator = {"authenticatorId": made["authenticatorId"]}
        self.complaints: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    def go(self, path: str) -> Page:
        self.page.goto(self.demo.url + path)
        return self.page

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._tools.send("WebAuthn.getCredentials", self._authenticator)[
            "credentials"
        ]
        return found

    def verify(self, is_user: bool) -> None:
        """Whether the finger on the sensor is the right one from now on."""
        self._tools.send("WebAuthn.setUserVerified", {**self._authenticator, "isUserVerified": is_user})

    def press(self, name: str) -> None:
        self.page.get_by_role("main").get_by_role("button", name=name).first.click()

    def confirm(self) -> None:
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.press("Confirm")

    def is_in(self) -> bool:
        return self.go(SECURITY).url == self.demo.url + SECURITY


@pytest.fixture(scope="module")
def laptop(browser: Browser, browser_context_args: dict[str, Any], demo: Demo) -> Iterator[Device]:
    context = browser.new_context(**browser_context_args)
    context.set_default_timeout(20_000)
    yield Device(context.new_page(), demo)
    context.close()


def readable(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert not found, [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found]


def test_a_passkey_from_its_making_to_its_end(laptop: Device, demo: Demo, tmp_path: Path) -> None:
    page = laptop.go("/accounts/login/")
    readable(page)
    page.locator("input[name=login]").fill(ADDRESS)
    page.locator("input[name=password]").fill(PASSWORD)
    laptop.press("Sign in")
    page.wait_for_url("**/office/")

    laptop.go(ADD)
    laptop.confirm()
    page.wait_for_url(f"**{ADD}")
    readable(page)
    page.locator("input[name=name]").fill("Petra’s laptop")
    laptop.press("Add a passkey")
    page.wait_for_url("**/recovery-codes/")
    expect(page.get_by_role("status")).to_contain_text("passkey is added")
    (kept,) = laptop.credentials()
    assert kept["isResidentCredential"] and kept["rpId"] == "localhost"
    said = f"{kept.get('userName')} {kept.get('userDisplayName')}"
    assert "@" not in said and "Petra" not in said and "handle" not in said

    readable(laptop.go("/accounts/2fa/webauthn/"))
    assert "Petra’s laptop" in page.content()
    readable(laptop.go(SECURITY))
    assert "1 passkey." in page.content()

    laptop.go("/accounts/logout/")
    laptop.press("Sign out")
    page.wait_for_url(demo.url + "/")
    assert not laptop.is_in()

    # A finger that is not hers signs nobody in, and the page says so.
    laptop.verify(False)
    laptop.go("/accounts/login/")
    laptop.press("Sign in with a passkey")
    expect(page.locator("#passkey-trouble")).to_contain_text("Nothing was changed")
    laptop.verify(True)
    laptop.press("Sign in with a passkey")
    page.wait_for_url("**/office/")
    assert laptop.is_in()

    # Confirming who is there, by the same key.
    laptop.go(ADD)
    page.goto(demo.url + "/accounts/2fa/webauthn/reauthenticate/?next=" + ADD)
    readable(page)
    laptop.press("Confirm with a passkey")
    page.wait_for_url(f"**{ADD}")
    assert laptop.complaints == []

    # The same device does not take a second one for the same account.
    laptop.press("Add a passkey")
    expect(page.locator("#passkey-trouble")).to_contain_text("already")

    laptop.go("/accounts/2fa/webauthn/")
    page.get_by_role("link", name="Rename").click()
    readable(page)
    page.locator("input[name=name]").fill("Laptop")
    laptop.press("Save")
    page.wait_for_url("**/webauthn/")
    assert "Petra’s" not in page.content()
    page.get_by_role("link", name="Remove").click()
    readable(page)
    laptop.press("Remove")
    page.wait_for_url("**/webauthn/")
    assert "No passkeys yet" in page.content()

    laptop.go("/accounts/logout/")
    laptop.press("Sign out")
    page.wait_for_url(demo.url + "/")
    laptop.go("/accounts/login/")
    laptop.press("Sign in with a passkey")
    expect(page.locator(".notice").filter(has_text="was not accepted").first).to_be_visible()
    assert not laptop.is_in()
    files = [path for path in demo.home.rglob("*.sqlite3*") if path.is_file()]
    if is_beside_postgres():
        files = files_of(demo.settings, (demo.home / "tls" / "authority.pem").stat().st_mtime)
    assert files and not [path for path in files if "Petra’s laptop".encode() in left_in(path)]


def test_the_second_step_by_passkey_after_a_password(laptop: Device, demo: Demo) -> None:
    page = laptop.go("/accounts/login/")
    page.locator("input[name=login]").fill(ADDRESS)
    page.locator("input[name=password]").fill(PASSWORD)
    laptop.press("Sign in")
    page.wait_for_url("**/office/")
    laptop.go(ADD)
    laptop.confirm()
    page.wait_for_url(f"**{ADD}")
    laptop.press("Add a passkey")
    page.wait_for_url("**/recovery-codes/")
    laptop.go("/accounts/logout/")
    laptop.press("Sign out")
    page.wait_for_url(demo.url + "/")
    laptop.go("/accounts/login/")
    page.locator("input[name=login]").fill(ADDRESS)
    page.locator("input[name=password]").fill(PASSWORD)
    laptop.press("Sign in")
    page.wait_for_url("**/2fa/authenticate/")
    readable(page)
    assert not laptop.is_in()
    page.goto(demo.url + "/accounts/2fa/authenticate/")
    laptop.press("Use a passkey")
    page.wait_for_url("**/office/")


def test_the_meter_speaks_while_one_types(laptop: Device, demo: Demo) -> None:
    page = laptop.go("/accounts/password/change/")
    field = page.locator("input[name=password1]")
    field.fill("tiny")
    said = page.locator("input[name=password1] + p")
    expect(said).to_contain_text("4 of 8")
    field.fill("lamp tractor oblique fennel")
    expect(said).to_contain_text("Good")
    field.fill("passwordpassword")
    expect(said).to_contain_text("Repeats")
    readable(page)


def test_without_a_script_the_pages_say_what_is_missing(
    browser: Browser, browser_context_args: dict[str, Any], demo: Demo
) -> None:
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = context.new_page()
    page.goto(demo.url + "/accounts/login/")
    assert "Passkeys need JavaScript" in page.inner_text("main")
    assert not page.get_by_role("button", name="Sign in with a passkey").is_visible()
    page.locator("input[name=login]").fill("a@b.example")
    page.locator("input[name=password]").fill("wrong")
    page.get_by_role("main").get_by_role("button", name="Sign in").first.click()
    assert "not correct" in page.inner_text("main")
    context.close()
