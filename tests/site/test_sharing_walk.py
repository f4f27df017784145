"""What leaves the house, walked in browsers: a call list, a proposal, an order of a court, a joint offer."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from playwright.sync_api import Page, expect

from tests.site.areas import people
from tests.site.areas.legal import approve, enter
from tests.site.conftest import Opens
from tests.site.databases import past
from tests.site.demo import Demo
from tests.site.pages import Cast, press
from tests.site.planting import soon

NORA, COMPANY, PHONE = "nora@salt-glaze.example", "Salt Glaze", "+1 202 555 0171"
OPEN = "import pathlib,sys,pyrage; key, sealed = map(pathlib.Path, sys.argv[1:]); sys.stdout.buffer.write(\
pyrage.decrypt(sealed.read_bytes(), [pyrage.x25519.Identity.from_str(key.read_text())]))"


@pytest.fixture(scope="module")
def cast(demo: Demo, opens: Opens) -> Cast:
    return Cast(demo, opens)


@pytest.fixture(scope="module")
def nora(cast: Cast) -> Page:
    """Nora, whom the sample does not know, with an account."""
    page = cast.opens().new_page()
    people.ask(cast, page, NORA, company=COMPANY)
    people.prove(cast, page, NORA)
    return page


class Authority:
    """Whoever holds a key of age, and opens with a program that is not ours what came under it."""

    def __init__(self, folder: Path) -> None:
        secret = pyrage.x25519.Identity.generate()
        self.public, self._key, self._sealed = str(secret.to_public()), folder / "key.txt", folder / "sealed"
        self._key.write_text(str(secret))

    def opens(self, content: bytes) -> zipfile.ZipFile:
        self._sealed.write_bytes(content)
        stock = ["age", "--decrypt", "--identity", self._key, self._sealed]
        command = stock if shutil.which("age") else [sys.executable, "-c", OPEN, self._key, self._sealed]
        done = subprocess.run(command, capture_output=True, check=True)
        return zipfile.ZipFile(io.BytesIO(done.stdout))


def fetched(page: Page, click: str) -> bytes:
    with page.expect_download() as coming:
        page.get_by_role("main").get_by_text(click).click()
    return Path(coming.value.path()).read_bytes()


def test_a_call_list_is_pulled_and_reported_and_the_caller_sees_who_had_what(cast: Cast, nora: Page) -> None:
    cast.go(nora, "/contact/")
    nora.get_by_label(re.compile("call me|called", re.IGNORECASE)).check()
    press("Send", name="Nora", email=NORA, phone=PHONE, message="Which glaze lasts?")(nora)
    officer, provider = cast.screen("privacy-officer"), cast.opens().new_page()
    cast.go(officer, "/office/providers/")
    officer.get_by_role("table", name="Duties of Ring Round").get_by_role("link").first.click()
    press("Make a key")(officer)
    cast.go(provider, "/providers/")
    press("Open the duty", key=officer.locator("#new-key").inner_text())(provider)
    press("Show the next records")(provider)
    line = provider.locator("main .roster li").filter(has_text=PHONE)
    expect(line).to_have_count(1)
    mark = line.locator(".hash").inner_text()
    press("Send the report", mark=mark, note="Salt lasts, she was told.")(provider)
    expect(provider.get_by_role("status")).to_contain_text("The report is kept.")

    cast.go(nora, "/account/privacy/received/")
    row = (
        nora.get_by_role("row")
        .filter(has_text="the call centre")
        .or_(nora.get_by_role("row").filter(has_text="The call centre"))
    )
    expect(row.first).to_contain_text("IE")
    expect(row.first).to_contain_text("Phone")
    expect(row.first).to_contain_text("contacting you on our behalf")
    row.first.get_by_role("link", name=re.compile("Receipt")).click()
    expect(nora.get_by_role("main")).to_contain_text("The call centre")
    cast.go(officer, "/office/transfers/left/?to=call-centre")
    expect(officer.get_by_role("row").nth(1)).to_contain_text("Ireland")


def test_a_proposal_is_accepted_by_whom_it_is_about_and_by_nobody_else(cast: Cast) -> None:
    alice = cast.screen("alice")
    cast.go(alice, "/account/privacy/proposals/")
    card = alice.locator("section.card").filter(has_text="Phone").first
    expect(card).to_contain_text("(202) 555-0101")
    card.get_by_role("button", name="Accept").click()
    expect(alice.locator("section.card").filter(has_text="Phone").first).to_contain_text("accepted it on")
    assert "+1 202-555-0101" in cast.go(alice, "/account/privacy/held/").text()


def test_an_order_is_entered_approved_answered_in_a_package_and_told_when_that_is_allowed(
    cast: Cast, nora: Page, tmp_path: Path
) -> None:
    court, demo = Authority(tmp_path), cast.demo
    until = f"{datetime.now(UTC) + timedelta(days=20):%Y-%m-%d}"
    path = enter(cast, cast.screen("administrator"), who=NORA, key=court.public, untold_to=until)
    approve(cast, path)
    officer = cast.screen("privacy-officer")
    cast.go(officer, path)
    officer.get_by_role("button", name="Make the package").click()
    files = court.opens(fetched(officer, "Take the package"))
    held = b"".join(files.read(name) for name in files.namelist())
    assert NORA.encode() in held and b"alice@archer.example" not in held
    received, letter = "/account/privacy/received/", "Your data and the law"
    assert "authorities" not in cast.go(nora, received).text()
    owner, mail = demo.browser().become("owner"), "/office/mail/"
    number = path.split("/")[-2]
    past(
        demo.home, demo.settings, f"UPDATE legal_legalrecord SET untold_to = PAST WHERE number = '{number}'",  # noqa: S608 - our own number
        "UPDATE journal_untold SET until = PAST",
        "UPDATE schedule_lease SET due_at = PAST WHERE job = 'legal-notices'",
    )  # fmt: skip

    def letters() -> list[str]:
        found = re.findall(r"/office/mail/[0-9a-f-]{36}/", owner.get(mail).text)[:8]
        return [text for each in found if letter in (text := owner.get(each).text) and NORA in text]

    soon(letters, "no letter about the order")
    assert number in letters()[0]
    assert "authorities" in cast.go(nora, received).text().lower()


def test_interest_is_delivered_opened_by_a_stock_tool_and_taken_back(
    cast: Cast, nora: Page, tmp_path: Path
) -> None:
    partner, sales, title = Authority(tmp_path), cast.screen("sales"), "A kiln inspected for half the price"
    cast.go(sales, "/office/offers/")
    sales.locator("main [name=partner-country]").select_option("DE")
    told = {"name": "Ofenbau Nord", "statement": "https://ofenbau.example/", "desk": "desk@ofenbau.example"}
    press("Register", **{f"partner-{name}": told[name] for name in told}, **{"partner-key": partner.public})(
        sales
    )
    sales.get_by_label("Ofenbau Nord").check()
    for kind in ("Name", "E-mail address"):
        sales.get_by_role("group", name="What the partners get").get_by_label(kind, exact=True).check()
    until = f"{datetime.now(UTC) + timedelta(days=20):%Y-%m-%d}"
    offered = {"offer-title": title, "offer-text": "They come and look.", "offer-ends_on": until}
    press("Put it up", **offered)(sales)
    cast.go(sales, "/office/offers/")
    sales.get_by_role("link", name=title).click()
    offer = sales.url.replace("/office", "")
    press("Make a key for Ofenbau Nord")(sales)
    key = re.findall(r"troth_partner_[\w-]+", sales.content())[0]

    cast.go(nora, offer)
    tick = nora.locator("main form input[type=checkbox]").last
    expect(tick).not_to_be_checked()
    tick.check()
    press("Show interest")(nora)
    theirs = cast.opens().new_page()

    def package(after: str) -> dict[str, Any]:
        cast.go(theirs, "/partners/")
        for name, value in {"key": key, "after": after}.items():
            theirs.locator(f"main [name={name}]").fill(value)
        content = fetched(theirs, "Fetch the next package")
        found: dict[str, Any] = json.loads(partner.opens(content).read("records.json"))
        return found

    first = package("0")
    (record,) = first["records"]
    assert set(record["values"]) == {"contact.name", "contact.email"}
    assert record["values"]["contact.email"] == NORA and not record["again"]
    again = package("0")
    assert [(each["mark"], each["again"]) for each in again["records"]] == [(record["mark"], True)]
    cast.go(nora, offer)
    nora.get_by_role("button", name="Take it back").click()
    last = package("1")
    assert last["records"] == [] and last["withdrawn"] == [record["mark"]]
    cast.go(nora, "/account/privacy/received/")
    expect(nora.get_by_role("main")).to_contain_text(re.compile("joint promotion partner", re.IGNORECASE))
