"""A receipt's page in a real browser: it checks the receipt by itself, and says what it found."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, Route, expect

from tests.site.conftest import Opens
from tests.site.demo import Demo
from tests.site.pages import Cast


@pytest.fixture(scope="module")
def receipt(demo: Demo, opens: Opens) -> Page:
    """The page of a receipt that the log has taken in, as a visitor's browser shows it."""
    cast = Cast(demo, opens)
    thread = cast.send_enquiry()
    demo.browser().become("sales").get(f"/office/enquiries/{thread.split('/')[-2]}/")
    page, until = cast.screen("visitor"), time.monotonic() + 20
    cast.go(page, thread)
    page.get_by_role("link", name=re.compile("^Receipt for Sales staff")).first.click()
    while page.get_by_text("waiting for the log").count() and time.monotonic() < until:
        time.sleep(0.3)
        page.reload()
    return page


def verdict(page: Page) -> str:
    said = page.get_by_role("status").locator("p.notice:not(:has-text('is checking'))")
    expect(said).to_be_visible()
    return said.inner_text()


def test_the_browser_finds_it_valid_and_says_what_it_checked(receipt: Page) -> None:
    receipt.reload()
    said = verdict(receipt)
    assert said.startswith("Valid:") and "is signed with the log’s key" in said
    place = re.search(r"(\d+) of (\d+)", receipt.locator("article.receipt").inner_text())
    assert place and f"at place {place[1]} of {place[2]}" in said


def test_a_receipt_changed_on_its_way_is_said_to_be_invalid(receipt: Page) -> None:
    def change(route: Route) -> None:
        whole = route.fetch().text()
        route.fulfill(body=whole.replace("sales", "owner", 1), content_type="application/json")

    receipt.route("**/receipt.json", change)
    receipt.reload()
    assert verdict(receipt).startswith("Invalid:")
    receipt.unroute("**/receipt.json")


def test_a_head_other_than_everybodys_is_said_to_be_invalid(receipt: Page) -> None:
    def other(route: Route) -> None:
        route.fulfill(body="localhost/log/1\n7\nAAAA\n\n", content_type="text/plain")

    receipt.route("**/checkpoint/*", other)
    receipt.reload()
    assert "not the one we publish" in verdict(receipt)
    receipt.unroute("**/checkpoint/*")


def test_what_cannot_be_fetched_is_not_called_valid(receipt: Page) -> None:
    receipt.route("**/vkey", lambda route: route.fulfill(status=503, body=""))
    receipt.reload()
    assert "nothing was checked" in verdict(receipt)
    receipt.unroute("**/vkey")
