"""A disclosure, or a look, that must be refused, tried in earnest: with a row, a key and the gate's own door."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from troth.engine.ledger import Kind
from troth.engine.seal import SealBroken, seal_row

from ..errors import Refused
from ..journal.models import Entry, Share
from ..keystore import keys
from ..keystore.models import DataKey
from ..outbound.models import Message
from ..subjects.models import PersonalModel
from ..uses import SYSTEM, Actor, envelopes, faults, outward, using

FIELD, ADDRESS = "address", "nobody@probe.invalid"


def refusal(purpose: str, recipient: str) -> Refused | None:
    """What the gate answers to a disclosure of an address, once the refusal is on record; None when it is not refused so.

    The row is never saved, and the key that was made for it goes again; the entry stays.
    """
    with _planted(Message, FIELD) as row:
        try:
            outward.disclose(row, [FIELD], to=recipient, purpose=purpose, by=SYSTEM, country="")
        except Refused as refused:
            return refused if _is_on_record(row, purpose, recipient) else None
    return None


def closed_to(role: str, purpose: str, model: type[PersonalModel], field: str) -> Refused | None:
    """What the gate answers a role that reads a field on no ground, once that is on record; None when it may."""
    with _planted(model, field) as row:
        try:
            with faults.wanted(), using(purpose, by=Actor(role)):
                getattr(row, field)
        except Refused as refused:
            return refused if _is_on_record(row, purpose, role) else None
    return None


def opens_under_another_key(model: type[PersonalModel], field: str) -> bool:
    """Whether an envelope opens for whoever gives it another owner, as somebody could who writes to the tables."""
    with _planted(model, field) as row, _planted(model, field) as other:
        other.sealed, other.id = row.sealed, row.id
        try:
            envelopes.try_opening(other)
        except SealBroken:
            return False
    return True


def _is_on_record(row: PersonalModel, purpose: str, recipient: str) -> bool:
    entries = Share.objects.filter(subject=row.owner_id.hex).values("entry")
    made = Entry.objects.filter(id__in=entries, kind=Kind.REFUSE, purpose=purpose, recipient=recipient)
    return made.exists()


@contextmanager
def _planted(model: type[PersonalModel], field: str) -> Iterator[Any]:
    """A row that is nobody's, sealed under a key of its own; a crash leaves a key without rows, which is swept."""
    subject = uuid.uuid4()
    try:
        cipher = keys.create(subject.hex)
        row = model(owner_id=subject)
        row.sealed = seal_row(cipher, {field: ADDRESS}, envelopes.aad(row))
        yield row
    finally:
        Share.objects.filter(subject=subject.hex).delete()
        DataKey.objects.filter(subject=subject.hex).delete()
