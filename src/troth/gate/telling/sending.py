"""Writing to the recipients' desks, reminding them, and noting who is late.  Run by the schedule.

A message holds references and a link, and no value: mail passes through a carrier, who has no business with it.
"""

import hashlib
import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from troth.engine.seal import SealError

from ..errors import GateError
from ..outbound.mail import PURPOSE as BY_MAIL
from ..outbound.mail import enqueue
from ..outbound.models import Message
from ..subjects.models import Erasure
from ..uses import SYSTEM, act, using
from . import recipients, wording
from .models import Told

log = logging.getLogger("troth.telling")

TRY_AGAIN = timedelta(hours=6)
REMINDED_AFTER = timedelta(days=14)
OVERDUE_AFTER = timedelta(days=30)
BATCH = 50

GONE = (Message.State.SENT, Message.State.HELD)
LATER = (Message.State.FAILED, Message.State.UNKNOWN)


def tell() -> int:
    """One round of all of it; returns how many messages were written."""
    now = timezone.now()
    _follow()
    written = sum(_write(told, now, is_reminder=False) for told in _due(now))
    written += sum(_write(told, now, is_reminder=True) for told in _silent(now))
    late = Told.objects.filter(state=Told.State.TOLD, told_at__lte=now - OVERDUE_AFTER)
    if late.exists():
        late.update(state=Told.State.OVERDUE)
    # Nobody can answer any more: what the recipient's records are found by is not kept for nothing.
    nobodys = (Told.Kind.ERASURE, Told.Kind.WITHDRAWAL)
    over = Told.objects.filter(kind__in=nobodys, told_at__lte=now - wording.LINK_LIVES).exclude(references="")
    if over.exists():
        over.update(references="")
    return written


def _follow() -> None:
    """A recipient is told when the message has gone, and not before; one that failed is written again."""
    for told in Told.objects.filter(state=Told.State.WAITING).exclude(messages=""):
        message = Message.objects.filter(message_id=told.messages.split()[-1]).first()
        if message is not None and message.state in GONE:
            changes = {"state": Told.State.TOLD, "told_at": message.sent_at}
            Told.objects.filter(pk=told.pk, state=Told.State.WAITING).update(**changes)


def _due(now: datetime) -> list[Told]:
    """Those nobody wrote to yet, or whose message failed some hours ago.  An erasure is told once it is durable."""
    waiting = Told.objects.filter(
        Q(tried_at=None) | Q(tried_at__lte=now - TRY_AGAIN), state=Told.State.WAITING
    )
    begun = Erasure.objects.filter(state=Erasure.State.BEGUN).values("pk")
    listed = waiting.filter(_reachable()).exclude(kind=Told.Kind.ERASURE, erasure__in=begun)
    return [told for told in listed.order_by("made_at") if not _is_on_its_way(told)][:BATCH]


def _is_on_its_way(told: Told) -> bool:
    last = told.messages.split()[-1:]
    message = Message.objects.filter(message_id__in=last).first()
    return message is not None and message.state not in LATER


def _silent(now: datetime) -> list[Told]:
    told = Told.objects.filter(state=Told.State.TOLD, told_at__lte=now - REMINDED_AFTER, reminded_at=None)
    return list(told.filter(_reachable()).order_by("told_at")[:BATCH])


def _reachable() -> Q:
    """Those for whom there is a desk."""
    return Q(desk="", recipient__in=settings.TROTH_RECIPIENTS) | Q(recipient__in=recipients.DESKS) & ~Q(
        desk=""
    )


def _write(told: Told, now: datetime, *, is_reminder: bool) -> int:
    entry = recipients.registered(told.recipient, told.desk)
    if entry is None:
        return 0
    subject, body = wording.letter(told, entry, link(told), is_reminder=is_reminder)
    try:
        with using(BY_MAIL, by=SYSTEM), act():
            # Of two workers, one finds the row as both saw it.
            mine = Told.objects.filter(pk=told.pk, state=told.state, tried_at=told.tried_at, reminded_at=None)
            if not mine.update(tried_at=now, token_hash=hash_of(token_of(told))):
                return 0
            message = enqueue(told.owner_id, entry.desk, subject, body)
            noted = Told.objects.filter(pk=told.pk)
            noted.update(messages=f"{told.messages} {message.message_id}".strip())
            if is_reminder:
                noted.update(reminded_at=now)
    except (DatabaseError, GateError, SealError) as error:
        # Its person is being erased, most likely: then the erasure is told in its place.
        log.warning("a recipient could not be written to: %s", type(error).__name__)
        return 0
    return 1


def token_of(told: Told) -> str:
    """The secret in the link: made from the install's key, so that a reminder can repeat it and no table holds it."""
    return salted_hmac("troth.gate.telling", told.pk.hex, algorithm="sha256").hexdigest()


def hash_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def link(told: Told) -> str:
    """The page on which the recipient confirms."""
    return settings.TROTH_BASE_URLS["company"] + reverse("told", args=[token_of(told)])
