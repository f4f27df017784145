"""Another version of the statement comes into force in a house that runs: what it opens stays closed for older data."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.site.areas import people
from tests.site.databases import fresh_databases, past
from tests.site.demo import ROOT, Answer, Browser, Demo
from tests.site.pages import PASSWORD, Cast
from tests.site.planting import soon

NORA, VICTOR = "nora@salt-glaze.example", "victor@nowhere.example"
OLD = "allow share of contact, correspondence for contacting-on-our-behalf with call-centre, mailer given duty\n"
OPENING = OLD + "allow share of enquiry.message for contacting-on-our-behalf with call-centre given duty\n"
WORDS = {NORA: "Which glaze lasts?", VICTOR: "What does a kiln cost?"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A house of its own: a version that is in force in the shared one would be in force for every test."""
    with fresh_databases() as make:
        running = Demo(tmp_path_factory.mktemp("version") / "home", settings=make("version")).start()
        yield running
        running.stop()


def day(days: int = 0) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


def asks_for_a_call(browser: Browser, address: str) -> None:
    told = {
        "name": "Somebody",
        "email": address,
        "phone": "+1 202 555 0171",
        "wants_call": "on",
        "topic": "Services",
    }
    assert browser.fill_in("/contact/", {**told, "message": WORDS[address]}).status == 302


def registers(house: Demo) -> Browser:
    """Nora, with an account."""
    hers = house.browser()
    told = {"name": "Nora", "company": "Salt Glaze", "email": NORA, "password": PASSWORD}
    assert hers.fill_in("/register/", told).status == 302
    code = people.in_mail(Cast(house, lambda **_: None), people.CODE, NORA)  # type: ignore[arg-type, return-value]
    assert hers.fill_in("/register/code/", {"code": code}).status == 302
    return hers


def publish(house: Demo, text: str) -> None:
    """One drafts it, two approve: in force from today."""
    admin, edge = house.browser().become("administrator"), "a-line-between-the-parts"
    fields = {"from_day": day(), "csrfmiddlewaretoken": admin.get("/office/versions/").text}
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', fields["csrfmiddlewaretoken"])[-1]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="'
    body = (
        f'{head}csrfmiddlewaretoken"\r\n\r\n{token}\r\n{head}from_day"\r\n\r\n{day()}\r\n'
        f'{head}text"; filename="statement.md"\r\nContent-Type: text/markdown\r\n\r\n{text}\r\n--{edge}--\r\n'
    )
    sent = admin.send(
        "POST", "/office/versions/draft/", body.encode(), f"multipart/form-data; boundary={edge}"
    )
    assert sent.status == 302, re.findall(r'class="error[^>]*>([^<]+)', sent.text)
    for role in ("privacy-officer", "owner"):
        by = house.browser().become(role)
        assert by.fill_in(sent.header("location"), {}, sent.header("location") + "approve/").status == 302
    assert "Published" in admin.get(sent.header("location")).text


def begin_duty(house: Demo) -> tuple[Answer, Browser]:
    """Ask for a duty of the call centre that needs what people wrote."""
    officer = house.browser().become("privacy-officer")
    wanted = {
        "recipient": "call-centre", "rule": "asked-for-a-call", "categories": "enquiry.message", "channel": "pull",
        "ends_on": day(30),
    }  # fmt: skip
    return officer.fill_in("/office/providers/", wanted, "/office/providers/duty/"), officer


def heard(house: Demo, key: str) -> set[str]:
    """What a pull by the key hands over, from the beginning."""
    line = house.browser().connected()
    line.request("GET", "/api/v1/duty/records/?after=0", headers={"Authorization": f"Bearer {key}"})
    answer: http.client.HTTPResponse = line.getresponse()
    told: dict[str, Any] = json.loads(answer.read())
    assert answer.status == 200, told
    return {each["values"]["enquiry.message"] for each in told["records"]}


def test_what_a_version_opens_stays_closed_for_older_data_until_its_owner_agrees(house: Demo) -> None:
    nora, victor = registers(house), house.browser()
    asks_for_a_call(nora, NORA)
    refused, _ = begin_duty(house)
    assert refused.status == 422, "the version of the files does not share what people wrote"
    text = (ROOT / "statement.md").read_text(encoding="utf-8")
    assert text.count(OLD) == 1
    publish(house, text.replace(OLD, OPENING))
    begun: list[tuple[Answer, Browser]] = []

    def begins() -> bool:  # each process looks for another version once a second
        begun.append(begin_duty(house))
        return begun[-1][0].status == 302

    soon(begins, "the version is in force nowhere")
    path, officer = begun[-1][0].header("location"), begun[-1][1]
    made = officer.fill_in(path, {}, path + "key/").text
    key = re.findall(r"troth_duty_[\w-]{43}", made)[0]
    asks_for_a_call(victor, VICTOR)
    assert WORDS[VICTOR] in heard(house, key) and WORDS[NORA] not in heard(house, key)
    past(house.home, house.settings, "UPDATE schedule_lease SET due_at = PAST WHERE job = 'versions'")
    soon(lambda: "Our privacy statement has changed." in nora.get("/account/").text, "Nora was not told")
    assert WORDS[NORA] not in heard(house, key), "being told is not agreeing"
    assert nora.fill_in("/account/statement/", {}, "/account/statement/agree/").status == 302
    assert {WORDS[NORA], WORDS[VICTOR]} <= heard(house, key)
    assert "Our privacy statement has changed." not in nora.get("/account/").text
    assert "under another version" in nora.get("/account/privacy/uses/?role=everybody").text
