"""The community, walked in a browser: a warned post, a change, a quote, a comment, and an author who leaves with all."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.site.areas import community, people
from tests.site.conftest import Opens
from tests.site.demo import Demo
from tests.site.pages import COMMUNITY, PASSWORD, Cast, press

NORA, COMPANY = "nora@salt-glaze.example", "Salt Glaze"
PHONE, WORDS, LATER = (
    "+1 202 555 0171",
    "Salt at the very end of the firing.",
    "Salt, a little before the end of the firing.",
)


@pytest.fixture(scope="module")
def cast(demo: Demo, opens: Opens) -> Cast:
    return Cast(demo, opens)


def register(cast: Cast) -> Page:
    """Nora, whom the sample does not know, in a browser of her own."""
    page = cast.opens().new_page()
    people.ask(cast, page, NORA, company=COMPANY)
    people.prove(cast, page, NORA)
    community.cross(cast, page)
    return page


def charlie(cast: Cast) -> Page:
    page = cast.opens().new_page()
    community.become(cast, page, "charlie")
    return page


def on(cast: Cast, path: str) -> str:
    return COMMUNITY.format(port=cast.demo.port) + path


def leave(cast: Cast, page: Page) -> None:
    """She closes her company and has everything erased."""
    cast.go(page, "/account/people/")
    page.get_by_role("link", name=f"Close {COMPANY}").click()
    people.fill_in(page, name=COMPANY)
    cast.go(page, "/account/privacy/erase/")
    if page.locator("main [name=password]").count():
        people.fill_in(page, password=PASSWORD)
    expect(page.get_by_role("main")).to_contain_text("Post: 1")
    people.fill_in(page, email=NORA)
    expect(page.get_by_role("heading", name="It is erased")).to_be_visible()


def test_a_post_is_warned_of_changed_quoted_and_gone_everywhere_when_its_author_leaves(cast: Cast) -> None:
    hers, his, victors = register(cast), charlie(cast), cast.opens(java_script_enabled=False).new_page()
    cast.go(hers, on(cast, "boards/how-we-do-it/new/"))
    expect(hers.locator("#posting-warning")).to_contain_text("can bring you messages you did not ask for")
    hers.get_by_label("It goes").check()
    press(
        "Post it",
        title="When does the salt go in?",
        body=f"{WORDS} Call {PHONE}.",
        signed_as="Nora of Salt Glaze",
    )(hers)
    expect(hers.get_by_role("alert")).to_contain_text(PHONE)
    press("Post it as it is")(hers)
    topic = hers.url.split("#")[0]
    expect(hers.get_by_text(PHONE)).to_be_visible()
    hers.get_by_role("link", name="Change #1").click()
    press("Keep the change", body=LATER)(hers)
    assert PHONE not in cast.go(victors, topic).text() and LATER in victors.content()

    cast.go(his, topic)
    his.get_by_role("link", name="Quote #1").click()
    his.get_by_label("It stays, with the name").check()
    press("Post it", quoted="a little before the end", body="How little?", signed_as="Charlie C.")(his)
    cast.go(hers, on(cast, "blog/a-day-in-a-pottery/"))
    hers.get_by_role("link", name="Say something").click()
    press("Post it", body="The third took us a year.")(hers)
    expect(hers.get_by_text("The third took us a year.")).to_be_visible()
    assert cast.go(victors, topic).text().count("a little before the end") == 2
    expect(victors.get_by_role("link", name=re.compile("Sign in"))).to_be_visible()

    cast.go(hers, on(cast, "posts/mine/"))
    hers.get_by_label("It stays, without the name").check()
    press("Note it for all my posts")(hers)
    hers.get_by_role("link", name="Change post 2").click()
    hers.get_by_label("It goes").check()
    press("Keep the change", body=LATER + " Always.")(hers)
    leave(cast, hers)
    read = cast.go(victors, topic).text()
    assert "a little before the end" not in read and "Nora" not in read
    assert "Removed by its author, who left" in read and "How little?" in read
    read = cast.go(victors, on(cast, "blog/a-day-in-a-pottery/")).text()
    assert "The third took us a year." in read and "Nora" not in read and "Somebody who left" in read
