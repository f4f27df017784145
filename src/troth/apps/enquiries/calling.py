"""The call list: who asked to be called, and what the call centre says came of it (clause share.providers)."""

import uuid
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from troth.gate.collection import refuse_card_number
from troth.gate.duties.rules import NotSo, Rule, Said, Under
from troth.gate.registry import serves

from . import calls
from .models import Call, Enquiry

PURPOSE = serves("contacting-on-our-behalf")
WEEK = timedelta(days=7)


def rows() -> "QuerySet[Enquiry]":
    """Open enquiries of the last seven days that asked for a call."""
    found: QuerySet[Enquiry] = Enquiry.objects.filter(
        wants_call=True, state=Enquiry.State.OPEN, received_at__gt=timezone.now() - WEEK
    )
    return found


def covers(row: Enquiry) -> bool:
    """The same, of one enquiry."""
    is_open = row.state == Enquiry.State.OPEN
    return row.wants_call and is_open and row.received_at > timezone.now() - WEEK


def take(under: Under, row: Any, said: Said) -> bool:
    """Note the call on the enquiry; its id is made of the duty and the report, so that no report hits another's note."""
    if not said.note.strip():
        raise NotSo("a report of a call says in `note` what was said")
    refuse_card_number(said.note)
    kept_as = uuid.uuid5(under.duty, said.id.hex)
    return calls.note_call_for_us(row, kept_as, said.outcome, said.note, under.recipient)


RULE = Rule(
    name="asked-for-a-call", label="enquiries of the last seven days that asked for a call and are open",
    purpose=PURPOSE, model=Enquiry, rows=rows, covers=covers, take=take,
    outcomes={value: str(label) for value, label in Call.Outcome.choices},
)  # fmt: skip
