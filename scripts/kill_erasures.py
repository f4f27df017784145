"""Kill erasures at each of their steps and at random moments, and look at what is left.

    python scripts/kill_erasures.py [--moments 200] [--seed N]

A process of its own makes people, one after another, each with an enquiry, an answer and mail, and erases them. It is
killed with SIGKILL before and after each step of an erasure, then at random moments. After each kill the worker's jobs
run in a new process, as they would a few seconds later. Ends with 0 when each person

- is wholly there and readable, or wholly gone: key, rows, shares of the log, and every trace of the id in any file;
- has one completion entry if gone, and none if not;
- was never said to be erased before that was so.

One line of figures is printed.
"""

# The path and the environment come first: settings are read while modules are imported.
from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

STEPS = (
    "troth.gate.subjects.erase:_begin", "troth.gate.subjects.erase:hand_over", "troth.gate.keystore.keys:intend_erasure",
    "troth.gate.keystore.keys:append_tombstones", "troth.gate.keystore.keys:destroy",
    "troth.gate.subjects.erase:_remove_rows", "troth.gate.subjects.erase:_end", "troth.gate.subjects.erase:_cut_shares",
    "troth.gate.subjects.erase:_completion_leaf", "troth.gate.subjects.erase:_truncate",
    "troth.gate.outbound.receipts:_write", "troth.gate.outbound.receipts:_forget",
)  # fmt: skip
PLACES = tuple(f"{when} {step}" for step in STEPS for when in ("before", "after"))


class Damage(AssertionError):
    """Something is neither there nor gone."""


def need(condition: bool, words: str) -> None:
    """Raise `Damage` unless the condition holds."""
    if not condition:
        raise Damage(words)


def set_up() -> None:
    """Start Django."""
    from troth.config.cli import set_up as start

    start()


def die_at(place: str) -> None:
    """Have this process killed before or after a step, the first time it comes to it."""
    from importlib import import_module

    when, _, step = place.partition(" ")
    module, _, name = step.partition(":")
    home = import_module(module)
    real: Callable[..., Any] = getattr(home, name)

    def dying(*arguments: Any, **named: Any) -> Any:
        if when == "after":
            real(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(home, name, dying)


def work(place: str, seed: int) -> None:
    """The victim: make people and erase them until killed, saying what was done."""
    set_up()
    from tests.cast import ALICE, acting, enquiry_of
    from troth.accounts.models import StaffMember
    from troth.apps.enquiries import flows
    from troth.gate.ids import uuid7
    from troth.gate.subjects.erase import erase
    from troth.gate.uses import SYSTEM, using

    member = StaffMember.objects.get()
    for number in range(4 if place else 10_000):
        address = f"person{seed}.{number}@erasing.example"
        enquiry = enquiry_of({**ALICE, "email": address})
        with using("answering-enquiries", by=acting(member), given=enquiry, at="staff-desk"):
            flows.answer_enquiry(enquiry, uuid7().hex, "Yes.", acting(member))
        subject = enquiry.owner_id.hex
        print("made", subject, flush=True)
        if place and number == 1:
            die_at(place)
        if number % 3:
            erase(subject, SYSTEM, receipt_to=address)
            print("erased", subject, flush=True)
        jobs()


def jobs() -> None:
    """What the worker does within a few seconds."""
    from django.db import connections

    from troth.gate.journal.integrating import integrate
    from troth.gate.outbound.mail import deliver_due
    from troth.gate.outbound.models import Message
    from troth.gate.outbound.receipts import send_receipts
    from troth.gate.subjects.jobs import finish_erasures

    finish_erasures()
    integrate()
    send_receipts()
    deliver_due()
    # Two days later a message that is only shown goes as well.
    Message.objects.filter(state="held").update(sent_at="2020-01-01T00:00:00Z")
    send_receipts()
    finish_erasures()
    connections.close_all()


def finish() -> None:
    """The worker after a new start; messages that a kill left in sending are tried again at once."""
    set_up()
    from django.utils import timezone

    from troth.gate.outbound.models import Message

    Message.objects.filter(state="sending").update(due_at=timezone.now())
    for _ in range(4):
        jobs()


def run(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """This script in a process of its own."""
    surroundings = {**os.environ, "TROTH_HOME": str(home), "TROTH_MAIL_HELD": "1", "TROTH_DEMO": "1"}
    command = [sys.executable, str(Path(__file__)), *arguments]
    return subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, text=True)


def one_kill(home: Path, place: str, seed: int, after: float) -> tuple[list[str], list[str]]:
    """Let a victim work and die; (people made, people said to be erased)."""
    victim = run(home, "work", place, str(seed))
    if not place:
        assert victim.stdout is not None
        first = victim.stdout.readline()
        time.sleep(after)
        victim.kill()
        said = first + victim.stdout.read()
        victim.wait()
    else:
        said, _ = victim.communicate(timeout=120)
        need(victim.returncode == -signal.SIGKILL, f"no erasure came by `{place}`")
    lines = [line.split() for line in said.splitlines() if line.count(" ") == 1]
    made = [subject for word, subject in lines if word == "made"]
    return made, [subject for word, subject in lines if word == "erased"]


def readable(enquiry: Any) -> bool:
    """Whether the enquiry's text can be read."""
    from troth.gate.uses import SYSTEM, using

    with using("answering-enquiries", by=SYSTEM, given=enquiry):
        return bool(enquiry.message)


def look_at(subject: str) -> bool:
    """Whether a person is wholly gone; raises Damage for anything between there and gone."""
    from troth.apps.enquiries.models import Enquiry, Reply
    from troth.gate.journal.models import Share
    from troth.gate.keystore.models import DataKey
    from troth.gate.subjects.models import DataSubject

    enquiry = Enquiry.objects.filter(owner=UUID(subject)).first()
    there = {
        "key": DataKey.objects.filter(subject=subject, erasing=False).exists(),
        "subject": DataSubject.objects.filter(pk=subject).exists(),
        "enquiry": enquiry is not None and readable(enquiry),
        "answer": Reply.objects.filter(owner=UUID(subject)).exists(),
        "record": Share.objects.filter(subject=subject).exists(),
    }
    need(len(set(there.values())) == 1, f"half done: {there}")
    return not there["key"]


def count_entries() -> None:
    """One completion entry for each erasure, and no erasure under way."""
    from django.db import connections

    from troth.gate.journal.models import Entry
    from troth.gate.subjects.models import Erasure

    states = set(Erasure.objects.values_list("state", flat=True))
    need(states <= {"done"}, f"an erasure stands at {states}")
    entries, erasures = Entry.objects.filter(kind=6).count(), Erasure.objects.count()
    need(entries == erasures, f"{entries} completion entries of {erasures} erasures")
    connections.close_all()


def nothing_left(home: Path, gone: list[str]) -> None:
    """No file under the home folder holds the id of anybody who is gone."""
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        held = path.read_bytes()
        for subject in gone:
            for mark in (subject.encode(), str(UUID(subject)).encode(), UUID(subject).bytes):
                need(mark not in held, f"{path.name} still names somebody who is gone")


def after_each(home: Path, made: list[str], said: list[str]) -> list[str]:
    """Look at everybody after a kill, then let the worker finish and look again; those who are gone."""
    from django.db import connections

    from troth.apps.enquiries.models import Enquiry

    early = set(Enquiry.objects.filter(owner__in=map(UUID, said)).values_list("owner_id", flat=True))
    need(not early, f"{len(early)} people were said to be erased and were not")
    connections.close_all()
    need(run(home, "finish").wait(120) == 0, "the worker did not finish")
    gone = [subject for subject in made if look_at(subject)]
    need(set(said) <= set(gone), "somebody said to be erased is there again")
    count_entries()
    return gone


def storm(home: Path, options: argparse.Namespace) -> str:
    """Every step, then the random moments; the line of figures. Raises Damage."""
    chance, gone, there = random.Random(options.seed), list[str](), 0
    rounds = [*PLACES, *[""] * options.moments]
    began = time.monotonic()
    for number, place in enumerate(rounds):
        made, said = one_kill(home, place, number, 0.02 + chance.random() * 0.5)
        dead = after_each(home, made, said)
        gone += dead
        there += len(made) - len(dead)
    nothing_left(home, gone)
    need(len(gone) >= len(PLACES), f"only {len(gone)} people were erased: that is no storm")
    return (
        f"{len(PLACES)} kills at steps, {options.moments} at random moments, {time.monotonic() - began:.0f} s: "
        f"{len(gone)} people gone, {there} untouched, 0 between; one completion entry each, none early; no id of "
        f"theirs in any file; seed {options.seed}"
    )


def main(arguments: list[str]) -> int:
    """Run the storm; 1 with a line that says what was wrong, else 0."""
    if arguments[:1] == ["work"]:
        work(arguments[1], int(arguments[2]))
    if arguments[:1] == ["finish"]:
        finish()
    if arguments[:1] in (["work"], ["finish"]):
        return 0
    parser = argparse.ArgumentParser(description="Kill erasures at each step and at random moments.")
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args(arguments)
    home = Path(tempfile.mkdtemp(prefix="troth-kill-")) / "home"
    os.environ.update(
        TROTH_HOME=str(home), TROTH_MAIL_HELD="1", DJANGO_SETTINGS_MODULE="troth.config.settings"
    )
    try:
        from troth.config.commands.preparing import prepare

        prepare(home, sample=False)
        from tests.cast import staff

        staff()
        print(storm(home, options), flush=True)
        return 0
    except Damage as damage:
        print(f"troth: {damage} (seed {options.seed})", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(home.parent, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
