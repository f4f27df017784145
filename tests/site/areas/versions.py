"""Versions of the statement: the archive, a draft that waits, and what a person is asked."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import FilePayload, Page, Response

from tests.site.demo import ROOT
from tests.site.pages import Cast, Shown, press

DESK = "/office/versions/"
OLD = "allow use of account for running-an-account by system given account\n"


def send(page: Page, text: str) -> None:
    """Choose a statement, to be in force in ten days, and put it on record."""
    file: FilePayload = {"name": "statement.md", "mimeType": "text/markdown", "buffer": text.encode()}
    page.locator("main [name=text]").set_input_files(file)
    day = f"{datetime.now(UTC) + timedelta(days=10):%Y-%m-%d}"
    press("Put it on record", from_day=day)(page)


def fill(cast: Cast) -> None:
    """A draft that lets sales use a phone number, and waits."""
    page, text = cast.screen("administrator"), (ROOT / "statement.md").read_text(encoding="utf-8")
    cast.go(page, DESK)
    send(page, text.replace(OLD, OLD + "allow use of contact.phone for running-an-account by sales\n"))
    cast.at["statement-draft"] = "/" + page.url.split("/", 3)[3]
    assert re.fullmatch(r"/office/versions/[0-9a-f-]{36}/", cast.at["statement-draft"])


def no_statement(page: Page) -> Response:
    """A text without a clause."""
    with page.expect_navigation() as sent:
        file: FilePayload = {"name": "statement.md", "mimeType": "text/markdown", "buffer": b"# Nothing\n"}
        page.locator("main [name=text]").set_input_files(file)
        page.get_by_role("button", name="Put it on record").click()
    answer = sent.value
    assert answer is not None
    return answer


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("versions", "visitor", "/privacy/versions/"),
    Shown("version-changes", "visitor", "/privacy/versions/{version}/changes/"),
    Shown("own-version", "olga", "/account/statement/"),
    Shown("office-versions", "privacy-officer", DESK),
    Shown("office-version-draft, with errors", "owner", DESK, 422, no_statement),
    Shown("office-version", "owner", "{statement-draft}"),
)
NO_PAGES: dict[str, str] = {
    "office-version-draft": "shown with errors", "office-version-approve": "a button", "office-version-drop": "a button",
    "own-version-agree": "a button",
}  # fmt: skip
