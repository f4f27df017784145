"""Words of one person, planted wherever words come in: what forms, mails, headers and staff say of somebody.

Those that are kept must open until the erasure; those that only pass must never be found.
"""

from __future__ import annotations

import email
import email.policy
import http.client
import json
import re
import secrets
import string
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.accounts.test_passkeys import ADD, Device
from tests.site.conftest import Opens
from tests.site.demo import PLAIN_BELOW, Answer, Browser, Demo, hidden
from tests.site.opening import unzipped

BOB, DORA = "bob.baptiste@stays.example", "dora.dahl@stays.example"
"""Who stays: he was a colleague of the person, she is invited in their name."""

PASSWORD = "lamp tractor oblique"
STEM = "".join(secrets.choice(string.ascii_lowercase) for _ in range(10))
"""How every word begins, so that one search finds any.  Letters alone: no URL and no JSON spells them another way."""

NUMBERS = iter(secrets.SystemRandom().sample(range(10, 100), 90))


class Words(dict[str, str]):
    """Random words by the place each is planted in, drawn at its first mention."""

    def __missing__(self, place: str) -> str:
        tail = "".join(secrets.choice(string.ascii_lowercase) for _ in range(8))
        self[place] = f"21255501{next(NUMBERS)}" if place.endswith("phone") else STEM + tail
        return self[place]

    def address(self, place: str) -> str:
        return f"{self[place]}@planted.example"

    def contact(self, place: str, *names: str) -> dict[str, str]:
        """What a form asks somebody about themselves."""
        texts = {"name": "Zoë {}", "company": "{} & Daughters", "address": "7 {} Street", "phone": "+1{}"}
        return {name: texts[name].format(self[f"{place}: {name}"]) for name in names or texts}


KEPT, PASSING = Words(), Words()
"""Words that are kept, and words that only pass: they are refused, or corrected."""

FIRST, SECOND = KEPT.address("first address"), KEPT.address("second address")
SECRET = f"{PASSWORD} {PASSING['password']}"


class Carrier:
    """A mail carrier that keeps what it took, in no file."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Any]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.taken += [(address, letter) for address in envelope.rcpt_tos]
        return "250 OK"

    def find(self, address: str, subject: str, pattern: str) -> str:
        """What a pattern finds in the newest letter to an address whose subject begins so, once there is one."""

        def texts() -> list[str]:
            return [str(mail.get_body().get_content()) for to, mail in list(self.taken)
                    if to == address and mail["Subject"].startswith(subject)]  # fmt: skip

        soon(texts, f"no letter: {subject}")
        return str(re.findall(pattern, texts()[-1])[0])

    def code(self, address: str, what_for: str) -> str:
        return self.find(address, f"Your code {what_for}", r"\s(\d{8})\s")

    def link(self, address: str, subject: str) -> str:
        return self.find(address, subject, r"https://localhost:\d+(/\S+/[\w-]{43}/)")


def soon(true: Callable[[], object], otherwise: str, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, otherwise
        time.sleep(0.05)


class Visitor(Browser):
    """A browser that can say more than it must."""

    more: dict[str, str]

    def connected(self) -> Any:
        line: Any = super().connected()
        line.request = lambda way, path, body, headers: http.client.HTTPConnection.request(
            line, way, path, body, {**headers, **self.more}
        )
        return line

    def sends(self, page: str, fields: dict[str, str], to: str = "", status: int = 302) -> Answer:
        """Fill in the form of a page on a line of its own: the last one may have been idle for too long."""
        self.close()
        answer = self.fill_in(page, fields, to)
        assert answer.status == status, answer.text
        return answer


@dataclass
class Show:
    """One house, and the carrier of its mail."""

    folder: Path
    demo: Demo
    carrier: Carrier

    def visitor(self, role: str = "", **headers: str) -> Visitor:
        found = Visitor(self.demo.port, self.demo.home / "tls" / "authority.pem")
        found.more = {name.replace("_", "-"): value for name, value in headers.items()}
        if role:
            found.become(role)
        return found


# -- planting


def pass_by(show: Show) -> None:
    """What comes in and is never kept: headers, paths, attempts to sign in, forms that are refused."""
    word = PASSING
    loud = show.visitor(
        User_Agent=word["user agent"], Referer=f"https://{word['referer']}.example/", Accept_Language=word["language"],
        Cookie=f"__Host-session={word['cookie']}", X_Forwarded_For=word["forwarded"], Authorization=word["authorization"],
    )  # fmt: skip
    assert loud.get(f"/contact/?from={word['query']}").status == 200
    assert loud.get(f"/{word['path']}/").status == 404
    assert loud.get(f"/privacy/request/open/{word['private link']}/").status == 410
    assert loud.post("/contact/", {"message": word["form from elsewhere"]}).status == 403
    assert show.visitor(Host=f"{word['host']}.example").get("/").status == 400
    with closing(http.client.HTTPConnection("127.0.0.1", show.demo.port - PLAIN_BELOW)) as plain:
        plain.request("GET", f"/{word['plain path']}", headers={"Host": "localhost"})
        assert word["plain path"] in str(plain.getresponse().getheader("location"))
    visitor, card = show.visitor(), f"{word['beside a card']} 4111 1111 1111 1111"
    refused = visitor.sends("/contact/", {**word.contact("refused enquiry"), "message": card}, status=422)
    assert word["beside a card"] in refused.text
    unknown = {"login": word.address("unknown sign-in"), "password": word["wrong password"]}
    visitor.sends("/accounts/login/", unknown, status=200)
    visitor.sends("/accounts/password/reset/", {"email": word.address("unknown reset")})
    advised = {**hidden(visitor.get("/register/").text, "/register/"), "password": word["advised password"]}
    assert visitor.post("/accounts/password/advice/", advised).status == 200


def enquire(show: Show, place: str, browser: Visitor) -> None:
    said = {"topic": "Support", "email": FIRST, "message": f"Who is {KEPT[f'{place}: message']}?"}
    browser.sends("/contact/", {**KEPT.contact(place), **said})


def converse(show: Show) -> str:
    """An enquiry before there is an account, answered by staff and written to again; the page of its thread."""
    visitor, sales = show.visitor(), show.visitor("sales")
    enquire(show, "first enquiry", visitor)
    visitor.get(show.carrier.link(FIRST, "We have your enquiry"))
    found = sales.fill_in("/office/enquiries/", {"email": FIRST}).text
    desk = str(re.findall(r'"(/office/enquiries/[\w-]{36}/)"', found)[0])
    sales.sends(desk, {"message": f"It is {KEPT['answer of staff']}."}, desk + "answer/")
    thread = desk.removeprefix("/office")
    visitor.sends(thread, {"message": f"Or {KEPT['reply of the visitor']}?"}, thread + "reply/")
    return thread


def register(show: Show) -> Visitor:
    """Registered at the second go: the first is refused and shows what was typed."""
    person = show.visitor(User_Agent=f"Mozilla/5.0 {KEPT['browser that registered']}")
    wrong = {**PASSING.contact("refused registration"), "email": PASSING["refused address"]}
    refused = person.sends("/register/", {**wrong, "password": PASSING["refused password"]}, status=422)
    assert wrong["email"] in refused.text
    person.sends("/register/", {**PASSING.contact("registration"), "email": FIRST, "password": SECRET})
    person.sends("/register/code/", {"code": show.carrier.code(FIRST, "to finish")})
    return person


def correct(show: Show, person: Visitor) -> None:
    """On the pages and over the API: each value of the registration opens until then, and not after."""
    held = person.get("/account/privacy/held/").text
    assert all(PASSING[f"registration: {name}"] in held for name in ("name", "company", "address", "phone"))
    new = KEPT.contact("correction", "name", "company", "phone")
    for group, names in (("name", ("name", "company")), ("phone", ("phone",))):
        person.sends(f"/account/privacy/correct/{group}/", {name: new[name] for name in names})
    token = person.cookies["__Host-csrf"]
    api = show.visitor(Content_Type="application/json", Origin=show.demo.url, X_CSRFToken=token)
    api.cookies, me = person.cookies, "/api/v1/me"
    asked = {"kind": "correction", "text": KEPT["request over the API"]}
    for way, path, wanted, status in (
        ("PATCH", me, {"address": PASSING["address over the API"]}, 200),
        ("PATCH", me, {"surname": PASSING["surname"]}, 422), ("POST", f"{me}/requests", asked, 201),
    ):  # fmt: skip
        assert api._ask(way, path, json.dumps(wanted)).status == status


def invite(show: Show, person: Visitor) -> str:
    """Somebody is invited who never comes, Bob who joins, and in another company Dora.  The own company's page."""
    page = person.get("/account/people/").header("location")
    person.sends(page, {"name": f"{KEPT['company renamed']} Works"}, page + "name/")
    refused = {"email": PASSING["refused invitation"], "role": "member"}
    assert refused["email"] in person.sends(page, refused, page + "invite/", 422).text
    alice = show.visitor("alice")
    other = alice.get("/account/people/").header("location")
    for browser, company, address, role in (
        (person, page, KEPT.address("invited"), "member"), (person, page, BOB, "member"),
        (alice, other, FIRST, "administrator"),
    ):  # fmt: skip
        browser.sends(company, {"email": address, "role": role}, company + "invite/")
    person.get(show.carrier.link(FIRST, "Join"))
    person.sends("/join/", {})
    person.sends(other, {"email": DORA, "role": "member"}, other + "invite/")
    bob = show.visitor()
    bob.get(show.carrier.link(BOB, "Join"))
    bob.sends("/join/", {"name": "Bob Baptiste", "password": f"{PASSWORD} fennel"})
    bob.sends("/register/code/", {"code": show.carrier.code(BOB, "to finish")})
    return page


def ask_the_desk(show: Show, person: Visitor) -> tuple[Visitor, str]:
    """Requests by the person, and two under the same address by somebody not signed in; what the officer writes.

    Who asked for the deletion, and the page on which it waits to be confirmed.
    """
    ask, officer = "/privacy/request/", show.visitor("privacy-officer")

    def desk(page: str, act: str, **said: str) -> None:
        at = page.replace(ask, "/office/requests/")
        officer.sends(at, said, f"{at}{act}/")

    for kind in ("deletion", "correction"):
        page = person.sends(ask, {"kind": kind, "text": KEPT[f"request: {kind}"]}).header("location")
        person.sends(page, {"text": KEPT[f"message about a {kind}"]}, page + "write/")
        desk(page, "message", text=KEPT[f"message of the officer: {kind}"])
        if kind == "deletion":
            desk(page, "close", text=KEPT["outcome"], outcome="refused", clause="rights.update")
    places = officer.get(page.replace(ask, "/office/requests/") + "correct/").text
    field = re.findall(r'Account,.*?href="(\S+/address/)"', places, re.DOTALL)[0]
    officer.sends(field, {"address": KEPT["address by the officer"]})
    for kind in ("deletion", "access"):
        visitor, text = show.visitor(), KEPT[f"unsigned request: {kind}"]
        page = visitor.sends(ask, {"kind": kind, "email": FIRST, "text": text}).header("location")
        visitor.sends(page + "code/", {"code": PASSING["no code"]}, status=422)
        if kind == "deletion":
            desk(page, "identity", text=KEPT["how the officer knows"])
            visitor.sends(page, {"text": KEPT["message without an account"]}, page + "write/")
            deletion = visitor, page
    visitor.sends(page + "code/", {"code": show.carrier.code(FIRST, f"for request {page.split('/')[-2]}")})
    soon(lambda: visitor.get(page + "archive/").status == 200, "no archive for who proved the address")
    return deletion


def move(show: Show, person: Visitor) -> None:
    """A new address that is never proven, and one that is; signed in from another browser.  The old one begins anew.

    In this order: an address that changes right after another browser came is taken for a theft.
    """
    for address in (KEPT.address("address never proven"), SECOND):
        person.sends("/account/email/", {"email": address})
    person.sends("/account/email/code/", {"code": show.carrier.code(SECOND, "to move")})
    again = show.visitor(User_Agent=KEPT["browser that signed in"])
    again.sends("/accounts/login/", {"login": SECOND, "password": SECRET})
    begun = {"email": FIRST, "password": SECRET}
    show.visitor().sends("/register/", {**KEPT.contact("unfinished registration"), **begun})


def add_passkey(show: Show, person: Visitor, opens: Opens) -> None:
    """In a browser with an authenticator, which takes the person's session over and gives it back."""
    person.sends("/accounts/reauthenticate/", {"password": SECRET})
    context, url = opens(), show.demo.url
    for name, value in person.cookies.items():
        context.add_cookies([{"name": name, "value": value, "url": url, "secure": True}])
    device = Device(context.new_page(), show.demo)
    page = device.go(ADD)
    page.locator("input[name=name]").fill(f"{KEPT['passkey']}’s laptop")
    device.press("Add a passkey")
    page.wait_for_url("**/recovery-codes/")
    person.cookies |= {each["name"]: each["value"] for each in context.cookies()}


def take_along(show: Show, person: Visitor) -> str:
    """All that the person's archive holds, as one text; it stays on the disk."""
    asked = {"kind": "portability", "text": KEPT["request for all of it"]}
    page = person.sends("/privacy/request/", asked).header("location")
    soon(lambda: person.get(page + "archive/").status == 200, "no archive")
    return unzipped(person.get(page + "archive/").body)
