"""The credit check: asked of one service, after a tick, about one order; and paying by invoice, which needs it."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests.apps import creditor
from tests.apps.buying_house import anton, order_of, over, page, press, set_up, verified
from tests.apps.conftest import Secure
from tests.cast import durable, staff
from tests.workspaces.customers import ALICE, BOB, CHARLIE, browser, colleague, customer, mails
from troth.accounts.people.models import Membership, Person
from troth.apps.buying import checkout, prices, qualifying, renewing
from troth.apps.buying.models import CreditCheck, Invoice, Order, Payment, Qualification
from troth.config.environment import SettingError
from troth.config.qualifying import credit as configured
from troth.gate.errors import Refused
from troth.gate.journal.models import Entry
from troth.gate.outbound import credit
from troth.gate.proving.answers import CONTROLS
from troth.gate.registry import WAITING
from troth.gate.subjects.erase import erase
from troth.gate.subjects.retention import end_expired
from troth.gate.uses import SYSTEM, disclose

pytestmark = durable
LARGE = {"employees": "300"}


@pytest.fixture(autouse=True)
def at_hand(settings: Any) -> Iterator[None]:
    set_up(settings)
    creditor.InProcess.asked.clear()
    yield
    creditor.InProcess.is_away = False


@pytest.fixture
def alice() -> Person:
    return customer()


@pytest.fixture
def as_alice(alice: Person) -> Client:
    return browser(alice)


def agreed(client: Client, order: Order, **typed: str) -> Any:
    """Tick the box, with whatever the page has in it."""
    by = "?by=invoice" if typed.get("means", "invoice") == "invoice" else ""
    text = client.get(f"/orders/{order.pk}/check/{by}").content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))
    sent = {**hidden, "agrees": "on", "said": "HRB 12345", **typed}
    return client.post(f"/orders/{order.pk}/check/", sent)


def by_invoice(client: Client, **typed: str) -> Order:
    """An order that may be paid by invoice."""
    order = order_of(client, **typed)
    assert agreed(client, order).status_code == 302
    assert qualifying.ask_due() == 1
    return Order.objects.get(pk=order.pk)


def billed(client: Client) -> tuple[Order, Invoice]:
    """One that runs on an invoice."""
    order = by_invoice(client)
    press(client, order, "invoice")
    return Order.objects.get(pk=order.pk), Invoice.objects.get(order=order)


def disclosures() -> Any:
    return Entry.objects.filter(recipient="credit-checker", kind=4)


# -- the consent


def test_nobody_is_asked_without_the_tick(as_alice: Client) -> None:
    order = order_of(as_alice)
    text = as_alice.get(f"/orders/{order.pk}/check/?by=invoice").content.decode()
    box = re.search(r"<input[^>]*name=\"agrees\"[^>]*>", text)
    assert box and "checked" not in box[0] and "Sandbox Credit (Sweden)" in text
    answer = agreed(as_alice, order, agrees="")
    assert answer.status_code == 422 and b"Nobody is asked unless you tick" in answer.content
    qualifying.ask_due()
    assert not CreditCheck.objects.exists() and not creditor.InProcess.asked and not disclosures().exists()


def test_what_is_asked_of_whom_is_on_record_with_its_country_and_names_no_card(as_alice: Client) -> None:
    order = verified(as_alice, order_of(as_alice, **LARGE))
    assert order.state == "begun" and "also need to know" in page(as_alice, order)
    assert agreed(as_alice, order, means="card").status_code == 302 and qualifying.ask_due() == 1
    (asked,) = creditor.InProcess.asked
    assert (asked.name, asked.employees, asked.country, asked.said) == (
        "Archer Pottery",
        "300",
        "DE",
        "HRB 12345",
    )
    made = disclosures()
    assert set(made.values_list("clauses", "country", "purpose")) == {
        ("use.billing", "SE", "checking-qualification")
    }
    row = Order.objects.get()
    assert row.state == "qualified" and row.consent == qualifying.consent_hash() and row.consented_at
    assert "Sandbox Credit: The company has paid its bills on time." in anton().get(
        f"/office/orders/{row.pk}/"
    ).content.decode().replace("&#x27;", "'")


def test_the_gate_itself_shares_nothing_without_a_consent_that_stands(as_alice: Client) -> None:
    order = verified(as_alice, order_of(as_alice, **LARGE))
    bill, method = checkout.drafted(order), checkout.method_of(order)
    assert method
    taken_back = CreditCheck(
        order=order, owner_id=order.owner_id, consent="0" * 64, state="over", begun_at=order.begun_at
    )
    never = CreditCheck(order=order, owner_id=order.owner_id, consent="", begun_at=order.begun_at)
    stands = CreditCheck(order=order, owner_id=order.owner_id, consent="0" * 64, begun_at=order.begun_at)
    for ground, row, field in (
        (order, bill, "billing_name"), (None, bill, "billing_name"), (taken_back, bill, "billing_name"),
        (never, bill, "billing_name"), (stands, method, "last4"), (stands, method, "reference"),
    ):  # fmt: skip
        with pytest.raises(Refused):
            disclose(
                row,
                [field],
                to=credit.CHECKER,
                purpose=credit.CHECKING,
                by=SYSTEM,
                country="SE",
                given=ground,
            )
    assert not disclosures().exists()


def test_a_text_that_changed_meanwhile_is_read_again(as_alice: Client, settings: Any) -> None:
    order = order_of(as_alice)
    old = qualifying.consent_hash()
    settings.TROTH_CREDIT = {**creditor.SETTINGS, "name": "Another Bureau"}
    assert agreed(as_alice, order, seen=old).status_code == 302
    assert "another by now" in page(as_alice, order) and not CreditCheck.objects.exists()


def test_an_agreement_can_be_taken_back_before_anybody_was_asked(as_alice: Client) -> None:
    order = order_of(as_alice)
    agreed(as_alice, order)
    assert "We have asked Sandbox Credit" in page(as_alice, order)
    press(as_alice, order, "check/take-back")
    assert qualifying.ask_due() == 0 and not creditor.InProcess.asked
    row = Order.objects.get()
    assert (row.consent, row.means, row.state) == ("", "card", "begun")


def test_two_windows_that_agree_ask_once(alice: Person) -> None:
    order = order_of(browser(alice))

    def agree() -> None:
        try:
            qualifying.agree(order, "invoice", qualifying.consent_hash(), "")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=agree) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert CreditCheck.objects.filter(state="waiting").count() == 1
    assert (qualifying.ask_due(), qualifying.ask_due()) == (1, 0) and len(creditor.InProcess.asked) == 1


def test_a_card_number_beside_the_box_is_refused(as_alice: Client) -> None:
    answer = agreed(as_alice, order_of(as_alice), said="4242 4242 4242 4242")
    assert answer.status_code == 422 and not CreditCheck.objects.exists()


# -- the answer


@pytest.mark.parametrize(
    ("name", "state", "said"),
    [("Insolvent Pots", "declined", "insolvency proceedings"), ("Newly Founded Pots", "look", "less than a year ago")],
)  # fmt: skip
def test_an_answer_that_is_no_yes_is_shown_with_its_reasons_and_can_be_contested(
    as_alice: Client, name: str, state: str, said: str
) -> None:
    before = len(mails(ALICE["email"]))
    order = by_invoice(as_alice, billing_name=name)
    assert order.state == state and said in page(as_alice, order)
    assert len(mails(ALICE["email"])) == before + 1
    assert press(as_alice, order, "invoice") and not Invoice.objects.exclude(number=None).exists()
    if state == "declined":
        press(as_alice, order, "contest")
    assert Order.objects.get().state == "look"
    desk, told = anton(), {"is_qualified": "yes", "reasons": "Known for years."}
    assert desk.post(f"/office/orders/{order.pk}/", told).status_code == 302
    assert "Order, and pay by invoice" in page(as_alice, order)
    assert len(mails(ALICE["email"])) == before + 2


def test_a_service_that_is_away_is_asked_again_and_nothing_is_lost(as_alice: Client) -> None:
    order = order_of(as_alice)
    agreed(as_alice, order)
    creditor.InProcess.is_away = True
    for _ in range(3):
        CreditCheck.objects.update(next_try_at=timezone.now())
        assert qualifying.ask_due() == 0
    assert "cannot be reached just now" in page(as_alice, order) and not disclosures().exists()
    creditor.InProcess.is_away = False
    assert qualifying.ask_due() == 0, "it is not time yet"
    CreditCheck.objects.update(next_try_at=timezone.now())
    assert qualifying.ask_due() == 1 and Order.objects.get().state == "qualified"


def test_an_answer_that_comes_after_the_order_changed_counts_for_nothing(as_alice: Client) -> None:
    order = order_of(as_alice)
    agreed(as_alice, order)
    check = CreditCheck.objects.get()
    place = Membership.objects.get(customer=order.owner_id)
    checkout.begin(place, order.pk.hex, prices.price(240, "year", "DE"), "Insolvent Pots", "1 Kiln Lane")
    assert qualifying.take_in(check, credit.Opinion("qualified", ())) is False
    assert Order.objects.get().state == "begun" and not Qualification.objects.exists()


def test_an_order_changed_after_its_check_is_checked_again(as_alice: Client) -> None:
    order = by_invoice(as_alice)
    place = Membership.objects.get(customer=order.owner_id)
    checkout.begin(place, order.pk.hex, prices.price(240, "year", "DE"), "Archer Pottery", "1 Kiln Lane")
    press(as_alice, order, "invoice")
    row = Order.objects.get()
    assert (row.state, row.consent) == ("begun", "") and not Invoice.objects.exclude(number=None).exists()


def test_an_order_that_grew_after_its_card_was_verified_is_checked_before_it_is_paid(
    as_alice: Client,
) -> None:
    order = verified(as_alice, order_of(as_alice))
    place = Membership.objects.get(customer=order.owner_id)
    checkout.begin(place, order.pk.hex, prices.price(300, "month", "DE"), "Archer Pottery", "1 Kiln Lane")
    assert press(as_alice, order, "pay") == f"/orders/{order.pk}/"
    assert "One more check" in page(as_alice, order) and not Payment.objects.filter(kind="charge").exists()


def test_who_agrees_to_nothing_has_a_person_look(as_alice: Client) -> None:
    order = order_of(as_alice)
    press(as_alice, order, "check/person", means="invoice")
    assert Order.objects.get().state == "look" and qualifying.ask_due() == 0 and not creditor.InProcess.asked


def test_an_administrator_decides_on_what_they_saw_and_not_on_what_it_was_changed_to(
    as_alice: Client,
) -> None:
    order, desk = order_of(as_alice), anton()
    press(as_alice, order, "check/person", means="invoice")
    text = desk.get(f"/office/orders/{order.pk}/").content.decode()
    (seen,) = re.findall(r'name="seen" value="([^"]+)"', text)
    place = Membership.objects.get(customer=order.owner_id)
    checkout.begin(place, order.pk.hex, prices.price(400, "year", "DE"), "Archer Pottery", "1 Kiln Lane")
    press(as_alice, order, "check/person", means="invoice")
    sent = {"is_qualified": "yes", "reasons": "Known for years.", "seen": seen}
    assert "changed the order" in desk.post(f"/office/orders/{order.pk}/", sent, follow=True).content.decode()
    assert Order.objects.get().state == "look"
    (sent["seen"],) = re.findall(
        r'name="seen" value="([^"]+)"', desk.get(f"/office/orders/{order.pk}/").content.decode()
    )
    desk.post(f"/office/orders/{order.pk}/", sent)
    assert Order.objects.get().state == "qualified"


def test_where_there_is_no_service_a_person_looks(as_alice: Client, settings: Any) -> None:
    settings.TROTH_CREDIT = {**creditor.SETTINGS, "class": ""}
    order = verified(as_alice, order_of(as_alice, **LARGE))
    assert order.state == "look" and not creditor.InProcess.asked


@pytest.mark.parametrize(
    "said",
    [None, [], {}, {"outcome": "yes", "reasons": []}, {"outcome": "qualified"}, {"outcome": "look", "reasons": "x"}],
)  # fmt: skip
def test_an_answer_that_is_none_is_not_taken_for_one(said: Any) -> None:
    with pytest.raises(credit.CheckerAway):
        credit.opinion_of(said)


def test_reasons_from_outside_are_short_plain_lines() -> None:
    said = {"outcome": "look", "reasons": ["a\r\nb\x00\u202e", "x" * 999, 7, "", *"abcdefgh"]}
    found = credit.opinion_of(said).reasons
    assert (
        found[0] == "a b"
        and len(found) == credit.MOST_REASONS
        and max(map(len, found)) <= credit.LONGEST_REASON
    )


def test_nobody_else_has_a_companys_credit_checked(as_alice: Client, alice: Person) -> None:
    order = order_of(as_alice)
    charlie, bob = browser(customer(CHARLIE)), browser(colleague(alice, BOB))
    for path in ("check", "check/person", "check/take-back", "invoice"):
        assert charlie.post(f"/orders/{order.pk}/{path}/").status_code == 404
        assert bob.post(f"/orders/{order.pk}/{path}/").status_code == 403
    assert charlie.get(f"/orders/{order.pk}/check/").status_code == 404 and not CreditCheck.objects.exists()


def test_what_came_of_a_check_is_deleted_after_ninety_days(as_alice: Client) -> None:
    billed(as_alice)
    old = timezone.now() - timedelta(days=91)
    for model in (CreditCheck, Qualification):
        model.objects.update(begun_at=old)
    assert end_expired() == 2 and not CreditCheck.objects.exists() and Invoice.objects.exists()


def test_erasing_a_company_that_waits_leaves_nothing_to_ask(as_alice: Client) -> None:
    order = order_of(as_alice)
    agreed(as_alice, order)
    erase(order.owner_id.hex, SYSTEM)
    assert qualifying.ask_due() == 0 and not CreditCheck.objects.exists() and not creditor.InProcess.asked


def test_the_clause_is_kept_by_checks_with_a_consent_and_broken_by_one_without(as_alice: Client) -> None:
    by_invoice(as_alice)
    assert CONTROLS["use.billing"]().status == "kept"
    CreditCheck.objects.update(consent="")
    assert CONTROLS["use.billing"]().status == "broken"
    CreditCheck.objects.update(consent="0" * 64)
    disclosures().update(purpose="personalising")
    assert CONTROLS["use.billing"]().status == "broken"


@pytest.mark.parametrize(
    "said", [{"checker": "bureau"}, {"checker": "sandbox"}, {"check-above": "many"}, {"invoice-days": -1},
     {"invoice-days": 14}]
)  # fmt: skip
def test_a_company_file_that_names_no_such_check_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=r"company\.toml"):
        configured({"qualification": said}, {}, is_demo=False, port=8443)


# -- paying by invoice


def test_an_order_by_invoice_runs_is_owed_and_is_noted_as_paid_once(as_alice: Client) -> None:
    order, bill = billed(as_alice)
    assert order.state == "active" and bill.number and not bill.paid_at
    assert bill.due_at and bill.due_at.date() == (timezone.now() + timedelta(days=14)).date()
    text = as_alice.get(f"/invoices/{bill.pk}/").content.decode()
    assert "To be paid by" in text and "Example Bank" in text
    owed = Payment.objects.get(kind="bill")
    desk, sales = anton(), Secure(SERVER_NAME="localhost")
    sales.force_login(staff("sales", "sam@iplum.example").user)
    place, today = f"/office/orders/{order.pk}/paid/{owed.pk}/", f"{timezone.localdate():%Y-%m-%d}"
    assert sales.post(place, {"on": today}).status_code == 403
    for wrong in ("", "yesterday", "1999-01-01", "2999-01-01"):
        desk.post(place, {"on": wrong})
        assert Payment.objects.get(kind="bill").state == "open"
    for _ in range(2):
        assert desk.post(place, {"on": today}).status_code == 302
    assert Payment.objects.get(kind="bill").state == "done" and Invoice.objects.get().paid_at
    assert "Paid on" in as_alice.get(f"/invoices/{bill.pk}/").content.decode()
    assert press(as_alice, order, "invoice") and Invoice.objects.count() == 1


def test_an_invoice_whose_company_is_erased_is_noted_as_paid_in_the_books(as_alice: Client) -> None:
    order, bill = billed(as_alice)
    desk, place, today = anton(), f"/office/invoices/{bill.pk}/paid/", f"{timezone.localdate():%Y-%m-%d}"
    desk.post(place, {"on": today})
    assert not Invoice.objects.get().paid_at, "as long as its order is there, it is noted with that"
    erase(order.owner_id.hex, SYSTEM)
    assert place in desk.get("/office/invoices/").content.decode()
    for wrong in ("", "1999-01-01", "2999-01-01"):
        desk.post(place, {"on": wrong})
        assert not Invoice.objects.get().paid_at
    desk.post(place, {"on": today})
    noted = Invoice.objects.get().paid_at
    desk.post(place, {"on": today})
    assert noted and Invoice.objects.get().paid_at == noted
    assert place not in desk.get("/office/invoices/").content.decode()


def test_an_invoice_that_is_not_paid_is_reminded_of_three_times_and_stays_due(as_alice: Client) -> None:
    order, bill = billed(as_alice)
    before = len(mails(ALICE["email"]))
    assert renewing.renew_due() == 0, "it is not due yet"
    for sent in (1, 2, 3):
        Order.objects.update(next_try_at=timezone.now())
        renewing.renew_due()
        assert (Order.objects.get().reminders, len(mails(ALICE["email"]))) == (sent, before + sent)
    assert bill.number in str(mails(ALICE["email"])[-1])
    Order.objects.update(next_try_at=timezone.now())
    renewing.renew_due()
    assert Order.objects.get().state == "ended" and Payment.objects.get().state == "open"
    desk = anton()
    desk.post(
        f"/office/orders/{order.pk}/paid/{Payment.objects.get().pk}/", {"on": f"{timezone.localdate()}"}
    )
    assert Invoice.objects.get().paid_at and Order.objects.get().state == "ended"


def test_the_next_period_is_invoiced_once_the_last_is_paid_and_follows_it(as_alice: Client) -> None:
    order, _ = billed(as_alice)
    end = order.paid_until
    Order.objects.update(next_try_at=timezone.now())
    renewing.renew_due()
    assert Invoice.objects.count() == 1, "first the one that is owed"
    anton().post(
        f"/office/orders/{order.pk}/paid/{Payment.objects.get().pk}/", {"on": f"{timezone.localdate()}"}
    )
    row = Order.objects.get()
    assert (row.reminders, row.next_try_at) == (0, end)
    Order.objects.update(next_try_at=timezone.now())
    renewing.renew_due()
    assert sorted(Invoice.objects.values_list("number", flat=True))[1][-6:] == "000002"
    assert end and Order.objects.get().paid_until > end and Payment.objects.filter(state="open").count() == 1  # type: ignore[operator]


def test_who_pays_later_cannot_grow_beyond_what_was_checked(as_alice: Client) -> None:
    order, _ = billed(as_alice)
    as_alice.post(f"/orders/{order.pk}/plan/", {"employees": "90000", "period": "year"})
    assert "much more than the last invoice" in page(as_alice, order)
    assert not Invoice.objects.filter(number=None).exists()
    assert (
        as_alice.post(f"/orders/{order.pk}/plan/", {"employees": "14", "period": "month"}).status_code == 302
    )
    assert Invoice.objects.filter(number=None).exists()
    verified(as_alice, order)
    as_alice.post(f"/orders/{order.pk}/plan/", {"employees": "200", "period": "year"})
    assert Order.objects.get().means == "card" and Invoice.objects.get(number=None).net > 900_000


def test_a_cancelled_order_by_invoice_runs_out_and_what_is_owed_is_reminded_of(as_alice: Client) -> None:
    order, _ = billed(as_alice)
    press(as_alice, order, "cancel")
    over(order)
    renewing.renew_due()
    assert Order.objects.get().reminders == 1 and Invoice.objects.count() == 1
    anton().post(
        f"/office/orders/{order.pk}/paid/{Payment.objects.get().pk}/", {"on": f"{timezone.localdate()}"}
    )
    over(order)
    renewing.renew_due()
    assert Order.objects.get().state == "ended"


def test_where_nobody_pays_by_invoice_nobody_can(as_alice: Client, settings: Any) -> None:
    settings.TROTH_CREDIT = {**creditor.SETTINGS, "invoice_days": 0}
    order = order_of(as_alice)
    assert "Pay by invoice" not in page(as_alice, order)
    agreed(as_alice, order, means="invoice")
    press(as_alice, order, "check/person", means="invoice")
    assert Order.objects.get().means == "card" and not CreditCheck.objects.exists()


# -- the office


def test_the_offices_lists_can_be_filtered_and_open_nobodys_data(as_alice: Client) -> None:
    desk = anton()
    assert b"No invoice yet" in desk.get("/office/invoices/").content
    assert b"No order yet" in desk.get("/office/orders/").content
    _, bill = billed(as_alice)
    order_of(as_alice)
    entries = Entry.objects.count()
    shown = {
        state: desk.get(f"/office/invoices/?state={state}").content.decode()
        for state in ("", "open", "overdue", "paid", "back", "x")
    }
    assert [bill.number in shown[state] for state in shown] == [True, True, False, False, False, True]
    assert "1 order of 2" in desk.get("/office/orders/?state=active&means=invoice").content.decode()
    assert "Nothing fits" in desk.get("/office/orders/?state=look").content.decode()
    assert Entry.objects.count() == entries
    sales = Secure(SERVER_NAME="localhost")
    sales.force_login(staff("sales", "sam@iplum.example").user)
    assert sales.get("/office/invoices/").status_code == 403


def test_two_hundred_orders_are_read_by_pages_with_few_questions(
    as_alice: Client, alice: Person, django_assert_max_num_queries: Any
) -> None:
    company = Membership.objects.get(owner=alice.owner_id).customer_id
    Order.objects.bulk_create([Order(owner_id=company, period="month") for _ in range(199)])
    last = Order(owner_id=company, period="month", state="look", begun_at=timezone.now() - timedelta(days=9))
    last.save(force_insert=True)
    desk = anton()
    with django_assert_max_num_queries(25):
        text = desk.get("/office/orders/").content.decode()
    assert "200 orders" in text and "Page 1 of 4" in text
    assert text.index(f"/office/orders/{last.pk}/") < text.index("Begun</td>"), (
        "what waits for a look is on top"
    )
    assert "Page 4 of 4" in desk.get("/office/orders/?page=4").content.decode()
    assert "1 order of 200" in desk.get("/office/orders/?state=look").content.decode()


def test_what_was_paid_by_bank_is_given_back_by_bank_and_noted_once(as_alice: Client) -> None:
    order, bill = billed(as_alice)
    owed, desk = Payment.objects.get(kind="bill"), anton()
    place = f"/office/orders/{order.pk}/refund/{owed.pk}/"
    desk.post(place)
    assert not Invoice.objects.get().refunded_at, "nothing came yet"
    desk.post(f"/office/orders/{order.pk}/paid/{owed.pk}/", {"on": f"{timezone.localdate()}"})
    for _ in range(2):
        desk.post(place)
    assert (
        Invoice.objects.get().refunded_at and Payment.objects.filter(kind="refund", state="done").count() == 1
    )
    assert "given back" in as_alice.get(f"/invoices/{bill.pk}/").content.decode()


def test_what_waits_for_somebody_is_counted(as_alice: Client) -> None:
    billed(as_alice)
    by_invoice(as_alice, billing_name="Newly Founded Pots")
    agreed(as_alice, order_of(as_alice))
    counted = [
        WAITING[name]()[0] for name in ("orders to be looked at", "credit checks", "invoices to be paid")
    ]
    assert counted == [1, 1, 1]
