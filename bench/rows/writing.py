"""Writing a sealed row with its blind index and its ledger entry, durably, beside a plain durable insert."""

from itertools import count

from django.db import transaction

from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, act, using

from ..method import Contender, by_turns
from ..peers.models import FernetContact, PlainContact, SealedContact
from ..report import Section, Target
from .people import PLACE, PURPOSE, TOPIC, contact, subjects

PLAIN, PEER = "plain durable insert", "the same with django-fernet-encrypted-fields"
KNOWN, NEW = "sealed, indexed, in the ledger: known subject", "sealed, indexed, in the ledger: new subject"
BESIDE = "plain durable insert of a subject and a row"


def rows(rounds: int) -> list[Section]:
    """A write for a subject whose key exists, and for one who is new."""
    found = by_turns(_contenders(subjects(1)[0]), rounds)
    return [
        Section(
            "Sealed write + index + ledger entry, durable", "a row", list(found.values()),
            [
                Target("clock, known subject to plain", found[KNOWN].ratio(found[PLAIN]), 1.5),
                Target("clock, new subject to plain", found[NEW].ratio(found[PLAIN]), 3),
            ],
            ["a new subject takes two commits: the key is durable in its own store before the row is"],
        )
    ]  # fmt: skip


def _contenders(owner: DataSubject) -> list[Contender]:
    numbers = count()

    def plain(model: type = PlainContact) -> None:
        with transaction.atomic(durable=True):
            model(owner=owner, topic=TOPIC, **contact(next(numbers))).save(force_insert=True)  # type: ignore[attr-defined]

    def beside() -> None:
        with transaction.atomic(durable=True):
            subject = DataSubject(kind=Kind.PERSON)
            subject.save(force_insert=True)
            PlainContact(owner=subject, topic=TOPIC, **contact(next(numbers))).save(force_insert=True)

    def known() -> None:
        with using(PURPOSE, by=SYSTEM, at=PLACE), act():
            SealedContact(owner=owner, topic=TOPIC, **contact(next(numbers))).save(force_insert=True)

    def new() -> None:
        with using(PURPOSE, by=SYSTEM, at=PLACE), act():
            subject = DataSubject.begin(Kind.PERSON)
            SealedContact(owner=subject, topic=TOPIC, **contact(next(numbers))).save(force_insert=True)

    return [
        Contender(PLAIN, plain), Contender(PEER, lambda: plain(FernetContact)), Contender(BESIDE, beside),
        Contender(KNOWN, known), Contender(NEW, new),
    ]  # fmt: skip
