"""The sandbox's credit checking service: what it answers depends on the company's name, and it keeps nothing."""

from typing import Any

FATES = {
    "insolvent": ("declined", ["A court has opened insolvency proceedings over the company."]),
    "newly founded": ("look", ["The company was founded less than a year ago, so little is known of it."]),
}
"""By words in the name: what comes of it, and why."""
GOOD = ("qualified", ["The company has paid its bills on time."])
NEEDED = ("key", "name", "address", "employees")


def opinion(said: Any) -> dict[str, Any] | None:
    """What the service thinks of a company; None for an inquiry that names none."""
    if not isinstance(said, dict) or not all(
        isinstance(said.get(each), str) and said[each] for each in NEEDED
    ):
        return None
    name = said["name"].casefold()
    outcome, reasons = next((fate for word, fate in FATES.items() if word in name), GOOD)
    return {"outcome": outcome, "reasons": reasons}
