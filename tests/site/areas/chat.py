"""Chat rooms: the list, a room as a visitor, its people and moderators see it, and where rooms are made."""

from collections.abc import Callable

from playwright.sync_api import Page, Response

from tests.site.areas.community import cross
from tests.site.pages import CARD, COMMUNITY, Cast, Shown, press

KILN = COMMUNITY + "chat/kiln/"
DESK = "/office/chat/"
LONG = "Averyveryveryveryveryveryveryveryveryveryveryveryverylongword, and `some code` with a [link](https://x.example)."


def say(page: Page, words: str, name: str = "") -> Response:
    """Fill in the composer as if there were no script, and send it."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    page.locator("main [name=body]").fill(words)
    if name:
        page.locator("main [name=signed_as]").fill(name)
    with page.expect_navigation() as arrived:
        page.evaluate("document.getElementById('say').submit()")
    return arrived.value


def fill(cast: Cast) -> None:
    """Olga, of a long name, says something long."""
    olga = cast.screen("olga")
    cross(cast, olga)
    cast.go(olga, KILN.format(port=cast.demo.port))
    say(olga, LONG, "Olga Featherstonehaugh-Cholmondeley")
    support = cast.screen("support")
    cast.go(support, DESK)
    cast.at["room"] = str(support.get_by_role("link", name="Change").first.get_attribute("href"))


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("chat", "visitor", COMMUNITY + "chat/"),
    Shown("chat-room", "visitor", KILN),
    Shown("chat-room, nothing said yet", "visitor", COMMUNITY + "chat/after-hours/"),
    Shown("chat-room, earlier lines", "visitor", KILN + "?before=3"),
    Shown("chat-room, signed in", "olga", KILN),
    Shown("chat-room with errors", "olga", KILN, 422, lambda page: say(page, CARD)),
    Shown("chat-room, something found", "olga", KILN, 200, lambda page: say(page, "Call +44 20 7946 0018")),
    Shown("office-chat", "support", DESK),
    Shown(
        "office-chat with errors", "support", DESK, 422, press("Make the room", name="", slug="a b", about="")
    ),
    Shown("office-chat-room", "support", "{room}"),
)
NO_PAGES: dict[str, str] = {
    "chat-lines": "a piece of a page", "chat-join": "a button", "chat-leave": "a button", "office-chat-close": "a button",
}  # fmt: skip
