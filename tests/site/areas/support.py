"""Help in a workspace: Olga asks for it, Dana of support and two administrators look, and what each of them sees."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, Response

from tests.site.pages import PASSWORD, Cast, Shown, press, sign_in

SECOND = "ada@iplum.example"
HELP = (
    "The deliveries of last week are listed twice, and the totals of the kilns are wrong since then.\n\n"
    "Averyveryveryveryveryveryveryveryveryveryveryveryverylongword stands in the title of one."
)


def second(cast: Cast, page: Page) -> None:
    """Another administrator, who has a password."""
    made = cast.demo.run("appoint", "Ada Approver", SECOND, "administrator", "CZ", typed=PASSWORD + "\n")
    assert made.returncode == 0, made.stderr
    sign_in(cast, page, SECOND)


def until(days: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT%H:%M}"


def ask(cast: Cast, page: Page, *, text: str = HELP) -> str:
    """Olga opens the whole of her workspace; the number of her request."""
    cast.go(page, cast.at["workspace"] + "help/")
    page.locator("main [name=text]").fill(text)
    page.get_by_label("The whole workspace").check()
    page.locator("main [name=ends_at]").fill(until(2))
    page.get_by_role("button", name="Open the request").click()
    page.wait_for_load_state()
    return str(page.locator("main .roster .id").first.inner_text())


def explain(page: Page) -> None:
    """Say why one looks."""
    page.get_by_label("To find out what is wrong").check()
    page.locator("main [name=note]").fill("Which of the two deliveries came first.")
    page.get_by_role("button", name="Go on").click()
    page.wait_for_load_state()


def open_incident(cast: Cast, page: Page, about: str) -> str:
    """An administrator opens one that reaches Olga's workspace; its page."""
    cast.go(page, "/office/incidents/")
    page.get_by_label("Planned work").check()
    page.locator("main [name=about]").fill(about)
    page.locator("main [name=workspaces]").fill(cast.at["workspace"].split("/")[2])
    page.locator("main [name=ends_at]").fill(until(3))
    page.get_by_role("button", name="Open it").click()
    page.wait_for_url(re.compile(r"/office/incidents/I-"))
    return "/" + page.url.split("/", 3)[3]


def fill(cast: Cast) -> None:
    """Three requests, one of them ended and one looked at; two incidents, one of them approved."""
    olga, workspace = cast.screen("olga"), cast.at["workspace"].split("/")[2]
    ended = ask(cast, olga, text="A question that was answered.")
    olga.locator(f"main form[action$='/{ended}/end/'] button").click()
    olga.wait_for_load_state()
    looks = [
        f"/office/looks/{ask(cast, olga, text=text)}/{workspace}/" for text in ("Not looked at yet.", HELP)
    ]
    cast.at |= {"covered": looks[0], "look": looks[1], "help": looks[1].split("/")[3]}
    dana = cast.screen("support")
    cast.go(dana, cast.at["look"])
    explain(dana)
    boss = cast.screen("administrator")
    cast.at["incident"] = open_incident(
        cast, boss, "The index of one store is built anew; pages may be slow."
    )
    cast.at["unapproved"] = open_incident(cast, boss, "A disk is replaced.")
    ada = cast.screen("ada")
    cast.go(ada, cast.at["incident"])
    ada.get_by_role("button", name="Approve it").click()
    ada.wait_for_load_state()
    number = cast.at["incident"].split("/")[3]
    cast.at["planned"] = number
    cast.at["incident-look"] = f"/office/looks/{number}/{workspace}/"
    cast.go(ada, cast.at["incident-look"])
    explain(ada)


def nothing_said(page: Page) -> Response:
    """The form for help, sent empty."""
    return press("Open the request", text="", ends_at="")(page)


def no_workspace(page: Page) -> Response:
    """An incident that names nothing."""
    return press("Open it", about="x@y.example", workspaces="none")(page)


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {"ada": second}
SHOWN: tuple[Shown, ...] = (
    Shown("workspace-support", "olga", "{workspace}help/"),
    Shown("workspace-support, as an editor", "ivan", "{workspace}help/", 403),
    Shown("workspace-support-ask, with errors", "olga", "{workspace}help/", 422, nothing_said),
    Shown("workspace-support-request", "olga", "{workspace}help/{help}/"),
    Shown("workspace-support-request, an incident", "olga", "{workspace}help/{planned}/"),
    Shown("office-support", "support", "/office/support/"),
    Shown("office-workspaces", "support", "/office/workspaces/"),
    Shown("office-look", "support", "{covered}"),
    Shown("office-look, with errors", "support", "{covered}", 422, press("Go on")),
    Shown("office-look, open", "support", "{look}"),
    Shown("office-look, on an incident", "ada", "{incident-look}"),
    Shown("office-incidents", "administrator", "/office/incidents/"),
    Shown("office-incident-open, with errors", "administrator", "/office/incidents/", 422, no_workspace),
    Shown("office-incident", "administrator", "{incident}"),
    Shown("office-incident, waiting", "ada", "{unapproved}"),
    Shown("office-approvals", "administrator", "/office/approvals/"),
)
NO_PAGES: dict[str, str] = {
    "workspace-support-ask": "shown with errors", "workspace-support-end": "a button",
    "office-look-begin": "shown with errors", "office-look-more": "a button", "office-look-part": "needs a collection",
    "office-incident-open": "shown with errors", "office-incident-approve": "a button", "office-incident-end": "a button",
    "office-approve": "a button",
}  # fmt: skip
