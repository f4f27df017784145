"""One enquiry through the whole house, with a real browser, and what is left of it on the disk."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.site.conftest import Opens
from tests.site.databases import connected, files_of, is_beside_postgres, left_in
from tests.site.demo import ROOT, Demo

pytestmark = pytest.mark.both_stores

VICTOR = {
    "Name": "Viktoria Quillfeather",
    "Company name": "Quillfeather Taxidermy",
    "Address": "77 Xylophone Terrace",
    "Phone number": "+1 202 555 0173",
    "E-mail address": "viktoria.quillfeather@zanzibar.example",
    "Message": "Does the hippogriff ledger rhyme with marmalade?",
}
ANSWER = "Marmalade rhymes with nothing, but Records can hold a hippogriff."
SECRETS = (
    *VICTOR.values(),
    "Quillfeather",
    "quillfeather",
    "+12025550173",
    "2025550173",
    "hippogriff",
    "marmalade",
    ANSWER,
)


@dataclass
class Visit:
    """The people at their screens."""

    demo: Demo
    victor: Page
    staff: Page
    opens: Opens

    def go(self, page: Page, path: str) -> int:
        """Open a page of the company host; the status."""
        answer = page.goto(path if path.startswith("https:") else self.demo.url + path)
        assert answer is not None
        return answer.status

    def become(self, role: str) -> None:
        """Press a button of the role switcher in the foot."""
        self.go(self.staff, "/")
        self.staff.get_by_role("group", name="Demo").get_by_role("button", name=role, exact=True).click()
        expect(self.staff).to_have_url(f"{self.demo.url}/office/")


@pytest.fixture(scope="module")
def visit(demo: Demo, opens: Opens) -> Visit:
    return Visit(demo, opens(java_script_enabled=False).new_page(), opens().new_page(), opens)


def ask(visit: Visit) -> None:
    assert visit.go(visit.victor, "/contact/") == 200
    for label, value in VICTOR.items():
        visit.victor.get_by_label(re.compile(f"^{label}")).fill(value)
    visit.victor.get_by_label("What is it about?").select_option("Support")
    visit.victor.get_by_role("button", name="Send enquiry").click()
    expect(visit.victor).to_have_url(f"{visit.demo.url}/contact/sent/")


def answer(visit: Visit) -> str:
    """Sales find the enquiry and answer it; the address of their page."""
    visit.become("Sales")
    visit.staff.get_by_role("navigation", name="Office").get_by_role("link", name="Enquiries").click()
    visit.staff.get_by_label(re.compile("^E-mail address")).fill("Viktoria.Quillfeather@ZANZIBAR.example")
    visit.staff.get_by_role("button", name="Find address").click()
    visit.staff.get_by_role("link", name=VICTOR["Name"]).click()
    expect(visit.staff.get_by_text(VICTOR["Message"])).to_be_visible()
    place = visit.staff.url
    visit.staff.get_by_label(re.compile("^(Answer|Message|Reply)")).fill(ANSWER)
    visit.staff.get_by_role("button", name="Send answer").click()
    expect(visit.staff).to_have_url(place)
    expect(visit.staff.get_by_text("The answer is on its way.")).to_be_visible()
    return place


def link_in_the_mail(visit: Visit) -> str:
    """The owner looks at what went out; the private link in the confirmation."""
    visit.become("Owner")
    visit.staff.get_by_role("navigation", name="Office").get_by_role("link", name="Outgoing mail").click()
    visit.staff.get_by_role("link", name="We have your enquiry: Support").first.click()
    letter = visit.staff.locator("main").inner_text()
    assert VICTOR["E-mail address"] in letter or "Recipient" not in letter
    (link,) = set(re.findall(r"https://localhost:\d+/enquiries/open/[\w-]{43}/", letter))
    return str(link)


def in_the_log(page: Page) -> None:
    """Reload a receipt's page until the log has taken the entry in."""
    until = time.monotonic() + 20
    while page.get_by_text("waiting for the log").count() and time.monotonic() < until:
        time.sleep(0.3)
        page.reload()
    expect(page.get_by_text("in the log", exact=True)).to_be_visible()


def fetched(profile: BrowserContext, url: str, to: Path) -> Path:
    to.write_bytes(profile.request.get(url).body())
    return to


def verdict(receipt: Path, checkpoint: Path, vkey: Path) -> tuple[int, str]:
    """What the checker says: the standard library alone, in a folder that holds nothing but the package."""
    checked = subprocess.run(
        [sys.executable, "-S", "-E", "-m", "troth.verify", receipt, checkpoint, "--vkey", vkey],
        cwd=ROOT / "src", env={}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not checked.stderr
    return checked.returncode, checked.stdout.splitlines()[0]


def check_the_receipt(visit: Visit, page: Page, folder: Path) -> None:
    page.get_by_role("link", name=re.compile("^Receipt for Sales staff")).first.click()
    in_the_log(page)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download receipt (JSON)").click()
    receipt = folder / "receipt.json"
    saved.value.save_as(receipt)
    log, size = f"{visit.demo.url}/.well-known/troth/log", json.loads(receipt.read_text())["log"]["size"]
    checkpoint = fetched(page.context, f"{log}/checkpoint/{size}", folder / "checkpoint")
    vkey = fetched(page.context, f"{log}/vkey", folder / "vkey")
    code, said = verdict(receipt, checkpoint, vkey)
    assert (code, said.split(":")[0]) == (0, "valid")
    for file in (receipt, checkpoint):
        whole = file.read_bytes()
        file.write_bytes(changed(whole))
        assert verdict(receipt, checkpoint, vkey)[0] == 1, f"a changed {file.name} passed"
        file.write_bytes(whole)


def changed(data: bytes) -> bytes:
    """The same with one byte of its longest run of base64 or hex changed."""
    found = max(re.finditer(rb"[0-9A-Za-z+/]{20,}", data), key=lambda match: len(match.group()))
    at = found.start() + 8
    return data[:at] + (b"1" if data[at : at + 1] != b"1" else b"2") + data[at + 1 :]


def found_on_the_disk(demo: Demo) -> list[str]:
    """Files below the home folder, and the processes' own output, that hold anything Victor wrote, in any coding."""
    # A text that holds a shorter one is found by the shorter one.
    shortest = [text for text in SECRETS if not any(other != text and other in text for other in SECRETS)]
    needles = {text.encode(coding) for text in shortest for coding in ("utf-8", "utf-16-le", "utf-16-be")}
    files = [path for path in demo.home.rglob("*") if path.is_file()]
    if is_beside_postgres():
        files += files_of(demo.settings, (demo.home / "tls" / "authority.pem").stat().st_mtime)
        assert not list(demo.home.glob("*.sqlite3"))
    else:
        assert {"troth.sqlite3", "troth.sqlite3-wal", "keystore.sqlite3"} <= {path.name for path in files}
    return [
        f"{path}: {needle!r}"
        for path in (*files, demo.log)
        for content in (left_in(path) + bytes(path),)
        for needle in needles
        if needle in content
    ]


def test_an_enquiry_is_asked_answered_seen_proven_and_deleted(visit: Visit, tmp_path: Path) -> None:
    ask(visit)
    desk = answer(visit)
    link = link_in_the_mail(visit)
    page = visit.opens(java_script_enabled=False, accept_downloads=True).new_page()
    assert visit.go(page, link) == 200
    thread = page.url
    assert re.fullmatch(rf"{visit.demo.url}/enquiries/[0-9a-f-]{{36}}/", thread), (
        "the token is out of the address bar"
    )
    expect(page.get_by_text(ANSWER)).to_be_visible()
    reading = page.get_by_role("listitem").filter(has_text=re.compile(r"Sales staff\s+read"))
    expect(reading.first).to_contain_text("for answering an enquiry")
    expect(reading.first.get_by_role("link", name="Doing what you asked for")).to_be_visible()
    assert found_on_the_disk(visit.demo) == []
    check_the_receipt(visit, page, tmp_path)
    visit.go(page, thread)
    page.get_by_role("link", name="Delete this enquiry").click()
    expect(page.get_by_text(VICTOR["E-mail address"])).to_be_visible()
    page.get_by_role("button", name="Delete my enquiry for good").click()
    expect(page.get_by_role("heading", name="Your enquiry is deleted")).to_be_visible()
    assert visit.go(page, thread) == 404
    assert visit.go(page, link) == 410
    visit.become("Sales")
    assert visit.go(visit.staff, desk) == 404
    assert found_on_the_disk(visit.demo) == []


def test_the_scan_of_the_disk_finds_what_is_planted(demo: Demo) -> None:
    planted = demo.home / "planted"
    for coding in ("utf-8", "utf-16-le"):
        planted.write_bytes(b"\0\1" + VICTOR["Message"].encode(coding))
        assert found_on_the_disk(demo)
    planted.unlink()
    if is_beside_postgres():
        with connected("troth", demo.settings["TROTH_DATABASE_URL"].rpartition("/")[2]) as store:
            store.execute("CREATE TABLE planted AS SELECT %s::text", [VICTOR["Message"]])
        assert any("pg_wal" in found for found in found_on_the_disk(demo))


def test_the_office_breaks_a_promise_on_purpose_and_mends_it(visit: Visit) -> None:
    # The house's own first round of proofs must not end in the middle of this one.
    until = time.monotonic() + 60
    while "Not checked yet" in visit.demo.browser().get("/privacy/proof/").text and time.monotonic() < until:
        time.sleep(0.3)
    visit.become("Owner")
    for press, state in (("Break it", "broken"), ("Mend it", "kept")):
        visit.go(visit.staff, "/office/")
        visit.staff.get_by_role("button", name=press).click()
        for public in ("/privacy/", "/privacy/proof/"):
            assert visit.go(visit.victor, public) == 200
            assert state_of(visit.victor, "security.measures") == state, proof_of(
                visit.victor, "security.measures"
            )


def proof_of(page: Page, clause: str) -> str:
    """What a public page says beside a clause."""
    return page.locator(f"article[id='{clause}'] details, tr:has-text('{clause}')").first.inner_text()


def state_of(page: Page, clause: str) -> str:
    """The state that a public page shows beside a clause."""
    shown = page.locator(f"article[id='{clause}'] .clause-line .state").or_(
        page.get_by_role("row").filter(has=page.get_by_text(clause, exact=True)).get_by_role("cell").first
    )
    return shown.inner_text().strip().lower()
