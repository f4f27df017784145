"""Debian's Chromium binds its session to a key, shows it again by itself, and a copy of its cookies is nobody's.

The key lies in software here: the flag for it is Chromium's own, for tests.  A browser does none of this at `localhost`,
nor where it was told to pass a wrong certificate over: the site has a name of its own, and the browser trusts it.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Playwright

from tests.site.demo import ROOT, Demo, free_port
from tests.site.test_pages import looks

WHOLE = shutil.which("chromium")
NAMES = {"__Host-session", "__Host-device", "__Host-bound"}
FEATURES = "EnableBoundSessionCredentialsSoftwareKeysForManualTesting,DeviceBoundSessions"
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not (WHOLE and shutil.which("certutil")),
        reason="it takes Debian’s chromium (the shell without windows cannot) and libnss3-tools",
    ),
]


@pytest.fixture
def named(tmp_path: Path) -> Iterator[Demo]:
    """A demo under names that a register of domains would know."""
    home = tmp_path / "home"
    home.mkdir()
    told = (ROOT / "company.toml").read_text(encoding="utf-8")
    names = (("community.localhost", "community"), ("workspace.localhost", "workspace"), ("localhost", "www"))
    for host, name in names:
        told = told.replace(f'name = "{host}"', f'name = "{name}.iplum.example"')
    (home / "company.toml").write_text(told, encoding="utf-8")
    demo = Demo(home, host="www.iplum.example")
    yield demo.start()
    demo.stop()


@contextmanager
def chromium(demo: Demo, folder: Path, playwright: Playwright) -> Iterator[BrowserContext]:
    """A whole Chromium with a profile of its own, which trusts the demo's authority."""
    store = folder / "home" / ".pki" / "nssdb"
    store.mkdir(parents=True)
    trusted = ["-A", "-t", "C,,", "-n", "demo", "-i", str(demo.home / "tls" / "authority.pem")]
    for words in (["-N", "--empty-password"], trusted):
        subprocess.run(["certutil", "-d", f"sql:{store}", *words], check=True, capture_output=True)
    port = free_port()
    command = [
        str(WHOLE), "--no-sandbox", "--headless=new", f"--remote-debugging-port={port}", "--no-first-run",
        "--disable-background-networking", f"--user-data-dir={folder / 'profile'}", f"--enable-features={FEATURES}",
        "--host-resolver-rules=MAP *.iplum.example 127.0.0.1, EXCLUDE 127.0.0.1",
    ]  # fmt: skip
    with subprocess.Popen(
        command, env={"HOME": str(folder / "home")}, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if "DevTools listening" in line:
                break
        try:
            yield playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}").contexts[0]
        finally:
            running.terminate()


def cookies(context: BrowserContext) -> dict[str, Any]:
    return {each["name"]: each for each in context.cookies() if each["name"] in NAMES}


def until(context: BrowserContext, name: str) -> None:
    for _ in range(100):
        if name in cookies(context):
            return
        time.sleep(0.1)
    raise AssertionError(f"the browser never had {name}")


def test_chromium_binds_its_session_and_a_copy_of_its_cookies_is_nobodys(
    named: Demo, tmp_path: Path, playwright: Playwright
) -> None:
    site = named.url
    with chromium(named, tmp_path, playwright) as context:
        page = context.new_page()
        page.goto(site)
        page.click("button[name=role][value=sales]")
        until(context, "__Host-bound")
        page.goto(f"{site}/account/security/")
        assert "bound to its device" in page.inner_text("main")
        # Without the third cookie the browser shows its key before it asks for the page, ours or from a link of others.
        for come in (
            lambda: page.goto(f"{site}/account/security/"),
            lambda: page.evaluate(f"location.href = '{site}/account/security/'"),
        ):
            page.goto(f"https://community.iplum.example:{named.port}/")
            context.clear_cookies(name="__Host-bound")
            come()
            page.wait_for_url("**/account/security/")
            assert "bound to its device" in page.inner_text("main") and "__Host-bound" in cookies(context)
        time.sleep(11)  # until the requests that left before the binding have come
        thief = named.browser()
        thief.cookies = {
            name: each["value"] for name, each in cookies(context).items() if name != "__Host-bound"
        }
        answer = thief.get("/account/security/")
        assert answer.status == 302 and "/accounts/login/" in answer.header("location")
        # A browser that cannot show the key is asked what becomes of the session, on a page for everybody.
        assert context.browser is not None
        without = context.browser.new_context()
        without.add_cookies([each for name, each in cookies(context).items() if name != "__Host-bound"])  # type: ignore[misc]
        asked = without.new_page()
        asked.goto(f"{site}/accounts/login/")
        assert (
            "did not show its device" in asked.inner_text("h1")
            and asked.locator("[type=password]").count() == 0
        )
        asked.evaluate(Axe().axe_script)
        for size, scheme in (((1440, 900), "light"), ((360, 740), "dark")):
            assert not looks(asked, size, scheme, [])  # type: ignore[arg-type]
        page.reload()
        assert "bound to its device" in page.inner_text("main"), "the owner is not thrown out"
