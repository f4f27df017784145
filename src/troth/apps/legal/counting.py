"""The public count: how many records of each kind were approved in a year, rounded so that no single one is seen."""

from dataclasses import dataclass

from .models import LegalRecord

STEP = 10


@dataclass(frozen=True, slots=True)
class Year:
    """One year: how many orders, and how many decisions of our own, in words."""

    year: int
    orders: str
    own_rights: str


def by_year(this_year: int) -> list[Year]:
    """Every year since the first record, or this one alone, newest first."""
    approved = LegalRecord.objects.exclude(approved_at=None)
    counted = dict[tuple[int, str], int]()
    for at, kind in approved.values_list("approved_at", "kind"):
        counted[at.year, kind] = counted.get((at.year, kind), 0) + 1
    years = range(this_year, min((year for year, _ in counted), default=this_year) - 1, -1)
    return [
        Year(year, rounded(counted.get((year, "order"), 0)), rounded(counted.get((year, "own-rights"), 0)))
        for year in years
    ]


def rounded(number: int) -> str:
    """A number as the ten it lies in: none and nine look alike."""
    low = number // STEP * STEP
    return f"{low} to {low + STEP - 1}"
