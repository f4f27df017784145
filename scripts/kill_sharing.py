"""Kill deliveries and pulls at random moments, and look for what left without an entry, or twice unseen.

    python scripts/kill_sharing.py [--moments 200] [--seed N]

For each moment somebody asks for a call and somebody is interested in a joint offer; then two programs of a provider and
two of a partner fetch at the same time, from the last number they have or from an earlier one, as programs do whose last
answer was lost. What each gets it writes down at once; some of the four, or all, are killed with SIGKILL. In the end both
fetch once more. Ends with 0 when

- each record that anybody got is a part of an entry of the log, counted under its duty or part, as often as it was got;
- nobody got a record twice without being told that it comes again, and no number stands for two records;
- whoever asks after a kill gets everything there is: what a killed program took along unseen comes again;
- the controls of share.providers and share.joint-offers say kept, and the log verifies.

One line of figures is printed.
"""

# The path and the environment come first: settings are read while modules are imported.
from __future__ import annotations

import argparse
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from troth.apps.offers.models import Part
    from troth.gate.duties.models import Duty

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

import pyrage  # noqa: E402

from scripts.kill_referrals import apart, ended  # noqa: E402
from scripts.storming import Damage, check_log, need  # noqa: E402

GIVES = {"name": "Alice Archer", "email": "alice@archer.example", "phone": "+12025550101"}
WANTED = ("contact.name", "contact.phone")


@dataclass
class Recipient:
    """Whoever fetches: how, and the file that holds what came."""

    name: str
    fetch: Callable[[int], Iterable[dict[str, Any]]]
    file: Path
    asked: int = 0
    got: list[dict[str, Any]] = field(default_factory=list)

    def look(self) -> int:
        """Read what came so far; the last number of it."""
        lines = self.file.read_bytes().split(b"\n")[:-1]  # a line that a kill cut is one that never came
        self.got = [record for line in lines for record in json.loads(line)]
        return max((record["number"] for record in self.got), default=0)

    def run(self, at: float, after: int) -> None:
        """One program: fetch, and write down what came."""
        from troth.gate.errors import GateError

        time.sleep(max(0.0, at - time.monotonic()))
        try:
            came = list(self.fetch(after))
        except GateError as error:
            need(type(error).__name__ == "Busy", f"{self.name}: {type(error).__name__}")
            return
        with self.file.open("ab", buffering=0) as file:
            file.write(
                json.dumps(
                    [{key: each[key] for key in ("number", "mark", "again")} for each in came]
                ).encode()
                + b"\n"
            )


def call_list() -> Duty:
    """A duty of the call centre: whom to call."""
    from django.utils import timezone

    from troth.gate.duties import contracts, registering

    contracts.keep_contract("call-centre", "K-1", date(2026, 1, 1), None)
    until = timezone.now() + timedelta(days=1)
    return registering.begin(registering.Wanted("call-centre", "asked-for-a-call", WANTED, until))


def joint_offer() -> tuple[Part, pyrage.x25519.Identity]:
    """A partner's part of an offer, and the key that opens what is sent to it."""
    from django.utils import timezone

    from troth.apps.offers import flows, partners
    from troth.apps.offers.models import Part

    secret = pyrage.x25519.Identity.generate()
    told = {
        "name": "Kiln",
        "country": "US",
        "statement": "https://kiln.example/",
        "desk": "desk@kiln.example",
    }
    made = partners.register({**told, "key": str(secret.to_public())})
    until = timezone.now() + timedelta(days=1)
    offer = flows.promote(flows.Wanted("Offer", "Text", ["contact.name", "contact.email"], [made], until))
    return Part.objects.get(promotion=offer), secret


def unpacked(package: bytes, secret: pyrage.x25519.Identity) -> list[dict[str, Any]]:
    """The records of a package, as the partner reads them."""
    opened = io.BytesIO(pyrage.decrypt(package, [secret]))
    return json.loads(zipfile.ZipFile(opened).read("records.json"))["records"]  # type: ignore[no-any-return]


def show_interest(part: Part) -> None:
    """Somebody new is interested in the offer."""
    from troth.apps.offers import flows
    from troth.gate.ids import uuid7
    from troth.gate.subjects.models import DataSubject, Kind

    offer = part.promotion
    flows.show_interest(DataSubject.begin(Kind.PERSON).pk, offer, uuid7().hex, GIVES, offer.digest())


def provider(folder: Path) -> Recipient:
    """The call centre, which fetches its call list."""
    from troth.gate.duties import handing

    duty = call_list()

    def fetch(after: int) -> Iterable[dict[str, Any]]:
        return handing.as_json(duty, handing.hand_over(duty, after))["records"]  # type: ignore[no-any-return]

    return Recipient("provider", fetch, folder / "provider")


def partner(folder: Path) -> tuple[Recipient, Part]:
    """A partner with a key of its own, which fetches who is interested in its offer."""
    from troth.apps.offers import delivering

    part, secret = joint_offer()

    def fetch(after: int) -> Iterable[dict[str, Any]]:
        return unpacked(delivering.deliver(part, after).content, secret)

    return Recipient("partner", fetch, folder / "partner"), part


def ask_for_a_call(number: int) -> None:
    """Somebody sends the form, and wants to be called."""
    from troth.apps.enquiries.models import Enquiry
    from troth.gate.subjects.models import DataSubject, Kind
    from troth.gate.uses import SYSTEM, using

    with using("answering-enquiries", by=SYSTEM, at="contact-us"):
        row = Enquiry(
            owner=DataSubject.begin(Kind.PERSON), topic="Services", link_hash=number.to_bytes(32), wants_call=True,
            **{**GIVES, "message": "Please call."},
        )  # fmt: skip
        row.save(force_insert=True)


def disclosed() -> int:
    """How many entries tell of something that left."""
    from troth.gate.journal.models import Entry

    return Entry.objects.filter(kind=4).count()


def wait_for_an_entry(before: int, until: float) -> None:
    """Until one more is durable and its answer has not left yet: most of what can go wrong lies there."""
    while disclosed() == before and time.monotonic() < until:
        time.sleep(0.001)


def one_moment(everybody: list[Recipient], chance: random.Random) -> int:
    """Two programs of each fetch, and some of them are killed; returns how many kills hit one at work."""
    at = time.monotonic() + 0.03
    children = []
    for each in everybody:
        last = each.look()
        for _ in range(2):
            each.asked += 1
            after = last if chance.random() < 0.6 else chance.randint(max(0, last - 5), last)
            children.append(apart(each.run, at, after))
    entries = disclosed()
    victims = chance.sample(children, chance.choice((1, 2, 2, 4)))
    if chance.random() < 0.6:
        wait_for_an_entry(entries, at + 1.0)
        time.sleep(chance.random() * 0.02)
    else:
        time.sleep(max(0.0, at - time.monotonic()) + chance.random() * 0.2)
    for child in victims:
        os.kill(child, signal.SIGKILL)
    codes = ended(children)
    need(set(codes) <= {0, -signal.SIGKILL}, f"a program failed: {codes}")
    return codes.count(-signal.SIGKILL)


def counted(everybody: list[Recipient]) -> dict[str, list[tuple[int, str, str, bool]]]:
    """By recipient, what the house counts as handed over: number, mark, entry, whether it came again."""
    from troth.apps.offers.models import Delivery
    from troth.gate.duties.models import Handover

    listed = (
        Handover.objects.values_list("number", "mark", "entry", "is_again"),
        Delivery.objects.values_list("position", "handle", "entry", "is_again"),
    )
    return {each.name: list(rows) for each, rows in zip(everybody, listed, strict=True)}


class Fetches(Protocol):
    """Whoever has a name, and what came: `number`, `mark`, `again`."""

    name: str
    got: list[dict[str, Any]]


def compare(who: Fetches, held: list[tuple[int, str, str, bool]], rows: int) -> None:
    """What one recipient got beside what the house says it gave.  Raises Damage."""
    from troth.gate.journal.models import Entry

    got, given = Counter(), Counter[tuple[int, str, bool]]()  # type: ignore[var-annotated]
    got.update((each["number"], each["mark"], each["again"]) for each in who.got)
    given.update((number, mark, again) for number, mark, _, again in held)
    need(not got - given, f"{(got - given).total()} records left for the {who.name} uncounted")
    first = Counter(mark for number, mark, again in got.elements() if not again)
    need(max(first.values(), default=0) <= 1, f"the {who.name} got a record twice as a new one")
    numbers = {number: mark for number, mark, _ in given}
    need(len(numbers) == len({mark for _, mark, _ in given}), f"a number of the {who.name} stands for two")
    need(set(numbers) == set(range(1, rows + 1)), f"the numbers of the {who.name} have gaps")
    need({each["mark"] for each in who.got} == set(numbers.values()), f"the {who.name} lacks a record")
    parts = Counter(entry for *_, entry, _ in held)
    logged = dict(Entry.objects.filter(id__in=list(parts), kind=4).values_list("id", "subjects"))
    need(parts == Counter(logged), f"entries and records of the {who.name} differ")


def storm(folder: Path, options: argparse.Namespace) -> str:
    """All moments, then the count; the line of figures.  Raises Damage."""
    from troth.gate.proving.answers import CONTROLS

    chance, began, killed = random.Random(options.seed), time.monotonic(), 0
    (theirs, part), caller = partner(folder), provider(folder)
    everybody = [caller, theirs]
    for each in everybody:
        each.file.touch()
        list(each.fetch(0))  # loads what a fetch needs: else most kills would fall on that
    for number in range(options.moments):
        ask_for_a_call(number)
        show_interest(part)
        killed += one_moment(everybody, chance)
    for each in everybody:
        each.look()
        need(ended([apart(each.run, 0.0, 0)]) == [0], "the last fetch failed")
        each.look()
    held = counted(everybody)
    for each in everybody:
        compare(each, held[each.name], options.moments)
    for clause in ("share.providers", "share.joint-offers"):
        found = CONTROLS[clause]()
        need(found.status == "kept", f"{clause}: {found.figure}; {found.evidence}")
    check_log()
    figures = ", ".join(
        f"{each.name} got {len(each.got)} of {len(held[each.name])} handed over" for each in everybody
    )
    return (
        f"{options.moments} moments, {killed} programs killed in {time.monotonic() - began:.0f} s: {figures};"
        f" 0 without an entry, 0 twice unseen; seed {options.seed}"
    )


def main(arguments: list[str]) -> int:
    """Run the storm; 1 with a line that says what was wrong, else 0."""
    parser = argparse.ArgumentParser(description="Kill deliveries and pulls at random moments.")
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="troth-kill-"))
    home = folder / "home"
    os.environ.update(
        TROTH_HOME=str(home),
        TROTH_MAIL_HELD="1",
        TROTH_DEMO="1",
        DJANGO_SETTINGS_MODULE="troth.config.settings",
    )
    try:
        from troth.config.commands.preparing import prepare

        prepare(home, sample=False)
        from troth.config.cli import set_up

        set_up()
        print(storm(folder, options), flush=True)
        return 0
    except Damage as damage:
        print(f"troth: {damage} (seed {options.seed})", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
