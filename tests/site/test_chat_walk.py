"""A chat between two browsers: what one says the other reads without loading a page, and what goes is gone there too."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.site.areas.community import become
from tests.site.conftest import Opens
from tests.site.demo import Demo
from tests.site.pages import COMMUNITY, Cast

HOURS, PHONE = "chat/after-hours/", "+44 20 7946 0018"


@pytest.fixture(scope="module")
def cast(demo: Demo, opens: Opens) -> Cast:
    return Cast(demo, opens)


def here_as(cast: Cast, who: str) -> Page:
    """One of the sample, in a browser of their own, in the room."""
    page = cast.opens().new_page()
    become(cast, page, who)
    cast.go(page, COMMUNITY.format(port=cast.demo.port) + HOURS)
    page.evaluate("window.stays = true")
    return page


def say(page: Page, words: str, name: str = "") -> None:
    if name:
        page.locator("summary").filter(has_text="Name, and").click()
        page.locator("[name=signed_as]").fill(name)
        page.get_by_label("It goes").check()
    page.locator("[name=body]").fill(words)
    page.locator("[name=body]").press("Enter")


def test_bob_and_charlie_talk_one_is_warned_and_takes_a_line_back(cast: Cast) -> None:
    bob, charlie = here_as(cast, "bob"), here_as(cast, "charlie")
    on_bobs, on_charlies = (page.get_by_role("log") for page in (bob, charlie))
    say(bob, "Is anybody here?", "Bob Baptiste")
    expect(bob.locator("[name=body]")).to_have_value("")
    expect(on_charlies).to_contain_text("Is anybody here?")
    say(charlie, "I am. *Late* as ever.", "Charlie Chen")
    expect(on_bobs).to_contain_text("I am. Late as ever.")
    expect(bob.get_by_role("complementary")).to_contain_text("Charlie Chen")
    assert bob.evaluate("window.stays") and charlie.evaluate("window.stays")

    say(bob, f"Call me at {PHONE}.")
    expect(bob.get_by_role("alert")).to_contain_text(PHONE)
    expect(on_charlies).not_to_contain_text(PHONE)
    bob.get_by_role("button", name="Say it as it is").click()
    expect(on_charlies).to_contain_text(PHONE)

    cast.go(bob, COMMUNITY.format(port=cast.demo.port) + "posts/mine/")
    bob.get_by_role("link", name=re.compile("^Remove")).first.click()
    bob.get_by_role("main").get_by_role("button").first.click()
    expect(on_charlies).to_contain_text("A line was removed by its author")
    expect(on_charlies).not_to_contain_text(PHONE)
    assert charlie.evaluate("window.stays")


def test_without_javascript_one_loads_the_page_again(cast: Cast) -> None:
    victor = cast.opens(java_script_enabled=False).new_page()
    cast.go(victor, COMMUNITY.format(port=cast.demo.port) + "chat/kiln/")
    lines = victor.get_by_role("log").locator("li.line")
    before = lines.count()
    assert before >= 3
    victor.get_by_role("link", name="Look for new lines").click()
    expect(lines).to_have_count(before)
    victor.get_by_role("link", name="Sign in to say something").click()
    victor.wait_for_url(re.compile("//localhost"))
