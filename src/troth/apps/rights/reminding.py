"""Reminders of what is still open: to the privacy officers, near the end to the owner as well; each once."""

from django.conf import settings
from django.urls import reverse

from troth.accounts.models import Role, StaffMember
from troth.gate.outbound.mail import enqueue
from troth.gate.uses import SYSTEM, act, using

from . import days
from .models import CLOSED, Request

THRESHOLDS = (60, 30, 14, 7, 3, 1)
OWNER_UNDER = 7


def remind() -> int:
    """Send the reminders that are due; returns for how many requests."""
    return sum(_remind(row.pk) for row in Request.objects.exclude(state__in=CLOSED))


def _remind(pk: object) -> bool:
    with using("sending-mail", by=SYSTEM), act():
        row = Request.objects.select_for_update().get(pk=pk)
        left = days.left(row.due_at)
        passed = [each for each in THRESHOLDS if left <= each]
        # After a leap of the clock only the tightest is said; the ones before it count as said.
        if not passed or passed[-1] in row.reminded:
            return False
        Request.objects.filter(pk=row.pk).update(reminded=sorted({*row.reminded, *passed}, reverse=True))
        roles = [Role.PRIVACY_OFFICER, *([Role.OWNER] if left < OWNER_UNDER else [])]
        for member in StaffMember.objects.filter(role__in=roles):
            enqueue(member.owner_id, member.email, f"Request {row.number}: {_left(left)}", _text(row, left))
    return True


def _left(left: int) -> str:
    if left < 0:
        return f"{-left} day{'' if left == -1 else 's'} late"
    return f"{left} day{'' if left == 1 else 's'} left"


def _text(row: Request, left: int) -> str:
    page = settings.TROTH_BASE_URLS["company"] + reverse(
        "office-request", "troth.config.urls", args=[row.number]
    )
    return (
        f"Request {row.number} ({row.kind}) is {row.get_state_display()}. It is due on"
        f" {days.day_of(row.due_at):%d %B %Y}: {_left(left)}.\n\n{page}\n"
    )
