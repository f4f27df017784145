"""Show tickets of sessions from many threads at once, and look for a session that was lost, or a copy that was served.

    python scripts/rotate.py [--rotations 100000] [--at-once 4] [--seed N]

Each session moves on ten times.  At each move the new ticket and the one before are shown by several threads together, as
a browser with several requests under way does; at the end an older ticket is shown again, as a thief would.  Ends with 0
when

- every ticket that was shown in time was let in, and no session ended by it or forked;
- every old ticket ended its session, and was let in by nobody.

One line of figures is printed.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

THREADS, MOVES, BATCH = 8, 10, 100
BEGUN = 1_000_000_000
"""When it all happens: nothing waits for a clock."""


@dataclass
class Seen:
    """What came of it."""

    moves: int = 0
    lost: int = 0
    forked: int = 0
    replays: int = 0
    missed: int = 0
    chance: random.Random = field(default_factory=random.Random)

    @property
    def is_well(self) -> bool:
        return not (self.lost or self.forked or self.missed)

    def __str__(self) -> str:
        return (
            f"{self.moves} rotations, {self.lost} false revocations, {self.forked} forks,"
            f" {self.replays} replays, {self.missed} of them missed"
        )


@dataclass
class Held:
    """A session: its family, its device, and every ticket that was shown so far."""

    family: Any
    device: str
    tickets: list[str]


def storm(rotations: int, at_once: int, seed: int) -> Seen:
    """So many moves of tickets, and a replay for each session."""
    seen = Seen(chance=random.Random(seed))
    with ThreadPoolExecutor(THREADS) as threads:
        while seen.moves < rotations:
            sessions = [_begun() for _ in range(min(BATCH, -(-(rotations - seen.moves) // MOVES)))]
            for number in range(MOVES):
                _move(threads, sessions, BEGUN + 400 * (number + 1), at_once, seen)
            _replay(threads, sessions, BEGUN + 400 * (MOVES + 1), seen)
        list(threads.map(lambda _: _close(), range(THREADS)))
    return seen


def _begun() -> Held:
    from troth.accounts import families, tickets
    from troth.accounts.sessions import SessionStore

    session, device = SessionStore(), tickets.new_device()
    session.save()
    first = families.begin(str(session.session_key), device)
    families.look(str(first), device, BEGUN)
    return Held(first.family, device, [str(first)])


def _move(threads: ThreadPoolExecutor, sessions: list[Held], at: int, at_once: int, seen: Seen) -> None:
    """Each session's next ticket and its last, by several threads in no order."""
    from troth.accounts import families, tickets
    from troth.accounts.models import Family

    kin = {row.pk: row.kin for row in Family.objects.filter(pk__in=[each.family for each in sessions])}
    shown = []
    for each in sessions:
        following = str(tickets.next_of(kin[each.family]))
        shown += [(following, each.device, at)] * at_once
        each.tickets.append(following)
    seen.chance.shuffle(shown)
    let = list(threads.map(lambda one: families.look(*one), shown))
    # Requests that were under way still show the ticket before, a few seconds later.
    late = [(each.tickets[-2], each.device, at + 3) for each in sessions]
    let += threads.map(lambda one: families.look(*one), late)
    seen.moves += len(sessions)
    seen.lost += sum(each.session is None for each in let)
    generations = Family.objects.filter(pk__in=kin).values_list("pk", "generation")
    seen.forked += sum(generation != kin[pk].generation + 1 for pk, generation in generations)


def _replay(threads: ThreadPoolExecutor, sessions: list[Held], at: int, seen: Seen) -> None:
    """An older ticket of each session, with its device: it ends the session, and lets nobody in."""
    from troth.accounts import families
    from troth.accounts.models import Family

    old = [(seen.chance.choice(each.tickets[:-1]), each.device, at) for each in sessions]
    let = list(threads.map(lambda one: families.look(*one), old))
    seen.replays += len(old)
    seen.missed += sum(each.session is not None for each in let)
    seen.missed += Family.objects.filter(pk__in=[each.family for each in sessions]).count()


def _close() -> None:
    from django.db import connections

    connections.close_all()


def main() -> int:
    asked = argparse.ArgumentParser(description="Move many tickets at once.")
    asked.add_argument("--rotations", type=int, default=100_000)
    asked.add_argument("--at-once", type=int, default=4)
    asked.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="troth-rotate-") as home:
        os.environ.update(TROTH_HOME=home, DJANGO_SETTINGS_MODULE="troth.config.settings")
        import logging

        import django

        from troth.gate.keystore.beginning import begin

        begin(Path(home) / "keys", Path(home) / "keys" / "tombstones")
        django.setup()
        logging.getLogger("troth.sessions").setLevel(logging.ERROR)
        from django.core.management import call_command

        for store in ("default", "keys"):
            call_command("migrate", database=store, verbosity=0)
        begun = time.monotonic()
        seen = storm(given.rotations, given.at_once, given.seed)
        print(f"{seen}, in {time.monotonic() - begun:.0f} s (seed {given.seed})")
        _close()
    return 0 if seen.is_well else 1


if __name__ == "__main__":
    sys.exit(main())
