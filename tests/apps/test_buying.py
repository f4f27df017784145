"""Buying: what it costs, one order from the form to the invoice, and everything that may come in between."""

import json
import random
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests.apps import processor
from tests.apps.conftest import Secure
from tests.apps.processor import BAD, HOOK, InProcess, approve, call, card, signed
from tests.cast import durable, staff
from tests.workspaces.customers import ALICE, BOB, CHARLIE, browser, colleague, customer, mails
from troth.accounts.people.models import Membership, Person
from troth.apps.buying import books, checkout, prices, renewing
from troth.apps.buying.models import Books, Invoice, Order, Payment, PaymentMethod, Qualification, SeenEvent
from troth.gate.journal.models import Entry
from troth.gate.proving.answers import CONTROLS
from troth.gate.subjects.erase import erase
from troth.gate.subjects.retention import end_expired
from troth.gate.uses import SYSTEM, act, using

pytestmark = durable
SANDBOX = "troth.gate.outbound.sandbox.Sandbox"
BILL = {
    "billing_name": "Archer Pottery", "billing_address": "1 Kiln Lane\nSpringfield", "employees": "12",
    "period": "month", "country": "DE",
}  # fmt: skip


@pytest.fixture(autouse=True)
def processor_at_hand(settings: Any) -> Iterator[None]:
    settings.TROTH_PROCESSORS = processor.PROCESSORS
    settings.TROTH_CREDIT = {**settings.TROTH_CREDIT, "class": ""}
    settings.TROTH_SECOND_FACTOR = False
    yield
    InProcess.is_away = False


@pytest.fixture
def alice() -> Person:
    return customer()


@pytest.fixture
def as_alice(alice: Person) -> Client:
    return browser(alice)


def begun(client: Client, **typed: str) -> Any:
    """Send the billing form."""
    page = client.get("/checkout/").content.decode()
    token = re.search(r'name="submission" value="([^"]+)"', page)
    assert token
    return client.post("/checkout/", {**BILL, "submission": token[1], **typed})


def order_of(client: Client, **typed: str) -> Order:
    assert begun(client, **typed).status_code == 302
    found: Order = Order.objects.get()
    return found


def press(client: Client, order: Order, act: str) -> str:
    """A button on the order's page; where it leads."""
    answer = client.post(f"/orders/{order.pk}/{act}/")
    assert answer.status_code == 302
    return str(answer["Location"])


def told(client: Client, url: str, **changed: Any) -> int:
    """The processor calls."""
    body, headers = call(url, **changed)
    return int(client.post(HOOK, body, "application/json", headers=headers).status_code)


def qualified(client: Client, **typed: str) -> Order:
    order = order_of(client, **typed)
    url = press(client, order, "verify")
    assert card(url) == "" and told(client, url) == 204
    return Order.objects.get()


def paid(client: Client) -> Order:
    order = qualified(client)
    url = press(client, order, "pay")
    approve(url)
    assert told(client, url) == 204
    return Order.objects.get()


def page(client: Client, order: Order) -> str:
    return str(client.get(f"/orders/{order.pk}/").content.decode())


# -- prices


@pytest.mark.parametrize(
    ("employees", "period", "country", "net", "tax"),
    [(1, "month", "US", 2900, 0), (10, "month", "US", 2900, 0), (11, "month", "US", 9500, 0),
     (12, "year", "DE", 101_000, 19_190), (101, "month", "CZ", 60_300, 12_663),
     (prices.MOST, "month", "US", 40_019_900, 0)],
)  # fmt: skip
def test_a_price_is_what_the_list_says(employees: int, period: str, country: str, net: int, tax: int) -> None:
    found = prices.price(employees, period, country)
    assert (found.net, found.tax, found.gross) == (net, tax, net + tax)


@pytest.mark.parametrize("employees", ["0", "-1", "1000000000", "many", "", "1.5", "٣x"])
def test_a_number_that_is_none_gets_words_and_no_price(employees: str) -> None:
    answer = Secure(SERVER_NAME="localhost").get(
        "/services/", {"employees": employees, "period": "month", "country": "US"}
    )
    assert answer.status_code == 422 and b"Order this" not in answer.content


@pytest.mark.parametrize("changed", [{"country": "XX"}, {"country": ""}, {"period": "week"}])
def test_a_choice_that_is_none_gets_no_price(changed: dict[str, str]) -> None:
    asked = {"employees": "3", "period": "month", "country": "US", **changed}
    assert Secure(SERVER_NAME="localhost").get("/services/", asked).status_code == 422


def test_a_price_is_computed_before_anybody_has_said_who_they_are() -> None:
    visitor = Secure(SERVER_NAME="localhost")
    text = visitor.get("/services/", {"employees": "12", "period": "year", "country": "DE"}).content.decode()
    assert "$1,201.90" in text and "VAT" in text and "19 %" in text
    assert not visitor.cookies and not Entry.objects.exists()
    for clause in ("scope.services", "hosting.submit", "hosting.no-review", "hosting.access"):
        assert clause in text


# -- the order


def test_an_order_from_the_form_to_the_invoice(as_alice: Client, alice: Person) -> None:
    order = paid(as_alice)
    assert (
        order.state == "active"
        and order.paid_until
        and order.paid_until > timezone.now() + timedelta(days=27)
    )
    bill = Invoice.objects.get()
    assert bill.number == f"{timezone.now().year}-000001" and bill.gross == 12_019
    assert bill.owner_id == Books.objects.get().subject_id != order.owner_id
    text = as_alice.get(f"/invoices/{bill.pk}/").content.decode()
    assert all(word in text for word in ("Archer Pottery", "Springfield", "Germany", "$120.19", bill.number))
    assert "4242" not in text and "Thank you" in page(as_alice, order)


@pytest.mark.parametrize("name", ["billing_name", "billing_address"])
def test_a_card_number_is_refused_before_anything_is_kept(as_alice: Client, name: str) -> None:
    answer = begun(as_alice, **{name: "4242 4242 4242 4242"})
    assert answer.status_code == 422 and b"never take card numbers" in answer.content
    assert not Order.objects.exists() and not Invoice.objects.exists()


@pytest.mark.parametrize(
    "typed", [{"employees": "0"}, {"employees": "many"}, {"employees": "1000000000"}, {"country": ""}, {"country": "XX"},
              {"billing_address": ""}, {"billing_name": ""}, {"period": "week"}]
)  # fmt: skip
def test_billing_data_that_cannot_be_is_said(as_alice: Client, typed: dict[str, str]) -> None:
    assert begun(as_alice, **typed).status_code == 422
    assert not Order.objects.exists()


def test_a_form_sent_twice_begins_one_order_and_can_be_corrected(as_alice: Client) -> None:
    text = as_alice.get("/checkout/").content.decode()
    token = re.findall(r'name="submission" value="([^"]+)"', text)[0]
    for employees in ("12", "12", "30"):
        as_alice.post("/checkout/", {**BILL, "submission": token, "employees": employees})
    assert Order.objects.count() == 1 and Invoice.objects.get().net == 2900 + 600 * 30


def test_nobody_else_sees_or_moves_an_order(as_alice: Client, alice: Person) -> None:
    order = paid(as_alice)
    bill = Invoice.objects.get()
    charlie, bob, visitor = (
        browser(customer(CHARLIE)),
        browser(colleague(alice, BOB)),
        Secure(SERVER_NAME="localhost"),
    )
    for path in (f"/orders/{order.pk}/", f"/invoices/{bill.pk}/", f"/orders/{order.pk}/return/"):
        assert charlie.get(path).status_code == 404 and bob.get(path).status_code == 403
        assert "/accounts/login/" in visitor.get(path)["Location"]
    for act_ in ("verify", "pay", "contest"):
        assert charlie.post(f"/orders/{order.pk}/{act_}/").status_code == 404
    place = Membership.objects.get(owner=Person.objects.exclude(pk=alice.pk).first().owner_id)  # type: ignore[union-attr]
    assert place.customer_id != order.owner_id or place.role == "member"


# -- the check


def test_a_declined_card_is_said_with_its_reason_and_another_may_be_tried(as_alice: Client) -> None:
    order = order_of(as_alice)
    url = press(as_alice, order, "verify")
    assert card(url, BAD) == "" and told(as_alice, url) == 204
    assert "The card was declined." in page(as_alice, order)
    other = press(as_alice, order, "verify")
    assert other != url and card(other) == "" and told(as_alice, other) == 204
    assert "Please look it over" in page(as_alice, order) and "4242" in page(as_alice, order)
    assert not Payment.objects.filter(kind="charge").exists()


def test_who_was_declined_may_ask_a_person_who_decides_with_reasons(as_alice: Client) -> None:
    order = order_of(as_alice)
    url = press(as_alice, order, "verify")
    card(url, BAD)
    told(as_alice, url)
    press(as_alice, order, "contest")
    assert "A person looks at it" in page(as_alice, order)
    anton, sales = Secure(SERVER_NAME="localhost"), Secure(SERVER_NAME="localhost")
    anton.force_login(staff("administrator", "anton@iplum.example").user)
    sales.force_login(staff("sales", "sam@iplum.example").user)
    desk = f"/office/orders/{order.pk}/"
    assert sales.get(desk).status_code == 403 and anton.get(desk).status_code == 200
    assert anton.post(desk, {"is_qualified": "yes", "reasons": ""}).status_code == 422
    for _ in range(2):
        assert anton.post(desk, {"is_qualified": "yes", "reasons": "Known for years."}).status_code == 302
    assert Qualification.objects.filter(outcome="qualified").count() == 1
    assert Order.objects.get().state == "qualified"


def test_a_large_order_waits_for_a_person(as_alice: Client) -> None:
    order = order_of(as_alice, employees="501")
    url = press(as_alice, order, "verify")
    card(url)
    assert told(as_alice, url) == 204 and Order.objects.get().state == "look"
    assert as_alice.post(f"/orders/{order.pk}/pay/").status_code == 302
    assert not Payment.objects.filter(kind="charge").exists()


# -- paying


def test_two_tabs_that_pay_make_one_charge(as_alice: Client) -> None:
    order = qualified(as_alice)
    assert press(as_alice, order, "pay") == press(as_alice, order, "pay")
    assert Payment.objects.filter(kind="charge").count() == 1


def test_a_plan_changed_in_another_tab_is_paid_at_the_new_price_and_once(as_alice: Client) -> None:
    order = qualified(as_alice)
    old = press(as_alice, order, "pay")
    place = Membership.objects.get(customer=order.owner_id)
    checkout.begin(place, order.pk.hex, prices.price(50, "month", "DE"), "Archer Pottery", "1 Kiln Lane")
    new = press(as_alice, order, "pay")
    assert new != old
    approve(old)  # called off at the processor
    assert told(as_alice, old) == 204 and Order.objects.get().state == "qualified"
    approve(new)
    assert told(as_alice, new) == 204 and Invoice.objects.get().net == 2900 + 600 * 50


def test_an_event_told_a_hundred_times_makes_one_invoice(as_alice: Client) -> None:
    order = qualified(as_alice)
    url = press(as_alice, order, "pay")
    approve(url)
    assert {told(as_alice, url) for _ in range(100)} == {204}
    assert Invoice.objects.count() == 1 and SeenEvent.objects.count() == 2
    before = Order.objects.get().paid_until
    assert told(as_alice, url, event="evt_another", outcome="failed") == 204
    assert Order.objects.get().paid_until == before and Order.objects.get().state == "active"
    assert Payment.objects.get(kind="charge").state == "done"


@pytest.mark.parametrize("changed", [{"amount": 1}, {"currency": "EUR"}, {"kind": "verify"}])
def test_an_event_about_something_else_than_was_asked_changes_nothing(
    as_alice: Client, changed: dict[str, Any]
) -> None:
    order = qualified(as_alice)
    url = press(as_alice, order, "pay")
    approve(url)
    assert told(as_alice, url, **changed) == 204
    assert Order.objects.get().state == "qualified" and not Invoice.objects.exclude(number=None).exists()


def test_what_the_processor_did_not_sign_is_not_taken_in(as_alice: Client) -> None:
    order = qualified(as_alice)
    url = press(as_alice, order, "pay")
    approve(url)
    body, headers = call(url)
    old = signed(body, timezone.now().timestamp() - 3600)[1]
    other = signed(body, secret="guessed")[1]
    for given in (
        {},
        old,
        other,
        {"Troth-Sandbox-Signature": "t=1,v1=x"},
        {"Troth-Sandbox-Signature": "t=" + "9" * 40},
        {"Troth-Sandbox-Signature": f"t={int(timezone.now().timestamp())},v1=\xe9"},
    ):
        assert as_alice.post(HOOK, body, "application/json", headers=given).status_code == 400
    for wrong in (b"", b"[]", b"{", b'{"event": "e"}'):
        signed_body, signed_headers = signed(wrong)
        assert as_alice.post(HOOK, signed_body, "application/json", headers=signed_headers).status_code == 400
    assert as_alice.post(HOOK, b"x" * 70_000, "application/json").status_code == 413
    assert (
        as_alice.post(HOOK, body.replace(b"done", b"DONE"), "application/json", headers=headers).status_code
        == 400
    )
    assert Order.objects.get().state == "qualified"


def test_without_a_secret_nobody_signs_and_nothing_is_asked(as_alice: Client, settings: Any) -> None:
    order = order_of(as_alice)
    settings.TROTH_PROCESSORS = {
        "sandbox": {**processor.PROCESSORS["sandbox"], "class": SANDBOX, "origin": "", "secret": ""}
    }
    assert press(as_alice, order, "verify") == f"/orders/{order.pk}/"
    said = {"event": "e", "session": None, "kind": "verify", "outcome": "done", "amount": 0, "currency": ""}
    for session in (None, "", "ses_guessed"):
        body, headers = signed(json.dumps({**said, "session": session}).encode(), secret="")
        assert as_alice.post(HOOK, body, "application/json", headers=headers).status_code == 400
    assert Order.objects.get().state == "begun" and not PaymentMethod.objects.exists()


@pytest.mark.parametrize("session", [None, "", 0, [], {"a": 1}])
def test_an_event_of_no_session_finds_no_payment(as_alice: Client, session: Any) -> None:
    order = order_of(as_alice)
    InProcess.is_away = True
    press(as_alice, order, "verify")  # noted as open, and without a session yet
    said = {
        "event": "e",
        "session": session,
        "kind": "verify",
        "outcome": "done",
        "amount": 0,
        "currency": "",
    }
    body, headers = signed(json.dumps(said).encode())
    assert as_alice.post(HOOK, body, "application/json", headers=headers).status_code == 400
    assert Order.objects.get().state == "begun" and not PaymentMethod.objects.exists()


def test_an_order_made_large_after_it_was_qualified_is_looked_at(as_alice: Client) -> None:
    order = qualified(as_alice)
    place = Membership.objects.get(customer=order.owner_id)
    checkout.begin(place, order.pk.hex, prices.price(5_000, "month", "US"), "Archer Pottery", "1 Kiln Lane")
    assert as_alice.post(f"/orders/{order.pk}/pay/").status_code == 302
    assert not Payment.objects.filter(kind="charge").exists()
    url = press(as_alice, order, "verify")
    card(url)
    assert told(as_alice, url) == 204 and Order.objects.get().state == "look"


def test_an_event_of_a_session_that_is_not_known_yet_is_to_come_again(as_alice: Client) -> None:
    order = qualified(as_alice)
    url = press(as_alice, order, "pay")
    approve(url)
    session = Payment.objects.get(kind="charge").session
    Payment.objects.filter(kind="charge").update(session=None)
    assert told(as_alice, url) == 404
    Payment.objects.filter(kind="charge").update(session=session)
    assert told(as_alice, url) == 204 and Order.objects.get().state == "active"


def test_coming_back_without_paying_pays_nothing_and_a_late_call_is_not_waited_for(as_alice: Client) -> None:
    order = qualified(as_alice)
    url = press(as_alice, order, "pay")
    assert b"looks again" in as_alice.get(f"/orders/{order.pk}/return/").content
    assert Order.objects.get().state == "qualified"
    approve(url)
    assert as_alice.get(f"/orders/{order.pk}/return/")["Location"] == f"/orders/{order.pk}/"
    assert Order.objects.get().state == "active" and told(as_alice, url) == 204
    assert Invoice.objects.count() == 1


def test_a_card_declined_when_charged_is_said_and_another_can_be_used(as_alice: Client) -> None:
    order = order_of(as_alice)
    url = press(as_alice, order, "verify")
    card(url, "4000000000000341")
    told(as_alice, url)
    charge = press(as_alice, order, "pay")
    approve(charge)
    assert told(as_alice, charge) == 204
    assert "Nothing was charged" in page(as_alice, order) and Order.objects.get().state == "qualified"
    again = press(as_alice, order, "verify")
    card(again)
    told(as_alice, again)
    charge = press(as_alice, order, "pay")
    approve(charge)
    assert told(as_alice, charge) == 204 and Order.objects.get().state == "active"


@pytest.mark.parametrize("step", ["verify", "pay"])
def test_a_processor_that_is_away_costs_nothing_and_the_same_press_works_later(
    as_alice: Client, step: str
) -> None:
    order = order_of(as_alice) if step == "verify" else qualified(as_alice)
    InProcess.is_away = True
    assert press(as_alice, order, step) == f"/orders/{order.pk}/"
    assert "cannot be reached" in page(as_alice, order)
    InProcess.is_away = False
    assert press(as_alice, order, step).startswith("https://pay.localhost")
    assert Payment.objects.filter(kind="charge" if step == "pay" else "verify", state="open").count() == 1


def test_what_goes_to_the_processor_is_on_record_before_it_goes(as_alice: Client) -> None:
    order = qualified(as_alice)
    press(as_alice, order, "pay")
    sent = Entry.objects.filter(recipient="payment-processor")
    assert sent.count() == 2 and set(sent.values_list("clauses", "country")) == {("share.processor", "US")}


# -- the books


def test_numbers_have_no_gap_however_many_are_issued_at_once(alice: Person) -> None:
    customer_id = Membership.objects.get(owner=alice.owner_id).customer_id
    drafts = []
    for _ in range(6):
        order = Order(owner_id=customer_id, period="month")
        with using(checkout.COLLECTING, by=SYSTEM, given=order, at=checkout.PLACE), act():
            order.save(force_insert=True)
            drafts.append((order, books.draft(order, prices.price(3, "month", "US"), "A", "B", 3)))

    def issue(order: Order, bill: Invoice) -> None:
        try:
            with using(checkout.COLLECTING, by=SYSTEM, given=order, at=checkout.PLACE), act():
                books.issue(Invoice.objects.get(pk=bill.pk), timezone.now())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=issue, args=pair) for pair in drafts]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    year = timezone.now().year
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"{year}-{number:06}" for number in range(1, 7)]


def test_erasing_the_company_leaves_the_invoice_and_nothing_that_names_it(as_alice: Client) -> None:
    order = paid(as_alice)
    erase(order.owner_id.hex, SYSTEM)
    bill = Invoice.objects.get()
    assert bill.customer_id is None and bill.order_id is None
    assert not any(model.objects.exists() for model in (Order, Payment, PaymentMethod, Qualification))


def test_a_payment_is_given_back_once(as_alice: Client) -> None:
    order = paid(as_alice)
    charge = Payment.objects.get(kind="charge")
    anton = Secure(SERVER_NAME="localhost")
    anton.force_login(staff("administrator", "anton@iplum.example").user)
    place = f"/office/orders/{order.pk}/refund/{charge.pk}/"
    for _ in range(2):
        assert anton.post(place).status_code == 302
    (back,) = Payment.objects.filter(kind="refund")
    assert told(as_alice, f"/{back.session}") == 204
    assert Invoice.objects.get().refunded_at and anton.post(place).status_code == 302
    assert Payment.objects.filter(kind="refund").count() == 1
    assert "given back" in as_alice.get(f"/invoices/{Invoice.objects.get().pk}/").content.decode()


def test_an_order_nobody_went_on_with_leaves_nothing(as_alice: Client) -> None:
    order_of(as_alice)
    assert checkout.end_stale() == 0
    Order.objects.update(begun_at=timezone.now() - timedelta(days=31))
    assert checkout.end_stale() == 1
    assert not any(model.objects.exists() for model in (Order, Invoice, Payment))


# -- from period to period


def over(order: Order) -> None:
    """The paid period ends now."""
    now = timezone.now()
    Order.objects.filter(pk=order.pk).update(next_try_at=now, paid_until=now)


def renewed() -> Payment:
    """The renewal that was just asked for."""
    renewing.renew_due()
    found: Payment = Payment.objects.filter(kind="renew").last()  # type: ignore[assignment]
    return found


def test_an_order_is_renewed_at_its_end_once(as_alice: Client) -> None:
    order = paid(as_alice)
    assert renewing.renew_due() == 0
    over(order)
    payment = renewed()
    over(order)
    assert renewed().pk == payment.pk, "until the processor has told, the same one is asked for"
    assert told(as_alice, f"/{payment.session}") == 204
    first, second = Invoice.objects.order_by("number")
    assert (second.net, second.number[-6:]) == (first.net, "000002")  # type: ignore[index]
    assert Order.objects.get().paid_until > timezone.now() + timedelta(days=27)  # type: ignore[operator]
    assert renewing.renew_due() == 0


def test_a_changed_plan_is_the_next_invoice(as_alice: Client) -> None:
    order = paid(as_alice)
    assert as_alice.post(f"/orders/{order.pk}/plan/", {"employees": "0", "period": "year"}).status_code == 422
    assert (
        as_alice.post(f"/orders/{order.pk}/plan/", {"employees": "20", "period": "year"}).status_code == 302
    )
    assert "From the next period on" in page(as_alice, order)
    over(order)
    assert told(as_alice, f"/{renewed().session}") == 204
    newest = Invoice.objects.order_by("-number").first()
    assert newest and newest.net == (2900 + 600 * 20) * 10
    assert Order.objects.get().paid_until > timezone.now() + timedelta(days=360)  # type: ignore[operator]


def test_a_cancelled_order_runs_out_and_costs_nothing_more(as_alice: Client) -> None:
    order = paid(as_alice)
    press(as_alice, order, "cancel")
    assert "ends then" in page(as_alice, order)
    press(as_alice, order, "take-back")
    press(as_alice, order, "cancel")
    over(order)
    renewing.renew_due()
    assert Order.objects.get().state == "ended" and not Payment.objects.filter(kind="renew").exists()
    press(as_alice, order, "take-back")
    assert Order.objects.get().state == "ended"


def test_a_renewal_that_fails_is_reminded_of_three_times_and_then_it_ends(as_alice: Client) -> None:
    order = order_of(as_alice)
    url = press(as_alice, order, "verify")
    card(url)
    told(as_alice, url)
    charge = press(as_alice, order, "pay")
    approve(charge)
    told(as_alice, charge)
    InProcess.book._methods[InProcess.book.find(processor.session_of(url)).method].fate = "card-declined"  # type: ignore[union-attr]
    before = len(mails(ALICE["email"]))
    for sent in (1, 2, 3):
        over(order)
        assert told(as_alice, f"/{renewed().session}") == 204
        assert Order.objects.get().reminders == sent and Order.objects.get().state == "active"
        assert len(mails(ALICE["email"])) == before + sent
    over(order)
    assert told(as_alice, f"/{renewed().session}") == 204
    assert Order.objects.get().state == "ended" and len(mails(ALICE["email"])) == before + 4
    assert Invoice.objects.count() == 1


def test_another_card_ends_the_reminders(as_alice: Client) -> None:
    order = paid(as_alice)
    url = press(as_alice, order, "verify")
    card(url, "5555555555554444")
    assert told(as_alice, url) == 204 and Order.objects.get().state == "active"
    assert PaymentMethod.objects.count() == 2 and Qualification.objects.count() == 1
    over(order)
    assert told(as_alice, f"/{renewed().session}") == 204 and Invoice.objects.count() == 2


def test_while_the_processor_is_away_a_renewal_waits_and_nobody_is_reminded(as_alice: Client) -> None:
    order = paid(as_alice)
    over(order)
    InProcess.is_away = True
    renewing.renew_due()
    InProcess.is_away = False
    assert Order.objects.get().reminders == 0 and Order.objects.get().next_try_at > timezone.now()  # type: ignore[operator]
    over(order)
    assert told(as_alice, f"/{renewed().session}") == 204 and Invoice.objects.count() == 2


# -- the clauses


def status(clause: str) -> str:
    return str(CONTROLS[clause]().status)


def test_the_clauses_are_kept_by_an_order_that_was_paid(as_alice: Client) -> None:
    paid(as_alice)
    assert [
        status(each) for each in ("scope.services", "collect.billing", "use.billing", "share.processor")
    ] == ["kept"] * 4


def test_a_card_number_in_a_column_breaks_collect_billing(as_alice: Client) -> None:
    paid(as_alice)
    Payment.objects.update(why="4242424242424242")
    assert status("collect.billing") == "broken"


def test_a_disclosure_under_another_clause_breaks_share_processor(as_alice: Client) -> None:
    paid(as_alice)
    Entry.objects.filter(recipient="payment-processor").update(clauses="share.quality")
    assert status("share.processor") == "broken"


def test_a_use_for_something_else_breaks_use_billing(as_alice: Client) -> None:
    paid(as_alice)
    Entry.objects.filter(clauses__contains="use.billing").update(purpose="personalising")
    assert status("use.billing") == "broken"


def test_a_service_without_a_page_breaks_scope_services(settings: Any) -> None:
    settings.TROTH_COMPANY = {
        **settings.TROTH_COMPANY,
        "services": [*settings.TROTH_COMPANY["services"], {"id": "calls", "name": "Calls", "clauses": []}],
    }
    assert status("scope.services") == "broken"


def test_who_may_buy_is_a_role_of_the_company(alice: Person) -> None:
    place = Membership.objects.get(owner=alice.owner_id)
    assert checkout.may_buy(alice.owner_id) == [place]
    Membership.objects.filter(pk=place.pk).update(role="member")
    assert not checkout.may_buy(alice.owner_id)
    Membership.objects.filter(pk=place.pk).update(role="billing")
    assert checkout.may_buy(alice.owner_id)


def test_two_hundred_shuffled_calls_make_one_order_each(as_alice: Client, alice: Person) -> None:
    company = Membership.objects.get(owner=alice.owner_id).customer_id
    waiting = []
    for number in range(50):
        order = Order(owner_id=company, period="month", state=Order.State.QUALIFIED)
        with using(checkout.COLLECTING, by=SYSTEM, given=order, at=checkout.PLACE), act():
            order.save(force_insert=True)
            bill = books.draft(order, prices.price(3, "month", "US"), "A", "B", 3)
            Payment(
                owner_id=company, order=order, invoice=bill, kind="charge", session=f"ses_{number}", processor="sandbox",
                amount=bill.to_pay, currency=bill.currency,
            ).save(force_insert=True)  # fmt: skip
        said = {"event": f"evt_{number}", "session": f"ses_{number}", "kind": "charge", "outcome": "done"}
        waiting += [signed(json.dumps({**said, "amount": 2_900, "currency": "USD"}).encode())] * 4
    random.Random(1).shuffle(waiting)
    answers = [
        as_alice.post(HOOK, body, "application/json", headers=headers).status_code
        for body, headers in waiting
    ]
    assert set(answers) == {204} and Order.objects.filter(state="active").count() == 50
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"{timezone.now().year}-{number:06}" for number in range(1, 51)]
    assert SeenEvent.objects.count() == Payment.objects.filter(state="done").count() == 50


# -- a card that soon ends, a plan as it stands, two companies


def test_a_card_about_to_expire_is_said_once_and_a_new_one_ends_it(as_alice: Client) -> None:
    order = paid(as_alice)
    verified = f"/{Payment.objects.get(kind='verify').session}"
    before = len(mails(ALICE["email"]))
    for _ in range(2):
        assert told(as_alice, verified, event="evt_ending", kind="expiring") == 204
    assert "about to expire" in page(as_alice, order) and len(mails(ALICE["email"])) == before + 1
    url = press(as_alice, order, "verify")
    card(url, "5555555555554444")
    assert told(as_alice, url) == 204 and "about to expire" not in page(as_alice, order)
    assert told(as_alice, verified, event="evt_late", kind="expiring") == 204
    assert "about to expire" not in page(as_alice, order)


def test_the_sandbox_tells_of_a_card_that_soon_ends_when_it_was_charged(as_alice: Client) -> None:
    order = order_of(as_alice)
    url = press(as_alice, order, "verify")
    card(url, "4000000000000069")
    assert told(as_alice, url) == 204
    charge = press(as_alice, order, "pay")
    approve(charge)
    asking = InProcess.book.find(processor.session_of(charge))
    assert asking and told(as_alice, charge) == 204
    said = InProcess.book.ends_soon(asking)
    assert said and said["session"] == processor.session_of(url)
    body, headers = signed(json.dumps(said).encode())
    assert as_alice.post(HOOK, body, "application/json", headers=headers).status_code == 204
    assert "about to expire" in page(as_alice, order)


def test_a_means_of_payment_stays_two_years_from_the_last_payment_with_it(as_alice: Client) -> None:
    order = paid(as_alice)
    long_ago = timezone.now() - timedelta(days=740)
    PaymentMethod.objects.update(begun_at=long_ago, used_at=long_ago + timedelta(days=10))
    assert end_expired() == 1 and not PaymentMethod.objects.exists()
    url = press(as_alice, order, "verify")
    card(url)
    assert told(as_alice, url) == 204
    PaymentMethod.objects.update(begun_at=long_ago, used_at=long_ago)
    over(order)
    assert told(as_alice, f"/{renewed().session}") == 204
    assert end_expired() == 0 and PaymentMethod.objects.exists()


def test_the_form_for_another_plan_begins_with_the_one_that_runs(as_alice: Client) -> None:
    order = paid(as_alice)
    text = as_alice.get(f"/orders/{order.pk}/plan/").content.decode()
    assert re.search(r'name="employees"[^>]*value="12"', text)
    as_alice.post(f"/orders/{order.pk}/plan/", {"employees": "20", "period": "year"})
    text = as_alice.get(f"/orders/{order.pk}/plan/").content.decode()
    assert re.search(r'name="employees"[^>]*value="20"', text) and '<option value="year" selected>' in text


def test_whoever_buys_for_two_companies_says_for_which(as_alice: Client, alice: Person) -> None:
    assert "You buy for" not in as_alice.get("/checkout/").content.decode()
    other = Membership.objects.get(owner=customer(CHARLIE).owner_id).customer_id
    Membership(owner_id=alice.owner_id, customer_id=other, role="billing").save(force_insert=True)
    text = as_alice.get("/checkout/").content.decode()
    assert "You buy for" in text and "Chen &amp; Daughters" in text
    stranger = Membership.objects.get(owner=customer({**CHARLIE, "email": "dora@dora.example"}).owner_id)
    for wrong in ("", "x", str(stranger.customer_id)):
        assert begun(as_alice, company=wrong).status_code == 422
    assert begun(as_alice, company=str(other)).status_code == 302
    order = Order.objects.get()
    assert order.owner_id == other and "What it will cost" in page(as_alice, order)
    assert "Chen &amp; Daughters" in as_alice.get("/orders/").content.decode()
    assert browser(Person.objects.get(owner=stranger.owner_id)).get(f"/orders/{order.pk}/").status_code == 404
