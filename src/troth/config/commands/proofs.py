"""`troth prove`, `troth doctor` and `troth health`."""

import argparse
import json
import sys
from typing import Any


def add(commands: Any) -> None:
    """Add this family to the command line."""
    prove = commands.add_parser("prove", help="answer for each clause from live data")
    prove.add_argument("--clause", metavar="ID")
    prove.add_argument("--json", action="store_true")
    prove.set_defaults(run=run_prove)
    doctor = commands.add_parser("doctor", help="say what is wrong with this install, and how to mend it")
    doctor.set_defaults(run=run_doctor)
    health = commands.add_parser("health", help="whether the server answers, or the worker runs")
    health.add_argument("--worker", action="store_true", help="ask for the worker instead of the server")
    health.set_defaults(run=run_health)


def run_prove(options: argparse.Namespace) -> int:
    """A line for each clause; 1 if any is broken."""
    from ..cli import set_up

    set_up()
    from troth.gate.proving.answers import prove
    from troth.gate.published import statement

    try:
        answers = prove(options.clause)
    except LookupError as error:
        print(f"troth: {error.args[0]}; `troth statement show` lists them", file=sys.stderr)
        return 2
    if options.json:
        version = statement.current().version
        clauses = [{field: getattr(a, field) for field in a.__slots__} for a in answers]
        print(
            json.dumps(
                {"statement": {"version": version[:16], "hash": version}, "clauses": clauses}, indent=1
            )
        )
    else:
        width = max(len(answer.id) for answer in answers)
        for answer in answers:
            print(f"{answer.id:<{width}}  {answer.status:<8}  {answer.figure}")
    return int(any(answer.status == "broken" for answer in answers))


def run_health(options: argparse.Namespace) -> int:
    """One line; 1 when the server of this install does not answer, or no worker has run within two minutes."""
    from ..cli import set_up

    set_up()
    from ..doctor import finds_server, finds_worker

    found = finds_worker() if options.worker else finds_server()
    print(found.what)
    return int(not found.is_well)


def run_doctor(options: argparse.Namespace) -> int:
    """A line for each finding; 1 if anything needs mending."""
    from ..cli import set_up

    set_up()
    from ..doctor import examine

    findings = examine()
    for finding in findings:
        print(f"{'ok  ' if finding.is_well else 'MEND'}  {finding.what}")
    return int(not all(finding.is_well for finding in findings))
