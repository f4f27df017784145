"""Epochs turn: a new one each week, live keys re-wrapped under it, old ones destroyed (spec/keys.md, "Epochs").

INVARIANT: a key changes in one durable update that names the epoch it comes from.  Whoever dies on the way leaves each
key under one epoch or the other, and whoever comes next goes on with the rest.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import connections, transaction
from django.db.models import Count

from troth.engine.seal import (
    DIES_AFTER,
    DIES_BY,
    PERIOD,
    Epoch,
    EscrowBroken,
    due,
    mortal,
    rewrap,
    wrap_contexts,
)

from .escrow import escrow, escrowed_at
from .keys import keeper
from .models import DataKey
from .routing import KEYS

BATCH = 5_000
"""Keys of one commit: a disk that syncs in 3 ms takes a million in seconds, and nobody waits for long."""
OLDEST_ESCROW = timedelta(days=8)

_UNDER = "SELECT subject, version, wrapped FROM keystore_datakey WHERE epoch = %s LIMIT %s"
_REWRAPPED = "UPDATE keystore_datakey SET epoch = %s, wrapped = %s WHERE subject = %s AND epoch = %s"


@dataclass(frozen=True, slots=True)
class Standing:
    """One epoch as `troth keys status` shows it: how many live keys it locks, and when its key dies."""

    epoch: Epoch
    live: int
    is_newest: bool

    @property
    def end(self) -> str:
        """When it ends, in words."""
        if self.is_newest:
            return f"locks new keys until {self.epoch.created + PERIOD:%Y-%m-%d}"
        first, last = self.epoch.created + DIES_AFTER, self.epoch.created + DIES_BY
        return f"dies on {first:%Y-%m-%d}, by {last:%Y-%m-%d} at the latest"


def turn_epoch(now: datetime | None = None) -> int:
    """Begin a new weekly epoch when one is due, re-wrap live keys under it, destroy epochs past their time.

    Returns the number of keys re-wrapped.  Resumable.  Raises KeyStoreError, EscrowBroken.
    """
    moment = now or datetime.now(UTC)
    if due(moment, keeper().epochs()[-1]) or keeper().is_behind:
        keeper().begin_epoch()
    # Before anything hangs on the new key alone: a folder lost today is restored with it.
    keep_escrow()
    newest = keeper().newest_epoch()
    moved = sum(_rewrap_all(epoch, newest) for epoch in live() if epoch != newest)
    # A backup of the key store holds keys wrapped under older epochs: they die with the epoch, wherever they lie.
    in_use = set(live())
    for epoch in mortal(moment + keeper().wait, keeper().epochs(), in_use):
        keeper().destroy(epoch, in_use)
    return moved


def live() -> dict[int, int]:
    """How many data keys lie under each epoch."""
    return dict(DataKey.objects.values_list("epoch").annotate(Count("subject")).order_by("epoch"))


def _rewrap_all(epoch: int, newest: int) -> int:
    moved, contexts = 0, wrap_contexts(keeper().deployment)
    while rows := _next(epoch):
        locked = [(bytes(stored), contexts(bytes.fromhex(of), version)) for of, version, stored in rows]
        made = rewrap(keeper().kek(epoch), keeper().kek(newest), newest, locked)
        with transaction.atomic(using=KEYS), connections[KEYS].cursor() as cursor:
            cursor.executemany(
                _REWRAPPED,
                [(newest, new, row[0], epoch) for row, new in zip(rows, made, strict=True)],
            )
            moved += max(0, cursor.rowcount)
    return moved


def _next(epoch: int) -> list[tuple[str, int, bytes]]:
    with connections[KEYS].cursor() as cursor:
        cursor.execute(_UNDER, (epoch, BATCH))
        return list(cursor.fetchall())


def standings() -> list[Standing]:
    """All epochs whose key lives, oldest first."""
    counts, epochs = live(), keeper().epochs()
    return [Standing(each, counts.get(each.number, 0), each is epochs[-1]) for each in epochs]


def troubles(now: datetime | None = None) -> list[str]:
    """What is wrong with keys and escrow, a line each with its mend; empty when all is well."""
    problems = list(keeper().health())
    if not problems and due(now or datetime.now(UTC), keeper().epochs()[-1]):
        problems.append("the newest epoch is over a week old: run the worker or `troth keys rotate`")
    is_well, told = escrow_standing(now)
    return problems if is_well else [*problems, told]


def escrow_standing(now: datetime | None = None) -> tuple[bool, str]:
    """Whether the escrow would bring back all that is needed, and how that is said.  Raises EscrowBroken, OSError."""
    place = os.environ.get("TROTH_ESCROW", "")
    if not place or not Path(place).is_file():
        return False, "no escrow of the keys; run `troth keys escrow FILE` and set TROTH_ESCROW to it"
    written = escrowed_at(Path(place))
    days = ((now or datetime.now(UTC)) - written).days
    if written < keeper().epochs()[-1].created:
        return (
            False,
            "the escrow lacks the newest epoch, which locks the live keys; run `troth keys escrow` again",
        )
    return (
        days < OLDEST_ESCROW.days,
        f"the escrow is {days} days old; it is rewritten weekly by `troth keys escrow`",
    )


def keep_escrow() -> None:
    """Write the escrow anew when it lacks the newest epoch, where TROTH_ESCROW and TROTH_RECOVERY are named.

    Raises EscrowBroken: a new epoch locks no live key before it is in the escrow.
    """
    place, public = os.environ.get("TROTH_ESCROW", ""), os.environ.get("TROTH_RECOVERY", "")
    if not place or not public:
        return
    try:
        is_well, _ = escrow_standing()
    except (EscrowBroken, OSError):
        is_well = False
    if not is_well:
        escrow(Path(place), public)
