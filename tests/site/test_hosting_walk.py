"""Hosting, walked as a Customer does: data comes in, is found, asked and shared, and nobody else's hands are on it."""

from __future__ import annotations

import importlib.resources
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.site.areas.people import in_mail
from tests.site.areas.support import explain
from tests.site.conftest import Opens
from tests.site.demo import Demo
from tests.site.pages import Cast

LINK = re.compile(r"https://localhost:\d+(/workspaces/offers/[\w-]+/)")
COUNTRY = re.compile("Afghanistan|Zimbabwe|Albania|Zambia|Yemen")


@pytest.fixture(scope="module")
def cast(demo: Demo, opens: Opens) -> Cast:
    return Cast(demo, opens)


def as_one_of_the_sample(cast: Cast, who: str) -> Page:
    page = cast.opens().new_page()
    cast.go(page, "/")
    page.locator(f"footer button[value='{who}']").click()
    page.wait_for_load_state()
    return page


def countries(folder: Path) -> Path:
    """The public-domain table of countries that comes with the time zone database, as CSV."""
    table = importlib.resources.files("tzdata") / "zoneinfo" / "iso3166.tab"
    rows = [
        line.split("\t")
        for line in table.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    path = folder / "countries.csv"
    path.write_text("Code,Country\n" + "".join(f'{code},"{name}"\n' for code, name in rows), encoding="utf-8")
    return path


def soon(cast: Cast, page: Page, path: str, is_there: Callable[[str], bool], seconds: float = 60.0) -> str:
    """A page once it says so."""
    until = time.monotonic() + seconds
    while not is_there(text := cast.go(page, path).text()):
        assert time.monotonic() < until, page.locator("main").inner_text()
        time.sleep(0.3)
    return text


def here(page: Page) -> str:
    return "/" + page.url.split("/", 3)[3]


def test_data_is_brought_in_found_asked_shared_taken_back_and_looked_at_by_consent(
    cast: Cast, tmp_path: Path
) -> None:
    alice = as_one_of_the_sample(cast, "alice")
    home = begin(cast, alice)
    collection = bring_in(cast, alice, home, countries(tmp_path))
    find(cast, alice, collection)
    ask(cast, alice, home)
    share(cast, alice, home, collection)
    look(cast, alice, home)


def begin(cast: Cast, alice: Page) -> str:
    """A workspace of her own, with an empty collection."""
    cast.go(alice, "/workspaces/new/")
    alice.locator("main [name=name]").fill("Atlas")
    alice.get_by_role("button", name="Make the workspace").click()
    alice.wait_for_url(re.compile(r"/workspaces/[0-9a-f-]{36}/$"))
    return here(alice)


def bring_in(cast: Cast, alice: Page, home: str, file: Path) -> str:
    """The CSV becomes records: a column for the code, one for the name."""
    cast.go(alice, home + "records/new/")
    alice.get_by_label("Nothing: you add each field yourself").check()
    alice.locator("main [name=name]").fill("Countries")
    alice.get_by_role("main").locator("form button.button").first.click()
    alice.wait_for_url(re.compile(r"/records/[0-9a-f-]{36}/"))
    found = re.search(r"/workspaces/[0-9a-f-]+/records/[0-9a-f-]{36}/", alice.url)
    assert found
    cast.go(alice, found[0] + "import/")
    alice.locator("main input[type=file]").set_input_files(file)
    alice.get_by_role("main").locator("form button.button").first.click()
    alice.wait_for_url(re.compile(r"/import/[0-9a-f-]{36}/|/imports/[0-9a-f-]{36}/"), timeout=30_000)
    alice.locator("main [name=found_0]").select_option(label="Searchable")
    alice.get_by_role("button", name="Import", exact=True).click()
    alice.wait_for_load_state()
    page = here(alice)
    soon(cast, alice, page, lambda text: "renews itself" not in text)
    assert "249" in alice.locator("main").inner_text()
    return found[0]


def find(cast: Cast, alice: Page, collection: str) -> None:
    """One of 249, by its code."""
    cast.go(alice, collection)
    alice.get_by_label("Find a whole value").fill("af")
    alice.get_by_role("button", name="Find", exact=True).click()
    alice.wait_for_load_state()
    shown = alice.locator("main").inner_text()
    assert "Afghanistan" in shown and "Albania" not in shown


def ask(cast: Cast, alice: Page, home: str) -> None:
    """A query over what came in, and its plot."""
    cast.go(alice, home + "queries/")
    alice.locator("main [name=sql]").fill(
        'SELECT left("Country", 1) AS "Initial", count(*) AS "Countries" FROM "Countries" GROUP BY 1 ORDER BY 1'
    )
    alice.get_by_role("button", name="Run", exact=True).click()
    alice.wait_for_url(re.compile("/queries/runs/"))
    text = soon(cast, alice, here(alice), lambda text: "renews itself" not in text)
    assert "Countries by Initial" in text and alice.locator("main svg.bar").count() > 20


def share(cast: Cast, alice: Page, home: str, collection: str) -> None:
    """Charlie sees the one collection until Friday, and nothing once it is taken back."""
    friday = next(day for n in range(1, 8) if (day := datetime.now(UTC) + timedelta(days=n)).weekday() == 4)
    cast.go(alice, home + "people/")
    form = alice.locator("main form[action$='/offer/']")
    form.locator("[name=email]").fill("charlie@chen.example")
    form.locator("[name=part]").select_option(label="Countries")
    form.locator("[name=last_day]").fill(friday.date().isoformat())
    form.get_by_role("button", name="Send the offer").click()
    alice.wait_for_load_state()
    charlie = as_one_of_the_sample(cast, "charlie")
    assert cast.go(charlie, collection).status == 404
    cast.go(charlie, in_mail(cast, LINK, "charlie@chen.example"))
    charlie.get_by_role("button", name="Accept").click()
    charlie.wait_for_load_state()
    assert COUNTRY.search(cast.go(charlie, collection).text())
    assert cast.go(charlie, home + "settings/").status == 403
    cast.go(alice, home + "people/")
    alice.get_by_role("button", name="End it for Charlie").click()
    alice.wait_for_load_state()
    assert cast.go(charlie, collection).status == 404 and cast.go(charlie, home).status == 404


def look(cast: Cast, alice: Page, home: str) -> None:
    """Support sees nothing, is asked, looks with a reason, and Alice has the look in her log at once."""
    support = cast.screen("support")
    text = cast.go(support, "/office/workspaces/").text()
    assert "Countries" not in text and "Afghanistan" not in text
    cast.go(alice, home + "help/")
    alice.locator("main textarea").first.fill("Is a country missing?")
    alice.get_by_label("Countries").check()
    alice.get_by_role("button", name="Open the request").click()
    alice.wait_for_load_state()
    number = alice.locator("main .roster .id").first.inner_text()
    cast.go(support, f"/office/looks/{number}/{home.split('/')[2]}/")
    assert not COUNTRY.search(support.locator("main").inner_text())
    explain(support)
    support.get_by_role("link", name="Countries").click()
    support.wait_for_load_state()
    assert COUNTRY.search(support.locator("main").inner_text())
    told = cast.go(alice, home + "log/").text()
    assert number in told and "upport staff" in told
