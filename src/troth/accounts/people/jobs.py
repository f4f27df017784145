"""What was begun and not finished leaves nothing; what a crash left unfinished is finished."""

from django.utils import timezone

from troth.gate.schedule.leases import every
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM

from .models import INVITED, UNFINISHED, Invitation, NewAddress, Person
from .registering import gather

BATCH = 200


@every("registrations", hours=1)
def tidy() -> None:
    """Erase registrations without their code, invitations that ran out, addresses never proven; gather the rest."""
    now = timezone.now()
    begun = Person.objects.filter(proven_at=None, made_at__lte=now - UNFINISHED)
    over = Invitation.objects.filter(made_at__lte=now - INVITED)
    for row in [*begun[:BATCH], *over[:BATCH]]:
        erase(row.owner_id.hex, SYSTEM)
    NewAddress.objects.filter(made_at__lte=now - UNFINISHED).delete()
    for person in Person.objects.filter(proven_at__isnull=False, is_gathered=False)[:BATCH]:
        gather(person)
