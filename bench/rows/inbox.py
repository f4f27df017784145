"""The inbox of 50, in-process through Django's test client: middleware, session, view, template, entry."""

from collections.abc import Callable

from django.test import Client

from troth.accounts.models import StaffMember
from troth.accounts.staff import appoint
from troth.apps.enquiries.models import Enquiry
from troth.config import urls
from troth.gate.uses import SYSTEM, using

from ..browser import signed_in
from ..method import Contender, by_turns
from ..peers import views
from ..peers.models import PlainEnquiry
from ..report import Section, Target
from .people import PLACE, PURPOSE, TOPIC, contact, subjects
from .unrecorded import without_entries

KEPT, SHOWN = 200, 50
PLAIN, AUDITED = "the same view on plain models", "the same, inserting one durable audit row"
BARE, WITH = "the inbox, without the entry", "the inbox, with the durable entry"


def rows(rounds: int) -> list[Section]:
    """Four pages that show the same 50 people."""
    urls.urlpatterns += views.urlpatterns
    _enquiries()
    client = _signed_in()
    plain, audited, real = (
        _page(client, path) for path in ("/bench/plain/", "/bench/audited/", "/office/enquiries/")
    )

    pages = [
        Contender(PLAIN, plain), Contender(AUDITED, audited), Contender(BARE, real, within=without_entries),
        Contender(WITH, real),
    ]  # fmt: skip
    found = by_turns(pages, rounds)
    return [
        Section(
            "Inbox of 50, in-process", "a page", list(found.values()),
            [
                Target("CPU without the entry, to plain", found[BARE].cpu_ratio(found[PLAIN]), 1.4),
                Target("clock with the entry, to the audited view", found[WITH].ratio(found[AUDITED]), 2.0),
            ],
        )
    ]  # fmt: skip


def _enquiries() -> None:
    with using(PURPOSE, by=SYSTEM, at=PLACE):
        rows = [Enquiry(owner=owner, **_values(n), **_open(n)) for n, owner in enumerate(subjects(KEPT))]
        Enquiry.objects.bulk_create(rows, batch_size=50)
    times = {row.pk: (row.received_at, row.last_contact_at) for row in rows}
    PlainEnquiry.objects.bulk_create(
        PlainEnquiry(
            id=row.pk, owner=row.owner, received_at=times[row.pk][0], last_contact_at=times[row.pk][1],
            **_values(n), **_open(n),
        )
        for n, row in enumerate(rows)
    )  # fmt: skip


def _values(number: int) -> dict[str, str]:
    more = {
        "company": "Archer Pottery",
        "address": "1 Kiln Lane",
        "message": "Which service would you begin with? " * 8,
    }
    return {**contact(number), **more}


def _open(number: int) -> dict[str, object]:
    return {"topic": TOPIC, "link_hash": number.to_bytes(32)}


def _signed_in() -> Client:
    member: StaffMember = appoint("Dana Novak", "dana@iplum.example", "sales", "CZ")
    return signed_in(member.user)


def _page(client: Client, path: str) -> Callable[[], None]:
    def get() -> None:
        answer = client.get(path, secure=True)
        assert answer.status_code == 200, f"{path} answered {answer.status_code}"
        assert answer.content.count(b"@archer.example") == SHOWN, f"{path} does not show {SHOWN} people"

    return get
