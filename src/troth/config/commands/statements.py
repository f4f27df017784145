"""`troth statement …`: check, show, diff, coverage."""

import argparse
import sys
from pathlib import Path
from typing import Any

from ..environment import ROOT, env_path, own_file


def add(commands: Any) -> None:
    """Add this family to the command line."""
    family = commands.add_parser("statement", help="the compiler of the statement").add_subparsers(
        dest="what", required=True
    )
    check = family.add_parser("check", help="say where a statement contradicts itself")
    check.add_argument("file", type=Path, nargs="?", help="default: the statement in force")
    check.add_argument(
        "--code", action="store_true", help="compare the statement in force with the code, too"
    )
    check.set_defaults(run=run_check)
    show = family.add_parser("show", help="print each clause with its rules in words")
    show.add_argument("clause", nargs="?")
    show.set_defaults(run=run_show)
    diff = family.add_parser("diff", help="what changes between two versions, in words")
    diff.add_argument("old", type=Path)
    diff.add_argument("new", type=Path)
    diff.set_defaults(run=run_diff)
    coverage = family.add_parser("coverage", help="write docs/coverage.md from the source's sentences")
    coverage.add_argument("--check", action="store_true", help="only say whether the file is up to date")
    coverage.set_defaults(run=run_coverage)


def _default() -> Path:
    return own_file("statement.md", env_path("TROTH_HOME", ROOT / "var"))


def _with_agreement(statement: Path, otherwise: Path | None = None) -> Any:
    """A statement with the `agreement.md` beside it (or beside another), since some of its words come from there."""
    from troth.engine.statement import combine, load

    document, beside = load(statement), statement.parent / "agreement.md"
    if otherwise is not None and not beside.is_file():
        beside = otherwise.parent / "agreement.md"
    return combine(document, load(beside)) if beside.is_file() else document


def against_the_code() -> list[Any]:
    """Rule 8's other half: code without a clause, clauses without code, practices nobody speaks of.

    Django must be set up.
    """
    from django.urls import get_resolver

    from troth.gate.subjects import register

    _ = get_resolver().url_patterns  # views declare their purposes when they are imported
    return register.against_the_code()


def run_check(options: argparse.Namespace) -> int:
    """Print every problem; 1 if any of them is an error."""
    from troth.engine.statement import check

    document = _with_agreement(options.file or _default())
    problems = check(document)
    if options.code:
        from ..cli import set_up

        set_up()
        problems += against_the_code()
    for problem in problems:
        print(problem, file=sys.stderr)
    errors = sum(problem.severity == "error" for problem in problems)
    if not errors:
        agreed = sum(clause.id.startswith("agreement.") for clause in document.clauses)
        own = f"{len(document.clauses) - agreed} clauses, {agreed} of the agreement"
        print(f"{own}, {len(problems)} warnings, version {document.version[:16]}")
    return 1 if errors else 0


def run_show(options: argparse.Namespace) -> int:
    """Print one clause, or all."""
    from troth.engine.statement.render import render

    document = _with_agreement(_default())
    prose = {clause.id: clause.prose for clause in document.clauses}
    shown = [c for c in render(document) if options.clause in (None, c.id)]
    if not shown:
        print(
            f"troth: no clause `{options.clause}` in the statement; `troth statement show` lists them",
            file=sys.stderr,
        )
        return 1
    for clause in shown:
        print(f"\n{clause.title}  [{clause.id}]\n\n{prose[clause.id].strip()}\n")
        for rule in clause.rules:
            print(f"  - {rule.words}")
    return 0


def run_diff(options: argparse.Namespace) -> int:
    """Print the changes between two files; each cell that opens is listed."""
    from troth.engine.statement import compare

    changes = compare(_with_agreement(options.old, options.new), _with_agreement(options.new, options.old))
    for change in changes:
        print(change)
    if not changes:
        print("no change in meaning")
    return 0


def run_coverage(options: argparse.Namespace) -> int:
    """Write docs/coverage.md, or say whether it is up to date."""
    from ..coverage import page

    target = ROOT / "docs" / "coverage.md"
    text = page()
    if options.check:
        current = target.read_text(encoding="utf-8") if target.exists() else ""
        if current != text:
            print("troth: docs/coverage.md is out of date; run `troth statement coverage`", file=sys.stderr)
        return int(current != text)
    target.write_text(text, encoding="utf-8")
    return 0
