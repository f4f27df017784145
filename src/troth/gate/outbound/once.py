"""A message that goes once or not at all: no outbox, no copy, no second try (clause public.referral).

Whoever calls has claimed it first, in a transaction that is committed.  What follows the claim happens once: the gate
counts the disclosure, so that a second one is refused, and what a crash leaves behind may have been sent.
"""

import logging
import re
import smtplib
import uuid
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email

from troth.engine.seal import SealError

from ..errors import GateError
from ..journal.log import current
from ..keystore import keys
from ..uses import SYSTEM, disclose
from ..uses.actor import Ground, Row
from .mail import CARRIER, LONGEST_SENDING, CarrierAway, answered, line

__all__ = ["LONGEST_SENDING", "CarrierAway", "Letter", "Outcome", "hand_over", "is_first", "line"]

log = logging.getLogger("troth.mail")

FIRST = 1
"""The number of an install's first log: each restore begins another."""


class Outcome(StrEnum):
    """What became of a message that is tried once."""

    SENT = "sent"
    HELD = "held"
    """Where mail is only shown, and not sent."""
    FAILED = "failed"
    """The carrier said no, or nothing was handed to it."""
    UNKNOWN = "unknown"
    """The carrier may have it: the line broke, or the worker died."""


class Letter(NamedTuple):
    """What the reader gets."""

    subject: str
    body: str


def is_first(mailbox: bytes) -> bool:
    """Whether a mailbox (its `mailbox_index`) was never written to; from here on it was.

    The journal of tombstones remembers it as it does a subject: a restored backup may lack what was sent since.  Only
    then is the journal read, which takes longer the longer it is.  Raises JournalBroken.
    """
    mark = uuid.UUID(bytes=mailbox[:16])
    if current() > FIRST and keys.is_remembered(mark):
        return False
    keys.remember(mark)
    return True


def hand_over(
    row: Row,
    address: str,
    fields: Sequence[str],
    write: Callable[[Mapping[str, Any]], Letter],
    *,
    purpose: str,
    given: Ground,
    opened: Any,
) -> Outcome:
    """Disclose fields of a row to the carrier as a letter to the one of them that is the address; what became of it.

    `write` makes the letter of their values.  Call it when the claim is durable, and never again for this row.
    """
    message_id = f"<{uuid.uuid4().hex}@{settings.TROTH_MAIL_DOMAIN}>"
    try:
        sent = disclose(
            row, (address, *fields), to=CARRIER, purpose=purpose, by=SYSTEM, given=given,
            country=settings.TROTH_CARRIER_COUNTRY, reference=message_id,
        )  # fmt: skip
        letter = write(sent)
        validate_email(sent[address])
    except (GateError, SealError, ValueError, ValidationError) as error:
        log.warning("a message was not handed over: %s", type(error).__name__)
        return Outcome.FAILED
    return Outcome.HELD if settings.TROTH_MAIL_HELD else _send(message_id, sent[address], letter, opened)


def _send(message_id: str, address: str, letter: Letter, opened: Any) -> Outcome:
    mail = EmailMessage(
        re.sub(r"\s+", " ", letter.subject)[:200], letter.body, settings.DEFAULT_FROM_EMAIL, [address],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"}, connection=opened,
    )  # fmt: skip
    try:
        mail.send()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        # Its text may hold the address: its kind is all we log.
        said = answered(error)
        log.warning("a message was not taken: %s %d", type(error).__name__, said)
        return Outcome.FAILED if said or isinstance(error, ValueError) else Outcome.UNKNOWN
    return Outcome.SENT
