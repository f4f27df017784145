"""`keep ... at least`: what the law wants kept is ended before its day neither by its time nor by a request."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from tests.cast import durable
from tests.gate.conftest import Clock, Edit
from tests.gate.zoo.keeping import erased, kept, person, read
from tests.gate.zoo.opening import zoo
from tests.gate.zoo.society import Invoice, Order, OrderLine
from troth.gate.published import statement
from troth.gate.subjects import obstacles, retention
from troth.gate.subjects.checks import check_declarations
from troth.gate.subjects.erase import Obstructed, erase
from troth.gate.subjects.foresee import foresee
from troth.gate.subjects.models import DataSubject, Erasure, Kind
from troth.gate.uses import SYSTEM

__all__ = ["zoo"]
pytestmark = durable

START = datetime(2024, 2, 29, 12, tzinfo=UTC)
END = datetime(2031, 2, 28, 12, tzinfo=UTC)
AT_LEAST = "keep enquiry.message at least 7 years after invoice"


@pytest.fixture(autouse=True)
def held(edit_statement: Edit) -> None:
    """The words of an order or an invoice are kept for seven years; their `keep` is over long before."""
    edit_statement("keep qualification 90 days", f"{AT_LEAST}\nkeep qualification 90 days")


def order(owner: UUID, **values: Any) -> Order:
    return kept(Order, owner, **{"text": "Two pots.", "sent_by": "Alice", "issued_at": START, **values})


def test_its_own_time_does_not_end_a_row_before_the_day_that_the_law_names(set_clock: Clock) -> None:
    owner = person()
    order(owner)
    set_clock(END - timedelta(seconds=1))
    (due,) = [due for due in retention.survey() if due.model == "zoo.Order"]
    assert (due.past, due.held) == (0, 1)
    assert retention.end_expired() == 0 and Order.objects.exists()
    set_clock(END)
    assert retention.end_expired() == 1 and not Order.objects.exists()


def test_nor_does_a_request_to_erase_and_the_refusal_names_clause_and_day(set_clock: Clock) -> None:
    owner = person()
    order(owner)
    set_clock(datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(Obstructed) as refused:
        erase(owner.hex, SYSTEM)
    (found,) = refused.value.obstacles
    assert (found.clause, found.until) == ("collect.billing", END) and "Order" in found.reason
    assert Order.objects.exists() and not Erasure.objects.exists()
    set_clock(END)
    erased(owner)
    assert not Order.objects.exists() and not DataSubject.objects.filter(pk=owner).exists()


def test_what_was_begun_before_the_rule_is_not_stopped_by_it() -> None:
    owner = person()
    order(owner, issued_at=timezone.now())
    Erasure.objects.create(subject=owner.hex)
    erased(owner)
    assert not Order.objects.exists()


def test_of_several_rows_the_youngest_says_the_day() -> None:
    owner = person()
    for years in (3, 1, 2):
        order(owner, issued_at=timezone.now().replace(month=1, day=1) - timedelta(days=365 * years))
    (found,) = obstacles.of(owner.hex)
    youngest = Order.objects.latest("issued_at").issued_at
    assert found.until == retention.kept_until(youngest, 7, "years")


def test_a_part_that_would_be_blanked_is_kept_only_where_a_hold_is_on_that_part() -> None:
    owner, sender = person(), person()
    row = order(owner, sender=sender, issued_at=timezone.now())
    assert obstacles.of(sender.hex) == []  # `sent_by` is under no hold
    erased(sender)
    assert (read(row, "text"), read(row, "sent_by")) == ("Two pots.", None)


def test_what_hangs_on_a_kept_row_goes_no_sooner_with_somebody_else() -> None:
    owner, other = person(), person()
    row = order(owner, issued_at=timezone.now())
    kept(OrderLine, other, order=row, note="blue")
    assert obstacles.of(other.hex) == [] and len(obstacles.of(owner.hex)) == 1
    erased(other)
    assert Order.objects.exists() and not OrderLine.objects.exists()


def test_an_invoice_of_the_years_books_obstructs_nobody_and_the_page_says_until_when(
    edit_statement: Edit,
) -> None:
    books, alice = person(Kind.PERIOD), person()
    row = kept(Invoice, books, customer=alice, amount=Decimal("99.00"), issued_at=START)
    (line,) = foresee(alice).stays
    assert (line.clause, line.until) == ("collect.billing", END)
    statement.publish()  # the row was collected under the words before
    edit_statement(AT_LEAST, "keep enquiry.message 8 years after invoice\n" + AT_LEAST)
    (line,) = foresee(alice).stays
    assert line.until == datetime(2032, 2, 29, 12, tzinfo=UTC)
    erased(alice)
    assert read(row, "amount") == Decimal("99.00") and Invoice.objects.get().customer_id is None


def test_a_model_that_cannot_date_a_legal_hold_does_not_start() -> None:
    found = {str(problem.msg) for problem in check_declarations(None) if problem.id == "troth.E011"}
    assert "`enquiries.Enquiry` cannot date the legal hold on `enquiry.message`" in found
    assert not [each for each in found if "zoo.Order`" in each or "zoo.Invoice`" in each]
