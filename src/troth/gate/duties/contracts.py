"""Contracts with service providers: the line on the register, and the file, sealed.  clause: share.providers"""

import hashlib
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from ..errors import Refused
from ..files import stored
from ..files.models import StoredFile
from ..registry import built_at, serves
from ..telling.telling import desk_of
from ..uses import SYSTEM, Actor, act, using
from .models import Contract, Duty

PURPOSE = serves("keeping-contracts")
PLACE, CATEGORY = "provider-desk", "provider-contract"
built_at(PLACE, "troth.gate.duties.contracts:keep_contract")


@dataclass(frozen=True, slots=True)
class Paper:
    """The file of a contract as it was sent."""

    name: str
    content_type: str
    content: bytes


def keep_contract(
    recipient: str,
    number: str,
    signed_on: date,
    ends_on: date | None,
    paper: Paper | None = None,
    by: Actor = SYSTEM,
) -> None:
    """Note the contract with a recipient.  One of another number takes the place of the one before, and of its file.

    Raises Refused where a live duty would outlast it.
    """
    desk = desk_of(recipient)
    with using(PURPOSE, by=by, at=PLACE), act():
        late = Duty.objects.filter(recipient=recipient, ended_at=None, ends_at__gt=timezone.now())
        if ends_on is not None and any(each.ends_at.date() > ends_on for each in late):
            raise Refused("a duty would outlast this contract; end it first")
        row = Contract.objects.select_for_update().filter(recipient=recipient).first()
        before = row.file if row else None
        row = row or Contract(recipient=recipient)
        if paper is not None or row.number != number:
            row.file, row.sha256 = None, ""
        if paper is not None:
            row.file = stored.write(desk, paper.name, paper.content_type, [paper.content], CATEGORY)
            row.sha256 = hashlib.sha256(paper.content).hexdigest()
        row.number, row.signed_on, row.ends_on = number, signed_on, ends_on
        row.save()
        if before is not None and row.file != before:
            stored.remove(before)


def read(file: StoredFile, by: Actor) -> Paper:
    """The file of a contract; reading it is on record.  Raises Refused."""
    with using(PURPOSE, by=by):
        known = stored.describe(file)
        return Paper(known.name, known.content_type, b"".join(stored.read(file)))
