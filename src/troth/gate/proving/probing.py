"""A disclosure that must be refused, tried in earnest: with a row, a key and the gate's own door."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from troth.engine.ledger import Kind
from troth.engine.seal import seal_row

from ..errors import Refused
from ..journal.models import Entry, Share
from ..keystore import keys
from ..keystore.models import DataKey
from ..outbound.models import Message
from ..uses import SYSTEM, envelopes, outward

FIELD, ADDRESS = "address", "nobody@probe.invalid"


def refusal(purpose: str, recipient: str) -> Refused | None:
    """What the gate answers to a disclosure of an address, once the refusal is on record; None when it is not refused so.

    The row is never saved, and the key that was made for it goes again; the entry stays.
    """
    with _planted() as row:
        try:
            outward.disclose(row, [FIELD], to=recipient, purpose=purpose, by=SYSTEM, country="")
        except Refused as refused:
            entries = Share.objects.filter(subject=row.owner_id.hex).values("entry")
            on_record = Entry.objects.filter(
                id__in=entries, kind=Kind.REFUSE, purpose=purpose, recipient=recipient
            )
            return refused if on_record.exists() else None
    return None


@contextmanager
def _planted() -> Iterator[Message]:
    """A row that is nobody's, sealed under a key of its own; a crash leaves a key without rows, which is swept."""
    subject = uuid.uuid4()
    try:
        cipher = keys.create(subject.hex)
        row = Message(owner_id=subject)
        row.sealed = seal_row(cipher, {FIELD: ADDRESS}, envelopes.aad(row))
        yield row
    finally:
        Share.objects.filter(subject=subject.hex).delete()
        DataKey.objects.filter(subject=subject.hex).delete()
