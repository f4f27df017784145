"""Cards by Stripe's intents, against `localstripe`: servers of Stripe's interface that nobody here wrote."""

import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from tests.apps import localstripe
from tests.apps.card_page import Cards
from tests.apps.conftest import Secure
from tests.apps.test_buying import order_of, over, page, press
from tests.cast import durable, staff
from tests.workspaces.customers import browser, customer
from troth.apps.buying import renewing
from troth.apps.buying.models import Invoice, Order, Payment, PaymentMethod
from troth.gate.outbound import payments

pytestmark = [durable, localstripe.NEEDED]
GOOD, DECLINED, LATE, SECURE = "4242424242424242", "4000000000000002", "4000000000000341", "4000000000003220"
PAGE = "https://cards.example/element"
Calls = queue.Queue[tuple[bytes, dict[str, str]]]


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    with localstripe.serving() as url:
        yield url


@pytest.fixture
def cards(api: str, settings: Any) -> Cards:
    settings.TROTH_PROCESSORS = {"stripe": localstripe.settings(api, PAGE)}
    settings.TROTH_SECOND_FACTOR = False
    return Cards(api)


@pytest.fixture
def as_alice(cards: Cards) -> Client:
    return browser(customer())


@pytest.fixture
def heard(api: str) -> Iterator[Calls]:
    """What it calls to tell, as it comes."""
    calls: Calls = queue.Queue()

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            calls.put((body, {"Stripe-Signature": self.headers["Stripe-Signature"]}))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    ear = HTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=ear.serve_forever, daemon=True).start()
    localstripe.calls(api, f"http://127.0.0.1:{ear.server_address[1]}/")
    yield calls
    ear.shutdown()
    ear.server_close()


def intent_of(url: str) -> str:
    assert url.startswith(PAGE)
    return parse_qs(urlsplit(url).query)["intent"][0]


def qualified(client: Client, cards: Cards, number: str = GOOD) -> Order:
    order = order_of(client)
    intent = intent_of(press(client, order, "verify"))
    if cards.type(intent, number) == "3d-secure":
        cards.answer(intent, is_me=True)
    client.get(f"/orders/{order.pk}/return/")
    return Order.objects.get()


def test_an_order_is_paid_renewed_and_given_back(as_alice: Client, cards: Cards, heard: Calls) -> None:
    order = qualified(as_alice, cards)
    assert "Visa •••• 4242" in page(as_alice, order) and order.state == "qualified"
    press(as_alice, order, "pay")
    body, headers = heard.get(timeout=10)
    while b'"payment_intent.succeeded"' not in body:
        body, headers = heard.get(timeout=10)
    place = "/payments/hook/stripe/"
    for _ in range(3):
        assert as_alice.post(place, body, "application/json", headers=headers).status_code == 204
    assert as_alice.post(place, body + b" ", "application/json", headers=headers).status_code == 400
    assert Order.objects.get().state == "active" and Invoice.objects.get().gross == 12_019
    over(order)
    renewing.renew_due()
    as_alice.get(f"/orders/{order.pk}/return/")
    assert Invoice.objects.exclude(number=None).count() == 2
    anton = Secure(SERVER_NAME="localhost")
    anton.force_login(staff("administrator", "anton@iplum.example").user)
    anton.post(f"/office/orders/{order.pk}/refund/{Payment.objects.get(kind='charge').pk}/")
    as_alice.get(f"/orders/{order.pk}/return/")
    assert Invoice.objects.exclude(refunded_at=None).count() == 1


def test_a_declined_card_is_said_and_another_is_tried(as_alice: Client, cards: Cards) -> None:
    order = order_of(as_alice)
    assert "declined" in cards.type(intent_of(press(as_alice, order, "verify")), DECLINED)
    as_alice.get(f"/orders/{order.pk}/return/")
    assert "The card was declined." in page(as_alice, order) and Order.objects.get().state == "declined"
    assert cards.type(intent_of(press(as_alice, order, "verify")), GOOD) == ""
    as_alice.get(f"/orders/{order.pk}/return/")
    assert Order.objects.get().state == "qualified" and PaymentMethod.objects.count() == 1


def test_a_card_declined_when_charged_pays_nothing(as_alice: Client, cards: Cards) -> None:
    order = qualified(as_alice, cards, LATE)
    press(as_alice, order, "pay")
    as_alice.get(f"/orders/{order.pk}/return/")
    assert "The card was declined. Nothing was charged." in page(as_alice, order)
    assert not Invoice.objects.exclude(number=None).exists()


def test_a_bank_that_asks_and_gets_no_answer_then_one(as_alice: Client, cards: Cards) -> None:
    order = qualified(as_alice, cards, SECURE)
    url = press(as_alice, order, "pay")
    assert b"looks again" in as_alice.get(f"/orders/{order.pk}/return/").content
    assert press(as_alice, order, "pay") == url
    cards.answer(intent_of(url), is_me=False)
    as_alice.get(f"/orders/{order.pk}/return/")
    assert "without paying" in page(as_alice, order)
    cards.answer(intent_of(press(as_alice, order, "pay")), is_me=True)
    as_alice.get(f"/orders/{order.pk}/return/")
    assert Order.objects.get().state == "active" and Invoice.objects.count() == 1


def test_it_knows_us(cards: Cards) -> None:
    payments.processor("stripe").probe()
