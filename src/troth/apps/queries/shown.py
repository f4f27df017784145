"""A run's answer as pages show it: rows, a plot, a file."""

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from troth.gate.export.tables import cell

from .models import Answer, Run

PER_PAGE = 100
MOST_BARS = 60
LONGEST = 500
"""Letters of one value that a page shows; the file has all of them."""
NUMBERS = (
    "DECIMAL",
    "DOUBLE",
    "FLOAT",
    "HUGEINT",
    "BIGINT",
    "INTEGER",
    "SMALLINT",
    "TINYINT",
    "UBIGINT",
    "UINTEGER",
)


def lines(run: Run) -> Iterator[Any]:
    """The answer's lines, the columns first, inside a use that may read it."""
    found = Answer.objects.filter(run=run).first()
    for line in found.lines.split("\n") if found else ():
        yield json.loads(line)


def answer(run: Run) -> tuple[list[tuple[str, str]], list[list[str]]]:
    """Columns (name, type) and rows as texts."""
    told = list(lines(run))
    columns = [(name, kind) for name, kind in told[0]["columns"]] if told else []
    return columns, [[text_of(value) for value in row] for row in told[1:]]


def text_of(value: Any) -> str:
    """A value of the answer as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text and _number(text) is not None else text


def cut(text: str) -> str:
    """As much of a value as a page shows."""
    return text if len(text) <= LONGEST else text[:LONGEST].rstrip() + "…"


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def is_number(kind: str) -> bool:
    """Whether a column of this SQL type holds numbers."""
    return kind.startswith(NUMBERS)


def plot(columns: list[tuple[str, str]], rows: list[list[str]]) -> dict[str, Any] | None:
    """Bars of the first column of numbers by the first other one; None where there is nothing to plot."""
    figures = next((n for n, (_, kind) in enumerate(columns) if is_number(kind)), None)
    labels = next((n for n, (_, kind) in enumerate(columns) if not is_number(kind)), None)
    if figures is None or labels is None or not 2 <= len(rows) <= MOST_BARS:
        return None
    values = [_number(row[figures]) or Decimal(0) for row in rows]
    largest = max(values)
    if largest <= 0 or min(values) < 0:
        return None
    shares = [round(float(100 * value / largest), 1) for value in values]
    bars = [{"label": row[labels] or "(nothing)", "value": row[figures] or "0", "percent": share}
            for row, share in zip(rows, shares, strict=True)]  # fmt: skip
    return {"head": columns[labels][0], "figure_head": columns[figures][0], "rows": bars}


def as_csv(columns: list[tuple[str, str]], rows: list[list[str]]) -> str:
    """The answer as CSV; what a spreadsheet would take for a formula is told as text (OWASP, CSV injection)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([cell(name) for name, _ in columns])
    figures = [is_number(kind) for _, kind in columns]
    for row in rows:
        writer.writerow(
            [value if is_figure else cell(value) for value, is_figure in zip(row, figures, strict=True)]
        )
    return out.getvalue()
