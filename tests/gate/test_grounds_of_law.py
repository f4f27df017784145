"""What the gate does for grounds of the law: no further than their categories, told when it may be, held as far."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.utils import timezone

from tests.cast import ALICE, durable, enquiry_of
from tests.gate.conftest import Clock
from troth.apps.enquiries.models import Enquiry
from troth.gate.errors import Refused
from troth.gate.ids import made_at, uuid7
from troth.gate.journal.models import Entry, Untold
from troth.gate.subjects import holds, retention
from troth.gate.subjects.foresee import foresee
from troth.gate.uses import Actor, OwnData, history, using
from troth.gate.uses.outward import disclose

pytestmark = durable
OFFICER, PURPOSE = Actor("privacy-officer", None, "SE"), "complying-with-law"


@dataclass
class Order:
    """A legal record as its register has them."""

    whose: Any
    categories: frozenset[str] = frozenset({"contact.email"})
    untold_until: datetime | None = None
    reference: str = "L-2222-2222"
    ground: ClassVar[str] = "legal-record"
    since: datetime = field(default_factory=timezone.now)

    def is_live(self) -> bool:
        return True

    def covers(self, row: Any) -> bool:
        return bool(row.owner_id == self.whose)

    def covers_category(self, category: str) -> bool:
        return category in self.categories


def told(enquiry: Enquiry) -> list[history.Used]:
    own = OwnData(enquiry.owner_id)
    with using("showing-own-data", by=Actor("data-subject", enquiry.owner_id), given=own):
        return [each for each in history.history() if each.purpose == PURPOSE]


def test_a_ground_opens_the_categories_it_covers_and_nothing_beside_them_in_the_same_row() -> None:
    enquiry = enquiry_of()
    order = Order(enquiry.owner_id)
    with using(PURPOSE, by=OFFICER, given=order):
        assert enquiry.email == ALICE["email"]
    with pytest.raises(Refused, match="legal-record"), using(PURPOSE, by=OFFICER, given=order):
        assert enquiry.message
    handed = {"to": "authority", "purpose": PURPOSE, "by": OFFICER, "country": "US", "given": order}
    assert disclose(enquiry, ["email"], **handed) == {"email": ALICE["email"]}  # type: ignore[arg-type]
    with pytest.raises(Refused):
        disclose(enquiry, ["email", "phone"], **handed)  # type: ignore[arg-type]
    assert "legal-record L-2222-2222" in {each.ground for each in told(enquiry)}


def test_what_may_not_be_told_yet_is_in_the_log_and_shown_when_its_time_is_over(set_clock: Clock) -> None:
    enquiry = enquiry_of()
    seen = foresee(enquiry.owner_id).goes[-1].count
    order = Order(enquiry.owner_id, untold_until=timezone.now() + timedelta(days=30))
    with using(PURPOSE, by=OFFICER, given=order):
        assert enquiry.email
    disclose(enquiry, ["email"], to="authority", purpose=PURPOSE, by=OFFICER, country="US", given=order)
    assert Entry.objects.filter(purpose=PURPOSE).count() == Untold.objects.count() == 2
    assert not told(enquiry) and foresee(enquiry.owner_id).goes[-1].count == seen
    set_clock(timedelta(days=31))
    assert {each.act for each in told(enquiry)} == {"read", "disclosed"}


@pytest.mark.parametrize(
    ("reach", "stays"),
    [
        (holds.Reach("L-1", frozenset({"contact.phone"})), True),
        (holds.Reach("L-1", frozenset({"customer-data.file"})), False),
        (holds.Reach("L-1", before=timezone.now() - timedelta(days=300)), False),
        (holds.Reach("L-1", since=timezone.now() + timedelta(days=1)), False),
        (holds.Reach("L-1", since=timezone.now() - timedelta(days=1)), True),
    ],
    ids=["its-category", "another", "made-later", "made-before", "made-within"],
)
def test_a_hold_keeps_what_it_covers_and_leaves_the_rest_to_its_time(
    set_clock: Clock, reach: holds.Reach, stays: bool
) -> None:
    enquiry = enquiry_of()
    holds.place(enquiry.owner_id, timezone.now() + timedelta(days=900), OFFICER, reach=reach)
    set_clock(timedelta(days=740))
    (due,) = [due for due in retention.survey() if due.model == "enquiries.Enquiry"]
    assert (due.past, due.held) == ((0, 1) if stays else (1, 0))


def test_a_hold_is_lifted_by_its_case_alone() -> None:
    enquiry, until = enquiry_of(), timezone.now() + timedelta(days=9)
    for case in ("L-1", "L-2"):
        holds.place(enquiry.owner_id, until, OFFICER, reach=holds.Reach(case))
    assert holds.lift(enquiry.owner_id, OFFICER, "L-1") == 1
    assert [each.case for each in holds.LegalHold.objects.filter(lifted_at=None)] == ["L-2"]


def test_an_id_tells_when_it_was_made() -> None:
    at = made_at(uuid7())
    assert at is not None and abs(at - timezone.now()) < timedelta(seconds=5)
