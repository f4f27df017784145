"""Made-up people, stored by the house and by its peers alike."""

from uuid import UUID

from django.db import transaction

from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, Actor, using

from ..peers.models import FernetContact, PlainContact, SealedContact

TOPIC = "Services"
PURPOSE, PLACE = "answering-enquiries", "contact-us"


def contact(number: int) -> dict[str, str]:
    """The three fields of one person."""
    return {
        "name": f"Alice Archer {number}",
        "email": f"alice.{number}@archer.example",
        "phone": "+12025550101",
    }


def subjects(count: int, kind: Kind = Kind.PERSON) -> list[DataSubject]:
    """Data subjects with their keys."""
    with transaction.atomic(using="keys"), transaction.atomic():
        return [DataSubject.begin(kind) for _ in range(count)]


def staff() -> Actor:
    """A reader from the sales desk: a data subject too, so that the entry holds a part for them."""
    return Actor("sales", subjects(1, Kind.STAFF)[0].pk, "CZ")


def contacts(count: int) -> list[UUID]:
    """The same people in three tables, one subject each; returns the ids, which are the same in all three."""
    owners = subjects(count)
    with using(PURPOSE, by=SYSTEM, at=PLACE):
        sealed = [SealedContact(owner=owner, topic=TOPIC, **contact(n)) for n, owner in enumerate(owners)]
        SealedContact.objects.bulk_create(sealed, batch_size=100)
    for model in (PlainContact, FernetContact):
        rows = [model(id=row.pk, owner=row.owner, topic=TOPIC, **contact(n)) for n, row in enumerate(sealed)]
        model.objects.bulk_create(rows, batch_size=100)
    return [row.pk for row in sealed]
