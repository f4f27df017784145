"""Records: the collections that the sample's Alice keeps, and one of Olga's with long names and little in it."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, Response

from tests.site.pages import Cast, Shown, press

LONG = (
    "Deliveries-and-complaints-of-every-brickworks-and-tile-factory since the beginning, with everything else"
)


def alice(cast: Cast, page: Page) -> None:
    """Alice of the sample, by the switcher in the foot; she finds her workspace and looks into her contacts."""
    cast.go(page, "/contact/")
    with page.expect_navigation():
        page.locator("footer button[value='alice']").click()
    cast.go(page, "/workspaces/")
    cast.at["pottery"] = _follow(page, "Archer Pottery")
    cast.go(page, cast.at["pottery"] + "records/")
    cast.at["contacts"] = _follow(page, "Contacts")
    cast.at["contact-record"] = _follow(page, "Katharina")
    cast.go(page, cast.at["contact-record"] + "edit/")
    page.get_by_label("Notes").fill("Large planters, frost-proof.\nAsks for drawings first.")
    press("Save")(page)
    cast.go(page, cast.at["contacts"] + "fields/")
    cast.at["contact-field"] = str(page.locator("main a[href*='/fields/']").first.get_attribute("href"))


def _follow(page: Page, name: str) -> str:
    page.get_by_role("main").get_by_role("link", name=name).first.click()
    page.wait_for_load_state()
    return "/" + page.url.split("/", 3)[3]


def long_names(cast: Cast, page: Page) -> str:
    """A collection with a long name and one long field; its address."""
    cast.go(page, cast.at["workspace"] + "records/new/")
    page.get_by_label("Nothing: you add each field yourself").check()
    page.locator("main [name=name]").fill(LONG)
    press("Make the collection")(page)
    found = re.sub(r"^https://[^/]+|fields/$", "", page.url)
    cast.go(page, found + "fields/new/")
    page.locator("main [name=name]").fill(LONG)
    page.locator("main [name=finding][value=plain]").check()
    press("Add the field")(page)
    return found


def ticked(button: str) -> Callable[[Page], Response]:
    """Tick the first two records and press a button."""

    def act(page: Page) -> Response:
        for box in page.locator("[name=record]").all()[:2]:
            box.check()
        page.locator("#bulk").select_option(label="Company")
        return press(button)(page)

    return act


def changed_meanwhile(page: Page) -> Response:
    """The form of a record that was changed since it was opened."""
    page.get_by_label("Notes").fill("What I typed")
    page.locator("[name=revision]").evaluate("field => { field.value = 0 }")
    return press("Save")(page)


def undone(page: Page) -> Response:
    """Two records are deleted, and the table offers to bring them back."""
    ticked("Delete…")(page)
    press("Delete 2 records")(page)
    answer = page.reload()
    assert answer is not None
    return answer


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {"alice": alice}
SHOWN: tuple[Shown, ...] = (
    Shown("records", "alice", "{pottery}records/"),
    Shown("records, on the first page", "alice", "{pottery}"),
    Shown("records, none", "olga", "{ended}records/"),
    Shown("records-new", "alice", "{pottery}records/new/"),
    Shown(
        "records-new, with errors", "olga", "{workspace}records/new/", 422, press("Make the collection", name="x\u202e"),
    ),
    Shown("records-collection", "alice", "{contacts}"),
    Shown("records-collection, empty", "olga", "{long}"),
    Shown("records-collection, found", "alice", "{contacts}", 200, press("Find", text="vera vogel")),
    Shown("records-collection, nothing found", "alice", "{contacts}", 200, press("Find", text="nobody")),
    Shown("records-fields", "alice", "{contacts}fields/"),
    Shown("records-field-add", "alice", "{contacts}fields/new/"),
    Shown("records-field-add, with errors", "olga", "{long}fields/new/", 422, press("Add the field")),
    Shown("records-field", "alice", "{contact-field}"),
    Shown("records-field-remove", "alice", "{contact-field}remove/"),
    Shown("records-rename", "alice", "{contacts}rename/"),
    Shown("records-remove", "olga", "{long}delete/"),
    Shown("records-remove, misnamed", "olga", "{long}delete/", 422, press("Delete it for good", name="x")),
    Shown("record-new", "alice", "{contacts}new/"),
    Shown("record-new, with errors", "alice", "{contacts}new/", 422, press("Add the record")),
    Shown("record", "alice", "{contact-record}"),
    Shown("record-edit", "alice", "{contact-record}edit/"),
    Shown("record-edit, changed meanwhile", "alice", "{contact-record}edit/", 409, changed_meanwhile),
    Shown("records-chosen, to change", "alice", "{contacts}", 200, ticked("Change…")),
    Shown("records-chosen, to delete", "alice", "{contacts}", 200, ticked("Delete…")),
    Shown("records-undo, offered", "alice", "{contacts}", 200, undone),
)  # fmt: skip
NO_PAGES: dict[str, str] = {
    "records-find": "POST, redirects", "records-chosen": "shown by what was chosen", "records-delete": "POST, redirects",
    "records-change": "POST, redirects", "records-undo": "POST, redirects", "records-field-move": "POST, redirects",
}  # fmt: skip


def fill(cast: Cast) -> None:
    """Make what these pages show."""
    cast.screen("alice")
    cast.at["long"] = long_names(cast, cast.screen("olga"))
