"""The fast door under browsers that tell of views without a pause, beside the same server that does nothing."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from django.conf import settings

from troth.gate.uses import SYSTEM, act, using
from troth.visits.models import Event

from ..method import Measured, Sample
from ..peers.models import SealedContact
from ..report import Section, Target
from .filing import MEGABYTE, Server, served
from .people import PLACE, PURPOSE, TOPIC, contact, subjects

LINES = 64
OURS, EMPTY = "troth.config.door:app", "bench.peers.accepting:app"
NOTHING, DURABLE = (
    "the same server, which answers 202 and does nothing",
    "each view durable when it is answered",
)
QUIET, BUSY = "a sealed write elsewhere, nobody at the door", "the same, while the door is at half its load"
LEAST_SHARE, LEAST, MOST_P99, MOST_WAIT, MOST_GROWTH = 0.2, 5_000, 5.0, 2.0, 20.0


def rows(seconds: int, long: int, home: Path) -> list[Section]:
    """So many seconds of each kind; memory is looked at over a longer time."""
    with served(home, EMPTY) as server:
        most = _told(server, seconds)
        half_empty = _told(server, seconds, rate=_rate(most, seconds) / 2)
    with served(home, OURS) as server:
        quiet = _writes(seconds)
        before = Event.objects.count()
        full = _told(server, seconds)
        kept = Event.objects.count() - before
        rate = _rate(full, seconds)
        with _telling(server, seconds, rate=rate / 2) as half:
            busy = _writes(seconds - 1)
        memory = [server.memory("VmRSS") / MEGABYTE]
        _told(server, long)
        memory.append(server.memory("VmRSS") / MEGABYTE)
    assert kept == full["answers"].get("202"), (kept, full["answers"])
    return [
        _throughput(most, full, seconds),
        _waiting(half_empty, half, quiet, busy, memory, round(rate * long)),
    ]


def _throughput(most: dict[str, Any], full: dict[str, Any], seconds: int) -> Section:
    ours, empty = _rate(full, seconds), _rate(most, seconds)
    return Section(
        f"The fast door: {LINES} lines over TLS that tell without a pause, one process", "a hit",
        [Measured(NOTHING, [Sample(1 / empty, most["server"] / len(most["took"]))]),
         Measured(DURABLE, [Sample(1 / ours, full["server"] / len(full["took"]))])],
        [Target("hits a second, of those of the server that does nothing", ours / empty, LEAST_SHARE, at_most=False),
         Target("durable hits a second", ours, LEAST, at_most=False, form=",.0f")],
        [f"{empty:,.0f} and {ours:,.0f} hits a second; answers by status {full['answers']}, each 202 in the table",
         f"CPU is that of the server; the browsers, on the same cores, used {full['cpu'] / seconds:.2f} s a second"],
    )  # fmt: skip


def _waiting(
    empty: dict[str, Any],
    half: dict[str, Any],
    quiet: list[Sample],
    busy: list[Sample],
    memory: list[float],
    hits: int,
) -> Section:
    p99 = [_at(told["took"], 0.99) for told in (empty, half)]
    walls = [sorted(each.wall for each in samples) for samples in (quiet, busy)]
    late = " and ".join(f"{_at(each, 0.95) * 1000:.1f}" for each in walls)
    slower = _at(walls[1], 0.5) / _at(walls[0], 0.5)
    return Section(
        "At half that load", "a write (clock)",
        [Measured(QUIET, [_middle(quiet)]), Measured(BUSY, [_middle(busy)])],
        [Target("p99 of an answer, to the server that does nothing at half of its own", p99[1] / p99[0], MOST_P99),
         Target("median of a write elsewhere, to nobody at the door", slower, MOST_WAIT),
         Target(f"memory after about {hits:,} hits without a pause, MB more", memory[1] - memory[0], MOST_GROWTH)],
        [f"p99 {p99[0] * 1000:.1f} and {p99[1] * 1000:.1f} ms, median {_at(half['took'], 0.5) * 1000:.1f} ms;"
         f" writes at p95 {late} ms; {memory[1]:.0f} MB at the end"],
    )  # fmt: skip


def _rate(told: dict[str, Any], seconds: int) -> float:
    return float(told["answers"].get("202", 0)) / seconds


def _middle(samples: list[Sample]) -> Sample:
    return Sample(median(each.wall for each in samples), median(each.cpu for each in samples))


def _at(times: list[float], part: float) -> float:
    return times[min(len(times) - 1, int(len(times) * part))]


def _told(server: Server, seconds: int, rate: float = 0.0) -> dict[str, Any]:
    with _telling(server, seconds, rate) as told:
        pass
    return told


@contextmanager
def _telling(server: Server, seconds: int, rate: float) -> Iterator[dict[str, Any]]:
    """Within the block browsers tell; after it, what they saw."""
    server.line().close()
    given = {
        "lines": LINES, "seconds": seconds, "rate": rate, "port": server.port,
        "host": settings.TROTH_HOSTS["company"], "authority": str(server.authority),
    }  # fmt: skip
    told, before = dict[str, Any](), server.cpu()
    tellers = subprocess.Popen(
        [sys.executable, "-m", "bench.tellers"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert tellers.stdin is not None
    tellers.stdin.write(json.dumps(given))
    tellers.stdin.close()
    tellers.stdin = None
    try:
        yield told
        told |= json.loads(tellers.communicate(timeout=seconds + 60)[0])
        told["server"] = server.cpu() - before
    finally:
        tellers.kill()


def _writes(seconds: int) -> list[Sample]:
    """How long sealed writes took, one after the other with a breath between, as pages make them."""
    owner, numbers, took = subjects(1)[0], count(), list[Sample]()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began, cpu = time.perf_counter(), time.process_time()
        with using(PURPOSE, by=SYSTEM, at=PLACE), act():
            SealedContact(owner=owner, topic=TOPIC, **contact(next(numbers))).save(force_insert=True)
        took.append(Sample(time.perf_counter() - began, time.process_time() - cpu))
        time.sleep(0.02)
    return took
