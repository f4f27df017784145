"""What is held about a subject: all of their own, of others' rows what tells of them, and nobody else's part."""

from typing import Any

import pytest

from tests.cast import ALICE, CHARLIE, acting, durable, enquiry_of, staff
from troth.apps.enquiries import flows
from troth.apps.enquiries.models import Enquiry
from troth.gate.errors import Refused
from troth.gate.ids import uuid7
from troth.gate.journal.models import Share
from troth.gate.subjects import access
from troth.gate.subjects.access import Held
from troth.gate.subjects.erase import erase
from troth.gate.subjects.foresee import foresee
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import EACH, SYSTEM, Actor, OwnData, using

pytestmark = durable


def of(enquiry: Enquiry) -> list[Held]:
    owner = enquiry.owner_id
    with using("showing-own-data", by=Actor("data-subject", owner), given=OwnData(owner)):
        return list(access.held(owner))


def test_every_row_of_ones_own_with_the_statements_words() -> None:
    enquiry = enquiry_of()
    enquiry_of(CHARLIE)
    found = of(enquiry)
    assert {one.model for one in found} == {"enquiries.Enquiry", "outbound.Message"}
    row = next(one for one in found if one.model == "enquiries.Enquiry")
    told = {value.name: value for value in row.values}
    assert told["email"].value == ALICE["email"] and told["email"].label == "E-mail address"
    assert "Contact Us form" in told["email"].places and told["email"].why and told["email"].clause
    assert row.is_own and row.hidden == () and row.keep_until is not None and row.keep_clause
    assert CHARLIE["email"] not in repr(found)


def test_somebody_elses_rows_are_refused() -> None:
    alice, charlie = enquiry_of(), enquiry_of(CHARLIE)
    by = Actor("data-subject", charlie.owner_id)
    with (
        pytest.raises(Refused, match="their own data"),
        using("showing-own-data", by=by, given=OwnData(charlie.owner_id)),
    ):
        next(access.held(alice.owner_id))


def test_the_look_is_on_record_before_anything_is_shown() -> None:
    enquiry = enquiry_of()
    before = Share.objects.filter(subject=enquiry.owner_id.hex).count()
    of(enquiry)
    assert Share.objects.filter(subject=enquiry.owner_id.hex).count() == before + 1


def test_somebody_of_whom_nothing_is_held_gets_an_empty_answer() -> None:
    nobody = DataSubject.begin(Kind.PERSON)
    with using("showing-own-data", by=Actor("data-subject", nobody.pk), given=OwnData(nobody.pk)):
        assert list(access.held(nobody.pk)) == []


def test_released_rows_are_kept_nowhere_and_stay_on_record() -> None:
    enquiry = enquiry_of()
    owner = enquiry.owner_id
    before = Share.objects.filter(subject=owner.hex).count()
    with using("showing-own-data", by=Actor("data-subject", owner), given=OwnData(owner)) as use:
        for one in access.held(owner):
            access.release(one)
            assert not use._rows
    assert Share.objects.filter(subject=owner.hex).count() == before + 1


def test_what_an_erasure_would_do_is_what_it_does() -> None:
    enquiry, dana = enquiry_of(), staff()
    with using("answering-enquiries", by=acting(dana), given=enquiry, at="staff-desk"):
        flows.answer_enquiry(enquiry, uuid7().hex, "With the first.", acting(dana))
    flows.assign_enquiry(enquiry, dana.owner_id)
    seen = foresee(enquiry.owner_id)
    counted = {line.title: line.count for line in seen.goes}
    assert counted["Enquiry"] == 1 and counted["Reply"] == 1 and counted["Record of uses"] >= 3
    rows = sum(count for title, count in counted.items() if title != "Record of uses")
    erasure = erase(enquiry.owner_id.hex, SYSTEM)
    assert erasure.rows == rows and foresee(enquiry.owner_id).goes == []
    assert [(line.title, line.count) for line in foresee(dana.owner_id).shared] == []


@pytest.mark.parametrize("ground", [None, EACH])
def test_without_a_ground_nothing_is_shown(ground: Any) -> None:
    enquiry = enquiry_of()
    with (
        pytest.raises(Refused, match="their own data"),
        using("answering-enquiries", by=SYSTEM, given=ground),
    ):
        next(access.held(enquiry.owner_id))
    with pytest.raises(Refused), using("answering-requests", by=SYSTEM):
        str(enquiry.email)


def test_of_many_rows_each_comes_once_and_in_order() -> None:
    owner = DataSubject.begin(Kind.PERSON).pk
    made = [uuid7() for _ in range(450)]
    with using("answering-enquiries", by=SYSTEM, at="contact-us"):
        Enquiry.objects.bulk_create(
            Enquiry(id=row, owner_id=owner, topic="Services", link_hash=row.bytes * 2, message=f"No. {n}")
            for n, row in enumerate(made)
        )
    charlies = enquiry_of(CHARLIE)
    with using("showing-own-data", by=Actor("data-subject", owner), given=OwnData(owner)):
        found = list(access.held(owner))
    assert [one.row.pk for one in found] == sorted(made) and charlies.pk not in made
    said = [value.value for one in found for value in one.values if value.name == "message"]
    assert said == [f"No. {n}" for n, _ in sorted(enumerate(made), key=lambda each: each[1])]
