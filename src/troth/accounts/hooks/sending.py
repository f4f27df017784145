"""What companies' servers are told, sent until they have heard it, and given up after three days."""

import json
import logging
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from troth.accounts.people import notices
from troth.accounts.people.models import MANAGERS, Membership
from troth.gate.outbound import webhooks
from troth.gate.uses import act

from . import hooks
from .models import Event, Hook

log = logging.getLogger("troth.hooks")

AT_ONCE = 50
FIRST_WAIT, LONGEST_WAIT, GIVEN_UP = timedelta(minutes=1), timedelta(hours=6), timedelta(days=3)
TOLD_AFTER = timedelta(hours=1)
"""How long a server may be silent before the company's managers get a mail."""


def send_due() -> int:
    """One round over what is due, the eldest first; returns how much was heard.

    A server that does not answer is not asked again in the round: it would keep the others waiting.
    """
    silent: set[object] = set()
    heard = 0
    for event in Event.objects.filter(due_at__lte=timezone.now())[:AT_ONCE]:
        if event.owner_id in silent:
            continue
        if _send(event):
            heard += 1
        else:
            silent.add(event.owner_id)
    return heard


def _send(event: Event) -> bool:
    now, mine = timezone.now(), Event.objects.filter(pk=event.pk)
    wait = min(FIRST_WAIT * (1 << min(event.attempts, 12)), LONGEST_WAIT)
    if not mine.filter(due_at=event.due_at).update(due_at=now + wait, attempts=event.attempts + 1):
        return False  # another worker has it
    hook = hooks.of_company(event.owner_id)
    if hook is None or now - event.at > GIVEN_UP:
        mine.delete()
        return False
    address = hooks.address_of(hook)
    try:
        webhooks.send(address, urlsplit(address).netloc, body(event), hooks.secret_of(hook), str(event.pk))
    except webhooks.Undelivered as why:
        log.warning("a company's server did not hear us: %s", why)
        _note_silence(hook)
        return False
    mine.delete()
    Hook.objects.filter(pk=hook.pk).update(heard_at=now, failing_since=None, is_told_of_failing=False)
    # What waited while the server was silent need not wait for its own time.
    Event.objects.filter(owner=event.owner_id, attempts__gt=0).update(due_at=now)
    return True


def body(event: Event) -> bytes:
    """What is sent: `id`, `type`, `at` (RFC 3339) and `company`; a receiver knows an id that comes twice."""
    at = event.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    told = {"id": str(event.pk), "type": event.what, "at": at, "company": event.owner_id.hex}
    return json.dumps(told).encode()


def _note_silence(hook: Hook) -> None:
    now, mine = timezone.now(), Hook.objects.filter(pk=hook.pk)
    mine.filter(failing_since=None).update(failing_since=now)
    with act():
        # Of two workers one tells.
        if not mine.filter(failing_since__lte=now - TOLD_AFTER, is_told_of_failing=False).update(
            is_told_of_failing=True
        ):
            return
        page = settings.TROTH_BASE_URLS["company"] + reverse("account-people", "troth.config.urls")
        for place in Membership.objects.filter(customer=hook.owner_id, role__in=MANAGERS):
            notices.put(place.owner_id, "Your server does not answer us", SILENT.format(page=page))


SILENT = (
    "Your company has a server of its own told of what happens to its security. For an hour it has not said that it "
    "heard us. We go on for three days with each thing.\n\nTo see what is wrong, or change it:\n{page}\n"
)
