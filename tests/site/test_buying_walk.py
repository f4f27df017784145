"""Buying, walked in a browser: a price, an order, a declined card, one that works, the receipt, a workspace."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.site.areas import buying
from tests.site.conftest import Opens
from tests.site.demo import Demo
from tests.site.pages import Cast

CARD = "4242 4242 4242 4242"


@pytest.fixture(scope="module")
def cast(demo: Demo, opens: Opens) -> Cast:
    return Cast(demo, opens)


def test_from_a_price_to_a_workspace(cast: Cast) -> None:
    page, asked = cast.opens().new_page(), list[tuple[str, str]]()
    page.on("request", lambda request: asked.append((request.url, request.post_data or "")))
    cast.go(page, "/services/")
    page.get_by_label("Employees who will use the Services").fill("12")
    page.get_by_label("Paid").select_option("year")
    page.get_by_label("Country of the billing address").select_option("DE")
    page.get_by_role("button", name="Work it out").click()
    expect(page.get_by_text("$1,201.90")).to_be_visible()
    page.locator("footer button[value='charlie']").click()
    page.wait_for_url(re.compile("/account/"))
    buying.begin(cast, page)
    expect(page.get_by_text("$1,201.90")).to_be_visible()
    buying.verify(page, "4000 0000 0000 0002")
    expect(page.get_by_text("The card was declined.")).to_be_visible()
    page.get_by_role("button", name="Try another").click()
    page.get_by_label("Card number").fill(CARD)
    page.get_by_role("button", name="Use this card").click()
    buying.settled(page)
    expect(page.get_by_text("Visa •••• 4242")).to_be_visible()
    buying.pay(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.locator("a[href^='/invoices/']").click()
    expect(page.get_by_role("heading", name=re.compile(r"Invoice \d{4}-\d{6}"))).to_be_visible()
    page.go_back()
    page.get_by_role("link", name=re.compile("workspace")).last.click()
    expect(page).to_have_url(re.compile("/workspaces/"))
    ours = [said for url, said in asked if url.startswith(cast.demo.url)]
    assert not [said for said in ours if "4242" in said and "424242424242" in re.sub(r"\D", "", said)]
    typed = [url for url, said in asked if "424242424242" in re.sub(r"\D", "", said)]
    assert typed and all(url.startswith("https://pay.localhost:") for url in typed)


def test_paypal_is_approved_and_paid_the_same_way(cast: Cast) -> None:
    page = cast.opens().new_page()
    cast.go(page, "/")
    page.locator("footer button[value='alice']").click()
    page.wait_for_load_state()
    buying.begin(cast, page)
    page.get_by_role("button", name="Verify how you pay").click()
    page.get_by_role("button", name="Approve with PayPal instead").click()
    buying.settled(page)
    buying.pay(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
