"""Buying where two processors are set up, walked in a browser: PayPal (a stub of ours) and cards by Stripe (localstripe).

The company's file, its statement and the files with secrets are those that `docs/payments.md` describes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.apps import localstripe, paypal
from tests.apps.card_page import KEY, SIGNING, CardPage
from tests.house.tree import ROOT
from tests.site.areas import buying
from tests.site.conftest import Opens
from tests.site.databases import fresh_databases
from tests.site.demo import Demo, free_port
from tests.site.pages import Cast
from tests.site.test_pages import AXE, NARROW, WIDE, looks

pytestmark = localstripe.NEEDED
PROCESSORS = """
[[processor]]
kind = "stripe"
recipient = "card-processor"
api = "http://127.0.0.1:{stripe}"
origin = "https://pay.localhost:{cards}"
pages = "intents"
page = "https://pay.localhost:{cards}/"

[[processor]]
kind = "paypal"
recipient = "paypal"
country = "LU"
api = "{paypal}"
origin = "https://pay.localhost:{approval}"

[recipients.card-processor]
name = "Stripe"
country = "US"
desk = "privacy@cards.example"

[recipients.paypal]
name = "PayPal"
country = "LU"
desk = "privacy@paypal.example"
"""
WORDS = """define recipient card-processor "the card processor" under payment-processor
define recipient paypal "PayPal" under payment-processor
"""
UNDER = 'define recipient payment-processor "the payment processor" under service-provider\n'


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo whose company has both."""
    folder = tmp_path_factory.mktemp("processors")
    ports = {name: free_port() for name in ("stripe", "cards", "approval")}
    approval, cards = (
        paypal.ApprovalPage(ports["approval"]),
        CardPage(ports["cards"], f"http://127.0.0.1:{ports['stripe']}"),
    )
    with fresh_databases() as make:
        settings = {**files(folder, ports, approval.stub.url), **make("processors")}
        running = Demo(folder / "home", settings=settings).start()
        tls = running.home / "tls"
        try:
            for page in (approval, cards):
                page.serve(tls / "server.pem", tls / "server.pem")
            with localstripe.serving(ports["stripe"], SSL_CERT_FILE=str(tls / "authority.pem")) as api:
                localstripe.calls(api, f"{running.url}/payments/hook/stripe/")
                yield running
        finally:
            running.stop()
            for each in (approval, cards, approval.stub):
                each.shutdown()
                each.server_close()


def files(folder: Path, ports: dict[str, int], stub: str) -> dict[str, str]:
    """Write what an operator writes; the settings that name it."""
    company = (ROOT / "company.toml").read_text(encoding="utf-8")
    sandbox = re.search(r"\[processor\]\n(?:.+\n)+", company)
    statement = (ROOT / "statement.md").read_text(encoding="utf-8")
    assert sandbox and UNDER in statement
    told = {
        "company": company.replace(sandbox[0], "") + PROCESSORS.format(**ports, paypal=stub),
        "statement": statement.replace(UNDER, UNDER + WORDS),
        "stripe_secrets": f'key = "{KEY}"\nwebhook = "{SIGNING}"\n',
        "paypal_secrets": f'client = "{paypal.CLIENT}"\nsecret = "{paypal.SECRET}"\nwebhook = "{paypal.WEBHOOK}"\n',
    }
    for name, text in told.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {f"TROTH_{name.upper()}": str(folder / name) for name in told}


@pytest.fixture(scope="module")
def cast(demo: Demo, opens: Opens) -> Cast:
    return Cast(demo, opens)


def as_one(cast: Cast, who: str) -> Page:
    page = cast.opens().new_page()
    cast.go(page, f"/services/{buying.PLAN}")
    expect(page.get_by_text("$1,201.90")).to_be_visible()
    page.locator(f"footer button[value='{who}']").click()
    page.wait_for_load_state()
    return page


def at(page: Page, port_of: str) -> None:
    page.wait_for_url(re.compile(rf"^https://pay\.localhost:\d+/{port_of}"))


def test_from_a_price_to_a_workspace_with_paypal(cast: Cast) -> None:
    page = as_one(cast, "charlie")
    buying.begin(cast, page)
    page.get_by_role("button", name="PayPal").click()
    at(page, "agreements")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="PayPal").click()
    page.get_by_role("button", name="Agree").click()
    buying.settled(page)
    page.get_by_role("button", name="Order and pay").click()
    at(page, "checkoutnow")
    page.get_by_role("button", name="Agree").click()
    buying.settled(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.locator("a[href^='/invoices/']")).to_have_count(1)
    page.get_by_role("link", name=re.compile("workspace")).last.click()
    expect(page).to_have_url(re.compile("/workspaces/"))
    proved = json.loads(cast.demo.run("prove", "--clause", "share.processor", "--json").stdout)["clauses"]
    assert [each["status"] for each in proved] == ["kept"] and "PayPal (LU)" in proved[0]["evidence"]


def test_a_card_is_declined_another_is_confirmed_cancelled_and_given_back(cast: Cast) -> None:
    page = as_one(cast, "alice")
    asked = list[tuple[str, str]]()
    page.on("request", lambda request: asked.append((request.url, request.post_data or "")))
    order = buying.begin(cast, page)
    card(page, "4000000000000002")
    expect(page.get_by_text("The card was declined.")).to_be_visible()
    card(page, "4000000000003220", confirms=True)
    expect(page.get_by_text("Visa •••• 3220")).to_be_visible()
    page.get_by_role("button", name="Order and pay").click()
    page.get_by_role("button", name="No", exact=True).click()
    buying.settled(page)
    expect(page.get_by_text("You came back without paying.")).to_be_visible()
    page.get_by_role("button", name="Order and pay").click()
    page.get_by_role("button", name="Yes, it is me").click()
    buying.settled(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("ends then")).to_be_visible()
    office = cast.screen("administrator")
    cast.go(office, f"/office{order}")
    office.get_by_role("button", name=re.compile("[Gg]ive")).click()
    expect(office.get_by_role("button", name=re.compile("[Gg]ive"))).to_have_count(0)
    page.reload()
    expect(page.get_by_text("given back")).to_be_visible()
    typed = [url for url, said in asked if "0000000032" in re.sub(r"\D", "", said)]
    assert typed and all(url.startswith("https://pay.localhost:") for url in typed)


def test_a_choice_of_processors_is_readable_in_any_light_on_any_screen(cast: Cast) -> None:
    page = as_one(cast, "alice")
    buying.begin(cast, page)
    page.evaluate(AXE.axe_script)
    assert not looks(page, WIDE, "light", []) + looks(page, NARROW, "dark", [])


def card(page: Page, number: str, confirms: bool = False) -> None:
    """Show a card on the page that is the processor's."""
    page.get_by_role("button", name="Card", exact=True).click()
    page.get_by_label("Card number").fill(number)
    page.get_by_role("button", name="Use this card").click()
    if confirms:
        page.get_by_role("button", name="Yes, it is me").click()
    buying.settled(page)
