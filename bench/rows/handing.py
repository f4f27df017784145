"""What a provider pulls: records of a call list with five fields, in pulls of 1,000, each record with its entry."""

import json
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from troth.apps.enquiries.models import Enquiry
from troth.gate.duties import contracts, handing, registering
from troth.gate.duties.models import Duty
from troth.gate.uses import SYSTEM, using

from ..method import Contender, by_turns
from ..peers.models import AuditRow, PlainEnquiry
from ..report import Section, Target
from .people import PLACE, PURPOSE, TOPIC, contact, subjects

PLAIN, AUDITED = "plain ORM and JSON", "the same, a durable audit row for each record"
OURS, AGAIN = "a provider's pulls, each record new", "the same, each record once more"
FIELDS = ("name", "company", "address", "phone", "email")
GROUP = 1_000


class _Pulling:
    """A call list of a size, pulled to its end."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.duty = self.begin()

    def begin(self) -> Duty:
        """A duty that has handed nothing over yet."""
        needed = [f"contact.{name}" for name in FIELDS]
        until = timezone.now() + timedelta(days=1)
        self.duty = registering.begin(registering.Wanted("call-centre", "asked-for-a-call", needed, until))
        return self.duty

    def pull(self) -> None:
        """Everything, in as many pulls as it takes."""
        after, told = 0, 0
        while True:
            pulled = handing.hand_over(self.duty, after, GROUP)
            told += (
                len(json.loads(json.dumps(handing.as_json(self.duty, pulled)))["records"])
                if pulled.records
                else 0
            )
            after = pulled.upto
            if not pulled.has_more:
                break
        assert told == self.size, f"{told} of {self.size} were handed over"


def rows(rounds: int, size: int) -> list[Section]:
    """Ours beside plain models, in clear and with an audit row for each record."""
    _enquiries(size)
    contracts.keep_contract("call-centre", "bench", date(2026, 1, 1), None)
    pulling = _Pulling(size)
    found = by_turns(
        [
            Contender(PLAIN, _plain, units=size), Contender(AUDITED, _audited, units=size),
            Contender(OURS, pulling.pull, units=size, before=pulling.begin),
            Contender(AGAIN, pulling.pull, units=size, loops=1),
        ],
        rounds,
    )  # fmt: skip
    return [
        Section(
            f"A provider pulls {size:,} records of five fields", "a record", list(found.values()),
            [
                Target("clock, to plain", found[OURS].ratio(found[PLAIN]), 3.0),
                Target("clock, to plain with an audit row for each", found[OURS].ratio(found[AUDITED]), 3.0),
            ],
        )
    ]  # fmt: skip


def _enquiries(size: int) -> None:
    more = {"company": "Archer Pottery", "address": "1 Kiln Lane"}
    for start in range(0, size, GROUP):
        numbers = range(start, min(size, start + GROUP))
        with using(PURPOSE, by=SYSTEM, at=PLACE):
            made = [
                Enquiry(
                    owner=owner, topic=TOPIC, link_hash=n.to_bytes(32), wants_call=True, **contact(n), **more
                )
                for n, owner in zip(numbers, subjects(len(numbers)), strict=True)
            ]
            Enquiry.objects.bulk_create(made, batch_size=100)
        PlainEnquiry.objects.bulk_create(
            [
                PlainEnquiry(
                    id=row.pk, owner=row.owner, received_at=row.received_at, last_contact_at=row.last_contact_at,
                    topic=TOPIC, link_hash=n.to_bytes(32), message="", **contact(n), **more,
                )
                for n, row in zip(numbers, made, strict=True)
            ],
            batch_size=100,
        )  # fmt: skip


def _plain() -> list[PlainEnquiry]:
    found = list(PlainEnquiry.objects.order_by("pk"))
    json.loads(json.dumps([{name: getattr(row, name) for name in FIELDS} for row in found]))
    return found


def _audited() -> None:
    found = _plain()
    for start in range(0, len(found), GROUP):
        with transaction.atomic(durable=True):
            AuditRow.objects.bulk_create(
                [
                    AuditRow(actor="call-centre", purpose="call", detail=str(row.pk))
                    for row in found[start : start + GROUP]
                ]
            )
