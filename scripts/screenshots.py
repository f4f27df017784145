"""Make the pictures of the documents from a running demo, in light colours.

make demo
python scripts/screenshots.py [https://localhost:8443]
"""

import os
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
WIDTH, HEIGHT = 1280, 800
ALICE = "Alice, a customer’s owner"
LARGEST = 300 * 1024
LOCAL_ONLY = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1"
)


class TooLarge(Exception):
    """A picture has more bytes than the repository takes; the message names it."""


def become(page: Page, url: str, role: str) -> None:
    """Take a role of the sample company, at the foot of a page."""
    page.goto(f"{url}/contact/")
    page.get_by_role("button", name=role, exact=True).click()


def statement(page: Page, url: str) -> None:
    """The statement, at a clause whose rules and last proof are open."""
    page.goto(f"{url}/privacy/")
    clause = page.locator('[id="use.requested"]')
    for fold in clause.locator("details").all():
        fold.locator("summary").first.click()
    clause.evaluate("found => found.scrollIntoView()")


def thread(page: Page, url: str) -> None:
    """The visitor's page of an enquiry that was read and answered."""
    become(page, url, "Privacy officer")
    page.goto(f"{url}/office/mail/")
    page.locator("a", has_text="We have your enquiry: Something else").first.click()
    link = page.get_by_text("/enquiries/open/").first.inner_text()
    page.context.clear_cookies()
    page.goto(next(word for word in link.split() if "/enquiries/open/" in word))


def inbox(page: Page, url: str) -> None:
    """The staff's inbox of enquiries."""
    become(page, url, "Sales")
    page.goto(f"{url}/office/enquiries/")


def own_privacy(page: Page, url: str) -> None:
    """What a customer's owner sees of what is held about her."""
    become(page, url, ALICE)
    page.goto(f"{url}/account/privacy/")


def own_uses(page: Page, url: str) -> None:
    """Who used her data, herself included."""
    page.goto(f"{url}/account/privacy/uses/?role=everybody")


def records(page: Page, url: str) -> None:
    """Her company's contacts, in a workspace that is open to nobody else."""
    become(page, url, ALICE)
    page.goto(f"{url}/workspaces/")
    page.get_by_role("main").locator("li a").first.click()
    page.get_by_role("link", name="Contacts").click()
    page.wait_for_load_state()


def requests(page: Page, url: str) -> None:
    """The privacy officer's queue, after somebody asked two things and proved one of them."""
    page.context.clear_cookies()
    for kind in ("access", "correction"):
        page.goto(f"{url}/privacy/request/")
        page.locator(f"[name=kind][value={kind}]").check()
        page.locator("[name=email]").fill("rosa@tilehouse.example")
        page.locator("[name=text]").fill("I wrote to you in spring, about prices.")
        page.get_by_role("button", name="Send request").click()
        page.wait_for_url("**/code/")
    page.locator("[name=code]").fill(mailed_code(page, url))
    page.get_by_role("button", name="Go on").click()
    become(page, url, "Privacy officer")
    page.goto(f"{url}/office/requests/")


def mailed_code(page: Page, url: str) -> str:
    """The eight digits of the newest message, read in a window of the owner's."""
    window = page.context.browser.new_page(ignore_https_errors=True)  # type: ignore[union-attr]
    become(window, url, "Owner")
    window.goto(f"{url}/office/mail/")
    window.locator("main a[href^='/office/mail/']").first.click()
    code = re.search(r"\b\d{8}\b", window.get_by_role("main").inner_text())
    window.close()
    return code[0] if code else ""


PICTURES = {
    "statement": statement, "thread": thread, "inbox": inbox,
    "privacy": own_privacy, "uses": own_uses, "records": records, "requests": requests,
}  # fmt: skip


def take(page: Page, url: str) -> None:
    """Take every picture.  Raises TooLarge."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, show in PICTURES.items():
        show(page, url)
        target = FOLDER / f"{name}.png"
        page.screenshot(path=target)
        if target.stat().st_size > LARGEST:
            raise TooLarge(f"`{target}` has {target.stat().st_size} bytes, and {LARGEST} are allowed")


def main() -> int:
    """Open Debian's Chromium on the demo and take the pictures."""
    url = sys.argv[1] if len(sys.argv) > 1 else "https://localhost:8443"
    arguments = [LOCAL_ONLY, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", ignore_https_errors=True
        )
        take(page, url.rstrip("/"))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
