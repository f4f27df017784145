"""Does the time of an answer tell who has an account?  Known and unknown addresses in turn, and their medians.

    python scripts/timing.py [--rounds 60]

A home folder of its own, thrown away; the limits on tries are forgotten before each request.  A ratio near 1, and
quartiles that overlap, tell an attacker nothing.  Times differ from machine to machine: nothing is asserted here.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

KNOWN, PASS_PHRASE = "dana.novak@iplum.example", "horse battery staple correct"
WRONG = "not the right pass phrase"


def prepared(home: Path) -> None:
    """A house with one login in it."""
    os.environ.update(
        TROTH_HOME=str(home), DJANGO_SETTINGS_MODULE="troth.config.settings", TROTH_MAIL_HELD="1"
    )
    from troth.config.commands.preparing import prepare

    prepare(home, sample=False)
    from troth.accounts.staff import appoint

    appoint("Dana Novak", KNOWN, "sales", "CZ", PASS_PHRASE)


def pages() -> dict[str, Callable[[str], Any]]:
    """What strangers may try addresses at."""
    from django.test import Client

    def sent(path: str, **form: str) -> Any:
        return Client(SERVER_NAME="localhost").post(path, form, secure=True)

    return {
        "sign-in, wrong password": lambda address: sent("/accounts/login/", login=address, password=WRONG),
        "forgotten password": lambda address: sent("/accounts/password/reset/", email=address),
    }


def measured(ask: Callable[[str], Any], rounds: int) -> dict[str, Any]:
    """Milliseconds for known and unknown addresses, one after the other, so that a slow minute hits both."""
    from django.core.cache import cache

    taken: dict[str, list[float]] = {"known": [], "unknown": []}
    statuses = set()
    for number in range(rounds + 3):
        # Who comes first changes: the second of a pair finds warmer caches.
        pair = [("known", KNOWN), ("unknown", f"nobody-{number}@iplum.example")]
        for kind, address in pair if number % 2 else reversed(pair):
            cache.clear()
            begun = time.perf_counter()
            statuses.add(ask(address).status_code)
            if number >= 3:
                taken[kind].append((time.perf_counter() - begun) * 1000)
    known, unknown = (statistics.median(taken[kind]) for kind in ("known", "unknown"))
    spread = {kind: [round(q, 2) for q in statistics.quantiles(times, n=4)] for kind, times in taken.items()}
    return {
        "known_ms": round(known, 2), "unknown_ms": round(unknown, 2), "ratio": round(known / unknown, 4),
        "quartiles_ms": spread, "statuses": sorted(statuses),
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="troth-timing-") as folder:
        prepared(Path(folder) / "home")
        found = {name: measured(ask, rounds) for name, ask in pages().items()}
    for name, each in found.items():
        print(f"{name}: known {each['known_ms']} ms, unknown {each['unknown_ms']} ms, ratio {each['ratio']}")
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
