"""Somebody reads on without a name, gives one, connects the browser to it, takes that back, and has it all forgotten."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.apps.navigating import FIREFOX
from tests.site.conftest import Opens
from tests.site.databases import line_to
from tests.site.demo import Demo
from tests.site.pages import PASSWORD, Cast
from tests.site.test_own_data_walk import fill_in

NINA = {
    "Name": "Nina Nocturne",
    "Company name": "Nocturne Night Lights",
    "Address": "4 Lantern Lane",
    "Phone number": "+1 202 555 0147",
    "E-mail address": "nina.nocturne@lantern.example",
}
READ = ("/", "/services/", "/customers/", "/testimonials/", "/privacy/", "/contact/")
OWN, BOX = "/account/privacy/", re.compile("connect it to me")


def settled(page: Page, url: str) -> None:
    """Open a page and let its script tell of it."""
    page.goto(url)
    page.wait_for_load_state("networkidle")


def read_without_a_name(demo: Demo, page: Page) -> None:
    for path in READ:
        settled(page, demo.url + path)
    page.get_by_role("banner").get_by_role("link", name="Community").click()
    page.wait_for_url("**://community.localhost:**")
    settled(page, f"{demo.url}/you/")
    expect(
        page.get_by_text(f"We recorded {len(READ)} pages viewed in this browser. We do not know")
    ).to_be_visible()
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows.filter(has_text="/testimonials/")).to_contain_text("Page viewed")
    expect(rows.filter(has_text="Link clicked")).to_contain_text("to community.localhost/")
    settled(page, demo.url + "/")
    expect(page.get_by_role("heading", name="You were here before")).to_be_visible()


def register_without_connecting(cast: Cast, page: Page) -> None:
    settled(page, f"{cast.demo.url}/register/")
    expect(page.get_by_label(BOX)).not_to_be_checked()
    fill_in(page, {**NINA, "Password": PASSWORD})
    page.get_by_role("button", name="Register").click()
    page.wait_for_url("**/register/code/")
    owner = cast.screen("owner")
    cast.go(owner, "/office/mail/")
    letter = owner.get_by_role("row").filter(has_text=NINA["E-mail address"]).first
    letter.get_by_role("link").click()
    (code,) = re.findall(r"^ +(\d{8})$", owner.get_by_role("main").inner_text(), re.MULTILINE)
    fill_in(page, {"Code": code})
    page.get_by_role("button", name="Open my account").click()
    expect(page.get_by_text("Your account is open.")).to_be_visible()
    settled(page, cast.demo.url + OWN)
    expect(page.get_by_text("None: your visits are anonymous.")).to_be_visible()
    settled(page, f"{cast.demo.url}/you/")
    expect(page.get_by_text("We do not know whose it is.")).to_be_visible()


def connect_by_a_form(demo: Demo, page: Page) -> None:
    settled(page, f"{demo.url}/contact/")
    fill_in(page, {**NINA, "Message": "Do your lamps dim?"})
    page.get_by_label("What is it about?").select_option("Support")
    page.get_by_label(BOX).check()
    page.get_by_role("button", name="Send enquiry").click()
    page.wait_for_url("**/contact/sent/")
    settled(page, demo.url + "/")
    expect(page.get_by_role("heading", name=f"Welcome back, {NINA['Name']}")).to_be_visible()
    block = page.get_by_role("region", name="You may want to read")
    expect(block.get_by_role("listitem").first).to_contain_text("goes with")
    block.get_by_text("Why you see this").click()
    expect(block.get_by_text("These go with pages that this browser viewed")).to_be_visible()
    expect(block.get_by_role("link", name="use.personalise")).to_be_visible()


def disconnect_and_forget(demo: Demo, page: Page) -> None:
    with line_to(demo.home, demo.settings) as database:
        asked = "SELECT COUNT(*) FROM navigation_event WHERE path = '/testimonials/'"
        ((before,),) = database.execute(asked).fetchall()
        settled(page, f"{demo.url}/you/")
        expect(page.get_by_text("when an enquiry was sent")).to_be_visible()
        page.get_by_role("button", name="Disconnect it").click()
        expect(page.get_by_text("We recorded nothing that leads to this browser.")).to_be_visible()
        assert database.execute("SELECT COUNT(*) FROM navigation_linkedbrowser").fetchall()[0][0] == 0
        assert database.execute(asked).fetchall()[0][0] == before > 0
    settled(page, demo.url + "/")
    expect(page.get_by_role("heading", name=re.compile("Welcome back"))).to_have_count(0)
    settled(page, f"{demo.url}{OWN}uses/?role=everybody")
    lines = page.get_by_role("main").get_by_role("listitem")
    expect(lines.filter(has_text="took in Number in the cookie")).to_have_count(1)
    expect(lines.filter(has_text="deleted one record for you")).to_have_count(1)
    settled(page, f"{demo.url}/you/")
    expect(page.get_by_text("We do not know whose it is.")).to_be_visible()
    page.get_by_role("button", name="Forget this trail").click()
    expect(page.get_by_text("We recorded nothing that leads to this browser.")).to_be_visible()


def test_a_visitor_stays_nobody_until_they_say_who_they_are_and_is_nobody_again(
    demo: Demo, opens: Opens
) -> None:
    page = opens(user_agent=FIREFOX).new_page()
    read_without_a_name(demo, page)
    register_without_connecting(Cast(demo, opens), page)
    connect_by_a_form(demo, page)
    disconnect_and_forget(demo, page)
