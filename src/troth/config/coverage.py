"""docs/coverage.md: each sentence of the source with its clause, page, code, control and test (`data/coverage.toml`)."""

import tomllib
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "coverage.toml"
COLUMNS = ("no", "the source says", "clause", "page", "code", "control", "test", "screenshot", "kind")
HEAD = """# Coverage

Written by `troth statement coverage` from `src/troth/config/data/coverage.toml`; do not edit by hand.
The sentences of the statement that Troth was built from, in our own words, and what carries each.
*i*: the sentence informs, and showing it is its control. *Kind* says whether Troth keeps it as it was (same),
promises more in an "Added" paragraph (added) or says it for today's machines (modernised). A clause counts as built
when every point that its rules name is built and it has a control; what is missing to a sentence all the same stands
behind it. A screenshot stands where there is one.

"""


def page() -> str:
    """The whole page as Markdown."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    kept = data.get("clauses", {})
    rows = [_row(sentence, kept.get(sentence["clause"], {})) for sentence in data["sentence"]]
    built = sum(sentence["built"] for sentence in data["sentence"])
    lines = [" | ".join(COLUMNS), " | ".join("---" for _ in COLUMNS), *rows]
    table = "\n".join(f"| {line} |" for line in lines)
    return f"{HEAD}{built} of {len(rows)} sentences are built.\n\n{table}\n"


def _row(sentence: dict[str, Any], clause: dict[str, str]) -> str:
    """A sentence's own entry goes before its clause's; what is not built says so once."""
    if not sentence["built"]:
        found = ["not built", "", "", "", ""]
    else:
        found = [
            _cell(sentence[column] or clause.get(column, ""))
            for column in ("page", "code", "control", "test")
        ]
        found.append(_picture(clause.get("screenshot", "")))
    says = " ".join(sentence["says"].split())
    if short := sentence.get("short"):
        says += f" (short of it: {short})"
    name = f"`{sentence['clause']}`{' (i)' if sentence['informs'] else ''}"
    return " | ".join([sentence["number"], says, name, *found, sentence["kind"]])


def _cell(text: str) -> str:
    return ", ".join(f"`{part.strip()}`" for part in text.split(",")) if text else ""


def _picture(name: str) -> str:
    return f"[{name}](images/{name})" if name else ""
