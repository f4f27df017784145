"""What stays of a request for the figures, once it is closed or gone: two days and two words."""

import hashlib
from typing import Final

from django.utils import timezone

from . import days
from .models import CLOSED, Answered, Request

GONE: Final = "erased"
"""The word for a request that went with its owner, before it had an answer."""


def is_late(row: Request) -> bool:
    """Whether the last day is over.  It is worked out from the day of receipt too: neither column is taken on trust."""
    return timezone.now() > days.ends(row.received_at, row.due_at)


def count(row: Request, outcome: str) -> None:
    """What stays of a closed request for the figures, once however often it is asked."""
    mark = hashlib.sha256(b"troth-answered-1" + row.pk.bytes).digest()
    told = {
        "kind": row.kind, "outcome": outcome, "received_on": days.day_of(row.received_at), "closed_on": days.today(),
        "was_late": is_late(row),
    }  # fmt: skip
    Answered.objects.get_or_create(mark=mark, defaults=told)


def count_erased(subject: str) -> None:
    """Somebody (32 hex digits) is being erased: their open requests go along, and none of them goes uncounted.

    To a wish to be deleted the erasure is the answer; the others end without one.  clause: rights.ninety-days
    """
    for row in Request.objects.filter(owner=subject).exclude(state__in=CLOSED):
        count(row, _ending(row))


def _ending(row: Request) -> str:
    if row.proven_at is None:
        return Request.State.LAPSED
    return Request.State.DONE if row.kind == Request.Kind.DELETION else GONE
