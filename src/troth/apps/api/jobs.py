"""Answers that are no longer given again go, and so do keys long past their end."""

from django.utils import timezone

from troth.gate.schedule.leases import every
from troth.gate.subjects import owning
from troth.workspaces.hosted import HostedModel, opened

from .models import LISTED, REPEATED, ApiKey, Replay

ROUNDS = 100


@every("api", hours=1)
def tidy() -> int:
    """Delete what is over, in every workspace.  Returns how many rows went."""
    now = timezone.now()
    return _gone(Replay, made_at__lt=now - REPEATED) + _gone(ApiKey, ends_at__lt=now - LISTED)


def _gone(model: type[HostedModel], **those: object) -> int:
    count = 0
    for _ in range(ROUNDS):
        found = owning.found(model, **those)
        for owner, pk in found:
            with opened(owner):
                count += model.objects.filter(pk=pk, **those).delete()[0]
        if not found:
            break
    return count
