"""Kill referrals at random moments, and look for a second message, and for what is left of the friend.

    python scripts/kill_referrals.py [--moments 100] [--seed N]

For each moment two referrers send the same friend's address at the same time, each spelled in another way, while two
workers send what waits. One or both of the workers, now and then everybody, are killed with SIGKILL; then the worker's
jobs run in a new process, as they would a few minutes later, and the friend is referred once more. Mail goes to a real
SMTP server in a process of its own. Ends with 0 when

- no address got a second message, whatever was killed and whoever asked again;
- each message that counts as sent arrived, and none arrived that has no disclosure on record;
- the control of public.referral says kept, and no file below the home folder holds a byte of any address or name.

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
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from scripts.storming import Damage, need

MARK = "zqfriend"
"""Stands in each address and name, and nowhere else."""
SPELLINGS = (
    "{}@invited.example",
    "{}+news@Invited.Example",
    "{}+a+b@INVITED.example",
    '"{}"@invited.example',
)


def take_mail(port: int, taken: Path) -> None:
    """An SMTP server that takes everything, slowly, and notes to whom it went."""
    from aiosmtpd.controller import Controller

    class Sink:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
            with taken.open("a", encoding="utf-8") as file:
                file.write(envelope.rcpt_tos[0] + "\n")
            time.sleep(random.random() * 0.02)
            return "250 taken"

    Controller(Sink(), hostname="127.0.0.1", port=port).start()
    signal.pause()


def apart(what: Callable[..., object], *arguments: Any) -> int:
    """Do something in a process of its own; its id."""
    from django.db import connections

    from troth.gate.keystore import keys

    connections.close_all()
    keys.forget_cached()
    if child := os.fork():
        return child
    try:
        what(*arguments)
    except BaseException:  # noqa: BLE001 - it is shown, and the process ends
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def refer(at: float, by: UUID, friend: str, spelling: str) -> None:
    """One of those who know the friend, at a moment that both wait for."""
    from troth.apps.referrals import flows
    from troth.gate.ids import uuid7

    time.sleep(max(0.0, at - time.monotonic()))
    values = {"your_name": f"{MARK} Referrer", "friend_name": friend, "friend_email": spelling.format(friend)}
    flows.refer(uuid7().hex, values, by)


def work(until: float) -> None:
    """A worker: send what waits, again and again."""
    from troth.apps.referrals.sending import send_due

    while time.monotonic() < until:
        send_due()


def finish() -> None:
    """The worker some minutes later: what a kill left in sending is found, and what is erased is purged."""
    from django.utils import timezone

    from troth.apps.referrals.models import Invitee
    from troth.apps.referrals.sending import send_due
    from troth.gate.subjects.jobs import finish_erasures

    for _ in range(2):
        Invitee.objects.filter(state=Invitee.State.SENDING).update(due_at=timezone.now())
        send_due()
        finish_erasures()


def wait_for_a_claim(until: float) -> None:
    """Until a worker has a friend and the carrier has not answered yet: most of what can go wrong lies there."""
    from troth.apps.referrals.models import Invitee

    claimed = Invitee.objects.filter(state=Invitee.State.SENDING)
    while not claimed.exists() and time.monotonic() < until:
        time.sleep(0.001)


def ended(children: list[int]) -> list[int]:
    """How processes ended: the exit code of each, or less the signal that killed it."""
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def one_moment(friend: str, referrers: list[UUID], chance: random.Random) -> str:
    """Two refer, two send, some are killed, the jobs run, and one refers again; who was killed."""
    at = time.monotonic() + 0.02
    asking = [apart(refer, at, by, friend, chance.choice(SPELLINGS)) for by in referrers]
    workers = [apart(work, at + 0.5) for _ in range(2)]
    killed = chance.choices(("one", "both", "everybody"), (0.4, 0.5, 0.1))[0]
    if chance.random() < 0.7:
        wait_for_a_claim(at + 0.5)
        time.sleep(chance.random() * 0.15)
    else:
        time.sleep(max(0.0, at - time.monotonic()) + chance.random() * 0.12)
    for child in {"one": workers[:1], "both": workers, "everybody": [*asking, *workers]}[killed]:
        os.kill(child, signal.SIGKILL)
    codes = ended([*asking, *workers])
    need(set(codes) <= {0, -signal.SIGKILL}, f"a process failed: {codes}")
    for job in (lambda: refer(0.0, chance.choice(referrers), friend, chance.choice(SPELLINGS)), finish):
        need(ended([apart(job)]) == [0], "the jobs after a kill failed")
    return killed


def nothing_left(home: Path) -> None:
    """No file below the home folder holds a byte of any friend, and no friend is in a table."""
    from django.db import connections

    from troth.apps.referrals.models import Invitee

    need(not Invitee.objects.exists(), "a friend was not forgotten")
    connections.close_all()
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        need(MARK.encode() not in path.read_bytes().lower(), f"{path.name} holds a friend")


def count_up(taken: Path, friends: list[str]) -> str:
    """Compare the marks, the record and what arrived; the figures. Raises Damage."""
    from django.db import connections

    from troth.apps.referrals.models import Mark
    from troth.gate.journal.models import Entry
    from troth.gate.proving.answers import CONTROLS

    arrived = Counter(
        line.lower().partition("@")[0].partition("+")[0].strip('"') for line in taken.read_text().splitlines()
    )
    need(max(arrived.values(), default=0) <= 1, f"{max(arrived.values(), default=0)} messages to one address")
    need(set(arrived) <= set(friends), "a message went to nobody’s friend")
    states = Counter(Mark.objects.values_list("state", flat=True))
    recorded = Entry.objects.filter(kind=4, purpose="inviting", recipient="mail-carrier").count()
    need(
        states["sent"] <= len(arrived) <= recorded, f"{states}, {len(arrived)} arrived, {recorded} on record"
    )
    need(set(states) <= {"sent", "unknown"} and states.total() == len(friends), f"marks: {dict(states)}")
    found = CONTROLS["public.referral"]()
    need(found.status == "kept", f"public.referral: {found.figure}")
    connections.close_all()
    return (
        f"{len(arrived)} messages to {len(friends)} addresses, 0 twice; {states['sent']} sent, {states['unknown']}"
        f" unknown and never sent again ({len(arrived) - states['sent']} of them arrived); {recorded} disclosures"
        " on record"
    )


def storm(home: Path, taken: Path, options: argparse.Namespace) -> str:
    """All moments, then the count; the line of figures. Raises Damage."""
    from troth.apps.referrals import letters
    from troth.gate.subjects.models import DataSubject, Kind

    letters.letter("", "", None, "-")  # loads the pages: else most kills would fall on that
    chance, began, kinds = random.Random(options.seed), time.monotonic(), Counter[str]()
    referrers = [DataSubject.begin(Kind.PERSON).pk for _ in range(2)]
    friends = [f"{MARK}{options.seed}n{number}" for number in range(options.moments)]
    for friend in friends:
        kinds[one_moment(friend, referrers, chance)] += 1
    figures = count_up(taken, friends)
    need(not DataSubject.objects.filter(kind="invitee").exists(), "a friend’s subject was not erased")
    nothing_left(home)
    killed = ", ".join(f"{kinds[each]} {each}" for each in ("one", "both", "everybody"))
    return (
        f"{options.moments} kills ({killed}) in {time.monotonic() - began:.0f} s: {figures}; no byte of a friend in any"
        f" file; seed {options.seed}"
    )


def main(arguments: list[str]) -> int:
    """Run the storm; 1 with a line that says what was wrong, else 0."""
    parser = argparse.ArgumentParser(description="Kill referrals at random moments.")
    parser.add_argument("--moments", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="troth-kill-"))
    home, taken, sink = folder / "home", folder / "taken", 0
    from tests.site.demo import free_port

    port = free_port()
    os.environ.update(
        TROTH_HOME=str(home), TROTH_MAIL_HELD="0", TROTH_SMTP_PORT=str(port), TROTH_DEMO="1",
        DJANGO_SETTINGS_MODULE="troth.config.settings",
    )  # fmt: skip
    try:
        from troth.config.commands.preparing import prepare

        prepare(home, sample=False)
        from troth.config.cli import set_up

        set_up()
        taken.touch()
        sink = apart(take_mail, port, taken)
        print(storm(home, taken, options), flush=True)
        return 0
    except Damage as damage:
        print(f"troth: {damage} (seed {options.seed})", file=sys.stderr)
        return 1
    finally:
        if sink:
            os.kill(sink, signal.SIGKILL)
            ended([sink])
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
