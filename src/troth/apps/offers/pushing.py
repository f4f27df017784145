"""Packages sent to partners who want them sent: signed, under one id, until the partner says that it has them.

What is in a package was disclosed, on record, before it leaves.  clause: share.joint-offers
"""

import logging
from datetime import timedelta
from urllib.parse import urlsplit

from django.db.models import F, Max
from django.utils import timezone
from django.utils.crypto import salted_hmac

from troth.gate.errors import GateError
from troth.gate.outbound import webhooks

from . import delivering
from .models import Part

log = logging.getLogger("troth.offers")

AT_ONCE = 1000
LONGEST_WAIT = timedelta(hours=6)
KIND = "application/octet-stream"


def push_due() -> int:
    """One round over the parts whose time has come; returns how many packages arrived."""
    due = Part.objects.filter(partner__ended_at=None, due_at__lte=timezone.now()).exclude(
        partner__endpoint=""
    )
    return sum(_push(part) for part in due.select_related("partner"))


def secret_of(part: Part) -> str:
    """What we sign with: made from the install's key, so that no table holds it."""
    return salted_hmac("troth.apps.offers.webhook", part.pk.hex, algorithm="sha256").hexdigest()


def _push(part: Part) -> bool:
    """Send what is on its way again, or what is new: records, or what was withdrawn.  Each try is on record, as again."""
    claimed = Part.objects.filter(pk=part.pk, due_at=part.due_at)
    if not claimed.update(due_at=timezone.now() + _wait(part.attempts)):
        return False  # another worker has it
    ending = part.endings.aggregate(last=Max("pk"))["last"] or 0
    try:
        made = delivering.deliver(part, None, AT_ONCE, upto=part.pushing or None)
    except GateError as error:
        log.warning("nothing was sent to a partner: %s", type(error).__name__)
        return False
    if not made.records:
        _done(part, part.pushing, part.ending)
        if ending <= part.ending:
            return False
    Part.objects.filter(pk=part.pk).update(
        pushing=made.upto if made.records else 0, attempts=F("attempts") + 1
    )
    what = f"{part.acknowledged + 1}-{made.upto}" if made.records else f"withdrawn-{ending}"
    try:
        webhooks.send(
            part.partner.endpoint, host_of(part.partner.endpoint), made.content, secret_of(part),
            f"{part.reference}-{what}", KIND,
        )  # fmt: skip
    except webhooks.Undelivered as why:
        log.warning("a partner did not take its package: %s", why)
        return False
    _done(part, made.upto if made.records else part.pushing, ending)
    Part.objects.filter(pk=part.pk).update(due_at=timezone.now())
    return True


def _done(part: Part, upto: int, ending: int) -> None:
    mine = Part.objects.filter(pk=part.pk)
    mine.update(pushing=0, attempts=0, ending=ending)
    mine.filter(acknowledged__lt=upto).update(acknowledged=upto)


def host_of(endpoint: str) -> str:
    """The host that an address names, with its port where there is one."""
    asked = urlsplit(endpoint)
    return f"{asked.hostname}:{asked.port}" if asked.port else str(asked.hostname or "")


def _wait(attempts: int) -> timedelta:
    """A minute, then twice as long each time."""
    return min(timedelta(minutes=1 << min(attempts, 12)), LONGEST_WAIT)
