"""What a Customer does with a request for help: open it, end it.  One function for each verb."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone

from troth.accounts.levels import held
from troth.accounts.people.companies import NotNow
from troth.gate.errors import Refused
from troth.gate.subjects.models import DataSubject
from troth.gate.uses import act
from troth.workspaces.access import Access, enter
from troth.workspaces.models import Right
from troth.workspaces.sections import parts

from .grounds import new_number
from .models import LONGEST_REQUEST, ShownPart, SupportRequest

MOST_OPEN = 20
"""Requests of one workspace at a time."""
LET_LOOK = timedelta(days=1, minutes=1)


def ask(
    by: Access, row_id: str, text: str, ends_at: datetime, chosen: set[UUID] | None
) -> SupportRequest | None:
    """Open a request; None when this form was sent already.  Raises NotNow, Refused.

    `chosen` are the parts that support may look at, none of them for a question only; None for the whole workspace,
    which takes the right to manage it.  A part takes the right to share it (clause hosting.access).
    """
    by.must(Right.SHARE)
    if chosen is None:
        by.must(Right.MANAGE)
    if not timezone.now() < ends_at <= timezone.now() + LONGEST_REQUEST + timedelta(minutes=1):
        raise NotNow(f"A request ends later than now, and within {LONGEST_REQUEST.days} days.")
    if (
        held.of_company(by.workspace.customer_id)["support"] != "request"
        and ends_at > timezone.now() + LET_LOOK
    ):
        raise NotNow("Your company’s settings let our support look for a day at most. Choose an earlier end.")
    if SupportRequest.objects.filter(pk=row_id).exists():
        return None
    try:
        with enter(by, writes=True), act():
            named = parts()
            if not (chosen or set()) <= named.keys():
                raise Refused("something was chosen that is not in this workspace", "security.isolation")
            hold(by.workspace.owner_id)
            open_ones = SupportRequest.objects.filter(SupportRequest.live(), owner=by.workspace.owner_id)
            if open_ones.count() >= MOST_OPEN:
                raise NotNow(f"{MOST_OPEN} requests are open. End one that is no longer needed first.")
            row = SupportRequest(
                id=UUID(row_id), owner_id=by.workspace.owner_id, by_id=by.person, number=new_number("S"),
                is_whole=chosen is None, ends_at=ends_at, text=text,
            )  # fmt: skip
            row.save(force_insert=True)
            for part in sorted(chosen or ()):
                shown = ShownPart(owner_id=row.owner_id, request=row, part=part, name=named[part][:300])
                shown.save(force_insert=True)
    except IntegrityError:
        if SupportRequest.objects.filter(pk=row_id).exists():
            return None  # another press of the button was quicker
        raise
    return row


def end(by: Access, number: str) -> None:
    """End a request at once: a look that has begun is finished before, and none begins after.  Raises NotNow, Refused."""
    by.must(Right.SHARE)
    with act():
        row = (
            SupportRequest.objects.select_for_update()
            .filter(number=number, owner=by.workspace.owner_id)
            .first()
        )
        if row is None:
            raise NotNow("There is no such request here any more.")
        if row.by_id != by.person:
            by.must(Right.MANAGE)
        if row.is_open:
            SupportRequest.objects.filter(pk=row.pk).update(ended_at=timezone.now())


def hold(subject: UUID) -> None:
    """Of two who act on the same subject the second waits until the first one's act ends."""
    list(DataSubject.objects.select_for_update().filter(pk=subject).values_list("pk"))
