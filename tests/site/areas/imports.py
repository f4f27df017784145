"""Imports and exports: Alice of the sample sends files into her contacts, good ones and bad ones."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

from playwright.sync_api import Page, Response

from tests.site.pages import Cast, Shown, press

GOOD = "Name,Company,E-mail address,Phone number,Notes\nZoë Zimmermann,Glassworks,zoe@glassworks.example,+12025550177,\n"
BAD = (
    GOOD + "Averyveryveryveryveryveryveryveryveryveryveryverylongname,Tiles,none,12,"
    + "Another, with averyveryveryveryveryveryveryveryveryveryveryveryverylongword in it".replace(",", ";")
    + "\n,Nobody,a@b.example,,\n"
)  # fmt: skip


def fill(cast: Cast) -> None:
    """One that waits for her, one that is imported, one of which nothing was, one that was stopped."""
    page = cast.screen("alice")
    cast.at["import-map"] = _send(cast, page, "contacts with a rather long name, as they came.csv", BAD)
    cast.at["import-done"] = _start(page, _send(cast, page, "contacts.csv", GOOD))
    cast.at["import-refused"] = _start(page, _send(cast, page, "wrong.csv", BAD))
    cast.at["import-stopped"] = _send(cast, page, "other.csv", GOOD)
    press("Do not import it")(page)
    for name in ("import-done", "import-refused"):
        _wait(cast, page, cast.at[name])


def _send(cast: Cast, page: Page, name: str, text: str) -> str:
    cast.go(page, cast.at["contacts"] + "import/")
    path = Path(mkdtemp()) / name
    path.write_text(text, encoding="utf-8")
    page.locator("[name=file]").set_input_files(path)
    press("Look at it")(page)
    return "/" + re.sub(r"^https://[^/]+/", "", page.url)


def _start(page: Page, address: str) -> str:
    press("Import")(page)
    return address


def _wait(cast: Cast, page: Page, address: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        cast.go(page, address + "?still=1")
        if page.get_by_role("button", name="Stop it").count() == 0:
            return
        time.sleep(0.5)
    raise AssertionError("the import did not end")


def nothing_sent(page: Page) -> Response:
    """The form without a file."""
    return press("Look at it")(page)


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("records-import", "alice", "{contacts}import/"),
    Shown("records-import, nothing sent", "alice", "{contacts}import/", 422, nothing_sent),
    Shown("records-import-one, what goes where", "alice", "{import-map}"),
    Shown("records-import-one", "alice", "{import-done}"),
    Shown("records-import-one, nothing imported", "alice", "{import-refused}"),
    Shown("records-import-one, stopped", "alice", "{import-stopped}"),
    Shown("records-export", "alice", "{contacts}export/"),
)
NO_PAGES: dict[str, str] = {
    "records-import-begin": "JSON", "records-import-piece": "JSON", "records-import-stop": "POST, redirects",
    "records-import-undo": "POST, redirects", "records-import-refused": "a download", "records-export-file": "a download",
}  # fmt: skip
