"""Outgoing mail: enqueued within an act, handed to the carrier as a disclosure (clause share.providers).

The entry is durable before the first byte goes to the carrier.  A notice that may or may not have arrived is sent
again under its one Message-ID; an invitation is not.  While the carrier cannot be reached, nothing is disclosed and
no message comes nearer to its end.
"""

import logging
import re
import smtplib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email
from django.utils import timezone

from troth.engine.seal import KeyMissing, KeyStoreError, SealError

from ..errors import GateError
from ..registry import built_at, serves
from ..uses import SYSTEM, disclose, using
from .models import Message

log = logging.getLogger("troth.mail")

PURPOSE = serves("sending-mail")
CARRIER = "mail-carrier"
PLACE = "outgoing-mail"
LONGEST_SENDING = timedelta(minutes=2)
REST = timedelta(minutes=1)
"""How long the outbox rests when the carrier cannot be reached."""
LONGEST_WAIT = timedelta(hours=2)
MOST_ATTEMPTS = 60
"""Of a message that is not taken now and may be later.  With the waits between them they last four days."""
MOST_REFUSALS = 3
"""Of one that is refused for good, two hours apart: a carrier that is set up wrongly says so of everybody."""
BATCH = 20


class CarrierAway(Exception):
    """The carrier cannot be reached, or lets nobody in."""


built_at(PLACE, "troth.gate.outbound.mail:enqueue")


def enqueue(
    owner: uuid.UUID,
    address: str,
    subject: str,
    body: str,
    kind: str = Message.Kind.NOTICE,
    *,
    attachment: str = "",
    until: datetime | None = None,
) -> Message:
    """Put a message to a subject into the outbox.  Call it inside an act: both are kept, or neither.

    `attachment` is the JSON of a receipt, sent as `receipt.json`.  After `until` it is of no use, and is not sent.
    """
    with using(PURPOSE, by=SYSTEM, at=PLACE):
        message = Message(
            owner_id=owner, kind=kind, message_id=f"<{uuid.uuid4().hex}@{settings.TROTH_MAIL_DOMAIN}>",
            address=address, subject=re.sub(r"\s+", " ", subject)[:200], body=body, until=until,
        )  # fmt: skip
        if attachment:
            message.attachment = attachment
        message.save(force_insert=True)
    return message


def deliver_due() -> int:
    """Hand every due message to the carrier once; returns how many were tried."""
    _recover()
    tried = 0
    try:
        for message in _due().order_by("due_at")[:BATCH]:
            if message.until is not None and message.until <= timezone.now():
                _due().filter(pk=message.pk).update(state=Message.State.FAILED)
                continue
            with line() as opened:
                if _claim(message):
                    tried += 1
                    _deliver(message, opened)
    except CarrierAway as away:
        log.warning("the carrier is away: %s; mail waits", away)
        _due().update(due_at=timezone.now() + REST)
    return tried


def _due() -> Any:
    return Message.objects.filter(state=Message.State.QUEUED, due_at__lte=timezone.now())


@contextmanager
def line() -> Iterator[Any]:
    """A connection to the carrier, or none where mail is only shown.  Raises CarrierAway."""
    opened = get_connection(timeout=20)
    try:
        if not settings.TROTH_MAIL_HELD:
            opened.open()
    except OSError as error:  # those of smtplib are among them
        raise CarrierAway(type(error).__name__) from None
    try:
        yield opened
    finally:
        with suppress(OSError):
            opened.close()


def _claim(message: Message) -> bool:
    # One conditional update: of two workers, one gets the message.
    return bool(
        Message.objects.filter(pk=message.pk, state=Message.State.QUEUED).update(
            state=Message.State.SENDING,
            due_at=timezone.now() + LONGEST_SENDING,
            attempts=message.attempts + 1,
        )
    )


def _recover() -> None:
    """Messages of a worker that died while sending."""
    stuck = Message.objects.filter(state=Message.State.SENDING, due_at__lte=timezone.now())
    stuck.filter(kind=Message.Kind.NOTICE).update(state=Message.State.QUEUED)
    stuck.filter(kind=Message.Kind.INVITATION).update(state=Message.State.UNKNOWN)


def _deliver(message: Message, opened: Any) -> None:
    try:
        sent = disclose(
            message, ("address", "subject", "body", "attachment"), to=CARRIER, purpose=PURPOSE, by=SYSTEM,
            country=settings.TROTH_CARRIER_COUNTRY, reference=message.message_id,
        )  # fmt: skip
        if settings.TROTH_MAIL_HELD:
            _close(message, Message.State.HELD)
            return
        validate_email(sent["address"])
        mail = EmailMessage(
            sent["subject"], sent["body"], settings.DEFAULT_FROM_EMAIL, [sent["address"]],
            headers={"Message-ID": message.message_id, "Auto-Submitted": "auto-generated"}, connection=opened,
        )  # fmt: skip
        if sent["attachment"]:
            mail.attach("receipt.json", sent["attachment"].encode(), "application/json")
        mail.send()
    except (OSError, smtplib.SMTPException, GateError, SealError, ValueError, ValidationError) as error:
        _postpone(message, error)
    else:
        _close(message, Message.State.SENT)


def _close(message: Message, state: str) -> None:
    Message.objects.filter(pk=message.pk).update(state=state, sent_at=timezone.now())


def _postpone(message: Message, error: Exception) -> None:
    attempts, said = message.attempts + 1, answered(error)
    # The exception's text may hold the address (SMTPRecipientsRefused does): its kind is all we log.
    log.warning("a message was not taken: %s %d, attempt %d", type(error).__name__, said, attempts)
    is_refused = said >= 500
    wait = LONGEST_WAIT if is_refused else min(LONGEST_WAIT, timedelta(seconds=5 * 2 ** min(attempts, 20)))
    # Whatever is neither the carrier's doing nor the key store's (no address, an erased owner) is so tomorrow too.
    if not isinstance(error, OSError | KeyStoreError | KeyMissing):
        state = Message.State.FAILED
    elif message.kind == Message.Kind.INVITATION and isinstance(error, OSError) and not said:
        state = Message.State.UNKNOWN
    elif attempts >= (MOST_REFUSALS if is_refused else MOST_ATTEMPTS):
        state = Message.State.FAILED
    else:
        state = Message.State.QUEUED
    Message.objects.filter(pk=message.pk).update(state=state, due_at=timezone.now() + wait)


def answered(error: Exception) -> int:
    """The carrier's answer about this message: 4xx not now, 5xx never; 0 for none, after which it may have been taken."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return min(code for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPSenderRefused):
        return min(error.smtp_code, 499)  # what is wrong then is our own address, and can be mended
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
