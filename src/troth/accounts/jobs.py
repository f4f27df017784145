"""What is left of sessions that nobody ended."""

from django.contrib.sessions.models import Session
from django.utils import timezone

from troth.gate.schedule.leases import every

from . import sessions
from .crossing import forget_old
from .models import SignIn

BATCH = 500


@every("sessions", hours=1)
def end_expired() -> int:
    """Sessions past their time go, and the sign-ins they belonged to have ended; returns how many."""
    past = Session.objects.filter(expire_date__lte=timezone.now())
    kept = list(past.values_list("session_key", flat=True)[:BATCH])
    sessions.end(kept)
    forget_old()
    alive = Session.objects.values("session_key")
    gone = SignIn.objects.filter(ended_at=None).exclude(session__in=alive)
    return len(kept) + int(gone.update(ended_at=timezone.now()))
