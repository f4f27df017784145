"""Somebody new holds their own data in their hands: from registering to leaving without a trace and coming back."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.accounts.test_passkeys import Device
from tests.site.conftest import Opens
from tests.site.demo import ROOT, Demo
from tests.site.pages import Cast
from tests.site.test_receipt_page import verdict as said_in_the_page
from tests.site.test_walk import changed, fetched, in_the_log, verdict

NORA = {
    "Name": "Nora Newcomer",
    "Company name": "Newcomer Nautical Clocks",
    "Address": "9 Halyard Row",
    "Phone number": "+1 202 555 0144",
    "E-mail address": "nora.newcomer@halyard.example",
}
ADDRESS, COMPANY, WRONG_PHONE = NORA["E-mail address"], NORA["Company name"], NORA["Phone number"]
PHONE = "+1 202 555 0188"
QUESTION = "Do your clocks strike eight bells?"
ANSWER = "They strike whatever the watch asks for."
OWN, PASSKEYS, SIGN_IN = "/account/privacy/", "/accounts/2fa/webauthn/", "/accounts/login/"
LOG = "/.well-known/troth/log/"
WHAT_BECOMES_OF_IT = (
    "Enquiry: 1",
    "Reply: 1",
    "Account: 1",
    "Our backups hold",
    "Nothing that a clause makes us keep",
)
EMPTY = {
    f"{OWN}held/": WRONG_PHONE, f"{OWN}uses/?role=everybody": "newest first", f"{OWN}export/": "Nothing yet",
    "/account/requests/": "No requests", PASSKEYS: "No passkeys yet",
}  # fmt: skip
"""What stands on the pages of a new account."""


@dataclass
class Walk:
    """Nora at her laptop, the office at its screens."""

    cast: Cast
    laptop: Device

    @property
    def page(self) -> Page:
        return self.laptop.page

    def read_mail(self, subject: str, seconds: float = 30) -> Page:
        """The owner opens the newest message to Nora with this subject, as soon as it is there."""
        owner, until = self.cast.screen("owner"), time.monotonic() + seconds
        wanted = owner.get_by_role("row").filter(has_text=ADDRESS).filter(has_text=subject)
        self.cast.go(owner, "/office/mail/")
        while not wanted.count() and time.monotonic() < until:
            time.sleep(0.3)
            owner.reload()
        wanted.first.get_by_role("link").click()
        expect(owner.get_by_role("heading", name=subject)).to_be_visible()
        return owner


@pytest.fixture
def walk(demo: Demo, opens: Opens) -> Walk:
    return Walk(Cast(demo, opens), Device(opens().new_page(), demo))


def fill_in(page: Page, values: dict[str, str]) -> None:
    for label, value in values.items():
        page.get_by_role("main").get_by_label(re.compile(f"^{label}")).fill(value)


# -- an account


def register(walk: Walk) -> None:
    """With a passkey to come, and so without a password."""
    walk.laptop.go("/register/")
    fill_in(walk.page, NORA)
    walk.laptop.press("Register")
    walk.page.wait_for_url("**/register/code/")
    letter = walk.read_mail("to finish your registration").get_by_role("main").inner_text()
    (code,) = re.findall(r"^ +(\d{8})$", letter, re.MULTILINE)
    fill_in(walk.page, {"Code": code})
    walk.laptop.press("Open my account")
    walk.page.wait_for_url(f"**{PASSKEYS}add/")
    expect(walk.page.get_by_text("Your account is open.")).to_be_visible()


def add_a_passkey(walk: Walk) -> None:
    fill_in(walk.page, {"Name": "Nora’s laptop"})
    walk.laptop.press("Add a passkey")
    expect(walk.page.get_by_text("passkey is added")).to_be_visible()
    assert len(walk.laptop.credentials()) == 1


def sign_out_and_in(walk: Walk) -> None:
    walk.page.get_by_role("button", name="Sign out").click()
    walk.page.wait_for_url(walk.cast.demo.url + "/")
    assert not walk.laptop.is_in()
    walk.laptop.go(SIGN_IN)
    walk.laptop.press("Sign in with a passkey")
    walk.page.wait_for_url("**/account/")
    expect(walk.page.get_by_role("heading", name=NORA["Name"])).to_be_visible()


def confirm_with_the_passkey(walk: Walk, then: str) -> None:
    """What she does when the last sign is older than ten minutes, before a page that wants a fresh one."""
    walk.laptop.go(f"/accounts/reauthenticate/?next={then}")
    walk.laptop.press("Confirm with a passkey")
    walk.page.wait_for_url(f"**{then}")


# -- her data, and who used it


def correct_the_phone(walk: Walk) -> None:
    page = walk.laptop.go("/account/")
    expect(page.get_by_text(WRONG_PHONE)).to_be_visible()
    page.get_by_role("link", name="Correct it").click()
    fill_in(page, {"Phone number": PHONE})
    walk.laptop.press("Correct it")
    expect(page.get_by_text("Corrected.")).to_be_visible()
    expect(walk.laptop.go("/account/").get_by_text(PHONE)).to_be_visible()


def ask_and_be_answered(walk: Walk) -> None:
    """Nora asks, signed in; sales find it by her address, read and answer it."""
    walk.laptop.go("/contact/")
    fill_in(walk.page, {**NORA, "Phone number": PHONE, "Message": QUESTION})
    walk.page.get_by_label("What is it about?").select_option("Support")
    walk.laptop.press("Send enquiry")
    walk.page.wait_for_url("**/contact/sent/")
    sales = walk.cast.screen("sales")
    walk.cast.go(sales, "/office/enquiries/")
    fill_in(sales, {"E-mail address": ADDRESS})
    sales.get_by_role("button", name="Find address").click()
    sales.get_by_role("link", name=NORA["Name"]).click()
    expect(sales.get_by_text(QUESTION)).to_be_visible()
    fill_in(sales, {"Reply": ANSWER})
    sales.get_by_role("button", name="Send answer").click()
    expect(sales.get_by_text("The answer is on its way.")).to_be_visible()


def see_who_used_it(walk: Walk) -> None:
    """Role, what, clause and time of the staff's look; its receipt is then open."""
    page = walk.laptop.go(OWN)
    page.get_by_role("link", name="See every use").click()
    page.get_by_role("combobox", name="Who").select_option("Sales staff")
    walk.laptop.press("Show")
    lines = page.get_by_role("main").get_by_role("listitem")
    look = lines.filter(has_text=re.compile("read .*Message")).first
    expect(look).to_contain_text("Sales staff")
    expect(look).to_contain_text("for answering an enquiry")
    expect(look.get_by_role("link", name="Doing what you asked for")).to_be_visible()
    assert look.locator("time").get_attribute("datetime")
    look.get_by_role("link", name="Receipt").click()
    expect(page.get_by_role("heading", name="One use of your data")).to_be_visible()


def check_its_receipt_in_the_page(walk: Walk) -> None:
    in_the_log(walk.page)
    assert said_in_the_page(walk.page).startswith("Valid:")

    def change(route: Route) -> None:
        route.fulfill(body=changed(route.fetch().body()), content_type="application/json")

    walk.page.route("**/receipt.json", change)
    walk.page.reload()
    assert said_in_the_page(walk.page).startswith("Invalid:")
    walk.page.unroute("**/receipt.json")


# -- taking it along


def take_it_along(walk: Walk, folder: Path) -> Path:
    """All but the messages, in one archive."""
    confirm_with_the_passkey(walk, f"{OWN}export/new/")
    walk.page.get_by_label("Messages we send").uncheck()
    walk.laptop.press("Put it together")
    download, until = walk.page.get_by_role("link", name="Download (ZIP)"), time.monotonic() + 30
    while not download.count() and time.monotonic() < until:
        time.sleep(0.3)
        walk.laptop.go(f"{OWN}export/?still=1")
    with walk.page.expect_download() as saved:
        download.click()
    archive = folder / "your-data.zip"
    saved.value.save_as(archive)
    return archive


def check_it_offline(walk: Walk, archive: Path) -> None:
    """The checker, with the standard library alone, finds it whole; inside is the corrected phone, and no message."""
    vkey = fetched(walk.page.context, walk.cast.demo.url + LOG + "vkey", archive.with_name("vkey"))
    checked = subprocess.run(
        [sys.executable, "-S", "-E", "-m", "troth.verify", archive, "--vkey", vkey],
        cwd=ROOT / "src", env={}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0 and checked.stdout.startswith("valid:"), checked.stdout + checked.stderr
    assert re.search(r"receipts +[1-9]\d* proven", checked.stdout)
    with zipfile.ZipFile(archive) as opened:
        told = json.loads(opened.read("data.json"))
    (account,) = (row["values"] for row in told["rows"] if row["model"] == "people.Person")
    assert [each["value"] for each in account if each["category"] == "contact.phone"] == [PHONE]
    held = {each["category"] for row in told["rows"] for each in row["values"]}
    assert {"enquiry.message", "enquiry.reply"} <= held
    assert not any(category.startswith("correspondence") for category in held)


# -- leaving, and coming back


def close_the_company(walk: Walk) -> None:
    """A company's only owner cannot leave it behind: the page of leaving says so, and what to do."""
    page = walk.laptop.go(f"{OWN}erase/")
    expect(page.get_by_role("alert")).to_contain_text("You are the last owner of a company.")
    expect(page.get_by_role("button", name="Erase everything about me")).to_have_count(0)
    walk.laptop.go("/account/people/").get_by_role("link", name=f"Close {COMPANY}").click()
    fill_in(page, {"Name of the company": COMPANY})
    walk.laptop.press("Close the company for good")
    expect(page.get_by_text("The company is closed.")).to_be_visible()


def erase(walk: Walk) -> None:
    """She reads what goes and what stays, shows that it is her, types her address, and all of it is gone."""
    confirm_with_the_passkey(walk, f"{OWN}erase/")
    for words in WHAT_BECOMES_OF_IT:
        expect(walk.page.get_by_role("main")).to_contain_text(words)
    fill_in(walk.page, {"Your e-mail address": ADDRESS})
    walk.laptop.press("Erase everything about me")
    expect(walk.page.get_by_role("heading", name="It is erased")).to_be_visible()
    sales = walk.cast.screen("sales")
    assert walk.cast.go(sales, sales.url).status == 404


def be_refused(walk: Walk) -> None:
    assert not walk.laptop.is_in()
    walk.laptop.go(SIGN_IN)
    walk.laptop.press("Sign in with a passkey")
    expect(walk.page.get_by_text("This was not accepted.").first).to_be_visible()
    assert not walk.laptop.is_in()


def check_the_receipt_of_the_erasure(walk: Walk, folder: Path) -> None:
    """It comes by mail once the last trace is gone, says nothing of her, and an outsider finds it valid."""
    letter = walk.read_mail("Your data has been erased")
    letter.get_by_text("Attached: receipt.json").click()
    receipt = folder / "erased.json"
    receipt.write_text(letter.locator("details .letter").inner_text(), encoding="utf-8")
    told, log = json.loads(receipt.read_bytes()), walk.cast.demo.url + LOG
    head = fetched(letter.context, f"{log}checkpoint/{told['log']['size']}", folder / "checkpoint")
    code, said = verdict(receipt, head, fetched(letter.context, f"{log}vkey", folder / "vkey"))
    assert (code, said.split(":")[0]) == (0, "valid")
    assert '"erased":' in told["detail"]
    assert not any(value in receipt.read_text() for value in NORA.values())


def come_back(walk: Walk) -> None:
    """The same address registers again; nothing of before is there."""
    register(walk)
    for path, words in EMPTY.items():
        page = walk.laptop.go(path).get_by_role("main")
        expect(page).to_contain_text(words)
        for before in (PHONE, QUESTION, ANSWER, "Sales staff"):
            expect(page).not_to_contain_text(before)


def test_somebody_new_sees_corrects_takes_along_and_erases_what_is_theirs_and_comes_back_to_nothing(
    walk: Walk, tmp_path: Path
) -> None:
    register(walk)
    add_a_passkey(walk)
    sign_out_and_in(walk)
    correct_the_phone(walk)
    ask_and_be_answered(walk)
    see_who_used_it(walk)
    check_its_receipt_in_the_page(walk)
    check_it_offline(walk, take_it_along(walk, tmp_path))
    close_the_company(walk)
    erase(walk)
    be_refused(walk)
    check_the_receipt_of_the_erasure(walk, tmp_path)
    come_back(walk)
