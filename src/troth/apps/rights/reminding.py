"""Letters to those who answer requests: reminders of what is still open, each once, and that something waits for them."""

import logging

from django.conf import settings
from django.urls import reverse

from troth.accounts.models import Role, StaffMember
from troth.gate.outbound.mail import enqueue
from troth.gate.uses import SYSTEM, act, using

from . import days
from .models import CLOSED, Request

log = logging.getLogger("troth.requests")

THRESHOLDS = (60, 30, 14, 7, 3, 1)
OWNER_UNDER = 7
NO_OFFICER = (
    "\nNo privacy officer is appointed, so this comes to you. Nobody else may open it: please appoint one.\n"
)


def remind() -> int:
    """Send the reminders that are due; returns for how many requests."""
    return sum(_remind(row.pk) for row in Request.objects.exclude(state__in=CLOSED))


def _remind(pk: object) -> bool:
    with using("sending-mail", by=SYSTEM), act():
        row = Request.objects.select_for_update().filter(pk=pk).first()
        if row is None:  # erased a moment ago
            return False
        left = days.left(row.due_at)
        passed = [each for each in THRESHOLDS if left <= each]
        # After a leap of the clock only the tightest is said; the ones before it count as said.
        if not passed or passed[-1] in row.reminded:
            return False
        said = f"is {row.get_state_display()}. It is due on {days.day_of(row.due_at):%d %B %Y}: {_left(left)}"
        if not tell_desk(row, _left(left), said, with_owner=left < OWNER_UNDER):
            log.error(
                "nobody could be reminded of an open request: neither a privacy officer nor an owner is there"
            )
            return False
        Request.objects.filter(pk=row.pk).update(reminded=sorted({*row.reminded, *passed}, reverse=True))
    return True


def tell_desk(row: Request, what: str, said: str, *, with_owner: bool = False) -> int:
    """Write to the privacy officers about a request, within an act; where none is appointed, to the owner.

    The letter holds nothing of the person's.  Returns how many were written to.
    """
    with using("sending-mail", by=SYSTEM):
        appointed = StaffMember.objects.filter(user__is_active=True)
        officers = list(appointed.filter(role=Role.PRIVACY_OFFICER))
        owners = list(appointed.filter(role=Role.OWNER)) if with_owner or not officers else []
        text = f"Request {row.number} ({row.kind}) {said}.\n\n{_page(row)}\n{'' if officers else NO_OFFICER}"
        for member in (*officers, *owners):
            enqueue(member.owner_id, member.email, f"Request {row.number}: {what}", text)
    return len(officers) + len(owners)


def _left(left: int) -> str:
    if left < 0:
        return f"{-left} day{'' if left == -1 else 's'} late"
    return f"{left} day{'' if left == 1 else 's'} left"


def _page(row: Request) -> str:
    base: str = settings.TROTH_BASE_URLS["company"]
    return base + reverse("office-request", "troth.config.urls", args=[row.number])
