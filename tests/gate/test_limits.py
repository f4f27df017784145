"""Restriction and objection: the very next use stops, and says why; one's own rights go on."""

from collections.abc import Callable

import pytest

from tests.cast import ALICE, CHARLIE, acting, durable, enquiry_of, staff
from troth.apps.enquiries.models import Enquiry
from troth.gate.errors import GateError, Refused
from troth.gate.journal.models import Entry
from troth.gate.outbound.mail import deliver_due
from troth.gate.outbound.models import Message
from troth.gate.subjects import limits
from troth.gate.uses import EACH, SYSTEM, Actor, OwnData, using

pytestmark = durable


def read_by_staff(enquiry: Enquiry) -> str:
    with using("answering-enquiries", by=SYSTEM, given=enquiry):
        return str(enquiry.email)


def read_by_alice(enquiry: Enquiry) -> str:
    with using("showing-own-data", by=alice(enquiry), given=OwnData(enquiry.owner_id)):
        return str(enquiry.email)


def alice(enquiry: Enquiry) -> Actor:
    return Actor("data-subject", enquiry.owner_id)


def test_a_restriction_stops_the_next_use_and_is_named() -> None:
    enquiry = enquiry_of()
    assert read_by_staff(enquiry) == ALICE["email"]
    limit = limits.restrict(enquiry.owner_id, alice(enquiry))
    with pytest.raises(Refused, match=r"restricted the use of their data \(clause rights.ninety-days\)"):
        read_by_staff(enquiry)
    assert Entry.objects.order_by("-seq")[0].kind == 5
    assert read_by_alice(enquiry) == ALICE["email"]
    assert limits.lift(enquiry.owner_id, limit.pk, alice(enquiry))
    assert read_by_staff(enquiry) == ALICE["email"]


def test_a_restriction_is_one_persons_own() -> None:
    enquiry, other = enquiry_of(), enquiry_of(CHARLIE)
    limit = limits.restrict(enquiry.owner_id, alice(enquiry))
    assert read_by_staff(other) == CHARLIE["email"]
    assert not limits.lift(other.owner_id, limit.pk, alice(other))
    with pytest.raises(Refused):
        read_by_staff(enquiry)


def test_a_list_leaves_out_what_is_restricted_and_shows_the_rest() -> None:
    enquiry, other, dana = enquiry_of(), enquiry_of(CHARLIE), staff()
    limits.restrict(enquiry.owner_id, alice(enquiry))
    with using("answering-enquiries", by=acting(dana), given=EACH) as use:
        shown = [row.email for row in Enquiry.objects.all() if use.is_open_to(row)]
    assert shown == [other_email(other)]


def other_email(enquiry: Enquiry) -> str:
    return read_by_staff(enquiry)


def test_mail_that_answers_a_request_still_goes() -> None:
    enquiry = enquiry_of()
    limits.restrict(enquiry.owner_id, alice(enquiry))
    assert deliver_due() == 1 and Message.objects.get().state == "held"


def test_an_objection_stops_its_purpose_and_no_other(edit_statement: Callable[..., None]) -> None:
    enquiry = enquiry_of()
    limits.object_to(enquiry.owner_id, "checking-quality", alice(enquiry))
    assert read_by_staff(enquiry) == ALICE["email"]
    with pytest.raises(Refused, match="objected to `checking-quality`"), using("checking-quality", by=SYSTEM):
        str(Enquiry.objects.get().email)


def test_nobody_can_object_to_what_they_asked_for() -> None:
    enquiry = enquiry_of()
    with pytest.raises(GateError, match="nobody can object to `answering-enquiries`"):
        limits.object_to(enquiry.owner_id, "answering-enquiries", alice(enquiry))
    assert limits.of(enquiry.owner_id) == []


def test_each_limit_is_on_record_for_its_subject() -> None:
    enquiry = enquiry_of()
    before = Entry.objects.count()
    limits.object_to(enquiry.owner_id, "personalising", alice(enquiry))
    limits.object_to(enquiry.owner_id, "personalising", alice(enquiry))
    assert len(limits.of(enquiry.owner_id)) == 1 and Entry.objects.count() == before + 2
