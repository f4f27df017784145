"""The one message, sent at most once: claimed, committed, handed to the carrier, and never touched again.

INVARIANT: the mark of an address is durable before the carrier hears of it, and is unique.  Of two who refer the same
friend, of two workers, and of a worker and the one after its death, one sends.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from troth.gate.errors import GateError, SealError
from troth.gate.outbound import once
from troth.gate.outbound.once import Letter, Outcome
from troth.gate.subjects.index import mailbox_index
from troth.gate.uses import SYSTEM, act, disclose, using

from . import flows, letters
from .models import Invitee, Mark

log = logging.getLogger("troth.referrals")

REST = timedelta(minutes=1)
"""How long invitations rest when the carrier cannot be reached."""
BATCH = 20
TOLD = ("your_name", "friend_name")
ADDRESS = "friend_email"


def send_due() -> int:
    """Send to every friend who waits, unless their address has a mark, and forget them; returns how many were sent to."""
    due, sent = Invitee.objects.filter(state=Invitee.State.WAITING, due_at__lte=timezone.now()), 0
    try:
        for friend in due.select_related("referrer")[:BATCH]:
            with once.line() as opened:
                if mark := _claim(friend):
                    close(friend, mark, _send(friend, mark, opened))
                    sent += 1
    except once.CarrierAway as away:
        log.warning("the carrier is away: %s; invitations wait", away)
        due.update(due_at=timezone.now() + REST)
    flows.forget()
    return sent


def _claim(friend: Invitee) -> Mark | None:
    """The new mark of the friend's address; None when there was one, or another worker has the friend."""
    try:
        with using(flows.PURPOSE, by=SYSTEM, given=friend), act():
            waiting = Invitee.objects.filter(pk=friend.pk, state=Invitee.State.WAITING)
            if not waiting.update(state=Invitee.State.SENDING, due_at=timezone.now() + once.LONGEST_SENDING):
                return None
            mark = claim_mark(mailbox_index(friend.friend_email), flows.never_token(friend.pk))
            changes = {"mark": mark} if mark else {"state": Invitee.State.DONE, "sent_at": timezone.now()}
            Invitee.objects.filter(pk=friend.pk).update(**changes)
            return mark
    except (GateError, SealError) as error:
        # What was read once and not claimed is not read again.
        log.error("an invitation cannot be sent: %s", type(error).__name__)
        Invitee.objects.filter(pk=friend.pk).update(state=Invitee.State.DONE, sent_at=timezone.now())
        return None


def claim_mark(index: bytes | None, token: str) -> Mark | None:
    """A new mark for an address, or None when it has one: the table's unique index decides."""
    if index is None:
        return None
    mark = Mark(index=index, never_hash=flows.hash_of(token))
    Mark.objects.bulk_create([mark], ignore_conflicts=True)
    return mark if Mark.objects.filter(pk=mark.pk).exists() else None


def _send(friend: Invitee, mark: Mark, opened: Any) -> Outcome:
    code = friend.referrer.code if friend.referrer else None

    def write(said: Mapping[str, Any]) -> Letter:
        token = flows.never_token(friend.pk)
        return letters.letter(said["your_name"], said["friend_name"], code, token)

    try:
        if not once.is_first(bytes(mark.index)):
            return Outcome.UNKNOWN
        disclose(friend, TOLD, to="friend", purpose=flows.PURPOSE, by=SYSTEM, country="", given=friend)
    except (GateError, SealError) as error:
        log.error("an invitation is refused: %s", type(error).__name__)
        return Outcome.FAILED
    return once.hand_over(friend, ADDRESS, TOLD, write, purpose=flows.PURPOSE, given=friend, opened=opened)


def close(friend: Invitee, mark: Mark, outcome: Outcome) -> None:
    """The message is gone, or will never go: the mark says which, and the friend is to be forgotten."""
    with transaction.atomic():
        Mark.objects.filter(pk=mark.pk).update(state=outcome.value)
        Invitee.objects.filter(pk=friend.pk).update(state=Invitee.State.DONE, sent_at=timezone.now())
