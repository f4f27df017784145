"""Calls about an enquiry: noted by staff, in the Company's own workspace, and shown to whom they were with.

Inside that workspace the rules of the enquiry hold: whoever may read it may read what was said.
"""

import uuid

from django.db import IntegrityError

from troth.gate.registry import built_at
from troth.gate.subjects import access
from troth.gate.uses import SYSTEM, Actor, act, using
from troth.workspaces import company
from troth.workspaces.hosted import Inside, opened

from .models import Call, Enquiry

PLACE = "call-desk"
built_at(PLACE, "troth.apps.enquiries.calls:note_call")


def note_call(enquiry: Enquiry, row_id: str, outcome: str, note: str, by: Actor) -> Call | None:
    """Keep what came of a call; None when this form was already sent.  clause: use.requested"""
    ours = company.begin()
    use = using("answering-enquiries", by=by, given=enquiry, at=PLACE)
    try:
        with Inside(ours.owner_id, use), act():
            if Call.objects.filter(pk=row_id).exists():
                return None
            made = Call(
                id=uuid.UUID(row_id), enquiry=enquiry, about_id=enquiry.owner_id, by_id=by.subject, role=by.role,
                outcome=outcome, note=note,
            )  # fmt: skip
            made.save(force_insert=True)
    except IntegrityError:
        # Another press of the button came between the look and the writing.
        with opened(ours.owner_id):
            if Call.objects.filter(pk=row_id).exists():
                return None
        raise
    return made


def note_call_for_us(enquiry: Enquiry, row_id: uuid.UUID, outcome: str, note: str, caller: str) -> bool:
    """Keep what a service provider says came of its call, as a note of staff is kept; False when it was kept before.

    `caller` is the provider's word in the statement, which whoever was called sees.  clause: share.providers
    """
    ours = company.begin()
    use = using("answering-enquiries", by=SYSTEM, given=enquiry, at=PLACE)
    try:
        with Inside(ours.owner_id, use), act():
            if Call.objects.filter(pk=row_id).exists():
                return False
            made = Call(
                id=row_id, enquiry=enquiry, about_id=enquiry.owner_id, role=caller, outcome=outcome, note=note
            )
            made.save(force_insert=True)
    except IntegrityError:  # the same report came twice at once
        with opened(ours.owner_id):
            if Call.objects.filter(pk=row_id).exists():
                return False
        raise
    return True


def of_enquiry(enquiry: Enquiry) -> list[tuple[Call, str]]:
    """The calls about an enquiry with what was noted, for staff; runs inside the use that shows it."""
    ours = company.workspace()
    if ours is None:
        return []
    with opened(ours.owner_id):
        return [(call, str(call.note)) for call in Call.objects.filter(enquiry=enquiry)]


def told(enquiry: Enquiry) -> list[tuple[Call, str]]:
    """The same, for whom the calls were with; runs inside the use that shows them their own."""
    found = []
    for held in access.told_of(Call, enquiry.owner_id):
        call = held.row
        if isinstance(call, Call) and call.enquiry_id == enquiry.pk:
            found.append((call, " ".join(str(value.value) for value in held.values if value.name == "note")))
    return found
