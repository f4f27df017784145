"""What a provider reports back: of records it was handed, on a live duty, each report once."""

import hashlib
import json
import re

from django.db import IntegrityError
from django.utils import timezone

from ..collection import holds_card_number
from . import handing, rules
from .models import Duty, Handover, Report
from .rules import NotSo, Said, Under

MOST_REPORTS = 20
"""On one record: nobody's page is filled by a provider."""
LONGEST_NOTE = 2000
LONGEST_VALUE = 300


MARK = re.compile("[0-9a-f]{32}")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def is_plain(text: str) -> bool:
    """Whether a text holds nothing that reorders it, breaks a header or cannot be written down."""
    return _NO_TEXT.search(text) is None


class NotTheirs(Exception):
    """A report on a record that was not handed over under this duty, or is gone."""


def report(duty: Duty, mark: str, said: Said) -> bool:
    """Keep a report; False when the very same one was kept before.  Raises Refused, NotTheirs, NotSo."""
    duty.refresh_from_db()
    handing.must_be_live(duty)
    known = rules.RULES[duty.rule]
    if said.outcome not in known.outcomes:
        raise NotSo("this outcome is none of the list")
    if len(said.note) > LONGEST_NOTE or any(len(value) > LONGEST_VALUE for value in said.values.values()):
        raise NotSo("this is too long")
    if not all(map(is_plain, (said.note, *said.values, *said.values.values()))):
        raise NotSo("this holds characters that no text has")
    if any(holds_card_number(text) for text in (said.note, *said.values.values())):
        raise NotSo("this holds what looks like a payment card number, which we never take in")
    is_mark = MARK.fullmatch(mark) is not None
    handover = Handover.objects.filter(duty=duty, mark=mark).order_by("pk").last() if is_mark else None
    if handover is None or handover.row_id is None:
        raise NotTheirs
    digest = _digest(mark, said)
    if _was_said(duty, said, digest):
        return False
    row = known.model.every.filter(pk=handover.row_id).first()
    if row is None or not duty.fields():
        raise NotTheirs
    return _keep(duty, known, handover, row, said, digest)


def _keep(duty: Duty, known: rules.Rule, handover: Handover, row: object, said: Said, digest: str) -> bool:
    if Report.objects.filter(duty=duty, digest__startswith=digest[:32]).count() >= MOST_REPORTS:
        raise NotSo(f"there are {MOST_REPORTS} reports on this record already")
    if known.take is not None:
        # It keeps the report under an id made of the report's own: what a crash left half done is done once more.
        known.take(Under(duty.pk, duty.recipient, tuple(duty.fields())), row, said)
    try:
        Report(duty=duty, said=said.id, digest=digest).save(force_insert=True)
    except IntegrityError:
        return not _was_said(duty, said, digest)
    Handover.objects.filter(pk=handover.pk).update(outcome=said.outcome, reported_at=timezone.now())
    return True


def _was_said(duty: Duty, said: Said, digest: str) -> bool:
    """Whether this report was taken.  Raises NotSo for another one under its id."""
    earlier = Report.objects.filter(duty=duty, said=said.id).first()
    if earlier is None:
        return False
    if earlier.digest != digest:
        raise NotSo("another report was sent under this id")
    return True


def _digest(mark: str, said: Said) -> str:
    """A report by its hashes, the first half that of the record it is about; no word of it can be read from them."""
    told = json.dumps([said.outcome, said.note, sorted(said.values.items())])
    halves = (mark, f"{mark} {said.id.hex} {told}")
    return "".join(hashlib.sha256(half.encode()).hexdigest()[:32] for half in halves)
