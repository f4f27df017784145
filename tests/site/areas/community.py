"""The community: signing in there, boards, the blog, one's own posts, and what moderators look at."""

from collections.abc import Callable

from playwright.sync_api import Page, Response

from tests.site.pages import COMMUNITY, Cast, Shown, press

CROSS = "/account/community/?asked=" + "0" * 64
BOARD = COMMUNITY + "boards/questions/"
TITLE = "Averyveryveryveryveryveryveryverylongword, and what to do when no line of a page is as long as it is"
WORDS = "Write to **me**:\n\n- alice@archer.example,\n- averyveryveryveryveryveryveryveryveryveryverylongword.\n\n> So."
CARD = "4111 1111 1111 1111"
BLOG, ARTICLE = COMMUNITY + "blog/", COMMUNITY + "blog/a-day-in-a-pottery/"


def cross(cast: Cast, page: Page) -> None:
    """Sign in on the community host, from the company host."""
    cast.go(page, COMMUNITY.format(port=cast.demo.port))
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("main").get_by_role("button", name="Go on").click()
    page.wait_for_url("**//community.localhost**")


def wished(page: Page) -> None:
    page.get_by_label("It stays, without the name").check()


def begin(cast: Cast, page: Page) -> None:
    """Begin a topic that says how its author can be reached: pointed out, and posted as it is."""
    cast.go(page, BOARD.format(port=cast.demo.port) + "new/")
    wished(page)
    press("Post it", title=TITLE, body=WORDS, signed_as="Alice (Archer Pottery)")(page)
    press("Post it as it is")(page)


def potter(cast: Cast, page: Page) -> None:
    """Alice of the sample, in a browser of her own."""
    become(cast, page, "alice")


def carpenter(cast: Cast, page: Page) -> None:
    """Charlie of the sample."""
    become(cast, page, "charlie")


def become(cast: Cast, page: Page, who: str) -> None:
    cast.go(page, "/")
    page.locator(f"footer button[value='{who}']").click()
    page.wait_for_load_state()
    cross(cast, page)


def fill(cast: Cast) -> None:
    """Alice crosses over and begins a topic; Charlie reports it and quotes it, and asks to read no more of hers."""
    alice, charlie = cast.screen("potter"), cast.screen("carpenter")
    begin(cast, alice)
    cast.at["topic"] = alice.url.split("#")[0]
    alice.get_by_role("link", name="Change #1").click()
    cast.at["post"] = alice.url.removesuffix("edit/")
    press("Keep the change", body="I changed my mind: ask me here.", title=TITLE)(alice)
    cast.go(charlie, cast.at["topic"])
    charlie.get_by_role("link", name="Quote #1").click()
    cast.at["quoting"] = charlie.url
    wished(charlie)
    press("Post it", quoted="ask me here", body="I will.")(charlie)
    cast.go(charlie, cast.at["post"] + "report/")
    charlie.get_by_label("Something else").check()
    support = cast.screen("support")
    cast.go(support, "/office/blog/")
    cast.at["article"] = str(support.get_by_role("link", name="Change").first.get_attribute("href"))
    press("Report it")(charlie)


def found_something(page: Page) -> Response:
    wished(page)
    title = page.locator("main [name=title]")
    if title.count():
        title.fill("Call me")
    return press("Post it", body="Call +1 202 555 0142 or write to bob@archer.example")(page)


def refused(page: Page) -> Response:
    return press("Post it", title="", body=CARD, signed_as="")(page)


def looked_at(page: Page) -> Response:
    wished(page)
    return press("Look at it first", body="1. One\n2. `two`\n\n> three\n\n    four")(page)


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {"potter": potter, "carpenter": carpenter}
SHOWN: tuple[Shown, ...] = (
    Shown("cross", "carpenter", CROSS),
    Shown("arrive, too late", "visitor", COMMUNITY + "sign-in/arrive/?code=x", 403),
    Shown("boards", "visitor", COMMUNITY + "boards/"),
    Shown("board", "visitor", BOARD),
    Shown("topic", "visitor", "{topic}"),
    Shown("topic, signed in", "carpenter", "{topic}"),
    Shown("topic-reply, quoting", "carpenter", "{quoting}"),
    Shown("topic-reply, looked at first", "carpenter", "{quoting}", 200, looked_at),
    Shown("board-begin", "potter", BOARD + "new/"),
    Shown("board-begin, something found", "potter", BOARD + "new/", 200, found_something),
    Shown("board-begin, with errors", "potter", BOARD + "new/", 422, refused),
    Shown("boards-search", "visitor", COMMUNITY + "boards/search/"),
    Shown(
        "boards-search, found",
        "visitor",
        COMMUNITY + "boards/search/",
        200,
        press("Look", words="kiln diary"),
    ),
    Shown(
        "boards-search, nothing", "visitor", COMMUNITY + "boards/search/", 200, press("Look", words="zebra")
    ),
    Shown("own-posts", "potter", COMMUNITY + "posts/mine/"),
    Shown("post-edit", "potter", "{post}edit/"),
    Shown("post-earlier", "potter", "{post}earlier/"),
    Shown("post-report", "carpenter", "{post}report/"),
    Shown("post-report, with errors", "carpenter", "{post}report/", 422, press("Report it")),
    Shown("post-report, read no more", "carpenter", "{post}report/", 200, press("Read no more")),
    Shown("own-posts, not read", "carpenter", COMMUNITY + "posts/mine/"),
    Shown("office-posts", "support", "/office/posts/"),
    Shown("office-posts, kept from posting", "support", "/office/posts/", 200, press("7 days")),
    Shown("office-boards", "support", "/office/boards/"),
    Shown("office-boards, with errors", "support", "/office/boards/", 422, press("Add the board", name="")),
    Shown("blog", "visitor", BLOG),
    Shown("article", "visitor", ARTICLE),
    Shown("article, signed in", "carpenter", ARTICLE),
    Shown("article-comment", "carpenter", ARTICLE + "comment/"),
    Shown("article-comment, something found", "carpenter", ARTICLE + "comment/", 200, found_something),
    Shown("office-blog", "support", "/office/blog/"),
    Shown("office-blog-new", "support", "/office/blog/new/"),
    Shown(
        "office-blog-new, with errors",
        "support",
        "/office/blog/new/",
        422,
        press("Put it up", title="", body=CARD),
    ),
    Shown("office-blog-change", "support", "{article}"),
    Shown("post-remove", "potter", "{post}remove/"),
    Shown("post-remove, done", "potter", "{post}remove/", 200, press("Remove it for good")),
    Shown("topic, whose first post is gone", "visitor", "{topic}"),
)
NO_PAGES: dict[str, str] = {
    "arrive": "shown too late; else redirects", "sign-out": "a button", "post": "redirects to where it stands",
    "boards-feed": "a feed", "board-feed": "a feed", "own-posts-afterwards": "a button", "post-block": "a button",
    "post-unblock": "a button", "office-posts-decide": "a button", "office-posts-ban": "a button",
    "office-posts-lift": "a button", "office-boards-add": "shown with errors", "office-boards-open": "a button",
    "office-boards-lock": "a button", "office-boards-pin": "a button", "topic-reply": "shown quoting",
    "blog-feed": "a feed", "office-blog-close": "a button", "office-blog-take-down": "a button",
}  # fmt: skip
