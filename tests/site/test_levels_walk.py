"""A company sets its security to what it deems necessary, in browsers without scripts."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.site import pages
from tests.site.areas import people
from tests.site.conftest import Opens
from tests.site.demo import Demo
from tests.site.pages import Cast

LENA = "lena@millwrights.example"


def test_an_owner_chooses_sees_what_changes_and_it_holds_at_once(demo: Demo, opens: Opens) -> None:
    cast = Cast(demo, opens)
    people.HOUSE[:] = [cast]
    here, there = (opens(java_script_enabled=False).new_page() for _ in range(2))
    people.ask(cast, here, LENA, company="Lenas Millwrights")
    people.prove(cast, here, LENA)
    cast.go(here, "/account/people/")
    here.get_by_role("link", name="Security of Lenas Millwrights").click()
    expect(here.get_by_text("has chosen nothing yet")).to_be_visible()
    here.get_by_role("link", name="Choose").click()
    # What would lock her out is not taken.
    here.get_by_label("High").check()
    here.get_by_role("button", name="See what changes").click()
    expect(here.get_by_role("alert")).to_contain_text("lock you out")
    here.get_by_label("Basic").check()
    here.get_by_label("Sessions at once").fill("1")
    here.get_by_label("Time away").fill("20")
    here.get_by_role("button", name="See what changes").click()
    expect(here.get_by_role("main")).to_contain_text("60 minutes")
    expect(here.locator("ins").first).to_have_text("20 minutes")
    here.get_by_role("button", name="Save").click()
    expect(here.get_by_text("This holds from now on.")).to_be_visible()
    expect(here.get_by_role("row").filter(has_text="Time away")).to_contain_text("20 minutes")
    here.get_by_label("From which address").fill("192.0.2.1")
    here.get_by_role("button", name="Try it").click()
    expect(here.get_by_role("status")).to_contain_text("Yes, it would be let in.")
    # The second browser is the one session that she may have now.
    pages.sign_in(cast, there, LENA)
    cast.go(there, "/account/security/")
    expect(there.get_by_text("ends after 20 minutes without you")).to_be_visible()
    here.reload()
    cast.go(here, "/account/")
    here.wait_for_url(re.compile("/accounts/login/"))
    assert "security was changed" in demo.browser().become("owner").get("/office/mail/").text
