"""Queries, in Olga's workspace: written, asked for a value, kept, and what came of three runs."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, Response

from tests.site.pages import Cast, Shown, press

LONG = 'SELECT \'a rather long label of a bar, number \' || r AS "Label", r * 1.5 AS "Figure", \'x\' AS "Unbroken-name"'
PLOTTED = f"{LONG} FROM range(12) t(r)"


def fill(cast: Cast) -> None:
    """Olga keeps a query and runs three: one that is plotted, one that is wrong, one that takes its time."""
    page = cast.screen("olga")
    cast.at["queries"] = cast.at["workspace"] + "queries/"
    cast.go(page, cast.at["queries"])
    page.locator("main [name=name]").fill(
        "Firings by month, and by everything else that anybody ever asked about them"
    )
    page.locator("main [name=sql]").fill("SELECT $month")
    page.get_by_role("button", name="Keep it").click()
    page.wait_for_url(re.compile(r"/queries/[0-9a-f-]{36}/$"))
    cast.at["query"] = "/" + page.url.split("/", 3)[3]
    for name, sql in (("answered", PLOTTED), ("refused", "ATTACH '/tmp/x'"), ("endless", _ENDLESS)):
        cast.at[name] = _run(cast, page, sql)
    for name in ("answered", "refused"):
        until = time.monotonic() + 30
        while "renews itself" in cast.go(page, cast.at[name]).text() and time.monotonic() < until:
            time.sleep(0.3)


_ENDLESS = "WITH RECURSIVE t AS (SELECT 1 a UNION ALL SELECT a + 1 FROM t) SELECT sum(a) FROM t"


def _run(cast: Cast, page: Page, sql: str) -> str:
    cast.go(page, cast.at["queries"])
    page.locator("main [name=sql]").fill(sql)
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url(re.compile("/queries/runs/"))
    return "/" + page.url.split("/", 3)[3]


def asked_for(page: Page) -> Response:
    """The query's form once a parameter's value is asked for."""
    page.locator("main [name=sql]").fill("SELECT $month")
    return press("Run")(page)


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("queries", "olga", "{queries}"),
    Shown("queries, nothing written", "olga", "{queries}", 422, press("Run", sql="")),
    Shown("queries, a value asked for", "olga", "{queries}", 200, asked_for),
    Shown("query", "olga", "{query}"),
    Shown("query-run", "olga", "{answered}"),
    Shown("query-run, failed", "olga", "{refused}"),
)
NO_PAGES: dict[str, str] = {
    "query-delete": "a button", "query-answer": "a file", "query-cancel": "a button",
}  # fmt: skip
