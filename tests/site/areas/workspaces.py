"""Workspaces: the pages of Olga, who owns one, of Ivan, her colleague, and of Gil, a guest of another company."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, Response

from tests.site.areas.people import ask, in_mail, prove
from tests.site.pages import Cast, Shown, press

GIL = "gil@glassworks.example"
NAME = "Kiln ledger of the brickworks, all sites, with deliveries, complaints and everything-else-there-is"
LINK = re.compile(r"https://localhost:\d+(/workspaces/offers/[\w-]+/)")


def fill(cast: Cast) -> None:
    """Olga makes a workspace, seats Ivan, lets Gil in and asks one more; a second one she ends."""
    page = cast.screen("olga")
    cast.screen("ivan")
    cast.at["workspace"] = _begin(cast, page, NAME)
    cast.at["ended"] = _begin(cast, page, "Old")
    cast.go(page, cast.at["ended"] + "settings/")
    page.get_by_role("button", name="End it").click()
    page.wait_for_load_state()
    cast.go(page, cast.at["workspace"] + "people/")
    page.get_by_role("button", name="Let in").click()
    page.wait_for_load_state()
    for address in (GIL, "g" * 40 + "@glassworks.example"):
        _offer(cast, page, address)
    cast.screen("gil")


def _begin(cast: Cast, page: Page, name: str) -> str:
    cast.go(page, "/workspaces/new/")
    page.locator("main [name=name]").fill(name)
    if (tick := page.locator("main [name=accepts]")).count():
        tick.check()
    page.get_by_role("button", name="Make the workspace").click()
    page.wait_for_url(re.compile(r"/workspaces/[0-9a-f-]{36}/$"))
    return "/" + page.url.split("/", 3)[3]


def _offer(cast: Cast, page: Page, address: str) -> None:
    cast.go(page, cast.at["workspace"] + "people/")
    page.locator("main form[action$='/offer/'] [name=email]").fill(address)
    page.get_by_role("button", name="Send the offer").click()
    page.wait_for_load_state()


def gil(cast: Cast, page: Page) -> None:
    """Registers with a company of his own and accepts."""
    ask(cast, page, GIL, company="Glassworks")
    prove(cast, page, GIL)
    cast.go(page, in_mail(cast, LINK, GIL))
    page.get_by_role("button", name="Accept").click()
    page.wait_for_load_state()
    _offer(cast, cast.screen("olga"), GIL)
    cast.go(page, in_mail(cast, LINK, GIL))


def offered_nothing(page: Page) -> Response:
    """The offer's form with an address that is none."""
    page.locator("main form[action$='/offer/'] [name=email]").fill("none")
    with page.expect_navigation() as going:
        page.get_by_role("button", name="Send the offer").click()
    assert going.value is not None
    return going.value


def misnamed(page: Page) -> Response:
    """A workspace to be erased whose name was mistyped."""
    page.locator("main [name=name]").fill("x")
    return press("Erase it for good")(page)


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {"gil": gil}
SHOWN: tuple[Shown, ...] = (
    Shown("workspaces", "olga", "/workspaces/"),
    Shown("workspaces, none", "paula", "/workspaces/"),
    Shown("workspace-begin", "olga", "/workspaces/new/"),
    Shown("workspace-begin, nothing told", "gil", "/workspaces/new/", 422, press("Make the workspace")),
    Shown("workspace-home", "olga", "{workspace}"),
    Shown("workspace-people", "olga", "{workspace}people/"),
    Shown("workspace-people, as a guest", "gil", "{workspace}people/"),
    Shown("workspace-offer, with errors", "olga", "{workspace}people/", 422, offered_nothing),
    Shown("offer", "gil", "/workspaces/offer/"),
    Shown("offer-open, over", "visitor", "/workspaces/offers/" + "A" * 43 + "/", 410),
    Shown("workspace-log", "olga", "{workspace}log/"),
    Shown("workspace-log, everybody", "olga", "{workspace}log/?who=all"),
    Shown("workspace-settings", "olga", "{workspace}settings/"),
    Shown("workspace-settings, ended", "olga", "{ended}settings/"),
    Shown("workspace-delete", "olga", "{workspace}settings/delete/"),
    Shown("workspace-delete, misnamed", "olga", "{workspace}settings/delete/", 422, misnamed),
)
NO_PAGES: dict[str, str] = {
    "office-own-workspace": "leads on",
    "workspace-seat": "a button", "workspace-role": "a button", "workspace-unseat": "a button",
    "workspace-offer": "shown with errors", "workspace-withdraw": "a button", "workspace-revoke": "a button",
    "workspace-end": "a button", "workspace-take-back": "a button", "offer-open": "leads on",
}  # fmt: skip
