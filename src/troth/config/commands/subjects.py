"""`troth subject …`: show, export and erase what is held about somebody, hold it, and let it go again.

Whoever has the shell of the install acts for our systems: on a request of the desk, whose number they give, or on one
that reached the company on paper, of which they say who asked and how that was checked (`grounds`).  Each look is on the
record of the person it is about, durable before a line is printed.
"""

import argparse
import json
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import grounds


def add(commands: Any) -> None:
    """Add this family to the command line."""
    family = commands.add_parser("subject", help="what is held about somebody: show, export, erase, hold")
    steps = family.add_subparsers(dest="what", required=True)
    show = _step(steps, "show", "print what is held", run_show)
    show.add_argument("--json", action="store_true")
    grounds.add(show)
    export = _step(steps, "export", "write all of it into an archive that anybody can check", run_export)
    export.add_argument("to", type=Path, help="a file that is not there yet")
    grounds.add(export)
    erase = _step(steps, "erase", "destroy the key, so that no copy anywhere can be read again", run_erase)
    grounds.add(erase)
    erase.add_argument("--yes", action="store_true", help="do not ask")
    erase.add_argument("--receipt-to", metavar="ADDRESS", help="where the receipt goes by mail")
    hold = _step(steps, "hold", "keep it until a day, as the law may want", run_hold)
    hold.add_argument("--until", required=True, type=_day, metavar="YYYY-MM-DD")
    hold.add_argument("--clause", default="share.legal", metavar="ID")
    _step(steps, "release", "end such holds", run_release)


def _step(steps: Any, name: str, words: str, run: Any) -> Any:
    parser = steps.add_parser(name, help=words)
    parser.add_argument("who", help="an e-mail address, an id, or - to read it from standard input")
    parser.set_defaults(run=run)
    return parser


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError("a day is written YYYY-MM-DD") from None


def _who(options: argparse.Namespace) -> list[uuid.UUID]:
    """The subjects meant; an address may have several, none of them proven to be one person."""
    from ..cli import set_up

    set_up()
    from troth.gate.subjects.find import of_address
    from troth.gate.subjects.models import DataSubject

    text = sys.stdin.readline().strip() if options.who == "-" else options.who
    if "@" in text:
        return sorted(of_address(text))
    try:
        subject = uuid.UUID(text)
    except ValueError:
        return []
    return [subject] if DataSubject.objects.filter(pk=subject).exists() else []


def _nobody() -> int:
    print("troth: nothing is held about this address or id; our own staff go by id", file=sys.stderr)
    return 1


def _no_ground(number: str) -> int:
    print(f"troth: {number} is no open request about this, proven to come from its person", file=sys.stderr)
    return 1


def _told(subject: uuid.UUID, ground: Any) -> list[dict[str, Any]]:
    from troth.gate.subjects import access
    from troth.gate.uses import SYSTEM, using

    with using("answering-requests", by=SYSTEM, given=ground):
        return [
            {
                "kind": one.title, "keep_until": one.keep_until.date().isoformat() if one.keep_until else None,
                "values": {value.label: str(value.value) for value in one.values}, "withheld": list(one.hidden),
            }
            for one in access.held(subject)
        ]  # fmt: skip


def run_show(options: argparse.Namespace) -> int:
    """Print what is held; 1 when it is nothing."""
    subjects = _who(options)
    if not subjects:
        return _nobody()
    found_on = [grounds.ground(subject, options) for subject in subjects]
    if None in found_on:
        return _no_ground(options.request)
    grounds.on_record(subjects, "shown", options)
    found = [
        {"subject": str(subject), "held": _told(subject, ground)}
        for subject, ground in zip(subjects, found_on, strict=True)
    ]
    print(json.dumps(found, indent=1, ensure_ascii=False) if options.json else "\n".join(_lines(found)))
    return 0


def _lines(found: list[dict[str, Any]]) -> Iterator[str]:
    for one in found:
        yield f"subject {one['subject']}"
        for row in one["held"]:
            until = f", kept until {row['keep_until']}" if row["keep_until"] else ""
            yield f"  {row['kind']}{until}"
            for label, value in row["values"].items():
                yield from _wrapped(label, value)
            for label in row["withheld"]:
                yield f"    {label}: tells of somebody else, and is withheld"


def _wrapped(label: str, value: str) -> Iterator[str]:
    first, *rest = value.splitlines() or [""]
    yield f"    {label}: {first}"
    yield from (f"      {line}" for line in rest)


def run_export(options: argparse.Namespace) -> int:
    """Write the archive of one subject, and of the others under the same address with it."""
    subjects = _who(options)
    if not subjects:
        return _nobody()
    if not all(grounds.ground(subject, options) for subject in subjects):
        return _no_ground(options.request)
    if options.to.exists():
        print(f"troth: {options.to} is there already; name a file that is not", file=sys.stderr)
        return 2
    from django.utils import timezone

    from troth.gate.export import exporting, preparing
    from troth.gate.export.models import Export
    from troth.gate.uses import Actor

    grounds.on_record(subjects, "exported", options)
    # One of its own, whatever the person has under way; nobody is written to, since it is handed over here.
    export = exporting.begin(subjects[0], subjects, [], Actor("system"), is_told=True)
    while export.state == Export.State.PREPARING and preparing.prepare_one():
        export.refresh_from_db()
    if export.state != Export.State.READY:
        print("troth: the archive could not be made; look at the worker's log", file=sys.stderr)
        return 1
    options.to.touch(mode=0o600)
    with options.to.open("wb") as file:
        for piece in exporting.open_stream(export):
            file.write(piece)
    Export.objects.filter(pk=export.pk).update(expires_at=timezone.now())
    exporting.expire_due()
    print(f"written to {options.to}; check it with `python -m troth.verify {options.to}`")
    return 0


def run_erase(options: argparse.Namespace) -> int:
    """Say what goes and what stays, ask, and erase; the worker purges. 1 when something stands in the way."""
    subjects = _who(options)
    if not subjects:
        return _nobody()
    from troth.gate.subjects import obstacles
    from troth.gate.subjects.foresee import foresee

    request = None
    if options.request is not None:
        request, subjects = grounds.deletion(subjects, options.request)
        if not subjects:
            return _no_ground(options.request)
    if waiting := grounds.unanswered(subjects, options.request):
        return _unanswered(waiting)
    if found := [each for subject in subjects for each in obstacles.of(subject.hex)]:
        return _obstructed(found)
    for subject in subjects:
        print(f"subject {subject}")
        seen = foresee(subject)
        for line in (*seen.goes, *seen.shared, *seen.stays):
            print(f"  {line.count} x {line.title}: {line.what}{f' ({line.clause})' if line.clause else ''}")
    if not options.yes and not _is_sure():
        print("nothing was erased")
        return 1
    return _erase(subjects, request, options)


def _erase(subjects: list[uuid.UUID], request: Any, options: argparse.Namespace) -> int:
    from troth.gate.subjects.erase import Obstructed, Unfinished, erase
    from troth.gate.uses import SYSTEM

    receipt_to = options.receipt_to or (grounds.address_of(request) if request else None)
    grounds.on_record(subjects, "erased", options)
    is_begun = False
    for subject in subjects:
        try:
            erasure = erase(subject.hex, SYSTEM, receipt_to=receipt_to)
        except Obstructed as obstructed:
            return _obstructed(obstructed.obstacles)
        except Unfinished as unfinished:
            print(f"begun; {unfinished}")
            is_begun = True
            continue
        print(f"erased; entry {erasure.entry}; the worker empties the write-ahead log within seconds")
    if request and not is_begun:
        left = "is answered" if grounds.answer(request) else "stays open: it covers more"
        print(f"{options.request} {left}")
    return 0


def _unanswered(waiting: list[str]) -> int:
    for each in waiting:
        print(f"troth: {each} is open and would go without an answer: answer it first", file=sys.stderr)
    return 1


def _obstructed(found: list[Any]) -> int:
    for each in found:
        until = f" until {each.until:%Y-%m-%d}" if each.until else ""
        print(f"troth: {each.reason}{until} (clause {each.clause}): {each.advice}", file=sys.stderr)
    return 1


def _is_sure() -> bool:
    print("Type ERASE to destroy the key of all this: ", end="", flush=True)
    return sys.stdin.readline().strip() == "ERASE"


def run_hold(options: argparse.Namespace) -> int:
    """Hold everything of the subjects until a day."""
    subjects = _who(options)
    if not subjects:
        return _nobody()
    from troth.gate.errors import GateError
    from troth.gate.subjects import holds
    from troth.gate.uses import Actor

    for subject in subjects:
        try:
            hold = holds.place(subject, options.until, Actor("owner"), options.clause)
        except GateError as error:
            print(f"troth: {error}", file=sys.stderr)
            return 2
        print(f"subject {subject} is held until {hold.until:%Y-%m-%d} under {hold.clause}")
    return 0


def run_release(options: argparse.Namespace) -> int:
    """End the holds on the subjects; 1 when there were none."""
    subjects = _who(options)
    if not subjects:
        return _nobody()
    from troth.gate.subjects import holds
    from troth.gate.uses import Actor

    lifted = sum(holds.lift(subject, Actor("owner")) for subject in subjects)
    print(f"{lifted} {'hold' if lifted == 1 else 'holds'} ended")
    return int(not lifted)
