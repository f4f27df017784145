"""What companies' servers are told, sent until they have heard it, and given up after three days."""

import json
import logging
import time
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from troth.accounts.people import notices
from troth.accounts.people.companies import is_ending
from troth.accounts.people.models import MANAGERS, Customer, Membership
from troth.gate.outbound import webhooks
from troth.gate.uses import act

from . import hooks
from .models import Event, Hook

log = logging.getLogger("troth.hooks")

ROUND, CALL = 10.0, 8.0
"""Seconds of a round, after which no call is begun, and of a call: what a slow server keeps waiting is the worker."""
FIRST_WAIT, LONGEST_WAIT, GIVEN_UP = timedelta(minutes=1), timedelta(hours=6), timedelta(days=3)
TOLD_AFTER = timedelta(hours=1)
"""How long a server may be silent before the company's managers get a mail."""


def send_due() -> int:
    """One round over the servers whose time has come, who waited longest first; returns how many heard us.

    Each is told one thing a round, so that none that has much to hear, or is slow, keeps the others waiting.
    """
    begun, heard = time.monotonic(), 0
    something = Exists(Event.objects.filter(owner=OuterRef("owner")))
    now = timezone.now()
    # What lies further ahead than anything is put off was put there by a clock that went wrong.
    is_due = Q(due_at__lte=now) | Q(due_at__gt=now + 2 * LONGEST_WAIT)
    for hook in Hook.objects.filter(something & is_due).order_by("due_at", "pk"):
        if time.monotonic() - begun > ROUND:
            break
        heard += _tell(hook)
    return heard


def _tell(hook: Hook) -> bool:
    now, mine = timezone.now(), Hook.objects.filter(pk=hook.pk)
    wait = min(FIRST_WAIT * (1 << min(hook.attempts, 12)), LONGEST_WAIT)
    if not mine.filter(due_at=hook.due_at).update(due_at=now + wait, attempts=hook.attempts + 1):
        return False  # another worker has it
    _give_up(hook)
    event = Event.objects.filter(owner=hook.owner_id).first()
    if event is None or is_ending(hook.owner_id):
        mine.update(due_at=now, attempts=0)
        return False
    address = hooks.address_of(hook)
    try:
        webhooks.send(
            address, urlsplit(address).netloc, body(event), hooks.secret_of(hook), str(event.pk), seconds=CALL
        )
    except webhooks.Undelivered as why:
        log.warning("a company's server did not hear us: %s", why)
        _note_silence(hook)
        return False
    Event.objects.filter(pk=event.pk).delete()
    mine.update(heard_at=now, due_at=now, attempts=0, failing_since=None, is_told_of_failing=False)
    return True


def body(event: Event) -> bytes:
    """What is sent: `id`, `type`, `at` (RFC 3339) and `company`; a receiver knows an id that comes twice."""
    company = Customer.objects.values_list("pk", flat=True).get(owner=event.owner_id)
    at = event.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({"id": str(event.pk), "type": event.what, "at": at, "company": str(company)}).encode()


def _give_up(hook: Hook) -> None:
    """Let go of what was not heard in three days, and count it."""
    gone, _ = Event.objects.filter(owner=hook.owner_id, at__lt=timezone.now() - GIVEN_UP).delete()
    if gone:
        Hook.objects.filter(pk=hook.pk).update(missed=F("missed") + gone)


def _note_silence(hook: Hook) -> None:
    now, mine = timezone.now(), Hook.objects.filter(pk=hook.pk)
    mine.filter(failing_since=None).update(failing_since=now)
    silent = mine.filter(failing_since__lte=now - TOLD_AFTER, is_told_of_failing=False)
    with act():
        # Of two workers one tells.
        if not silent.update(is_told_of_failing=True):
            return
        page = settings.TROTH_BASE_URLS["company"] + reverse("account-people", "troth.config.urls")
        for place in Membership.objects.filter(customer=hook.owner_id, role__in=MANAGERS):
            notices.put(place.owner_id, "Your server does not answer us", SILENT.format(page=page))


SILENT = (
    "Your company has a server of its own told of what happens to its security. For an hour it has not said that it "
    "heard us. We go on for three days with each thing.\n\nTo see what is wrong, or change it:\n{page}\n"
)
