"""What is typed wrongly, comes at the wrong time or breaks off: said clearly, nothing lost, nothing paid twice."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests.apps.buying_house import (
    anton,
    begun,
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
from tests.apps.processor import InProcess, approve, card, session_of
from tests.cast import durable
from tests.workspaces.customers import browser, customer
from troth.accounts.people.companies import NotNow
from troth.accounts.people.models import Membership
from troth.apps.buying import checkout, jobs, prices, refunds, renewing, settling
from troth.apps.buying.models import Invoice, Order, Payment, PaymentMethod
from troth.gate.outbound import payments
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM

pytestmark = durable


@pytest.fixture(autouse=True)
def at_hand(settings: Any) -> Iterator[None]:
    set_up(settings)
    yield
    InProcess.is_away = False


@pytest.fixture
def as_alice() -> Client:
    return browser(customer())


def refuse(url: str) -> None:
    """Somebody goes back from the processor's page."""
    asking = InProcess.book.find(session_of(url))
    assert asking
    InProcess.book.refuse(asking)


# -- what is typed


@pytest.mark.parametrize(
    "employees", ["0", "-1", "1000000000", "many", "", "1e3", "12.5", "9" * 5_000, "<b>8</b>"]
)
def test_a_number_of_employees_that_is_none_is_said_on_every_form(as_alice: Client, employees: str) -> None:
    answer = begun(as_alice, employees=employees)
    assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()
    assert not Order.objects.exists()


@pytest.mark.parametrize("employees", ["0", "-1", "1000000000", "many"])
def test_another_plan_needs_a_number_too_and_the_one_that_runs_stays(
    as_alice: Client, employees: str
) -> None:
    order = paid(as_alice)
    told_ = {"employees": employees, "period": "month"}
    assert as_alice.post(f"/orders/{order.pk}/plan/", told_).status_code == 422
    assert not Invoice.objects.filter(number=None).exists()


WIDE = "".join(chr(ord(digit) + 0xFEE0) for digit in "4242" * 4)


@pytest.mark.parametrize(
    "number", ["4242" * 4, "-".join(["4242"] * 4), " ".join(["4242"] * 4), f"Archer {WIDE}"],
    ids=["plain", "dashes", "spaces", "full width"],
)  # fmt: skip
def test_a_card_number_in_the_companys_name_is_refused_however_it_is_written(
    as_alice: Client, number: str
) -> None:
    answer = begun(as_alice, billing_name=number)
    assert answer.status_code == 422 and b"never take card numbers" in answer.content
    assert not Order.objects.exists() and not Invoice.objects.exists()


@pytest.mark.parametrize("name", ["Archer\r\nBcc: victor@evil.example", "x" * 161, "Archer \u202e yrettoP"])
def test_a_name_that_would_be_more_than_a_name_is_refused(as_alice: Client, name: str) -> None:
    assert begun(as_alice, billing_name=name).status_code == 422 and not Order.objects.exists()


@pytest.mark.parametrize(
    "path", ["verify", "pay", "contest", "cancel", "take-back", "invoice", "check/take-back"]
)
def test_a_button_pressed_at_the_wrong_step_changes_nothing(as_alice: Client, path: str) -> None:
    order = order_of(as_alice)
    Order.objects.update(state="ended")
    assert press(as_alice, order, path) == f"/orders/{order.pk}/"
    assert Order.objects.get().state == "ended" and not Payment.objects.exists()
    assert "notice-broken" in page(as_alice, order)


# -- what breaks off


@pytest.mark.parametrize("step", ["verify", "pay"])
def test_whoever_goes_back_from_the_processor_is_told_and_can_try_again(as_alice: Client, step: str) -> None:
    order = order_of(as_alice) if step == "verify" else verified(as_alice, order_of(as_alice))
    before, url = order.state, press(as_alice, order, step)
    if step == "verify":
        assert card(url, "4000000000003220") == "3d-secure"
    refuse(url)
    assert told(as_alice, url) == 204 and Order.objects.get().state == before
    assert "Nothing was charged" in page(as_alice, order)
    again = press(as_alice, order, step)
    assert again != url and not Invoice.objects.exclude(number=None).exists()


def test_a_processor_away_when_one_comes_back_shows_that_it_is_waited_for(as_alice: Client) -> None:
    order = verified(as_alice, order_of(as_alice))
    url = press(as_alice, order, "pay")
    approve(url)
    InProcess.is_away = True
    assert b"looks again" in as_alice.get(f"/orders/{order.pk}/return/").content
    InProcess.is_away = False
    as_alice.get(f"/orders/{order.pk}/return/")
    assert Order.objects.get().state == "active" and Invoice.objects.exclude(number=None).count() == 1


def test_a_processor_away_when_a_payment_is_given_back_is_asked_again_and_gives_back_once(
    as_alice: Client,
) -> None:
    order, desk = paid(as_alice), anton()
    place = f"/office/orders/{order.pk}/refund/{Payment.objects.get(kind='charge').pk}/"
    InProcess.is_away = True
    assert desk.post(place).status_code == 302 and not Invoice.objects.get().refunded_at
    InProcess.is_away = False
    desk.post(place)
    (back,) = Payment.objects.filter(kind="refund")
    assert told(as_alice, f"/{back.session}") == 204 and Invoice.objects.get().refunded_at


# -- what comes late, or in another order


def test_a_card_that_failed_and_then_worked_on_the_same_page_is_paid_once(as_alice: Client) -> None:
    order = verified(as_alice, order_of(as_alice))
    url = press(as_alice, order, "pay")
    approve(url)
    assert told(as_alice, url, event="evt_first", outcome="failed", why="card-declined") == 204
    assert Order.objects.get().state == "qualified"
    again = press(as_alice, order, "pay")
    assert again != url
    assert told(as_alice, url) == 204 and Order.objects.get().state == "active"
    approve(again)
    assert told(as_alice, again) == 204
    assert Invoice.objects.count() == 1 and Payment.objects.get(session=session_of(again)).why == "stray"
    jobs.renew()
    assert Payment.objects.get(kind="refund").amount == 12_019


def test_a_renewal_that_is_paid_after_the_order_ended_is_given_back(as_alice: Client) -> None:
    order = paid(as_alice)
    over(order)
    late = renewed()
    Order.objects.update(cancelled_at=timezone.now())
    over(order)
    renewing.renew_due()
    assert Order.objects.get().state == "ended"
    assert told(as_alice, f"/{late.session}") == 204
    assert Order.objects.get().state == "ended" and Invoice.objects.count() == 1
    assert refunds.return_strays() == 1 and Payment.objects.filter(kind="refund").count() == 1


def test_a_card_that_is_verified_after_the_order_ended_changes_nothing(as_alice: Client) -> None:
    order = paid(as_alice)
    url = press(as_alice, order, "verify")
    card(url)
    Order.objects.update(state="ended")
    assert told(as_alice, url) == 204 and Order.objects.get().state == "ended"


def test_an_order_that_ended_is_still_shown_with_its_invoices(as_alice: Client) -> None:
    order = paid(as_alice)
    press(as_alice, order, "cancel")
    over(order)
    renewing.renew_due()
    bill = Invoice.objects.get()
    assert "This order has ended" in page(as_alice, order)
    assert as_alice.get(f"/invoices/{bill.pk}/").status_code == 200
    assert anton().get(f"/office/orders/{order.pk}/").status_code == 200


def test_what_could_still_be_paid_is_called_off_before_it_is_deleted(as_alice: Client) -> None:
    order = verified(as_alice, order_of(as_alice))
    url = press(as_alice, order, "pay")
    Order.objects.update(begun_at=timezone.now() - timedelta(days=31))
    InProcess.is_away = True
    jobs.tidy()
    assert Order.objects.exists(), "somebody could pay for it, and the processor cannot be asked"
    InProcess.is_away = False
    jobs.tidy()
    assert not Order.objects.exists() and InProcess.book.find(session_of(url)).outcome == "failed"  # type: ignore[union-attr]


def test_an_event_of_another_account_finds_nothing(as_alice: Client) -> None:
    order = verified(as_alice, order_of(as_alice))
    press(as_alice, order, "pay")
    theirs = InProcess.book.begin({"kind": "charge", "key": "theirs", "amount": 12_019, "currency": "USD"})
    InProcess.book.approve(theirs)
    assert told(as_alice, f"/{theirs.id}") == 404 and Order.objects.get().state == "qualified"


def test_an_event_of_another_order_pays_that_one_alone(as_alice: Client) -> None:
    first, second = (verified(as_alice, order_of(as_alice)) for _ in range(2))
    urls = [press(as_alice, each, "pay") for each in (first, second)]
    approve(urls[1])
    assert told(as_alice, urls[1]) == 204
    assert [Order.objects.get(pk=each.pk).state for each in (first, second)] == ["qualified", "active"]


def test_many_windows_that_pay_at_once_ask_for_one_charge(as_alice: Client) -> None:
    order = verified(as_alice, order_of(as_alice))
    pages: list[str] = []

    def pay() -> None:
        try:
            pages.append(checkout.charge(order))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=pay) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(pages) == 4 and len(set(pages)) == 1
    assert Payment.objects.filter(kind="charge").count() == 1


def test_one_event_told_by_many_at_once_is_taken_in_once(as_alice: Client) -> None:
    order = verified(as_alice, order_of(as_alice))
    url = press(as_alice, order, "pay")
    approve(url)
    said = payments.processor("sandbox").look(session_of(url))
    assert said

    def hear() -> None:
        try:
            settling.take_in("sandbox", said)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=hear) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert Invoice.objects.count() == 1 and PaymentMethod.objects.count() == 1
    assert Payment.objects.get(kind="charge").state == "done"


def paid_late(client: Client, times: int) -> Order:
    """An order that ran when other payments of it came in too, each of the same sum."""
    order, urls = verified(client, order_of(client)), []
    for number in range(times + 1):
        urls.append(press(client, order, "pay"))
        approve(urls[-1])
        if number < times:
            assert told(client, urls[-1], event=f"evt_{number}", outcome="failed", why="card-declined") == 204
    for url in reversed(urls):
        assert told(client, url) == 204
    assert Payment.objects.filter(why="stray").count() == times
    return Order.objects.get()


def test_what_came_too_late_is_given_back_before_its_company_is_erased(
    as_alice: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    order, asked, begin = paid_late(as_alice, 2), list[tuple[str, int]](), InProcess.begin
    monkeypatch.setattr(
        InProcess, "begin", lambda self, it: asked.append((it.kind, it.amount)) or begin(self, it)
    )
    strays = [each.session for each in Payment.objects.filter(why="stray")]
    erase(order.owner_id.hex, SYSTEM)
    assert asked == [("refund", 12_019)] and not Payment.objects.exists(), "one at a time"
    (by_hand,) = (each for each in strays if f"since its company is erased: {each}" in caplog.text)
    assert by_hand


def test_each_of_two_payments_of_one_sum_that_came_too_late_is_given_back(as_alice: Client) -> None:
    paid_late(as_alice, 2)
    refunds.return_strays()
    assert Payment.objects.filter(kind="refund").count() == 1, "one at a time"
    assert told(as_alice, f"/{Payment.objects.get(kind='refund').session}") == 204
    refunds.return_strays()
    assert Payment.objects.filter(kind="refund").exclude(session=None).count() == 2
    assert refunds.return_strays() == 0


def test_what_is_given_back_by_itself_is_not_given_back_by_hand_in_place_of_the_invoice(
    as_alice: Client,
) -> None:
    order, desk = paid_late(as_alice, 1), anton()
    stray, real = Payment.objects.get(why="stray"), Payment.objects.get(kind="charge", why="")
    desk.post(f"/office/orders/{order.pk}/refund/{stray.pk}/")
    assert not Payment.objects.filter(kind="refund").exists() and not Invoice.objects.get().refunded_at
    refunds.return_strays()
    assert told(as_alice, f"/{Payment.objects.get(kind='refund').session}") == 204
    assert refunds.is_possible(real) and not Invoice.objects.get().refunded_at


def test_what_is_being_given_back_when_an_order_ends_is_given_back_once(as_alice: Client) -> None:
    order, desk = paid(as_alice), anton()
    place = f"/office/orders/{order.pk}/refund/{Payment.objects.get(kind='charge').pk}/"
    InProcess.is_away = True
    desk.post(place)
    press(as_alice, order, "cancel")
    over(order)
    renewing.renew_due()
    InProcess.is_away = False
    desk.post(place)
    assert Order.objects.get().state == "ended"
    assert [each.state for each in Payment.objects.filter(kind="refund")] == ["done"]


def test_a_form_sent_while_the_order_is_paid_in_another_window_leaves_it_paid(
    as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = verified(as_alice, order_of(as_alice))
    url = press(as_alice, order, "pay")
    approve(url)
    place, seen = Membership.objects.get(customer=order.owner_id), checkout.act

    def meanwhile() -> Any:
        assert told(as_alice, url) in (204, 404)
        return seen()

    monkeypatch.setattr(checkout, "act", meanwhile)
    with pytest.raises(NotNow):
        checkout.begin(place, order.pk.hex, prices.price(5, "month", "DE"), "Archer Pottery", "1 Kiln Lane")
    assert Order.objects.get().state == "active" and not Invoice.objects.filter(number=None).exists()


def test_an_order_that_nobody_went_on_with_stays_until_its_money_is_given_back(as_alice: Client) -> None:
    order = verified(as_alice, order_of(as_alice))
    url = press(as_alice, order, "pay")
    place = Membership.objects.get(customer=order.owner_id)
    checkout.begin(place, order.pk.hex, prices.price(5, "month", "DE"), "Archer Pottery", "1 Kiln Lane")
    approve(url)
    assert told(as_alice, url) == 204 and Payment.objects.get(kind="charge").why == "stray"
    Order.objects.update(begun_at=timezone.now() - checkout.STALE)
    InProcess.is_away = True
    jobs.renew()
    jobs.tidy()
    assert Order.objects.exists(), "what was paid is not given back yet"
    InProcess.is_away = False
    jobs.renew()
    jobs.tidy()
    back = Payment.objects.get(kind="refund")
    assert told(as_alice, f"/{back.session}") == 204
    jobs.tidy()
    assert not Order.objects.exists()


def test_an_order_that_cannot_be_renewed_keeps_no_other_from_it(as_alice: Client, caplog: Any) -> None:
    first, second = (paid(as_alice) for _ in range(2))
    Invoice.objects.filter(order=first).update(country="XX")  # a country that left the list
    for each in (first, second):
        over(each)
    assert renewed().order_id == second.pk
    first.refresh_from_db()
    assert first.next_try_at and first.next_try_at > timezone.now(), "it is looked at again, and not first"
    assert str(first.pk) in caplog.text and "Archer" not in caplog.text
