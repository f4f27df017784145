"""What is done about attacks, in the memory of each process; the table is the truth, and is asked for what changed.

A measure placed by one process is known to the others within seconds.  When the store does not answer, what is known
goes on to be done.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from troth.gate.watch.nets import Net, Nets, read

from .models import Canary, Measure

log = logging.getLogger("troth.protection")

EVERY = 2.0
"""Seconds between two looks at the table."""
OVERLAP = timedelta(seconds=30)
"""How far a look goes back behind the one before: clocks differ, and a row is seen when it is committed."""
KEPT = timedelta(days=1)
"""How long a measure is kept when it has ended."""
GAP = 5.0
"""Seconds between two forms of a net that is slowed down."""
SWEPT_EVERY = 600.0
"""Seconds until what has ended is looked for in the memory."""
Kind, Act = Measure.Kind, Measure.Act


@dataclass(frozen=True, slots=True)
class Held:
    """What is done, and until when (seconds since 1970)."""

    act: str
    until: float


@dataclass(slots=True)
class Memory:
    """What one process knows."""

    nets: dict[str, Nets[float]] = field(
        default_factory=lambda: {act: Nets() for act in (Act.BLOCK, Act.SLOW)}
    )
    others: dict[tuple[str, str], dict[bytes, float]] = field(default_factory=dict)
    canaries: frozenset[str] = frozenset()
    asked_at: float = float("-inf")
    known_at: datetime | None = None
    last_form: dict[Net | str, float] = field(default_factory=dict)
    swept_at: float = field(default_factory=time.monotonic)


memory = Memory()


def forget() -> None:
    """Know nothing, and look at the table with the next request."""
    global memory
    memory = Memory()


def refresh(*, at_once: bool = False) -> None:
    """Take over what changed in the table, if it was not asked within the last seconds."""
    now = time.monotonic()
    if not at_once and now < memory.asked_at + EVERY:
        return
    memory.asked_at, begun = now, timezone.now()
    try:
        rows = Measure.objects.filter(until__gt=begun) if memory.known_at is None else Measure.objects.all()
        if memory.known_at is not None:
            rows = rows.filter(changed_at__gte=memory.known_at - OVERLAP)
        for row in rows.order_by("changed_at").iterator(chunk_size=5000):
            hold(row.kind, bytes(row.target), row.bits, row.act, row.until)
        if now > memory.swept_at + SWEPT_EVERY:
            memory.swept_at = now
            _sweep()
        memory.canaries = frozenset(each.hex for each in Canary.objects.values_list("whose", flat=True))
        memory.known_at = begun
    except DatabaseError as error:
        log.error("measures were not read: %s", type(error).__name__)


def _sweep() -> None:
    """Forget what has ended by itself: attackers come from ever new nets, and a process runs for months."""
    now = timezone.now().timestamp()
    for nets in memory.nets.values():
        nets.sweep(lambda until: until <= now)
    for held in memory.others.values():
        for target in [target for target, until in list(held.items()) if until <= now]:
            held.pop(target, None)


def hold(kind: str, target: bytes, bits: int, act: str, until: datetime) -> None:
    """Know of a measure; one that has ended is forgotten."""
    is_over, end = until <= timezone.now(), until.timestamp()
    if kind == Kind.NET:
        net = Net.unpacked(target, bits)
        if is_over:
            memory.nets[act].drop(net)
        else:
            memory.nets[act].put(net, end)
    elif is_over:
        memory.others.get((kind, act), {}).pop(target, None)
    else:
        memory.others.setdefault((kind, act), {})[target] = end


def over(address: str) -> Held | None:
    """What is done about the net of an address: a block before anything milder."""
    for act, nets in memory.nets.items():
        for until in nets.over(address):
            if until > timezone.now().timestamp():
                return Held(act, until)
    return None


def on(kind: str, target: bytes, act: str) -> Held | None:
    """Whether something is done about a session's family or an account."""
    until = memory.others.get((kind, act), {}).get(target)
    return Held(act, until) if until is not None and until > timezone.now().timestamp() else None


def has_any(kind: str) -> bool:
    """Whether any session, or any account, is blocked."""
    return bool(memory.others.get((kind, Act.BLOCK)))


def is_challenged(subject: UUID) -> bool:
    """Whether an account is to be asked for a mailed code."""
    return on(Kind.ACCOUNT, subject.bytes, Act.CHALLENGE) is not None


def waits(who: Net | str | None) -> int:
    """Seconds until a net that is slowed down, or a session in one, may send its next form; 0 when it may now."""
    now = time.monotonic()
    if who is None:
        return 0
    left = memory.last_form.get(who, float("-inf")) + GAP - now
    if left > 0:
        return int(left) + 1
    if len(memory.last_form) > 10_000:
        memory.last_form.clear()
    memory.last_form[who] = now
    return 0


def is_trusted(address: str) -> bool:
    """Whether an address is one of ours: it is watched as all are, and nothing is done about it."""
    found = read(address)
    return found is not None and any(
        size == found[0] and found[1] >> shift == prefix
        for size, shift, prefix in settings.TROTH_TRUSTED_NETS
    )


def live() -> Iterator[Measure]:
    """The measures that stand."""
    yield from Measure.objects.filter(until__gt=timezone.now()).select_related("alarm")


def tidy() -> int:
    """Delete measures that ended a day ago; returns how many."""
    return int(Measure.objects.filter(until__lte=timezone.now() - KEPT).delete()[0])


def end_with(subject: str) -> None:
    """With an erased subject go the measures on their account, and their being a canary."""
    rows = Measure.objects.filter(kind=Kind.ACCOUNT, target=bytes.fromhex(subject))
    for row in rows.select_related("alarm"):
        # What is no longer there to be seen was not left undone.
        left = [word for word in row.alarm.did.split() if word not in ("challenge", "block-account")]
        type(row.alarm).objects.filter(pk=row.alarm_id).update(did=" ".join(left))
    rows.delete()
    Canary.objects.filter(whose=UUID(hex=subject)).delete()
