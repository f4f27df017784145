"""How the clause on requests is proved."""

from datetime import timedelta

from django.utils import timezone

from troth.gate.keystore.keys import keeper
from troth.gate.proving.answers import Finding, broken, control, kept
from troth.gate.published import statement
from troth.gate.subjects.models import Erasure

from . import figures

CLAUSE = "rights.ninety-days"


@control(CLAUSE)
def answered_in_time() -> Finding:
    """No request is open past its last day, no erasure waits too long, and no epoch of keys outlives its days."""
    found, times = _late(), figures.times()
    if found:
        return broken(found[0], "; ".join(found))
    mean = f"{times.mean:.1f} days on average" if times.mean is not None else "none answered yet"
    missed = f", {times.missed} missed" if times.missed else ""
    return kept(
        f"{times.open} open, the oldest for {times.oldest} days; {mean}{missed}",
        f"{times.closed} answered; {Erasure.objects.filter(state=Erasure.State.DONE).count()} erasures done, each within"
        f" {_promised('erasure-carried-out').days} days; {len(keeper().epochs())} key epochs, none past its days",
    )


def _late() -> list[str]:
    now, found = timezone.now(), []
    if overdue := figures.overdue():
        found.append(f"{overdue} request{'' if overdue == 1 else 's'} open past the last day")
    waiting = Erasure.objects.exclude(state=Erasure.State.DONE)
    if slow := waiting.filter(begun_at__lt=now - _promised("erasure-carried-out")).count():
        found.append(f"{slow} erasure{'' if slow == 1 else 's'} begun and not carried out in time")
    if old := [each for each in keeper().epochs() if now - each.created > _promised("backup-key-destroyed")]:
        found.append(f"{len(old)} key epoch{'' if len(old) == 1 else 's'} alive past the promised days")
    return found


def _promised(name: str) -> timedelta:
    return timedelta(days=statement.current().promises[name].amount)
