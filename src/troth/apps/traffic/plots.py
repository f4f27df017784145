"""What a plot draws: columns over days, the days before as a line, and words for whoever points at one."""

from datetime import date
from typing import Any

MOST_COLUMNS = 92
"""More days are drawn by the week."""
HIGH = 100


def of_days(by_day: list[tuple[date, int, int]], before: list[int]) -> dict[str, Any]:
    """Visitors of each day or week, of the same ones before as a line, and the figures for a table."""
    if not by_day:
        return {}
    step = 1 if len(by_day) <= MOST_COLUMNS else 7
    rows = [_column(by_day[at : at + step], before[at : at + step]) for at in range(0, len(by_day), step)]
    most = max(max(row["value"], row["before"]) for row in rows) or 1
    for at, row in enumerate(rows):
        row.update(x=at, height=round(HIGH * row["value"] / most, 1))
    line = [f"{at + 0.5},{round(HIGH - HIGH * row['before'] / most, 1)}" for at, row in enumerate(rows)]
    return {
        "rows": rows, "width": len(rows), "most": most, "by": "week" if step > 1 else "day",
        "before": " ".join(line) if any(row["before"] for row in rows) else "",
    }  # fmt: skip


def _column(days: list[tuple[date, int, int]], before: list[int]) -> dict[str, Any]:
    first, last = days[0][0], days[-1][0]
    label = f"{first:%-d %b}" if first == last else f"{first:%-d %b} to {last:%-d %b}"
    return {
        "label": label, "day": first, "value": sum(each[1] for each in days), "views": sum(each[2] for each in days),
        "before": sum(before),
    }  # fmt: skip


def of_minutes(views: list[int]) -> list[dict[str, int]]:
    """A column for each minute, the oldest first."""
    most = max(views, default=0) or 1
    return [
        {"x": at, "value": each, "height": round(HIGH * each / most), "ago": len(views) - at}
        for at, each in enumerate(views)
    ]
