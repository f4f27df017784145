"""Kill erasures at each of their steps and at random moments, and look at what is left.

    python scripts/kill_erasures.py [--moments 200] [--steps N] [--seed N]

A process of its own makes people (`tests/gate/whole_people.py`: account, company, session, enquiry with an answer,
request, archive that is ready, file shared with somebody who stays) and erases some of them. It is killed with SIGKILL
before and after each step of an erasure, then at random moments of them. After each kill the worker's jobs run in a new
process, as they would a few seconds later. Ends with 0 when each person

- is wholly there and readable, or wholly gone: key, rows, session, archive, shares of the log, and every trace of the id
  in any file;
- has one completion entry if gone, and none if not, and was never said to be erased before that was so;
- left what is shared, readable, to whoever stays, without their name in it.

One line of figures is printed.
"""

# The path and the environment come first: settings are read while modules are imported.
# ruff: noqa: E402
from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import IO, Any
from uuid import UUID

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from scripts.storming import Damage, need

STEPS = (
    "troth.gate.subjects.erase:_begin", "troth.gate.subjects.erase:_carry_out", "troth.gate.subjects.erase:hand_over",
    "troth.gate.subjects.heirs:_hand_over", "troth.accounts.signins:end_all", "troth.gate.export.exporting:withdraw",
    "troth.gate.files.disk:remove", "troth.gate.files.stored:leave", "troth.apps.rights.counting:count_erased",
    "troth.apps.referrals.flows:withdraw", "troth.posting.leaving:leave",
    "troth.gate.telling.telling:erased", "troth.accounts.people.gathering:erase_under_address",
    "troth.accounts.people.closing:end_invitations", "troth.accounts.people.closing:forget_letters",
    "troth.gate.keystore.keys:intend_erasure", "troth.gate.keystore.keys:append_tombstones",
    "troth.gate.keystore.keys:destroy", "troth.gate.subjects.erase:_remove_rows", "troth.gate.subjects.erase:_end",
    "troth.gate.subjects.erase:_cut_shares", "troth.gate.subjects.erase:_completion_leaf",
    "troth.gate.subjects.erase:_truncate", "troth.gate.outbound.receipts:_write",
    "troth.gate.outbound.receipts:_forget",
)  # fmt: skip
PLACES = tuple(f"{when} {step}" for step in STEPS for when in ("before", "after"))


def set_up() -> Any:
    """Start Django, with the zoo's models beside the house's own: none of those is shared by several yet."""
    from troth.config.cli import set_up as start

    start()
    return of_tests("zoo.opening").install()


def of_tests(name: str) -> Any:
    """A module of the gate's tests; the zoo's models are in no setting, so that no type checker knows them."""
    return import_module(f"tests.gate.{name}")


def die_at(place: str) -> None:
    """Have this process killed before or after a step, the first time it comes to it."""
    when, _, step = place.partition(" ")
    module, _, name = step.partition(":")
    home = import_module(module)
    real: Callable[..., Any] = getattr(home, name)

    def dying(*arguments: Any, **named: Any) -> Any:
        if when == "after":
            real(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(home, name, dying)
    from troth.gate.subjects.erase import FAREWELLS
    from troth.gate.subjects.register import ENDINGS

    for called in (FAREWELLS, ENDINGS):
        called[:] = [dying if each is real else each for each in called]


def work(place: str, seed: int) -> None:
    """The victim: make people by twos and erase the second until killed, saying what was done."""
    from troth.gate.subjects.erase import erase
    from troth.gate.uses import SYSTEM

    for turn in range(1 if place else 1000):
        addresses = [f"person{seed}.{turn}.{number}@erasing.example" for number in range(2)]
        for address in addresses:
            subject, file = of_tests("whole_people").make(address)
            print("made", subject, file, flush=True)
        print("go", flush=True)
        if place:
            die_at(place)
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
    from django.utils import timezone

    from troth.gate.files import stored
    from troth.gate.outbound.models import Message

    Message.objects.filter(state="sending").update(due_at=timezone.now())
    for _ in range(4):
        jobs()
    stored.GRACE = 0  # an hour later what a kill left of a file is swept
    stored.sweep()


def apart(what: Callable[..., None], *arguments: Any) -> tuple[int, IO[str]]:
    """Do something in a process of its own that remembers no key; its id, and what it says."""
    from django.db import connections

    from troth.gate.keystore import keys

    connections.close_all()
    keys.forget_cached()
    reading, writing = os.pipe()
    if not (child := os.fork()):
        os.dup2(writing, 1)
        try:
            what(*arguments)
        except BaseException:  # noqa: BLE001 - it is shown, and the process ends
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writing)
    return child, os.fdopen(reading, encoding="utf-8")


def ended(child: int) -> int:
    """How a process ended: its exit code, or less the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def one_kill(place: str, seed: int, after: float) -> tuple[dict[str, str], list[str]]:
    """Let a victim work and die; (people made with the file of each, people said to be erased)."""
    victim, said = apart(work, place, seed)
    with said:
        lines = []
        if not place:
            while (line := said.readline()) and line != "go\n":
                lines.append(line)
            time.sleep(after)
            os.kill(victim, signal.SIGKILL)
        lines += said.readlines()
    need(ended(victim) == -signal.SIGKILL, f"no erasure came by `{place}`")
    # A line that the kill cut off says nothing.
    words = [line.split() for line in lines if line.endswith("\n")]
    made = {word[1]: word[2] for word in words if word[0] == "made"}
    return made, [word[1] for word in words if word[0] == "erased"]


def look_at(subject: str, file: str) -> bool:
    """Whether a person is wholly gone; raises Damage for anything between there and gone."""
    people = of_tests("whole_people")
    there = people.facts(subject)
    need(len(set(there.values())) == 1, f"half done: {there}")
    is_gone = not there["key"]
    need(people.shared_well(subject, file, is_gone=is_gone), "what is shared is not whose it should be")
    return is_gone


def count_entries() -> None:
    """One completion entry for each erasure, and no erasure under way."""
    from django.db import connections

    from troth.gate.journal.models import Entry
    from troth.gate.subjects.models import Erasure

    states = set(Erasure.objects.values_list("state", flat=True))
    need(states <= {"done"}, f"an erasure stands at {states}")
    entries, erasures = Entry.objects.filter(kind=6).count(), Erasure.objects.count()
    need(entries == erasures, f"{entries} completion entries of {erasures} erasures")
    need(not (ends := of_tests("whole_people").loose_ends()), ", ".join(ends))
    connections.close_all()


def nothing_left(home: Path, gone: list[str]) -> None:
    """No file under the home folder holds the id of anybody who is gone."""
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        held = path.read_bytes()
        for subject in gone:
            for mark in (subject.encode(), str(UUID(subject)).encode(), UUID(subject).bytes):
                need(mark not in held, f"{path.name} still names somebody who is gone")


def after_each(made: dict[str, str], said: list[str]) -> list[str]:
    """Look at everybody after a kill, then let the worker finish and look again; those who are gone."""
    from troth.apps.enquiries.models import Enquiry

    early = set(Enquiry.objects.filter(owner__in=map(UUID, said)).values_list("owner_id", flat=True))
    need(not early, f"{len(early)} people were said to be erased and were not")
    worker, words = apart(finish)
    words.close()
    need(ended(worker) == 0, "the worker did not finish")
    gone = [subject for subject, file in made.items() if look_at(subject, file)]
    need(set(said) <= set(gone), "somebody said to be erased is there again")
    count_entries()
    return gone


def storm(home: Path, options: argparse.Namespace) -> str:
    """The steps, then the random moments; the line of figures. Raises Damage."""
    chance, gone, there = random.Random(options.seed), list[str](), 0
    places = chance.sample(PLACES, options.steps) if options.steps < len(PLACES) else PLACES
    rounds = [*places, *[""] * options.moments]
    began = time.monotonic()
    for number, place in enumerate(rounds):
        made, said = one_kill(place, number, chance.random() * 0.8)
        dead = after_each(made, said)
        gone += dead
        there += len(made) - len(dead)
    nothing_left(home, gone)
    need(len(gone) >= len(rounds) // 2, f"only {len(gone)} people were erased: that is no storm")
    return (
        f"{len(places)} kills at steps, {options.moments} at random moments, {time.monotonic() - began:.0f} s: "
        f"{len(gone)} people gone, {there} untouched, 0 between; one completion entry each, none early; what they shared "
        f"stays with whoever shares it; no id of theirs in any file; seed {options.seed}"
    )


def main(arguments: list[str]) -> int:
    """Run the storm; 1 with a line that says what was wrong, else 0."""
    parser = argparse.ArgumentParser(description="Kill erasures at each step and at random moments.")
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--steps", type=int, default=len(PLACES), help="so many of the places beside steps")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args(arguments)
    home = Path(tempfile.mkdtemp(prefix="troth-kill-")) / "home"
    os.environ.update(
        TROTH_HOME=str(home),
        TROTH_MAIL_HELD="1",
        TROTH_DEMO="1",
        DJANGO_SETTINGS_MODULE="troth.config.settings",
    )
    try:
        from troth.config.commands.preparing import prepare

        prepare(home, sample=False)
        config = set_up()
        of_tests("zoo.opening").make_tables(config)
        import_module("tests.cast").staff()
        of_tests("whole_people").friend()
        print(storm(home, options), flush=True)
        return 0
    except Damage as damage:
        print(f"troth: {damage} (seed {options.seed})", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(home.parent, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
