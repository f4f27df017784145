"""A copied session, seen in a browser: out, in again, and told why."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.site import pages
from tests.site.areas import sign_in
from tests.site.conftest import Opens
from tests.site.demo import Demo
from tests.site.pages import Cast

ADDRESS = "milos@iplum.example"


def test_whoever_s_session_was_copied_is_out_and_finds_out_why(demo: Demo, opens: Opens) -> None:
    cast = Cast(demo, opens)
    pages.appoint(cast, ADDRESS)
    page = opens().new_page()
    pages.sign_in(cast, page, ADDRESS)
    cast.go(page, "/account/security/")
    expect(page.get_by_text("this session")).to_be_visible()
    sign_in.show_a_copy(cast, page)
    page.reload()
    page.wait_for_url(re.compile("/accounts/login/"))
    pages.sign_in(cast, page, ADDRESS)
    cast.go(page, "/account/security/")
    expect(page.get_by_text("We ended a session of yours.")).to_be_visible()
    page.get_by_text("The last 1").click()
    expect(page.get_by_text("An old or copied mark of it was shown, so we ended it")).to_be_visible()
    owner = demo.browser().become("owner")
    assert "We ended one of your sessions" in owner.get("/office/mail/").text
