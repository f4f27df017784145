"""The office's page of who works here: some do, one is invited under a long name, one has left."""

import re
from collections.abc import Callable

from playwright.sync_api import Page

from tests.site.pages import Cast, Shown, press

PAGE = "/office/staff/"
INVITED = {
    "name": "Wilhelmina Featherstonehaugh-Cholmondeley", "role": "support", "country": "GB",
    "email": "wilhelmina.featherstonehaugh-cholmondeley@a-rather-long-domain-name-for-a-narrow-screen.example",
}  # fmt: skip
LEFT = {"name": "Lena Left", "email": "lena@iplum.example", "role": "sales", "country": "CZ"}


def fill(cast: Cast) -> None:
    """The owner invites two, and one of them leaves."""
    owner = cast.demo.browser().become("owner")
    for invited in (INVITED, LEFT):
        assert owner.fill_in(PAGE, invited, to=f"{PAGE}invite/").status == 302
    to_lena = re.compile(
        r"/office/staff/[0-9a-f-]{36}/left/(?=(?:(?!</form>).)*Lena Left has left)", re.DOTALL
    )
    assert owner.fill_in(PAGE, {}, to=to_lena.findall(owner.get(PAGE).text)[0]).status == 302
    assert owner.get(PAGE).text.rpartition("Have left")[2].count("Lena Left")


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("office-staff", "owner", PAGE),
    Shown("office-staff, an administrator", "administrator", PAGE),
    Shown("office-staff, wrong", "owner", PAGE, 422, press("Invite", name="", email="lena")),
)
NO_PAGES: dict[str, str] = dict.fromkeys(
    (
        "office-staff-invite", "office-staff-again", "office-staff-role", "office-staff-sign-out", "office-staff-left",
        "office-staff-back", "office-staff-anew",
    ),
    "POST, redirects",
)  # fmt: skip
