"""Kill a running demo while browsers tell it of visits, and look for one that was acknowledged and is not there.

    python scripts/kill_visits.py [--moments 100] [--clients 8] [--seed N]

Each client posts to `/api/event` without a pause, each time for a page that nobody viewed before, and notes what was
answered with 202. Server, worker or all of it is killed with SIGKILL, and started again. Ends with 0 when

- every page that was acknowledged is in the table exactly once, and no page is there twice;
- every event's hash is in its batch, and every batch has its entry in the ledger, which is whole.

One line of figures is printed.
"""

# The path comes first: settings are read while modules are imported.
from __future__ import annotations

import argparse
import http.client
import json
import sys
import threading
from collections import Counter
from contextlib import suppress
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from scripts import storming  # noqa: E402
from tests.site.demo import Demo  # noqa: E402

STEM = "/zqvisit/"


def in_letters(number: int) -> str:
    """A number as a word, since a path of digits is not kept."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


class Visitor:
    """Somebody whose browser tells of one page after the other."""

    numbers = count()

    def __init__(self, demo: Demo) -> None:
        self._demo, self.acknowledged, self.refused = demo, list[str](), Counter[int]()

    def run(self, stop: threading.Event) -> None:
        """Post until told to stop; what got no answer is neither there for sure nor missing."""
        browser = self._demo.browser(5.0)
        while not stop.is_set():
            path = f"{STEM}{in_letters(next(self.numbers))}"
            event = {"n": "pageview", "u": f"https://localhost{path}", "d": "localhost"}
            with suppress(OSError, http.client.HTTPException):
                answer = browser._ask("POST", "/api/event", json.dumps(event), {"Content-Type": "text/plain"})
                if answer.status == 202:
                    self.acknowledged.append(path)
                else:
                    self.refused[answer.status] += 1
                continue
            stop.wait(0.02)


def check(acknowledged: list[str]) -> tuple[int, int]:
    """(events, batches) when all that was acknowledged is there once, with its proof.  Raises Damage."""
    from troth.apps.navigation.collecting import NAMES, spelled
    from troth.engine.ledger import Kind, leaf_hash
    from troth.gate.journal.models import Entry
    from troth.visits.models import Batch, Event

    events = list(Event.objects.filter(path__startswith=STEM))
    there = Counter(event.path for event in events)
    storming.need(max(there.values(), default=0) <= 1, "an event is there twice")
    lost = [path for path in acknowledged if path not in there]
    storming.need(not lost, f"{len(lost)} of {len(acknowledged)} acknowledged visits are lost")
    batches = {batch.pk: batch for batch in Batch.objects.all()}
    hashes = {pk: bytes(batch.hashes) for pk, batch in batches.items()}
    known = {pk: {held[at : at + 32] for at in range(0, len(held), 32)} for pk, held in hashes.items()}
    for event in events:
        row = [getattr(event, name) if name != "error" else None for name in NAMES]
        storming.need(leaf_hash(spelled(row)) in known[event.batch], "an event is not in its batch")
    entries = set(Entry.objects.filter(kind=Kind.BATCH).values_list("id", flat=True))
    storming.need(
        {batch.entry for batch in batches.values()} == entries, "a batch and its entry are not both there"
    )
    return len(events), len(batches)


def storm(demo: Demo, options: argparse.Namespace) -> str:
    """Kill and look; the line of figures."""
    visitors = [Visitor(demo) for _ in range(options.clients)]
    with storming.load(visitors):
        told = storming.moments(demo, options)
    storming.drain()
    events, batches = check([path for visitor in visitors for path in visitor.acknowledged])
    size = storming.verified(demo)
    acknowledged = sum(len(visitor.acknowledged) for visitor in visitors)
    refused = sum((visitor.refused for visitor in visitors), Counter[int]())
    return (
        f"{told}: {acknowledged} visits acknowledged, none lost, none twice; {events} kept in {batches} batches, each"
        f" with its entry; {sum(refused.values())} refused; a clean log of {size}"
    )


def main(arguments: list[str]) -> int:
    """The script; as the demo's command it serves."""
    if arguments[:1] == ["demo"]:
        return storming.serve_impatiently(arguments)
    return storming.weather(arguments, __file__, __doc__ or "", storm, {}, 8)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
