"""Cards by Stripe: its hosted pages, its keys that make things happen once, and everything that may come in between."""

import json
import logging
import re
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import signing
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests.apps import stripe_stub as there
from tests.apps.conftest import Secure
from tests.apps.processor import PROCESSORS
from tests.apps.stripe_stub import DECLINED, LATE, SECURE, Stub
from tests.apps.test_buying import BILL, order_of, over, page, press
from tests.cast import durable, staff
from tests.workspaces.customers import browser, customer
from troth.accounts.people.models import Membership
from troth.apps.buying import checkout, prices, refunds, renewing, settling
from troth.apps.buying.models import Invoice, Order, Payment, PaymentMethod, SeenEvent
from troth.config import doctor
from troth.gate.journal.models import Entry

pytestmark = durable
HOOK = "/payments/hook/stripe/"


@pytest.fixture(scope="module")
def server() -> Iterator[Stub]:
    running = Stub()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def stub(server: Stub, settings: Any) -> Iterator[Stub]:
    server.things.clear(), server.answers.clear(), server.asked.clear()
    settings.TROTH_PROCESSORS = {"stripe": server.settings()}
    settings.TROTH_SECOND_FACTOR = False
    yield server
    server.is_away = server.loses = False


@pytest.fixture
def as_alice(stub: Stub) -> Client:
    return browser(customer())


def told(client: Client, event: tuple[bytes, dict[str, str]]) -> int:
    """Stripe calls."""
    return int(client.post(HOOK, event[0], "application/json", headers=event[1]).status_code)


def qualified(client: Client, stub: Stub, number: str = there.GOOD) -> Order:
    order = order_of(client)
    assert stub.show_card(press(client, order, "verify"), number) == ""
    (session,) = stub.of("checkout.session")[-1:]
    assert told(client, stub.event("checkout.session.completed", session)) == 204
    return Order.objects.get()


def paid(client: Client, stub: Stub) -> Order:
    order = qualified(client, stub)
    back = press(client, order, "pay")
    assert back.endswith(f"/orders/{order.pk}/return/"), "nothing had to be confirmed"
    client.get(f"/orders/{order.pk}/return/")
    return Order.objects.get()


def test_an_order_is_paid_with_a_card_typed_at_stripe(as_alice: Client, stub: Stub) -> None:
    order = order_of(as_alice)
    url = press(as_alice, order, "verify")
    assert url.startswith("https://checkout.stripe.com/")
    assert stub.show_card(url, DECLINED), "the page says so, and another card is typed there"
    assert stub.show_card(url) == ""
    assert as_alice.get(f"/orders/{order.pk}/return/")["Location"] == f"/orders/{order.pk}/"
    assert "Visa •••• 4242" in page(as_alice, order)
    press(as_alice, order, "pay")
    as_alice.get(f"/orders/{order.pk}/return/")
    (intent,) = stub.of("payment_intent")
    assert (intent["amount"], intent["currency"]) == (12_019, "usd") and intent["status"] == "succeeded"
    assert Order.objects.get().state == "active" and Invoice.objects.get().gross == 12_019
    for _ in range(100):
        assert told(as_alice, stub.event("payment_intent.succeeded", intent)) == 204
    assert Invoice.objects.count() == 1 and Payment.objects.filter(kind="charge").count() == 1


def test_what_comes_back_is_a_reference_a_brand_and_four_digits(as_alice: Client, stub: Stub) -> None:
    qualified(as_alice, stub)
    text = as_alice.get("/account/privacy/").content.decode() + page(as_alice, Order.objects.get())
    assert set(PaymentMethod.seals) == {"reference", "brand", "last4"}
    assert "2031" not in text and there.GOOD not in text


def test_what_stripe_is_given_is_on_record_and_no_more_than_it_takes(as_alice: Client, stub: Stub) -> None:
    order = order_of(as_alice)
    press(as_alice, order, "verify")
    assert not Entry.objects.filter(recipient="payment-processor").exists()
    assert "Archer" not in json.dumps(stub.asked)
    assert stub.show_card(press(as_alice, order, "verify"), SECURE) == ""
    as_alice.get(f"/orders/{order.pk}/return/")
    for _ in range(2):
        press(as_alice, order, "pay")
    sent = Entry.objects.filter(recipient="payment-processor")
    assert sent.count() == 2 and set(sent.values_list("clauses", flat=True)) == {"share.processor"}
    (customer_there,) = stub.of("customer")
    for each in (customer_there, *stub.of("payment_intent")):
        assert each["metadata"]["reference"] == str(order.pk), (
            "by which Stripe is told of corrections and erasures"
        )
    assert customer_there["name"] == "Archer Pottery"
    assert customer_there["address"] == {"line1": "1 Kiln Lane, Springfield"}


def test_a_bank_that_asks_is_answered_on_its_own_page(as_alice: Client, stub: Stub) -> None:
    order = qualified(as_alice, stub, SECURE)
    url = press(as_alice, order, "pay")
    assert url.startswith("https://hooks.stripe.com/3d_secure_2/")
    assert b"looks again" in as_alice.get(f"/orders/{order.pk}/return/").content
    assert press(as_alice, order, "pay") == url and len(stub.of("payment_intent")) == 1
    stub.confirm(url, is_me=False)
    assert told(as_alice, stub.event("payment_intent.payment_failed", stub.of("payment_intent")[0])) == 204
    assert "without paying" in page(as_alice, order) and Order.objects.get().state == "qualified"
    url = press(as_alice, order, "pay")
    stub.confirm(url)
    as_alice.get(f"/orders/{order.pk}/return/")
    assert Order.objects.get().state == "active" and Invoice.objects.count() == 1


def test_a_card_declined_when_charged_is_said_and_another_pays(as_alice: Client, stub: Stub) -> None:
    order = qualified(as_alice, stub, LATE)
    press(as_alice, order, "pay")
    as_alice.get(f"/orders/{order.pk}/return/")
    assert "The card was declined. Nothing was charged." in page(as_alice, order)
    assert stub.show_card(press(as_alice, order, "verify")) == ""
    as_alice.get(f"/orders/{order.pk}/return/")
    press(as_alice, order, "pay")
    as_alice.get(f"/orders/{order.pk}/return/")
    assert Order.objects.get().state == "active"


def test_a_page_that_was_left_is_found_again_and_ends_by_itself(as_alice: Client, stub: Stub) -> None:
    order = order_of(as_alice)
    url = press(as_alice, order, "verify")
    assert press(as_alice, order, "verify") == url and len(stub.of("checkout.session")) == 1
    (session,) = stub.of("checkout.session")
    assert session["cancel_url"].endswith(f"/orders/{order.pk}/")
    session |= {"status": "expired", "url": None}
    assert told(as_alice, stub.event("checkout.session.expired", session)) == 204
    assert Payment.objects.get().state == "failed" and Order.objects.get().state == "begun"
    assert press(as_alice, order, "verify") != url


# -- once


def test_an_answer_that_was_lost_is_asked_for_again_and_charged_once(as_alice: Client, stub: Stub) -> None:
    order = qualified(as_alice, stub)
    stub.loses = True
    assert press(as_alice, order, "pay") == f"/orders/{order.pk}/"
    assert "cannot be reached" in page(as_alice, order)
    stub.loses = False
    for _ in range(3):
        press(as_alice, order, "pay")
    as_alice.get(f"/orders/{order.pk}/return/")
    assert len(stub.of("payment_intent")) == 1 and Order.objects.get().state == "active"
    keys = [key for key in stub.answers if key.endswith("-payment")]
    assert len(keys) == 2, "one for what was verified, one for what was charged"


def test_two_presses_at_the_same_time_make_one_charge(as_alice: Client, stub: Stub) -> None:
    order, ended = qualified(as_alice, stub), list[str]()

    def press_once() -> None:
        try:
            ended.append(checkout.charge(Order.objects.get(pk=order.pk)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press_once) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(ended) == 3 and len(stub.of("payment_intent")) == 1
    assert Payment.objects.filter(kind="charge").count() == 1


def test_an_event_finds_the_payment_whose_answer_was_lost(as_alice: Client, stub: Stub) -> None:
    order = qualified(as_alice, stub)
    stub.loses = True
    press(as_alice, order, "pay")
    assert Payment.objects.get(kind="charge").session is None
    stub.loses = False
    assert told(as_alice, stub.event("payment_intent.succeeded", stub.of("payment_intent")[0])) == 204
    assert Order.objects.get().state == "active" and Payment.objects.get(kind="charge").session


def test_a_key_that_stripe_has_forgotten_charges_nothing_twice(as_alice: Client, stub: Stub) -> None:
    order = qualified(as_alice, stub, SECURE)
    url = press(as_alice, order, "pay")
    stub.answers.clear()  # a day later
    assert press(as_alice, order, "pay") == url and len(stub.of("payment_intent")) == 1


def test_a_charge_whose_answer_was_lost_is_found_a_day_later_and_not_made_anew(
    as_alice: Client, stub: Stub
) -> None:
    order = qualified(as_alice, stub)
    stub.loses = True
    press(as_alice, order, "pay")
    stub.loses = False
    stub.answers.clear()
    Payment.objects.filter(kind="charge").update(made_at=timezone.now() - timedelta(days=2))
    press(as_alice, order, "pay")
    as_alice.get(f"/orders/{order.pk}/return/")
    assert len(stub.of("payment_intent")) == 1 and Order.objects.get().state == "active"


@pytest.mark.parametrize("is_charged", [False, True])
def test_changing_an_order_charges_nobody_though_stripe_was_away_when_it_was_to_be_paid(
    as_alice: Client, stub: Stub, is_charged: bool
) -> None:
    order = qualified(as_alice, stub)
    stub.is_away, stub.loses = not is_charged, is_charged
    press(as_alice, order, "pay")
    stub.is_away = stub.loses = False
    again = {**BILL, "employees": "20", "submission": signing.dumps(order.pk.hex, salt="checkout")}
    as_alice.post("/checkout/", again)
    assert len(stub.of("payment_intent")) == is_charged, "nobody is charged for what is about to change"
    assert Order.objects.get().state == ("active" if is_charged else "qualified")
    if not is_charged:
        press(as_alice, order, "pay")
        assert stub.of("payment_intent")[0]["amount"] == Invoice.objects.get().gross != 12_019


@pytest.mark.parametrize("step", ["verify", "pay"])
def test_while_stripe_is_away_nothing_is_lost(as_alice: Client, stub: Stub, step: str) -> None:
    order = order_of(as_alice) if step == "verify" else qualified(as_alice, stub)
    stub.is_away = True
    assert press(as_alice, order, step) == f"/orders/{order.pk}/"
    assert "cannot be reached" in page(as_alice, order)
    stub.is_away = False
    assert "/orders/" in press(as_alice, order, step) or step == "verify"
    assert Payment.objects.filter(state="open").count() == 1


def test_an_event_that_comes_while_stripe_cannot_be_asked_is_to_come_again(
    as_alice: Client, stub: Stub
) -> None:
    order = order_of(as_alice)
    stub.show_card(press(as_alice, order, "verify"))
    event = stub.event("checkout.session.completed", stub.of("checkout.session")[0])
    stub.is_away = True
    assert told(as_alice, event) == 503 and not SeenEvent.objects.exists()
    stub.is_away = False
    assert told(as_alice, event) == 204 and Order.objects.get().state == "qualified"


# -- who pretends to be Stripe


def test_what_stripe_did_not_sign_is_not_taken_in(as_alice: Client, stub: Stub) -> None:
    order = qualified(as_alice, stub, SECURE)
    stub.confirm(press(as_alice, order, "pay"))
    body, signed = stub.event("payment_intent.succeeded", stub.of("payment_intent")[0])
    text = body.decode()
    for headers in (
        {}, {"Stripe-Signature": ""}, {"Stripe-Signature": "t=1,v1=x"}, {"Stripe-Signature": "v1=" + "9" * 64},
        {"Stripe-Signature": f"t={int(time.time())},v1=\xe9"}, there.sign(text, time.time() - 3600)[1],
        there.sign(text, secret="whsec_guessed")[1],
    ):  # fmt: skip
        assert told(as_alice, (body, headers)) == 400
    assert told(as_alice, (body.replace(b"succeeded", b"SUCCEEDED"), signed)) == 400
    for wrong in ("", "[]", "{", '"x"', "[" * 60_000):
        assert told(as_alice, there.sign(wrong)) == 400
    assert told(as_alice, (b"\xff\xfe", signed)) == 400
    assert Order.objects.get().state == "qualified"
    assert told(as_alice, (body, signed)) == 204 and Order.objects.get().state == "active"


@pytest.mark.parametrize("changed", [{"amount": 1}, {"currency": "eur"}, {"status": "requires_action"}])
def test_an_event_says_nothing_that_stripe_does_not_say_when_asked(
    as_alice: Client, stub: Stub, changed: dict[str, Any]
) -> None:
    order = qualified(as_alice, stub, SECURE)
    stub.confirm(press(as_alice, order, "pay"))
    (intent,) = stub.of("payment_intent")
    claimed = dict(intent)
    intent |= changed  # what is there, whatever the event says
    assert told(as_alice, stub.event("payment_intent.succeeded", claimed)) == 204
    assert Order.objects.get().state == "qualified" and not Invoice.objects.exclude(number=None).exists()


def test_events_of_others_at_the_same_account_are_not_ours(as_alice: Client, stub: Stub) -> None:
    order = qualified(as_alice, stub)
    press(as_alice, order, "pay")
    (intent,) = stub.of("payment_intent")
    asked = len(stub.asked)
    others: list[tuple[bytes, dict[str, str]]] = [
        stub.event("payment_intent.succeeded", {**intent, "metadata": {}}),
        stub.event("payment_intent.succeeded", intent, account="acct_of_another"),
        stub.event("customer.created", intent), stub.event("payment_intent.succeeded", {}),
    ]  # fmt: skip
    assert [told(as_alice, each) for each in others] == [204] * 4
    assert len(stub.asked) == asked and Order.objects.get().state == "qualified"
    theirs = {"payment": "shop-17", "kind": "charge"}
    also = stub._keep("pi", "payment_intent", status="succeeded", amount=1, currency="usd", metadata=theirs)
    assert told(as_alice, stub.event("payment_intent.succeeded", also)) == 404


def test_late_and_out_of_order_changes_nothing(as_alice: Client, stub: Stub) -> None:
    paid(as_alice, stub)
    (intent,) = stub.of("payment_intent")
    before = Order.objects.get().paid_until
    for kind in ("payment_intent.payment_failed", "payment_intent.canceled", "payment_intent.succeeded"):
        assert told(as_alice, stub.event(kind, intent)) == 204
    assert Order.objects.get().paid_until == before and Payment.objects.get(kind="charge").state == "done"


# -- later


def test_a_period_is_collected_without_anybody_and_looked_for_when_nobody_tells(
    as_alice: Client, stub: Stub
) -> None:
    order = paid(as_alice, stub)
    over(order)
    renewing.renew_due()
    renewal = stub.of("payment_intent")[-1]
    assert renewal["metadata"]["kind"] == "renew" and Invoice.objects.count() == 2
    over(order)
    renewing.renew_due()
    assert len(stub.of("payment_intent")) == 2, "asked again, and made once"
    settling.ask_again(order)
    assert Invoice.objects.exclude(number=None).count() == 2


def test_a_renewal_that_the_bank_wants_confirmed_is_reminded_of(as_alice: Client, stub: Stub) -> None:
    order = qualified(as_alice, stub, SECURE)
    stub.confirm(press(as_alice, order, "pay"))
    as_alice.get(f"/orders/{order.pk}/return/")
    over(order)
    renewing.renew_due()
    failed = stub.of("payment_intent")[-1]
    assert told(as_alice, stub.event("payment_intent.payment_failed", failed)) == 204
    assert Order.objects.get().reminders == 1 and Payment.objects.get(kind="renew").why == "abandoned"


def test_a_payment_is_given_back_once_at_stripe(as_alice: Client, stub: Stub) -> None:
    order = paid(as_alice, stub)
    anton = Secure(SERVER_NAME="localhost")
    anton.force_login(staff("administrator", "anton@iplum.example").user)
    place = f"/office/orders/{order.pk}/refund/{Payment.objects.get(kind='charge').pk}/"
    stub.loses = True
    assert anton.post(place).status_code == 302
    stub.loses = False
    assert anton.post(place).status_code == 302
    (back,) = stub.of("refund")
    assert back["amount"] == 12_019
    assert told(as_alice, stub.event("refund.created", back)) == 204
    assert Invoice.objects.get().refunded_at and Payment.objects.get(kind="refund").state == "done"


def test_what_is_given_back_at_stripe_itself_is_given_back_here_and_once(
    as_alice: Client, stub: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    paid(as_alice, stub)
    (intent,) = stub.of("payment_intent")
    with caplog.at_level(logging.ERROR, "troth.buying"):
        assert told(as_alice, stub.give_back(intent, 5_000)) == 204
    assert "a part of payment" in caplog.text and not Payment.objects.filter(kind="refund").exists()
    assert (
        told(as_alice, stub.give_back(intent, 12_019))
        == told(as_alice, stub.give_back(intent, 12_019))
        == 204
    )
    assert Invoice.objects.get().refunded_at
    (back,) = Payment.objects.filter(kind="refund")
    assert (back.state, back.amount) == ("done", 12_019) and not refunds.is_possible(
        Payment.objects.get(kind="charge")
    )
    # Of another shop at our account, and of an intent with a key that nobody here has.
    assert told(as_alice, stub.give_back({**intent, "metadata": {}}, 12_019)) == 204
    stranger = {**intent, "metadata": {**intent["metadata"], "payment": str(uuid4())}}
    assert told(as_alice, stub.give_back(stranger, 12_019)) == 404
    assert stub.of("refund") == [], "and nobody asked for it once more"


def test_an_open_payment_of_another_sum_is_called_off_or_taken_in_as_paid(
    as_alice: Client, stub: Stub
) -> None:
    order = qualified(as_alice, stub, SECURE)
    url = press(as_alice, order, "pay")
    place = Membership.objects.get(customer=order.owner_id)
    checkout.begin(place, order.pk.hex, prices.price(50, "month", "DE"), "Archer Pottery", "1 Kiln Lane")
    new = press(as_alice, order, "pay")
    assert [each["status"] for each in stub.of("payment_intent")] == ["canceled", "requires_action"]
    assert url != new and Payment.objects.filter(kind="charge", state="open").count() == 1


def test_a_plan_changed_after_it_was_paid_is_paid_once(as_alice: Client, stub: Stub) -> None:
    text = as_alice.get("/checkout/").content.decode()
    bill = {**BILL, "submission": re.findall(r'name="submission" value="([^"]+)"', text)[0]}
    as_alice.post("/checkout/", bill)
    order = Order.objects.get()
    stub.show_card(press(as_alice, order, "verify"), SECURE)
    as_alice.get(f"/orders/{order.pk}/return/")
    stub.confirm(press(as_alice, order, "pay"))  # and its event is late
    stub.is_away = True
    as_alice.post("/checkout/", {**bill, "employees": "60"})
    assert "cannot be reached" in page(as_alice, order)
    stub.is_away = False
    as_alice.post("/checkout/", {**bill, "employees": "60"})
    assert "This order is paid." in page(as_alice, order)
    assert Order.objects.get().state == "active" and Invoice.objects.get().gross == 12_019
    assert len(stub.of("payment_intent")) == 1


def test_the_doctor_asks_stripe_whether_it_knows_us(stub: Stub, settings: Any) -> None:
    (found,) = doctor._processors()
    assert found.is_well and "Stripe knows us" in found.what
    for changed, words in (
        ({"key": "sk_test_of_another"}, "AuthenticationError"), ({"webhook": "sk_test"}, "whsec_"),
        ({"recipient": "cards"}, "[recipients.cards]"),
    ):  # fmt: skip
        settings.TROTH_PROCESSORS = {"stripe": {**stub.settings(), **changed}}
        wrong = next(each for each in doctor._processors() if not each.is_well)
        assert words in wrong.what and there.KEY not in wrong.what and there.SIGNING not in wrong.what
    stub.is_away = True
    settings.TROTH_PROCESSORS = {"stripe": stub.settings()}
    assert not next(doctor._processors()).is_well
    settings.TROTH_PROCESSORS, settings.TROTH_DEMO = PROCESSORS, False
    (found,) = doctor._processors()
    assert found.is_well and "nothing can be bought" in found.what
