"""What can be done with a referral: one function for each verb (clause public.referral).

Whether an address was invited before is found by the worker, behind the form: neither the answer nor the time it takes
tells whoever refers a friend.
"""

import hashlib
import logging
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from troth.gate import watch
from troth.gate.registry import serves
from troth.gate.subjects.erase import try_to_erase
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, act, using

from . import rewarding
from .models import Invitee, Mark, Referral, Referrer, Reward

log = logging.getLogger("troth.referrals")

PURPOSE, PLACE = serves("inviting"), "refer-a-friend"
REFERRED = watch.reports("friend-referred", "troth.apps.referrals.flows:refer")
LASTING = serves("keeping-to-retention")
MOST_WAITING = 1000
"""Friends whose message has not gone yet.  So many wait only if the carrier is away, or somebody floods the form."""


class Crowded(Exception):
    """Too many wait already; nothing was kept."""


def refer(row_id: str, values: dict[str, str], by: uuid.UUID | None = None) -> None:
    """Keep a friend, to be sent the one message.  A form that was already sent does nothing more.

    `by` is the subject of whoever refers them from an account.  Raises Crowded.
    """
    if Invitee.objects.filter(pk=row_id).exists():
        return
    if Invitee.objects.filter(state=Invitee.State.WAITING).count() >= MOST_WAITING:
        raise Crowded
    try:
        with using(PURPOSE, by=SYSTEM, at=PLACE), act():
            referrer = begin(by) if by else None
            if referrer and not _count(row_id, referrer):
                return
            watch.saw(REFERRED, account=by.hex if by else "")
            friend = DataSubject.begin(Kind.INVITEE)
            Invitee(id=uuid.UUID(row_id), owner=friend, referrer=referrer, **values).save(force_insert=True)
    except IntegrityError:
        # Another press of the button came between the look and the writing.
        if not Invitee.objects.filter(pk=row_id).exists():
            raise


def begin(by: uuid.UUID) -> Referrer:
    """Whoever refers friends from an account, with a code of their own; the same each time."""
    found: Referrer = Referrer.objects.get_or_create(owner_id=by)[0]
    return found


def code_of(subject: uuid.UUID) -> uuid.UUID | None:
    """The code in the link of somebody who refers friends; None before they do."""
    return Referrer.objects.filter(owner=subject).values_list("code", flat=True).first()


def _count(row_id: str, referrer: Referrer) -> bool:
    # The number is the form's, made so that neither it nor the friend's is found by the other.
    own = uuid.uuid5(uuid.UUID(row_id), "referral")
    return bool(Referral.objects.get_or_create(pk=own, defaults={"owner_id": referrer.owner_id})[1])


def never_token(row_id: uuid.UUID) -> str:
    """The number in a friend's link for never hearing from us; only its hash is kept, with the mark."""
    return salted_hmac("troth.referrals.never", row_id.hex, algorithm="sha256").hexdigest()[:40]


def hash_of(token: str) -> bytes:
    """What is kept of it."""
    return hashlib.sha256(token.encode()).digest()


def mark_of(token: str) -> Mark | None:
    """The mark whose link this is."""
    return Mark.objects.filter(never_hash=hash_of(token)).first()


def ask_never(mark: Mark) -> None:
    """Whoever got the message never wants to hear from us.  The mark stays, and says so."""
    Mark.objects.filter(pk=mark.pk).update(asked_not_to=True)


def credit_visit(code: uuid.UUID, visitor: uuid.UUID | None) -> bool:
    """Count a visit for whoever's link was followed; not their own.  False when nobody has such a link."""
    found = Referrer.objects.filter(code=code)
    if visitor is not None and found.filter(owner=visitor).exists():
        return False
    return bool(found.update(visits=F("visits") + 1))


def credit_joining(code: uuid.UUID, who: uuid.UUID) -> None:
    """Somebody who came by a link opened an account: a credit for the referrer's company; nothing says who it was."""
    cents, currency = settings.TROTH_REFERRAL_CREDIT
    for referrer in Referrer.objects.filter(code=code).exclude(owner=who):
        company = rewarding.company_of(referrer.owner_id)
        Reward(owner_id=referrer.owner_id, company_id=company, cents=cents, currency=currency).save(
            force_insert=True
        )


def withdraw(subject: str) -> None:
    """Somebody (32 hex digits) is being erased: friends whom they referred and who wait still get no message."""
    waiting = Invitee.objects.filter(referrer__owner=subject, state=Invitee.State.WAITING)
    for friend in list(waiting.values_list("owner_id", flat=True)):
        try_to_erase(friend.hex, SYSTEM)


WAIT = timedelta(days=3)
"""How long a friend waits for a carrier that is away; then they are forgotten without a message."""


def forget() -> int:
    """Erase every friend whose message is gone, may be gone, or did not go in time; returns how many."""
    now = timezone.now()
    for row in Invitee.objects.filter(state=Invitee.State.SENDING, due_at__lte=now):
        # Its worker died: the carrier may have the message.  It is never sent again.
        Mark.objects.filter(pk=row.mark_id, state=Mark.State.SENDING).update(state=Mark.State.UNKNOWN)
        Invitee.objects.filter(pk=row.pk).update(state=Invitee.State.DONE, sent_at=now)
    late = Invitee.objects.filter(state=Invitee.State.WAITING, made_at__lte=now - WAIT)
    if given_up := late.update(state=Invitee.State.DONE, sent_at=now):
        log.warning("%d invitations found no carrier in time; nobody was mailed", given_up)
    over = Invitee.objects.filter(state=Invitee.State.DONE).values_list("owner_id", flat=True)
    return sum(try_to_erase(friend.hex, SYSTEM, LASTING) for friend in list(over))
