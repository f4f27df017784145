"""What a partner of a joint offer fetches: one encrypted package of records with five fields, each with its entry."""

import csv
import io
from datetime import timedelta

import pyrage
from django.db import transaction
from django.utils import timezone

from troth.apps.offers import delivering, flows, partners
from troth.apps.offers.models import Interest, Part, Promotion
from troth.gate.export.handing import encrypted
from troth.gate.uses import SYSTEM, OwnData, using

from ..method import Contender, by_turns
from ..peers.models import AuditRow, PlainEnquiry
from ..report import Section, Target
from .people import TOPIC, contact, subjects

PLAIN, AUDITED = "plain ORM, CSV and the same encryption", "the same, a durable audit row for each record"
OURS = "one package to a partner, each record new"
FIELDS = ("name", "company", "address", "phone", "email")
GROUP = 500
KEY = str(pyrage.x25519.Identity.generate().to_public())
MORE = {"company": "Archer Pottery", "address": "1 Kiln Lane"}


class _Delivering:
    """An offer in which so many are interested, and a part of it that was given nothing yet."""

    def __init__(self, size: int) -> None:
        self.size, self.part = size, None
        values = {
            "country": "US",
            "statement": "https://partner.example/",
            "desk": "desk@partner.example",
            "key": KEY,
        }
        partner = partners.register({"name": "Partner", **values})
        gets = [f"contact.{name}" for name in FIELDS]
        until = timezone.now() + timedelta(days=1)
        self.promotion = flows.promote(flows.Wanted("Offer", "Text", gets, [partner], until))
        self.part = Part.objects.get(promotion=self.promotion)

    def begin(self) -> Part:
        """What was delivered before is forgotten: each record is new again."""
        self.part.deliveries.all().delete()
        Part.objects.filter(pk=self.part.pk).update(last_number=0, acknowledged=0)
        return self.part

    def deliver(self) -> None:
        """Everything in one package."""
        made = delivering.deliver(self.part, 0, self.size)
        assert made.records == self.size, f"{made.records} of {self.size} were delivered"


def rows(rounds: int, size: int) -> list[Section]:
    """Ours beside plain models in clear, as CSV, under the same encryption."""
    ours = _Delivering(size)
    _interests(size, ours.promotion)
    found = by_turns(
        [
            Contender(PLAIN, _plain, units=size), Contender(AUDITED, _audited, units=size),
            Contender(OURS, ours.deliver, units=size, before=ours.begin),
        ],
        rounds,
    )  # fmt: skip
    return [
        Section(
            f"A partner fetches {size:,} records of five fields, encrypted", "a record", list(found.values()),
            [
                Target("clock, to plain CSV and the same encryption", found[OURS].ratio(found[PLAIN]), 3.0),
                Target("clock, to the same with an audit row for each", found[OURS].ratio(found[AUDITED]), 3.0),
            ],
        )
    ]  # fmt: skip


def _interests(size: int, promotion: Promotion) -> None:
    says = promotion.digest()
    for start in range(0, size, GROUP):
        numbers = range(start, min(size, start + GROUP))
        made = []
        for n, owner in zip(numbers, subjects(len(numbers)), strict=True):
            with using(flows.SHOWING, by=SYSTEM, given=OwnData(owner.pk), at=flows.PLACE):
                made.append(Interest(owner=owner, promotion=promotion, text_hash=says, **contact(n), **MORE))
                made[-1].save(force_insert=True)
        now = timezone.now()
        PlainEnquiry.objects.bulk_create(
            [
                PlainEnquiry(
                    id=row.pk, owner=row.owner, received_at=now, last_contact_at=now, topic=TOPIC,
                    link_hash=n.to_bytes(32), message="", **contact(n), **MORE,
                )
                for n, row in zip(numbers, made, strict=True)
            ],
            batch_size=100,
        )  # fmt: skip


def _plain() -> list[PlainEnquiry]:
    found, made = list(PlainEnquiry.objects.order_by("pk")), io.StringIO()
    written = csv.writer(made)
    written.writerow(FIELDS)
    written.writerows([getattr(row, name) for name in FIELDS] for row in found)
    encrypted(made.getvalue().encode(), KEY)
    return found


def _audited() -> None:
    found = _plain()
    with transaction.atomic(durable=True):
        AuditRow.objects.bulk_create(
            [AuditRow(actor="partner", purpose="joint-promotion", detail=str(row.pk)) for row in found]
        )
