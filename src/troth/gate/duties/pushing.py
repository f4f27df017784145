"""Records sent to providers who want them sent: a batch at a time, under one id, until the provider says it has them."""

import json
import logging
from datetime import timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from ..errors import GateError
from ..outbound import webhooks
from ..telling import recipients
from . import handing
from .models import Duty

log = logging.getLogger("troth.duties")

AT_ONCE = 100
LONGEST_WAIT = timedelta(hours=6)


def push_due() -> int:
    """One round over the live duties whose time has come; returns how many batches arrived."""
    now = timezone.now()
    due = Duty.objects.filter(
        channel=Duty.Channel.WEBHOOK, ended_at=None, ends_at__gt=now, begun_at__lte=now, due_at__lte=now
    )
    return sum(_push(duty) for duty in due)


def secret_of(duty: Duty) -> str:
    """What we sign with: made from the install's key, so that no table holds it."""
    return salted_hmac("troth.gate.duties.webhook", duty.pk.hex, algorithm="sha256").hexdigest()


def _push(duty: Duty) -> bool:
    """Send what is on its way again, or what is new.  Each try is a disclosure of its own, and says `again`."""
    claimed = Duty.objects.filter(pk=duty.pk, due_at=duty.due_at)
    if not claimed.update(due_at=timezone.now() + _wait(duty.attempts)):
        return False  # another worker has it
    try:
        pulled = handing.hand_over(duty, None, AT_ONCE, upto=duty.pushing or None)
    except GateError as error:
        log.warning("nothing was sent to a provider: %s", type(error).__name__)
        return False
    if not pulled.records:
        _done(duty, duty.pushing)
        return False
    Duty.objects.filter(pk=duty.pk).update(pushing=pulled.upto, attempts=F("attempts") + 1)
    entry = recipients.registered(duty.recipient)
    try:
        webhooks.send(
            duty.endpoint, entry.host if entry else "", json.dumps(handing.as_json(duty, pulled)).encode(),
            secret_of(duty), f"{duty.reference}-{duty.acknowledged + 1}-{pulled.upto}",
        )  # fmt: skip
    except webhooks.Undelivered as why:
        log.warning("a provider did not take its records: %s", why)
        return False
    _done(duty, pulled.upto)
    Duty.objects.filter(pk=duty.pk).update(due_at=timezone.now())
    return True


def _done(duty: Duty, upto: int) -> None:
    Duty.objects.filter(pk=duty.pk).update(acknowledged=max(upto, duty.acknowledged), pushing=0, attempts=0)


def _wait(attempts: int) -> timedelta:
    """A minute, then twice as long each time."""
    return min(timedelta(minutes=1 << min(attempts, 12)), LONGEST_WAIT)
