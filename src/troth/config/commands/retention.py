"""`troth retention`: what the statement's `keep` rules end, now or only counted."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any


def add(commands: Any) -> None:
    """Add this family to the command line."""
    parser = commands.add_parser("retention", help="end what has been kept as long as the statement says")
    parser.add_argument("--dry-run", action="store_true", help="count what a run would end, and end nothing")
    parser.add_argument("--json", action="store_true", help="with --dry-run: as JSON")
    parser.add_argument("--clock-is-right", action="store_true", help="run although the clock leapt")
    parser.set_defaults(run=run_retention)


def run_retention(options: argparse.Namespace) -> int:
    """Count, or run with progress."""
    from ..cli import set_up

    set_up()
    from troth.gate.subjects import retention

    if options.dry_run:
        return _count(retention.survey(), as_json=options.json)
    if (retention.leap() is not None or retention.waits()) and not options.clock_is_right:
        print(
            "troth: the clock leapt, or no worker ran for days; look at the clock, then say --clock-is-right",
            file=sys.stderr,
        )
        return 1
    ended = retention.end_expired(_show)
    if sys.stderr.isatty() and ended:
        print(file=sys.stderr)
    print(f"{ended} {'row' if ended == 1 else 'rows'} ended")
    return 0


def _show(model: str, count: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{model}: {count}", end="", file=sys.stderr, flush=True)


def _count(found: list[Any], *, as_json: bool) -> int:
    if as_json:
        print(json.dumps([asdict(due) for due in found], indent=1, default=str))
        return 0
    for due in found:
        held = f", {due.held} kept by a legal hold" if due.held else ""
        ahead = f"; the next on {due.next_on:%Y-%m-%d}" if due.next_on else ""
        print(f"{due.title}: {due.amount} {due.unit} ({due.clause}): {due.past} past{held}{ahead}")
    return 0
