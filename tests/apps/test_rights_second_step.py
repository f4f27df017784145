"""An account with a second step, and a request under its address: only signing in opens the account."""

from typing import Any

import pytest
from django.test import Client

from tests.apps.privacy_people import browser, person, set_up_app
from tests.apps.rights_people import again, asked, carried_out, mails, page_of, proven, submission
from tests.cast import durable, enquiry_of
from troth.accounts.people.models import Person
from troth.apps.enquiries.models import Enquiry
from troth.apps.rights.models import Request
from troth.gate.export.models import Export
from troth.gate.outbound.models import Message
from troth.gate.uses import SYSTEM, using

pytestmark = durable
ERASE_ACCOUNT = 'href="/account/privacy/erase/"'


def checked_by_staff(client: Client, sign_in: Any, kind: str = "deletion") -> Request:
    """A request under Alice's address whose sender the privacy officer believed."""
    row, officer = asked(client, kind), sign_in("privacy-officer")
    path = f"/office/requests/{row.number}/"
    sent = {"submission": submission(officer, path), "text": "She called from the number we have."}
    assert officer.post(f"{path}identity/", sent).status_code == 302
    return again(row)


def letters_to(who: Person) -> list[str]:
    """What was mailed to the account, subject and text, oldest first."""
    with using("sending-mail", by=SYSTEM):
        found = Message.objects.filter(owner=who.owner_id).order_by("queued_at", "pk")
        return [f"{each.subject}\n{each.body}" for each in found]


def delete(client: Client, row: Request) -> Any:
    return client.post(page_of(row, "erase/"), {"word": "delete"})


def test_a_check_by_staff_erases_no_account_with_a_second_step(sign_in: Any, victor: Client) -> None:
    alice = person()
    set_up_app(alice)
    enquiry = enquiry_of()
    row = checked_by_staff(victor, sign_in)
    for page in (page_of(row), page_of(row, "erase/")):
        shown = victor.get(page).content.decode()
        assert ERASE_ACCOUNT in shown and "Sign in to erase it" in shown
        assert "Your account goes, too" not in shown
    assert delete(victor, row).status_code == 302
    assert Person.objects.filter(pk=alice.pk).exists() and not Enquiry.objects.filter(pk=enquiry.pk).exists()
    assert letters_to(alice) == [] and any("this request leaves it out" in text for text in mails(row))
    signed_in = browser(alice, confirmed=True).get("/account/privacy/erase/")
    assert signed_in.status_code == 200


@pytest.mark.parametrize("kind", ["access", "restriction", "deletion"])
def test_who_has_such_an_account_and_nothing_else_is_not_told_that_there_is_nothing(
    sign_in: Any, victor: Client, kind: str
) -> None:
    set_up_app(person())
    row = checked_by_staff(victor, sign_in, kind)
    carried_out()
    told = mails(row)[-1]
    assert "an account of yours, which only signing in opens" in told and "We hold nothing" not in told
    assert again(row).state == "done" and not Export.objects.exists()


def test_an_account_without_one_is_named_beforehand_and_is_told(sign_in: Any, victor: Client) -> None:
    alice = person()
    row = checked_by_staff(victor, sign_in)
    page = victor.get(page_of(row, "erase/")).content.decode()
    assert "Your account goes, too" in page and "An account is not part of it" not in page
    (letter,) = letters_to(alice)
    assert letter.startswith("A request about your data covers your account") and row.number in letter
    assert "/account/security/" in letter and "/contact/" in letter
    assert delete(victor, row).status_code == 302 and not Person.objects.exists()


def test_a_second_step_set_up_after_the_letter_keeps_the_account(sign_in: Any, victor: Client) -> None:
    alice = person()
    row = checked_by_staff(victor, sign_in)
    set_up_app(alice)
    assert ERASE_ACCOUNT in victor.get(page_of(row, "erase/")).content.decode()
    delete(victor, row)
    assert Person.objects.filter(pk=alice.pk).exists()


def test_a_mailed_code_tells_the_account_nothing_more_and_one_who_signed_in_is_not_left_out(
    victor: Client,
) -> None:
    alice = person()
    proven(victor, "deletion")
    assert letters_to(alice) == []
    set_up_app(alice)
    hers = browser(alice)
    row = asked(hers, "access", email="")
    assert Export.objects.filter(pk=row.export_token).exists()
    assert "not part of this request" not in hers.get(page_of(row)).content.decode()
