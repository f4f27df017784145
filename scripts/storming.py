"""What the scripts share that kill a running demo: clients in threads, kills, new starts, the log looked at each time.

A storm's script is also the demo's command, so that its supervisor waits for nothing (`serve_impatiently`).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from tests.site.demo import Demo

DRAIN_SECONDS = 60.0  # how long nothing may get fewer while the worker catches up
SHARES = {"server": 0.35, "worker": 0.35, "both": 0.25, "everything": 0.05}


class Damage(AssertionError):
    """Something promised is not there."""


class Client(Protocol):
    """Somebody at work until told to stop."""

    def run(self, stop: threading.Event) -> None:
        """Work."""


def need(condition: bool, words: str) -> None:
    """Raise `Damage` unless the condition holds."""
    if not condition:
        raise Damage(words)


def serve_impatiently(arguments: list[str]) -> int:
    """`troth ARGUMENTS`, with a supervisor that starts what dies again at once and never gives it up."""
    from troth.config import cli, supervise

    def run(children: list[supervise.Child], lock: int | None = None) -> int:
        return supervise.Supervisor(children, lock, supervise.Patience(first=0.05, settled=0.0)).run()

    supervise.run = run
    return cli.main(arguments)


def kill(demo: Demo, what: str, chance: random.Random) -> None:
    """SIGKILL to one process, or to all, of what is named."""
    children = demo.children()
    names = {"both": ("server", "worker"), "everything": tuple(children)}.get(what, (what,))
    victims = [pid for name in names for pid in children.get(name, [])]
    if what == "everything" and demo.process is not None:
        victims.insert(0, demo.process.pid)
    elif what == "server" and victims and chance.random() < 0.5:
        victims = [chance.choice(victims)]
    for pid in victims:
        # It may have ended with another one a moment before.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if what == "everything" and demo.process is not None:
        demo.process.wait()


def check_log() -> int:
    """The log recomputed, as `troth ledger verify` does; its size."""
    from django.db import connections

    from troth.gate.journal import log

    try:
        findings = log.verify()
        need(not findings, f"the log is damaged: {'; '.join(map(str, findings))}")
        head = log.head()
        return head.size if head else 0
    finally:
        # A connection left open would keep the next start from recovering the database as it does after a crash.
        connections.close_all()


def let_time_pass() -> None:
    """What five minutes would do: leases of killed workers run out, messages stuck in sending are tried again."""
    from django.db import connections
    from django.utils import timezone

    from troth.gate.outbound.models import Message
    from troth.gate.schedule.models import Lease

    Lease.objects.update(held_until=None)
    Message.objects.filter(state=Message.State.SENDING).update(due_at=timezone.now())
    connections.close_all()


def wait_while(left: Callable[[], int], words: str) -> None:
    """Wait until nothing is left of something, as long as it gets fewer.  Raises `Damage`."""
    least, until = None, time.monotonic() + DRAIN_SECONDS
    while now := left():
        if least is None or now < least:
            least, until = now, time.monotonic() + DRAIN_SECONDS
        need(time.monotonic() < until, f"{now} {words}")
        time.sleep(0.2)


def drain() -> None:
    """Wait until every message is handed over and every entry is in the log."""
    from troth.gate.journal.models import Entry
    from troth.gate.outbound.models import Message

    waiting = Message.objects.filter(state__in=(Message.State.QUEUED, Message.State.SENDING))
    wait_while(waiting.count, "messages were never sent")
    wait_while(Entry.objects.filter(index=None).count, "entries never reached the log")


@contextmanager
def load(clients: Sequence[Client]) -> Iterator[None]:
    """Clients at work, each in a thread, until the block ends."""
    stop = threading.Event()
    threads = [threading.Thread(target=each.run, args=(stop,), daemon=True) for each in clients]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def moments(
    demo: Demo, options: argparse.Namespace, after: Callable[[str, float], None] = lambda *_: None
) -> str:
    """So many times a while of load, a kill, a new start, a look at the log; what was killed, in words.

    `after` is told what was killed, and when by the clock, before anything is waited for.
    """
    chance, kinds, began = random.Random(options.seed), Counter[str](), time.monotonic()
    for _ in range(options.moments):
        time.sleep(0.2 + chance.random())
        what = chance.choices(list(SHARES), list(SHARES.values()))[0]
        kill(demo, what, chance)
        at = time.time()
        let_time_pass()
        after(what, at)
        if what == "everything":
            demo.start()
        elif what != "worker":
            demo.wait_until_it_answers()
        check_log()
        kinds[what] += 1
    told = ", ".join(f"{kinds[kind]} {kind}" for kind in SHARES)
    return f"{options.moments} kills ({told}) in {time.monotonic() - began:.0f} s"


def weather(
    arguments: list[str], script: str, about: str, storm: Callable[[Demo, argparse.Namespace], str],
    settings: Mapping[str, str], clients: int,
) -> int:  # fmt: skip
    """A storm over a demo in a folder of its own; 1 with a line that says what was lost, else 0 with one of figures."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--clients", type=int, default=clients)
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="troth-kill-"))
    demo = Demo(folder / "home", settings=dict(settings), command=(sys.executable, script))
    try:
        demo.start()
        os.environ.update(demo.surroundings(), DJANGO_SETTINGS_MODULE="troth.config.settings")
        from troth.config.cli import set_up

        set_up()
        print(storm(demo, options), flush=True)
        return 0
    except Damage as damage:
        print(f"troth: {damage} (seed {options.seed})", file=sys.stderr)
        return 1
    finally:
        demo.stop()
        shutil.rmtree(folder, ignore_errors=True)


def verified(demo: Demo) -> int:
    """The log's size, when it is clean to this script and to `troth ledger verify`.  Raises `Damage`."""
    size, told = check_log(), demo.run("ledger", "verify")
    need(told.returncode == 0, f"`troth ledger verify`: {told.stderr.strip()}")
    return size
