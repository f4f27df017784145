"""Who had their data left alone keeps every right to it: each page answers, each request is taken, each letter comes."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from tests.apps.privacy_people import ALICE, browser, person
from tests.apps.rights_people import asked, carried_out, mails, page_of, proven, send, submission
from tests.cast import durable, enquiry_of
from troth.accounts.people import notices
from troth.accounts.people.models import Person
from troth.accounts.people.urls import urlpatterns as of_accounts
from troth.apps.privacy.urls import urlpatterns as of_privacy
from troth.apps.rights.models import Request
from troth.apps.rights.urls import urlpatterns as of_rights
from troth.gate.errors import Refused
from troth.gate.export import exporting, preparing
from troth.gate.export.models import Export
from troth.gate.journal.models import Entry
from troth.gate.outbound.models import Message
from troth.gate.subjects import limits
from troth.gate.subjects.merging import merge
from troth.gate.uses import SYSTEM, using

pytestmark = durable

ME, ONLY_POSTED = "/api/v1/me", 405
KINDS = ("access", "correction", "deletion", "restriction", "objection", "portability")


@pytest.fixture
def alice() -> Person:
    """Alice with an enquiry, who from now on has her data kept and not used."""
    who, enquiry = person(), enquiry_of()
    merge(enquiry.owner_id, who.owner_id, SYSTEM)
    limits.restrict(who.owner_id, SYSTEM)
    return who


def letters_to(owner: UUID) -> list[str]:
    """The subjects of what was mailed to somebody, oldest first."""
    with using("sending-mail", by=SYSTEM):
        return [each.subject for each in Message.objects.filter(owner=owner).order_by("queued_at", "pk")]


def fetched(client: Client) -> Export:
    """An archive, asked for as the page does, prepared by the worker."""
    categories = ["account", "data-about-customers", "enquiry"]
    assert client.post(reverse("own-export-ask"), {"categories": categories}).status_code == 302
    assert preparing.prepare_one()
    made: Export = Export.objects.latest("asked_at")
    assert made.state == "ready"
    return made


def own_pages(**values: Any) -> list[str]:
    """Every address of one's own pages, the request desk and the API that can be looked at."""
    shown = [each for each in (*of_privacy, *of_rights, *of_accounts) if is_own(getattr(each, "name", ""))]
    parts = ("", "/uses", "/exports", "/choices", "/requests", "/receipts/{entry}", "/exports/{export}")
    return [
        *(reverse(each.name, kwargs={name: values[name] for name in each.pattern.regex.groupindex}) for each in shown),
        *(ME + part.format(**values) for part in (*parts, "/exports/{export}/archive")),
    ]  # fmt: skip


def is_own(name: str) -> bool:
    """Pages of visitors without an account, of companies and of staff are walked elsewhere."""
    return name.startswith(("own-", "request-", "account")) and name not in (
        "account-company",
        "request-open",
    )


def test_each_page_answers_who_restricted_the_use_of_their_data(alice: Person) -> None:
    hers = browser(alice, confirmed=True)
    export, row = fetched(hers), asked(hers, email="")
    assert preparing.prepare_one()
    carried_out()
    (entry,) = Entry.objects.filter(kind=3, recipient="data-subject").order_by("-seq")[:1]
    pages = own_pages(export=export.pk, number=row.number, entry=entry.id, group="name")
    said = {page: hers.get(page).status_code for page in pages}
    assert not {page: status for page, status in said.items() if status not in (200, 302, ONLY_POSTED)}
    assert sum(status == 200 for status in said.values()) >= 24, said


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_request_is_taken_by_form_and_api(alice: Person, kind: str) -> None:
    hers = browser(alice)
    purpose = "personalising" if kind == "objection" else ""
    assert send(hers, kind, email="", purpose=purpose).status_code == 302
    body = json.dumps({"kind": kind, "text": "Please.", "purpose": purpose})
    told = hers.post(f"{ME}/requests", body, content_type="application/json")
    assert told.status_code == 201, told.content
    for row in Request.objects.all():
        assert row.identity == "signed in" and hers.get(page_of(row)).status_code == 200
        assert any(row.number in text for text in mails(row)), (
            "the receipt goes to the address of the account"
        )
    assert Request.objects.count() == 2


def test_an_access_request_ends_in_an_archive_that_is_told_of(alice: Person) -> None:
    hers = browser(alice, confirmed=True)
    row = asked(hers, email="")
    assert preparing.prepare_one()
    assert exporting.tell_due() == 1
    carried_out()
    carried_out()
    assert "Your data is ready to be fetched" in letters_to(alice.owner_id)
    assert "Your archive is ready" in mails(row)[-1] and Request.objects.get().state == "done"
    assert hers.get(page_of(row, "archive/")).status_code == 200


def test_what_stands_wrong_is_corrected_and_the_limit_is_lifted(alice: Person) -> None:
    hers = browser(alice)
    page = reverse("own-correct", args=["phone"])
    sent = {"phone": "+12025550177", "submission": submission(hers, page)}
    assert hers.post(page, sent).status_code == 302
    assert hers.get(ME).json()["registration"]["phone"] == "+12025550177"
    (limit,) = limits.of(alice.owner_id)
    assert hers.post(reverse("own-choose"), {"act": "lift", "limit": limit.pk}).status_code == 302
    assert limits.of(alice.owner_id) == []


def test_without_an_account_a_second_request_is_taken_and_answered(victor: Client) -> None:
    enquiry_of()
    assert proven(victor, "restriction").state == "closing"
    second = proven(victor, "access")
    assert preparing.prepare_one()
    carried_out()
    assert "Your archive is ready" in mails(second)[-1]


def test_a_restricted_person_leaves_by_the_api(alice: Person) -> None:
    assert browser(alice, confirmed=True).delete(ME).status_code == 202
    assert not Person.objects.exists()


def test_a_notice_opens_the_address_and_nothing_else(alice: Person) -> None:
    assert notices.tell(alice.owner_id, "Something became of your account", "Words.")
    assert letters_to(alice.owner_id)[-1] == "Something became of your account"
    used = Entry.objects.filter(purpose="giving-notice").latest("seq")
    assert (used.kind, used.recipient, used.clauses) == (3, "system", "rights.ninety-days")
    with pytest.raises(Refused), using(notices.PURPOSE, by=SYSTEM, given=alice):
        assert alice.phone != ALICE["phone"]
    with pytest.raises(Refused), using(notices.PURPOSE, by=SYSTEM):
        assert alice.email != ALICE["email"]
