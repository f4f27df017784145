"""Calls about an enquiry: noted once, in the Company's own workspace, shown to whom they were with, gone with it."""

import re

import pytest
from django.test import Client

from tests.apps.test_enquiries import thread_of
from tests.cast import ALICE, CHARLIE, acting, durable, enquiry_of, staff
from tests.gate.at_the_prompt import tables_holding
from troth.apps.enquiries import calls, flows
from troth.apps.enquiries.models import Call, Enquiry
from troth.gate.errors import Refused
from troth.gate.ids import uuid7
from troth.gate.journal.models import Share
from troth.gate.uses import SYSTEM, OwnData, using
from troth.workspaces import company
from troth.workspaces.hosted import OutsideWorkspace, opened

pytestmark = durable
NOTE = "Would rather be called after four."


def form(client: Client, enquiry: Enquiry, **typed: str) -> dict[str, str]:
    """The form for a call on an enquiry's page, as filled in."""
    page = client.get(f"/office/enquiries/{enquiry.pk}/").content.decode()
    at = page.index(f"/office/enquiries/{enquiry.pk}/call/")
    token = re.search(r'name="submission" value="([^"]+)"', page[at:])
    assert token
    return {"submission": token[1], "outcome": "reached", "note": NOTE, **typed}


def note(enquiry: Enquiry) -> Call:
    made = calls.note_call(enquiry, uuid7().hex, "reached", NOTE, acting(staff(email="sam@iplum.example")))
    assert made is not None
    return made


def test_a_call_is_noted_once_and_both_see_what_was_said(sign_in, client: Client) -> None:  # type: ignore[no-untyped-def]
    enquiry, sales = enquiry_of(), sign_in("sales")
    place, filled = f"/office/enquiries/{enquiry.pk}/call/", form(sales, enquiry)
    for _ in range(2):
        assert sales.post(place, filled)["Location"] == f"/office/enquiries/{enquiry.pk}/"
    for browser, page in ((sales, f"/office/enquiries/{enquiry.pk}/"), (client, thread_of(client, enquiry))):
        text = browser.get(page).content.decode()
        assert text.count(NOTE) == 1 and "called: reached" in text
    other = enquiry_of(CHARLIE)
    assert NOTE not in sales.get(f"/office/enquiries/{other.pk}/").content.decode()


@pytest.mark.parametrize(
    "typed", [{"note": ""}, {"outcome": "gone"}, {"outcome": ""}, {"note": "4111 1111 1111 1111"}]
)
def test_what_is_no_note_is_said_and_nothing_is_kept(sign_in, typed: dict[str, str]) -> None:  # type: ignore[no-untyped-def]
    enquiry, sales = enquiry_of(), sign_in("sales")
    answer = sales.post(f"/office/enquiries/{enquiry.pk}/call/", form(sales, enquiry, **typed))
    assert answer.status_code == 422 and "4111" not in str(answer.headers)
    assert Call.every.count() == 0


def test_a_note_lies_in_the_companys_own_workspace_and_is_found_there_only() -> None:
    made, ours = note(enquiry_of()), company.begin()
    assert made.owner_id == ours.owner_id
    with pytest.raises(OutsideWorkspace):
        Call.objects.exists()
    with opened(uuid7()):
        assert not Call.objects.exists()


def test_whoever_may_not_read_the_enquiry_may_not_read_the_note() -> None:
    mine, others = enquiry_of(), enquiry_of(CHARLIE)
    row = note(mine)
    for role, ground in (("administrator", mine), ("sales", others), ("customer-people", mine)):
        by = acting(staff("administrator", f"{role}@iplum.example"))
        by = type(by)(role, by.subject, by.country)
        with opened(row.owner_id), pytest.raises(Refused), using("answering-enquiries", by=by, given=ground):
            _ = Call.objects.get().note
    with using("showing-own-data", by=SYSTEM, given=OwnData(others.owner_id)), pytest.raises(Refused):
        calls.told(mine)


def test_reading_a_note_is_on_the_record_of_the_workspace(sign_in) -> None:  # type: ignore[no-untyped-def]
    enquiry = enquiry_of()
    row = note(enquiry)
    before = Share.objects.filter(subject=row.owner_id.hex).count()
    sign_in("sales").get(f"/office/enquiries/{enquiry.pk}/")
    assert Share.objects.filter(subject=row.owner_id.hex).count() == before + 1


def test_a_note_goes_with_its_enquiry() -> None:
    gone, stays = enquiry_of(), enquiry_of(CHARLIE)
    note(gone)
    kept = calls.note_call(stays, uuid7().hex, "no-answer", "Nobody there.", acting(staff()))
    subject = gone.owner_id
    flows.delete_enquiry(gone, SYSTEM)
    assert kept and [row.pk for row in Call.every.all()] == [kept.pk]
    assert not tables_holding(str(subject).encode())
    assert ALICE["email"] not in str(list(Call.every.values()))
