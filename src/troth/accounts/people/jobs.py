"""What was begun and not finished leaves nothing; what a crash left unfinished is finished."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from troth.gate.schedule.leases import every
from troth.gate.subjects import holds
from troth.gate.subjects.erase import try_to_erase
from troth.gate.uses import SYSTEM

from .gathering import gather
from .models import INVITED, UNFINISHED, Invitation, NewAddress, Person

BATCH = 200


@every("registrations", hours=1)
def tidy() -> None:
    """Erase registrations without their code, invitations that ran out, addresses never proven; gather the rest."""
    now = timezone.now()
    begun = Person.objects.filter(proven_at=None, made_at__lte=now - UNFINISHED)
    over = Invitation.objects.filter(made_at__lte=now - INVITED)
    for rows in (begun, over):
        _erase(rows)
    NewAddress.objects.filter(made_at__lte=now - UNFINISHED).delete()
    for person in Person.objects.filter(proven_at__isnull=False, is_gathered=False)[:BATCH]:
        gather(person)


def _erase(rows: QuerySet[Any]) -> None:
    """One batch of those that may go: what a hold keeps stays, and takes nobody's place in it."""
    free = rows.exclude(owner__in=holds.everybody()).order_by("made_at")
    for owner in free.values_list("owner_id", flat=True)[:BATCH]:
        try_to_erase(owner.hex, SYSTEM)
