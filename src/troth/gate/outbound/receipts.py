"""The receipt of an erasure: mailed when the purge is done, to an address that is then erased as well.

clause: rights.ninety-days.  The receipt is the subject's part of the completion leaf, with its place in the log.
"""

from datetime import timedelta

from django.utils import timezone

from ..journal import log, writing
from ..journal.models import Entry, Share
from ..keystore import keys
from ..registry import serves
from ..subjects.erase import try_to_erase
from ..subjects.models import Erasure, Farewell
from ..uses import SYSTEM, act, using
from .mail import enqueue
from .models import Message

PURPOSE = serves("answering-requests")
SHOWN_FOR = timedelta(days=1)
"""How long a message that is only shown, in the sample installation, stays to be looked at."""

TEXT = """Your data has been erased.

The key that it was locked with is gone, and so are its rows. A copy of the key in a backup of ours is locked with
another key, which is destroyed at most 45 days after it was made.

Attached is the receipt. It holds nothing about you but that this was done, and anybody can check it against our log,
also without us. How to do that stands on the page “How it is kept” of our site, linked at the foot of every page.

This message went to the address you gave. We kept it for that alone, and erase it now as well: we cannot write to
you again.
"""


def send_receipts() -> int:
    """Write the receipts that are due, and erase the addresses of those that are sent; returns how many were written."""
    due = Erasure.objects.filter(state=Erasure.State.DONE).exclude(farewell="")
    written = 0
    for erasure in due.order_by("done_at")[:50]:
        farewell = Farewell.objects.filter(owner=erasure.farewell).first()
        if farewell is None:
            _forget(erasure)
        elif not (message := Message.objects.filter(owner=erasure.farewell).first()):
            written += _write(erasure, farewell)
        elif _is_gone(message) and try_to_erase(erasure.farewell, SYSTEM):
            # The row names the erased subject no more; the farewell's own erasure leaves no trace of it either.
            _forget(erasure)
    return written


def _write(erasure: Erasure, farewell: Farewell) -> int:
    if not Entry.objects.filter(id=erasure.entry, index__isnull=False).exists():
        return 0
    share = Share.objects.get(entry=erasure.entry, subject=erasure.farewell)
    cipher = keys.ciphers([erasure.farewell])[erasure.farewell]
    salt, detail = writing.open_share(cipher, erasure.farewell, erasure.entry, bytes(share.sealed))
    receipt = log.receipt(erasure.entry, salt, detail).to_json()
    with using(PURPOSE, by=SYSTEM, given=farewell), act():
        enqueue(
            farewell.owner_id, farewell.address, "Your data has been erased", TEXT, attachment=receipt + "\n"
        )
    return 1


def _is_gone(message: Message) -> bool:
    if message.state == Message.State.HELD:
        return bool(message.sent_at and message.sent_at < timezone.now() - SHOWN_FOR)
    return message.state in (Message.State.SENT, Message.State.FAILED, Message.State.UNKNOWN)


def _forget(erasure: Erasure) -> None:
    Erasure.objects.filter(pk=erasure.pk).update(farewell="")
