"""Make the pictures of the documents from a running demo, in light colours.

make demo
python scripts/screenshots.py [https://localhost:8443]
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
WIDTH, HEIGHT = 1280, 800
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
    page.locator("a", has_text="We have your enquiry: Prices").first.click()
    link = page.get_by_text("/enquiries/open/").first.inner_text()
    page.context.clear_cookies()
    page.goto(next(word for word in link.split() if "/enquiries/open/" in word))


def inbox(page: Page, url: str) -> None:
    """The staff's inbox of enquiries."""
    become(page, url, "Sales")
    page.goto(f"{url}/office/enquiries/")


PICTURES = {"statement": statement, "thread": thread, "inbox": inbox}


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
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", ignore_https_errors=True
        )
        take(page, url.rstrip("/"))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
