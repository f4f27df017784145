"""Write what `troth prove` says into README.md, between its two markers.

troth prove --json | python scripts/prove_table.py
"""

import json
import sys
from pathlib import Path
from typing import Any

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN = "<!-- prove: begin (written by `python scripts/prove_table.py`) -->\n"
END = "<!-- prove: end -->"


def table(answers: list[dict[str, Any]]) -> str:
    """The clauses with their state and figure, as a Markdown table."""
    rows = [f"| `{each['id']}` | {each['status']} | {each['figure']} |" for each in answers]
    return "\n".join(["| Clause | State | Figure |", "|---|---|---|", *rows]) + "\n"


def with_table(page: str, answers: list[dict[str, Any]]) -> str:
    """The page with a new table between the markers.  Raises ValueError when a marker is missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("README.md lacks a marker of the prove table; put both back")
    return f"{before}{begin}{table(answers)}{end}{after}"


def main() -> int:
    """Read the answers from standard input and write the page."""
    answers = json.load(sys.stdin)["clauses"]
    README.write_text(with_table(README.read_text(encoding="utf-8"), answers), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
