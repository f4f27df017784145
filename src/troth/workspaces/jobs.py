"""Offers that nobody accepted, grants past their end and counts of offers leave nothing."""

from django.utils import timezone

from troth.gate.schedule.leases import every
from troth.gate.subjects import holds
from troth.gate.subjects.erase import try_to_erase
from troth.gate.uses import SYSTEM

from . import letting_in, sparing
from .models import OFFERED, Offer

BATCH = 200


@every("offers", hours=1)
def tidy() -> None:
    """Erase the addresses of offers that lapsed, and delete grants that ended."""
    now = timezone.now()
    lapsed = Offer.objects.filter(made_at__lte=now - OFFERED) | Offer.objects.filter(ends_at__lte=now)
    for owner in lapsed.exclude(owner__in=holds.everybody()).values_list("owner_id", flat=True)[:BATCH]:
        try_to_erase(owner.hex, SYSTEM)
    letting_in.end_lapsed()
    sparing.forget_old()
