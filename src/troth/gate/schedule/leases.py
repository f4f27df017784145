"""The schedule: jobs register themselves, workers take them under a lease."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from .models import Lease

log = logging.getLogger("troth.worker")

HOLD = timedelta(minutes=5)
"""How long any job may run before another worker may think its holder dead.  Jobs are safe to repeat."""

LEAST_HOLD = timedelta(seconds=20)
"""The same for a job of every second: after a kill, mail and ledger stand still no longer than this."""

SKEW = timedelta(minutes=1)
"""How far apart the clocks of two workers may be."""


@dataclass(frozen=True, slots=True)
class Job:
    """A named function and how often it runs."""

    name: str
    every: timedelta
    run: Callable[[], object]

    @property
    def hold(self) -> timedelta:
        """How long one run may hold the lease: longer for jobs that come round seldom."""
        return min(HOLD, max(LEAST_HOLD, 20 * self.every))


JOBS: dict[str, Job] = {}


def every(name: str, **interval: float) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Register a job: `@every("ledger", seconds=1)`.  The arguments are those of `timedelta`."""

    def register(run: Callable[[], object]) -> Callable[[], object]:
        JOBS[name] = Job(name, timedelta(**interval), run)
        return run

    return register


def run_due() -> int:
    """Run every job that is due and free; returns how many ran.  An idle round asks the store one question."""
    ran = 0
    for job in _ready():
        if held := _take(job):
            _run(job, held)
            ran += 1
    return ran


def _ready() -> list[Job]:
    """Jobs that look due and free; a job seen for the first time gets its lease, and its turn in the next round."""
    now, known = timezone.now(), {lease.job: lease for lease in Lease.objects.all()}
    for name in JOBS.keys() - known.keys():
        Lease.objects.get_or_create(job=name, defaults={"due_at": now})
    return [job for job in JOBS.values() if (lease := known.get(job.name)) and _is_ready(job, lease, now)]


def _is_ready(job: Job, lease: Lease, now: datetime) -> bool:
    # A time further ahead than anybody sets it was set under a clock that was wrong, and is not waited for.
    held, due = lease.held_until, lease.due_at
    is_free = held is None or held <= now or held > now + HOLD + SKEW
    return is_free and (due <= now or due > now + job.every + SKEW)


def _take(job: Job) -> datetime | None:
    """Until when the job is ours; None when another was first.  The store decides, by the same two conditions."""
    now = timezone.now()
    free = Q(held_until=None) | Q(held_until__lte=now) | Q(held_until__gt=now + HOLD + SKEW)
    due = Q(due_at__lte=now) | Q(due_at__gt=now + job.every + SKEW)
    taken = Lease.objects.filter(free, due, job=job.name).update(held_until=now + job.hold)
    return now + job.hold if taken else None


def _run(job: Job, held: datetime) -> None:
    failed = False
    try:
        job.run()
    except Exception as error:  # noqa: BLE001 - one job's fault is counted, and stops no other job
        failed = True
        log.error("job %s failed: %s; it runs again when due", job.name, type(error).__name__)
    now = timezone.now()
    with transaction.atomic():
        # Somebody else's by now, if we took longer than the lease: then it is theirs to give back.
        Lease.objects.filter(job=job.name, held_until=held).update(
            due_at=now + job.every,
            held_until=None,
            last_ran_at=now,
            runs=F("runs") + 1,
            failures=F("failures") + int(failed),
        )
