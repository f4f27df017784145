"""Outgoing mail: enqueued within an act, handed to the carrier as a disclosure (clause share.providers).

The entry is durable before the first byte goes to the carrier.  A notice that may or may not have arrived is sent
again under its one Message-ID; an invitation is not.
"""

import logging
import re
import smtplib
import uuid
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email
from django.utils import timezone

from troth.engine.seal import SealError

from ..errors import GateError
from ..registry import built_at, serves
from ..uses import SYSTEM, disclose, using
from .models import Message

log = logging.getLogger("troth.mail")

PURPOSE = serves("sending-mail")
CARRIER = "mail-carrier"
PLACE = "outgoing-mail"
LONGEST_SENDING = timedelta(minutes=2)
MOST_ATTEMPTS = 12
BATCH = 20

built_at(PLACE, "troth.gate.outbound.mail:enqueue")


def enqueue(
    owner: uuid.UUID,
    address: str,
    subject: str,
    body: str,
    kind: str = Message.Kind.NOTICE,
    *,
    attachment: str = "",
) -> Message:
    """Put a message to a subject into the outbox.  Call it inside an act: both are kept, or neither.

    `attachment` is the JSON of a receipt, sent as `receipt.json`.
    """
    with using(PURPOSE, by=SYSTEM, at=PLACE):
        message = Message(
            owner_id=owner, kind=kind, message_id=f"<{uuid.uuid4().hex}@{settings.TROTH_MAIL_DOMAIN}>",
            address=address, subject=re.sub(r"\s+", " ", subject)[:200], body=body,
        )  # fmt: skip
        if attachment:
            message.attachment = attachment
        message.save(force_insert=True)
    return message


def deliver_due() -> int:
    """Hand every due message to the carrier once; returns how many were tried."""
    _recover()
    due = Message.objects.filter(state=Message.State.QUEUED, due_at__lte=timezone.now()).order_by("due_at")[
        :BATCH
    ]
    tried = 0
    for message in due:
        if _claim(message):
            tried += 1
            _deliver(message)
    return tried


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


def _deliver(message: Message) -> None:
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
            headers={"Message-ID": message.message_id, "Auto-Submitted": "auto-generated"},
            connection=get_connection(timeout=20),
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
    # The exception's text may hold the address (SMTPRecipientsRefused does): its kind is all we log.
    log.warning("a message was not taken: %s, attempt %d", type(error).__name__, message.attempts + 1)
    attempts = message.attempts + 1
    # Whatever is not the carrier's or the network's doing (no address, an erased owner) is so tomorrow too.
    if not isinstance(error, OSError) or attempts >= MOST_ATTEMPTS:
        state = Message.State.FAILED
    elif message.kind == Message.Kind.INVITATION:
        state = Message.State.UNKNOWN
    else:
        state = Message.State.QUEUED
    wait = timedelta(seconds=min(3600, 5 * 2**attempts))
    Message.objects.filter(pk=message.pk).update(state=state, due_at=timezone.now() + wait)
