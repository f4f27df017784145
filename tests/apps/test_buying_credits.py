"""What a referral brings: credit that comes off the referrer's company's next invoices, once, and never below zero."""

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import signing
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests.apps import processor
from tests.apps.buying_house import (
    BILL,
    anton,
    order_of,
    over,
    page,
    paid,
    press,
    renewed,
    set_up,
    told,
    verified,
)
from tests.apps.processor import InProcess, approve
from tests.cast import durable
from tests.workspaces.customers import CHARLIE, browser, colleague, customer
from troth.accounts.people import credits
from troth.accounts.people.models import Membership, Person
from troth.apps.buying import books, checkout, jobs, prices, refunds, renewing
from troth.apps.buying.models import Books, Invoice, Order, Payment
from troth.apps.referrals import flows
from troth.apps.referrals.models import Reward, Spending
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM, act, using

pytestmark = durable


@pytest.fixture(autouse=True)
def at_hand(settings: Any) -> Iterator[None]:
    set_up(settings)
    yield
    InProcess.is_away = False


@pytest.fixture
def alice() -> Person:
    return customer()


@pytest.fixture
def as_alice(alice: Person) -> Client:
    return browser(alice)


def company_of(person: Person) -> uuid.UUID:
    return Membership.objects.get(owner=person.owner_id).customer_id


def joined(person: Person, times: int = 1) -> None:
    """Somebody comes by a person's link and opens an account."""
    code = flows.begin(person.owner_id).code
    for _ in range(times):
        flows.credit_joining(code, uuid.uuid4())


def test_somebody_who_joined_takes_ten_dollars_off_the_next_invoice_and_off_no_other(
    as_alice: Client, alice: Person
) -> None:
    joined(alice)
    order = verified(as_alice, order_of(as_alice))
    text = page(as_alice, order)
    assert "Credit for referrals" in text and "-$10.00" in text and "Order and pay $110.19" in text
    url = press(as_alice, order, "pay", sum="11019")
    assert InProcess.book.find(processor.session_of(url)).amount == 11_019  # type: ignore[union-attr]
    approve(url)
    assert told(as_alice, url) == 204
    bill = Invoice.objects.get()
    assert (bill.gross, bill.credit, bill.to_pay) == (12_019, 1_000, 11_019)
    assert "Credit for referrals" in as_alice.get(f"/invoices/{bill.pk}/").content.decode()
    programme = as_alice.get("/account/referrals/").content.decode()
    assert "10.00 USD came off earlier ones" in programme
    over(Order.objects.get())
    assert told(as_alice, f"/{renewed().session}") == 204
    assert Invoice.objects.exclude(pk=bill.pk).get().credit == 0


def test_more_credit_than_an_invoice_costs_stays_for_the_next_and_nothing_is_charged(
    as_alice: Client, alice: Person
) -> None:
    joined(alice, 13)
    order = verified(as_alice, order_of(as_alice))
    assert press(as_alice, order, "pay", sum="0") == f"/orders/{order.pk}/"
    assert Order.objects.get().state == "active" and not Payment.objects.filter(kind="charge").exists()
    assert Invoice.objects.get().to_pay == 0 and credits.left(company_of(alice), "USD") == 13_000 - 12_019
    over(Order.objects.get())
    assert told(as_alice, f"/{renewed().session}") == 204
    assert (
        Invoice.objects.order_by("-number")[0].credit == 981 and credits.left(company_of(alice), "USD") == 0
    )
    assert [
        number[-6:] for number in Invoice.objects.order_by("number").values_list("number", flat=True)
    ] == [
        "000001",
        "000002",
    ]


def test_credit_covers_a_renewal_and_an_invoice_paid_later_too(as_alice: Client, alice: Person) -> None:
    order = paid(as_alice)
    joined(alice, 20)
    over(order)
    renewing.renew_due()
    assert Invoice.objects.count() == 2 and not Payment.objects.filter(kind="renew").exists()
    Order.objects.update(means="invoice")
    over(order)
    renewing.renew_due()
    owed = Payment.objects.get(kind="bill")
    assert owed.amount == 2 * 12_019 - 20_000 and owed.invoice and owed.invoice.to_pay == owed.amount


@pytest.mark.parametrize("currency", ["EUR", "usd"])
def test_credit_of_another_currency_stays_where_it_is(as_alice: Client, alice: Person, currency: str) -> None:
    joined(alice)
    Reward.objects.update(currency=currency)
    paid(as_alice)
    assert Invoice.objects.get().credit == 0 and Reward.objects.get().used == 0


def test_nobody_elses_company_gets_it(as_alice: Client, alice: Person) -> None:
    joined(customer(CHARLIE))
    paid(as_alice)
    assert Invoice.objects.get().credit == 0 and credits.left(company_of(alice), "USD") == 0


def test_two_invoices_at_once_use_a_credit_once(alice: Person) -> None:
    joined(alice, 3)
    company, drafts = company_of(alice), []
    for _ in range(5):
        order = Order(owner_id=company, period="month")
        with using(checkout.COLLECTING, by=SYSTEM, given=order, at=checkout.PLACE), act():
            order.save(force_insert=True)
            drafts.append((order, books.draft(order, prices.price(3, "month", "US"), "A", "B", 3)))

    def issue(order: Order, bill: Invoice) -> None:
        try:
            books.credited(bill)
            with using(checkout.COLLECTING, by=SYSTEM, given=order, at=checkout.PLACE), act():
                books.issue(Invoice.objects.get(pk=bill.pk), timezone.now())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=issue, args=pair) for pair in drafts]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(Invoice.objects.values_list("credit", flat=True), reverse=True) == [2_900, 100, 0, 0, 0]
    assert Books.objects.get().last == 5 and {row.used for row in Reward.objects.all()} == {1_000}
    assert sum(Spending.objects.values_list("cents", flat=True)) == 3_000


def test_what_an_abandoned_order_held_is_there_again(as_alice: Client, alice: Person) -> None:
    joined(alice)
    order = verified(as_alice, order_of(as_alice))
    press(as_alice, order, "pay")
    assert credits.left(company_of(alice), "USD") == 0
    Order.objects.update(begun_at=timezone.now() - checkout.STALE)
    assert checkout.end_stale() == 0, "somebody could still pay for it"
    jobs.tidy()
    assert not Order.objects.exists()
    assert credits.left(company_of(alice), "USD") == 1_000 and not Spending.objects.exists()


def test_a_payment_given_back_gives_the_credit_back(as_alice: Client, alice: Person) -> None:
    joined(alice)
    order = paid(as_alice)
    charge = Payment.objects.get(kind="charge")
    assert anton().post(f"/office/orders/{order.pk}/refund/{charge.pk}/").status_code == 302
    back = Payment.objects.get(kind="refund")
    assert back.amount == 11_019 and told(as_alice, f"/{back.session}") == 204
    assert credits.left(company_of(alice), "USD") == 1_000


def test_erasing_the_referrer_leaves_the_invoice_and_nothing_of_the_referral(
    as_alice: Client, alice: Person
) -> None:
    joined(alice)
    bob = colleague(alice)
    Membership.objects.filter(owner=bob.owner_id).update(role="owner")
    paid(as_alice)
    erase(alice.owner_id.hex, SYSTEM)
    assert Invoice.objects.get().credit == 1_000
    assert not Reward.objects.exists() and not Spending.objects.exists()


def test_erasing_the_company_leaves_no_way_from_a_person_to_its_invoice(
    as_alice: Client, alice: Person
) -> None:
    joined(alice, 2)
    paid(as_alice)
    erase(company_of(alice).hex, SYSTEM)
    assert not Spending.objects.exists() and not Reward.objects.exclude(company=None).exists()


# -- a sum that was shown is the sum that is paid


def test_a_sum_that_changed_since_the_page_was_shown_is_not_charged(as_alice: Client, alice: Person) -> None:
    order = verified(as_alice, order_of(as_alice))
    place = Membership.objects.get(customer=order.owner_id)
    checkout.begin(place, order.pk.hex, prices.price(50, "month", "DE"), "Archer Pottery", "1 Kiln Lane")
    assert press(as_alice, order, "pay", sum="12019") == f"/orders/{order.pk}/"
    assert (
        "changed in another window" in page(as_alice, order)
        and not Payment.objects.filter(kind="charge").exists()
    )


def test_what_was_paid_for_an_order_changed_meanwhile_is_given_back_once(as_alice: Client) -> None:
    order = verified(as_alice, order_of(as_alice))
    old = press(as_alice, order, "pay")
    place = Membership.objects.get(customer=order.owner_id)
    checkout.begin(place, order.pk.hex, prices.price(50, "month", "DE"), "Archer Pottery", "1 Kiln Lane")
    approve(old)
    assert told(as_alice, old) == 204 and Order.objects.get().state == "qualified"
    InProcess.is_away = True
    assert refunds.return_strays() == 1 and Payment.objects.get(kind="charge").why == "stray"
    InProcess.is_away = False
    assert (refunds.return_strays(), refunds.return_strays()) == (1, 0)
    (back,) = Payment.objects.filter(kind="refund")
    assert told(as_alice, f"/{back.session}") == 204
    assert Payment.objects.get(kind="refund").state == "done" and back.amount == 12_019
    new = press(as_alice, order, "pay")
    approve(new)
    assert told(as_alice, new) == 204 and Invoice.objects.get().net == 2900 + 600 * 50


def test_the_form_sent_again_calls_off_what_is_open_and_waits_for_a_processor_that_is_away(
    as_alice: Client,
) -> None:
    order = verified(as_alice, order_of(as_alice))
    url = press(as_alice, order, "pay")

    again = {**BILL, "employees": "50", "submission": signing.dumps(order.pk.hex, salt="checkout")}
    InProcess.is_away = True
    as_alice.post("/checkout/", again)
    assert "cannot be reached" in page(as_alice, order) and Invoice.objects.get().net == 9_500 + 600
    InProcess.is_away = False
    as_alice.post("/checkout/", again)
    assert Invoice.objects.get().net == 2_900 + 600 * 50
    assert InProcess.book.find(processor.session_of(url)).outcome == "failed"  # type: ignore[union-attr]


def test_a_processor_that_was_away_and_a_plan_changed_then_leave_no_dead_end(as_alice: Client) -> None:
    order = verified(as_alice, order_of(as_alice))
    InProcess.is_away = True
    press(as_alice, order, "pay")
    InProcess.is_away = False
    place = Membership.objects.get(customer=order.owner_id)
    checkout.begin(place, order.pk.hex, prices.price(50, "month", "DE"), "Archer Pottery", "1 Kiln Lane")
    assert press(as_alice, order, "pay").startswith("https://pay.localhost")


def test_credit_that_came_while_a_payment_was_open_comes_off_it(as_alice: Client, alice: Person) -> None:
    order = verified(as_alice, order_of(as_alice))
    old = press(as_alice, order, "pay", sum="12019")
    joined(alice)
    assert 'name="sum" value="11019"' in page(as_alice, order)
    new = press(as_alice, order, "pay", sum="11019")
    assert [InProcess.book.find(processor.session_of(url)).amount for url in (old, new)] == [12_019, 11_019]  # type: ignore[union-attr]
    assert InProcess.book.find(processor.session_of(old)).outcome == "failed"  # type: ignore[union-attr]


def test_a_payment_of_the_same_sum_that_was_for_another_draft_is_not_gone_on_with(as_alice: Client) -> None:
    order = verified(as_alice, order_of(as_alice))
    old = press(as_alice, order, "pay")
    place = Membership.objects.get(customer=order.owner_id)
    checkout.begin(place, order.pk.hex, prices.price(12, "month", "DE"), "Archer Pottery", "2 Kiln Lane")
    new = press(as_alice, order, "pay")
    assert new != old
    approve(new)
    assert told(as_alice, new) == 204 and Order.objects.get().state == "active"
