"""The API of workspaces: Olga's keys, one of which has a long name, and the page that describes it all."""

from collections.abc import Callable

from playwright.sync_api import Page, Response

from tests.site.pages import Cast, Shown, press

LONG = "Accounting-of-all-brickworks-and-tile-factories, nightly reconciliation of deliveries and complaints"[
    :80
]


def fill(cast: Cast) -> None:
    """Olga makes two keys."""
    page = cast.screen("olga")
    for name in (LONG, "Shop"):
        cast.go(page, cast.at["workspace"] + "api/")
        press("Make the key", name=name)(page)


def made(page: Page) -> Response:
    """One more key, which is shown."""
    return press("Make the key", name="Web shop")(page)


def nothing_told(page: Page) -> Response:
    """The form without a name, and with a day that is over."""
    page.locator("main [name=last_day]").fill("2020-01-01")
    return press("Make the key", name="")(page)


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("workspace-api", "olga", "{workspace}api/"),
    Shown("workspace-api, none, ended", "olga", "{ended}api/"),
    Shown("workspace-api, as a guest", "gil", "{workspace}api/"),
    Shown("workspace-api, a key is made", "olga", "{workspace}api/", 200, made),
    Shown("workspace-api, nothing told", "olga", "{workspace}api/", 422, nothing_told),
    Shown("api-reference", "visitor", "/developers/api/"),
)
NO_PAGES: dict[str, str] = {
    "workspace-api-end": "a button", "api-workspace": "JSON", "api-collections": "JSON", "api-collection": "JSON",
    "api-records": "JSON", "api-records-find": "JSON", "api-records-make": "JSON", "api-record": "JSON",
    "api-record-change": "JSON", "api-record-delete": "JSON", "api-records-make-many": "JSON",
    "api-records-change-many": "JSON", "api-records-delete-many": "JSON", "api-queries": "JSON", "api-query-run": "JSON",
    "api-run": "JSON", "api-run-answer": "JSON", "api-files": "JSON", "api-file": "JSON",
    "api-file-content": "a download",
    "api-uploads": "JSON", "api-upload": "JSON", "api-upload-piece": "JSON", "api-upload-finish": "JSON",
    "api-upload-drop": "JSON",
}  # fmt: skip
