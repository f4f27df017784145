"""`python -m bench [ROW ...] [--quick]`: every row of the table, as text on the terminal and JSON in bench/results/."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import troth.config  # noqa: F401 - chooses the SQLite library before Django loads one
from troth.engine.roomy import roomy

from . import place
from .report import Report, Section


def sections(home: Path, *, quick: bool) -> Mapping[str, Callable[[], list[Section]]]:
    """The rows by name, in the order of the table.  Imported here, since models need Django to be set up."""
    from .rows import (
        appending,
        boards,
        chatting,
        counting,
        deciding,
        exporting,
        filing,
        guarding,
        handing,
        hosting,
        importing,
        inbox,
        knocking,
        marking,
        offering,
        publishing,
        querying,
        reading,
        rights,
        sessions,
        turning,
        verifying,
        visiting,
        walls,
        webhooks,
        writing,
    )

    rounds = 3 if quick else 15
    return {
        "decide": lambda: deciding.rows(rounds, (10, 12, 8) if quick else deciding.LARGE),
        "read": lambda: reading.rows(rounds, 100 if quick else 1000),
        "write": lambda: writing.rows(rounds),
        "append": lambda: appending.rows(rounds, home),
        "verify": lambda: verifying.rows(3 if quick else 5, 20_000 if quick else 1_000_000),
        "inbox": lambda: inbox.rows(rounds),
        "boards": lambda: boards.rows(rounds),
        "rights": lambda: rights.rows(rounds, (1_000, 10_000) if quick else (10_000, 100_000, 1_000_000)),
        "export": lambda: exporting.rows(3 if quick else 5, 30 if quick else 1024, home),
        "files": lambda: filing.rows(3 if quick else 5, 30 if quick else 990, home),
        "import": lambda: importing.rows(3, 5_000 if quick else 200_000),
        "hosting": lambda: hosting.rows(rounds, *(((2, 10), 200) if quick else ((10, 100, 1_000), 1_000))),
        "query": lambda: querying.rows(3, 2_000 if quick else 200_000, home),
        "walls": lambda: walls.rows(rounds, *((4, 200) if quick else (100, 2_000))),
        "chat": lambda: chatting.rows(*((50, 12) if quick else (500, 60)), home),
        "visits": lambda: visiting.rows(rounds, (8, 64) if quick else (8, 64, 500)),
        "door": lambda: knocking.rows(*((4, 8) if quick else (20, 300)), home),
        "counts": lambda: counting.rows(rounds, *((15_000, 100) if quick else (1_000_000, 1_000))),
        "provider": lambda: handing.rows(3, 500 if quick else 10_000),
        "joint-offer": lambda: offering.rows(3, 500 if quick else 10_000),
        "versions": lambda: publishing.rows(rounds, *((200, 5_000) if quick else (1_000, 1_000_000))),
        "referrals": lambda: marking.rows(rounds, 20_000 if quick else 1_000_000),
        "webhooks": lambda: webhooks.rows(1, (40, 400) if quick else (1_000, 10_000)),
        "keys": lambda: turning.rows(3, 2_000 if quick else 1_000_000),
        "guard": lambda: guarding.rows(rounds, 20_000 if quick else 1_000_000),
        "sessions": lambda: sessions.rows(rounds, 100 if quick else 100_000),
    }


@roomy
def main() -> int:
    """Run the rows asked for; 0 even when a target is missed, since a shared machine is no judge."""
    asked = argparse.ArgumentParser(prog="python -m bench", description="Troth beside its peers, in one run.")
    asked.add_argument(
        "rows",
        nargs="*",
        help="decide, read, write, append, verify, inbox, rights, export, files, import, hosting, query, walls,"
        " referrals, boards, chat, visits, door, counts, webhooks, keys, guard, sessions, provider,"
        " joint-offer, versions; all when none is named",
    )
    asked.add_argument(
        "--quick", action="store_true", help="small sizes, few rounds: a check that it runs, no figures"
    )
    given = asked.parse_args()
    with place.house() as home:
        report = Report(place.machine(home))
        print("\n".join(report.heading()), flush=True)
        known = sections(home, quick=given.quick)
        unknown = [name for name in given.rows if name not in known]
        if unknown:
            asked.error(f"no row `{unknown[0]}`; the rows are {', '.join(known)}")
        for name in given.rows or known:
            for section in known[name]():
                report.sections.append(section)
                print("\n".join(section.lines()), flush=True)
    print("\n".join(report.closing()))
    return _keep(report, quick=given.quick)


def _keep(report: Report, *, quick: bool) -> int:
    stamp = str(report.machine["taken"]).translate(str.maketrans({" ": "-", ":": ""}))
    path = place.RESULTS / f"{stamp}{'-quick' if quick else ''}.json"
    path.write_text(json.dumps(report.as_data(), indent=1) + "\n", encoding="utf-8")
    print(f"\nwritten to {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
