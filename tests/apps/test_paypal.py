"""PayPal: approved on its own page, taken once, and everything that may come in between."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.apps.conftest import Secure
from tests.apps.paypal import HOOK, PayPalStub
from tests.apps.test_buying import order_of, over, page, press
from tests.cast import durable, staff
from tests.workspaces.customers import browser, customer
from troth.apps.buying import renewing, settling
from troth.apps.buying.models import Invoice, Order, Payment, PaymentMethod
from troth.config import doctor
from troth.gate.journal.models import Entry
from troth.gate.outbound import payments
from troth.gate.outbound.payments import Asked, ProcessorAway

pytestmark = durable


@pytest.fixture(scope="module")
def server() -> Iterator[PayPalStub]:
    running = PayPalStub()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def stub(server: PayPalStub, settings: Any) -> PayPalStub:
    server.forget()
    settings.TROTH_PROCESSORS = {"paypal": server.settings()}
    settings.TROTH_SECOND_FACTOR = False
    return server


@pytest.fixture
def as_alice(stub: PayPalStub) -> Client:
    return browser(customer())


def told(client: Client, event: tuple[bytes, dict[str, str]]) -> int:
    """PayPal calls."""
    return int(client.post(HOOK, event[0], "application/json", headers=event[1]).status_code)


def back(client: Client, order: Order) -> bytes:
    """Alice comes back from PayPal, whose address has words of its own."""
    return bytes(client.get(f"/orders/{order.pk}/return/?token=X&PayerID=Y").content)


def qualified(client: Client, stub: PayPalStub) -> Order:
    order = order_of(client)
    stub.approve(press(client, order, "verify"))
    back(client, order)
    return Order.objects.get()


def paid(client: Client, stub: PayPalStub) -> Order:
    order = qualified(client, stub)
    stub.approve(press(client, order, "pay"))
    back(client, order)
    return Order.objects.get()


def test_an_order_is_approved_at_paypal_and_taken_once(as_alice: Client, stub: PayPalStub) -> None:
    order = order_of(as_alice)
    url = press(as_alice, order, "verify")
    assert url.startswith("https://www.paypal.example/agreements/approve?")
    assert b"looks again" in back(as_alice, order) and Order.objects.get().state == "begun"
    assert stub.approve(url).startswith(f"https://localhost:8443/orders/{order.pk}/return/?")
    back(as_alice, order)
    assert PaymentMethod.objects.get().processor == "paypal" and "PayPal" in page(as_alice, order)
    url = press(as_alice, order, "pay")
    assert press(as_alice, order, "pay") == url and len(stub.of("order")) == 1
    assert b"looks again" in back(as_alice, order)
    stub.approve(url)
    for _ in range(3):
        back(as_alice, order)
    (there,) = stub.of("order")
    assert there["purchase_units"][0]["amount"] == {"currency_code": "USD", "value": "120.19"}
    assert [each for each in stub.asked if each.endswith("/capture")] == [
        f"POST /v2/checkout/orders/{there['id']}/capture"
    ]
    for _ in range(100):
        assert told(as_alice, stub.capture_event(there)) == 204
    assert Order.objects.get().state == "active" and Invoice.objects.get().gross == 12_019


def test_nobodys_name_or_address_goes_to_paypal_and_none_comes_back(
    as_alice: Client, stub: PayPalStub
) -> None:
    order = paid(as_alice, stub)
    assert not Entry.objects.filter(recipient="payment-processor").exists(), "nothing was disclosed"
    text = json.dumps(list(stub.things.values()))
    assert "Archer" not in text and "Kiln" not in text
    shown = page(as_alice, order) + as_alice.get("/account/privacy/").content.decode()
    assert "7E7MGXCWTTKK2" not in shown
    over(order)
    renewing.renew_due()
    assert set(Entry.objects.filter(recipient="payment-processor").values_list("clauses", "country")) == {
        ("share.processor", "LU")
    }
    assert stub.of("order")[1]["purchase_units"][0]["reference_id"] == str(order.pk)


def test_who_turns_back_pays_nothing_and_goes_on_later(as_alice: Client, stub: PayPalStub) -> None:
    order = qualified(as_alice, stub)
    url = press(as_alice, order, "pay")
    (there,) = stub.of("order")
    assert there["back"]["cancel_url"].endswith(f"/orders/{order.pk}/")
    assert "Go on paying" in page(as_alice, order) and press(as_alice, order, "pay") == url
    del stub.things[there["id"]]  # PayPal forgets what nobody approves
    press(as_alice, order, "pay")
    back(as_alice, order)
    assert "without paying" in page(as_alice, order)
    stub.approve(press(as_alice, order, "pay"))
    back(as_alice, order)
    assert Order.objects.get().state == "active"


def test_who_closed_the_browser_is_found_to_have_approved(as_alice: Client, stub: PayPalStub) -> None:
    order = qualified(as_alice, stub)
    stub.approve(press(as_alice, order, "pay"))
    assert told(as_alice, stub.event("CHECKOUT.ORDER.APPROVED", stub.of("order")[0])) == 204
    assert stub.of("order")[0]["status"] == "APPROVED", "an event takes no money"
    Payment.objects.filter(kind="charge").update(made_at=timezone.now() - timedelta(minutes=5))
    assert settling.look_after() == 1 and Order.objects.get().state == "active"


def test_a_payment_that_paypal_declines_is_said_and_tried_again(as_alice: Client, stub: PayPalStub) -> None:
    order = qualified(as_alice, stub)
    stub.approve(press(as_alice, order, "pay"))
    stub.is_poor = True
    back(as_alice, order)
    assert "Nothing was charged." in page(as_alice, order) and Order.objects.get().state == "qualified"
    stub.is_poor = False
    stub.approve(press(as_alice, order, "pay"))
    back(as_alice, order)
    assert Order.objects.get().state == "active" and Invoice.objects.count() == 1


def test_a_completed_order_with_a_declined_capture_is_no_payment(as_alice: Client, stub: PayPalStub) -> None:
    order = qualified(as_alice, stub)
    press(as_alice, order, "pay")
    (there,) = stub.of("order")
    unit = there["purchase_units"][0]
    unit["payments"] = {"captures": [{"id": "1", "status": "DECLINED", "amount": unit["amount"]}]}
    there["status"] = "COMPLETED"
    assert told(as_alice, stub.capture_event(there)) == 204
    assert Payment.objects.get(kind="charge").state == "failed" and Order.objects.get().state == "qualified"


@pytest.mark.parametrize("step", ["verify", "pay"])
def test_while_paypal_is_away_nothing_is_lost(as_alice: Client, stub: PayPalStub, step: str) -> None:
    order = order_of(as_alice) if step == "verify" else qualified(as_alice, stub)
    stub.is_away = True
    assert press(as_alice, order, step) == f"/orders/{order.pk}/"
    assert "cannot be reached" in page(as_alice, order)
    stub.is_away = False
    url = press(as_alice, order, step)
    stub.approve(url)
    stub.is_away = True
    assert b"looks again" in back(as_alice, order)
    stub.is_away = False
    back(as_alice, order)
    assert Order.objects.get().state == ("active" if step == "pay" else "qualified")


def test_an_answer_that_was_lost_is_asked_for_again(as_alice: Client, stub: PayPalStub) -> None:
    order = qualified(as_alice, stub)
    stub.loses = True
    assert press(as_alice, order, "pay") == f"/orders/{order.pk}/"
    stub.loses = False
    stub.approve(press(as_alice, order, "pay"))
    stub.loses = True
    back(as_alice, order)  # it was captured, and nobody heard it
    stub.loses = False
    back(as_alice, order)
    assert len(stub.of("order")) == 1 and Order.objects.get().state == "active"


def test_a_token_that_was_taken_back_is_fetched_again(as_alice: Client, stub: PayPalStub) -> None:
    order = order_of(as_alice)
    stub.tokens.clear()
    assert press(as_alice, order, "verify").startswith("https://www.paypal.example/")
    assert len(stub.tokens) == 1
    press(as_alice, order, "verify")
    assert len(stub.tokens) == 1, "kept until shortly before its end"


# -- who pretends to be PayPal


def test_what_paypal_did_not_sign_is_not_taken_in(as_alice: Client, stub: PayPalStub) -> None:
    order = qualified(as_alice, stub)
    stub.approve(press(as_alice, order, "pay"))
    (there,) = stub.of("order")
    stub._capture(there)
    body, signed = stub.capture_event(there)
    half = {name: value for name, value in signed.items() if name != "PayPal-Transmission-Sig"}
    for headers in (
        {},
        half,
        {**signed, "PayPal-Transmission-Sig": "guessed"},
        {**signed, "PayPal-Transmission-Id": "1"},
    ):
        assert told(as_alice, (body, headers)) == 400
    assert told(as_alice, (body.replace(b'"amount"', b'"Amount"'), signed)) == 400
    for wrong in (b"", b"[]", b"{", b"[" * 60_000):
        assert told(as_alice, (wrong, signed)) == 400
    assert Order.objects.get().state == "qualified"
    assert told(as_alice, (body, signed)) == 204 and Order.objects.get().state == "active"


def test_an_event_says_nothing_that_paypal_does_not_say_when_asked(
    as_alice: Client, stub: PayPalStub
) -> None:
    order = qualified(as_alice, stub)
    press(as_alice, order, "pay")
    assert told(as_alice, stub.capture_event(stub.of("order")[0])) == 204
    assert Order.objects.get().state == "qualified"


def test_what_others_did_at_the_same_account_is_not_ours(as_alice: Client, stub: PayPalStub) -> None:
    order = qualified(as_alice, stub)
    press(as_alice, order, "pay")
    (there,), asked = stub.of("order"), len(stub.asked)
    for kind, about in (
        ("PAYMENT.CAPTURE.COMPLETED", {"custom_id": "order 17 of a shop", "id": "1"}),
        ("PAYMENT.CAPTURE.COMPLETED", {"custom_id": there["purchase_units"][0]["custom_id"], "id": "1"}),
        ("CHECKOUT.ORDER.COMPLETED", {"id": there["id"]}), ("PAYMENT.CAPTURE.REFUNDED", {}), ("X", there),
    ):  # fmt: skip
        assert told(as_alice, stub.event(kind, about)) == 204
    assert told(as_alice, stub.signed(b'{"event_type": 1, "resource": 2}')) == 204
    assert len(stub.asked) == asked and Order.objects.get().state == "qualified"


def test_late_and_out_of_order_changes_nothing(as_alice: Client, stub: PayPalStub) -> None:
    paid(as_alice, stub)
    (there,), before = stub.of("order"), Order.objects.get().paid_until
    for kind in ("DENIED", "DECLINED", "COMPLETED"):
        assert told(as_alice, stub.capture_event(there, kind)) == 204
    assert Order.objects.get().paid_until == before and Invoice.objects.count() == 1


def test_an_event_that_comes_while_paypal_cannot_be_asked_is_to_come_again(
    as_alice: Client, stub: PayPalStub
) -> None:
    order = qualified(as_alice, stub)
    stub.approve(press(as_alice, order, "pay"))
    stub._capture(stub.of("order")[0])
    event = stub.capture_event(stub.of("order")[0])
    stub.is_away = True
    assert told(as_alice, event) == 503
    stub.is_away = False
    assert told(as_alice, event) == 204 and Order.objects.get().state == "active"


# -- later


def test_a_period_is_collected_by_what_was_approved_once(as_alice: Client, stub: PayPalStub) -> None:
    order = paid(as_alice, stub)
    over(order)
    renewing.renew_due()
    over(order)
    renewing.renew_due()
    _, renewal = stub.of("order")
    assert renewal["payment_source"]["paypal"]["vault_id"] == stub.of("token")[0]["id"]
    assert told(as_alice, stub.capture_event(renewal)) == 204
    assert Invoice.objects.exclude(number=None).count() == 2


def test_a_renewal_that_is_declined_is_reminded_of(as_alice: Client, stub: PayPalStub) -> None:
    order = paid(as_alice, stub)
    over(order)
    stub.is_poor = True
    renewing.renew_due()
    settling.ask_again(order)
    assert Order.objects.get().reminders == 1 and Payment.objects.get(kind="renew").why == "card-declined"
    assert len(stub.of("order")) == 1


def test_a_renewal_that_was_paid_unheard_is_neither_doubled_nor_called_declined(
    as_alice: Client, stub: PayPalStub
) -> None:
    order = paid(as_alice, stub)
    over(order)
    stub.loses = True
    renewing.renew_due()
    stub.loses = False
    stub.answers.clear()  # and PayPal has forgotten the key
    over(order)
    renewing.renew_due()
    assert len(stub.of("order")) == 2 and Order.objects.get().reminders == 0
    assert told(as_alice, stub.capture_event(stub.of("order")[1])) == 204
    assert Invoice.objects.exclude(number=None).count() == 2


def test_a_payment_is_given_back_once_at_paypal(as_alice: Client, stub: PayPalStub) -> None:
    order = paid(as_alice, stub)
    anton = Secure(SERVER_NAME="localhost")
    anton.force_login(staff("administrator", "anton@iplum.example").user)
    place = f"/office/orders/{order.pk}/refund/{Payment.objects.get(kind='charge').pk}/"
    stub.loses = True
    anton.post(place)
    stub.loses = False
    anton.post(place)
    (given,) = stub.of("refund")
    assert told(as_alice, stub.event("PAYMENT.CAPTURE.REFUNDED", given)) == 204
    assert Invoice.objects.get().refunded_at and Payment.objects.get(kind="refund").state == "done"


def test_what_is_given_back_at_paypal_itself_is_given_back_here_and_once(
    as_alice: Client, stub: PayPalStub, caplog: pytest.LogCaptureFixture
) -> None:
    paid(as_alice, stub)
    (order,) = stub.of("order")
    with caplog.at_level(logging.ERROR, "troth.buying"):
        assert told(as_alice, stub.give_back(order, "PARTIALLY_REFUNDED")) == 204
    assert "a part of payment" in caplog.text and not Payment.objects.filter(kind="refund").exists()
    assert told(as_alice, stub.give_back(order)) == told(as_alice, stub.give_back(order)) == 204
    assert Invoice.objects.get().refunded_at and Payment.objects.get(kind="refund").state == "done"
    unmarked = json.loads(json.dumps(order))
    unmarked["purchase_units"][0]["custom_id"] = "somebody else's"
    assert told(as_alice, stub.give_back(unmarked)) == 204
    assert Payment.objects.filter(kind="refund").count() == 1


def test_what_was_given_up_is_not_taken(as_alice: Client, stub: PayPalStub) -> None:
    order = qualified(as_alice, stub)
    stub.approve(press(as_alice, order, "pay"))
    there = stub.of("order")[0]
    settling.call_off(order, is_every=True)
    back(as_alice, order)
    assert told(as_alice, stub.event("CHECKOUT.ORDER.APPROVED", there)) == 204
    assert there["status"] == "APPROVED" and Payment.objects.get(kind="charge").state == "failed"


def test_a_currency_without_hundredths_is_not_asked_in(stub: PayPalStub) -> None:
    with pytest.raises(ProcessorAway, match="JPY"):
        payments.processor("paypal").begin(Asked("charge", "k", "r", amount=100, currency="JPY"))


def test_the_doctor_asks_paypal_whether_it_knows_us(stub: PayPalStub, settings: Any) -> None:
    assert [each.is_well for each in doctor._processors()] == [True]
    for changed, words in (({"secret": "x"}, "does not let us in"), ({"webhook": "9X"}, "no such `webhook`")):
        settings.TROTH_PROCESSORS = {"paypal": {**stub.settings(), **changed}}
        (found,) = doctor._processors()
        assert not found.is_well and words in found.what
    settings.TROTH_PROCESSORS = {"paypal": stub.settings()}
    stub.hook = "https://old.example/paypal"
    (found,) = doctor._processors()
    assert not found.is_well and "another address" in found.what
