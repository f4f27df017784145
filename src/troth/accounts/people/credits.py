"""What a company has in credit, whichever app gives it; whoever writes invoices takes it off there.

Apps never import each other: who gives credit registers a purse, and a bill takes from all of them.
INVARIANT: what is taken is taken in the act that notes it on the bill, and is held until then by whoever keeps it.
"""

from typing import Protocol
from uuid import UUID


class Purse(Protocol):
    """Where credit is kept.  Sums are in cents; a bill is known by its id."""

    def left(self, company: UUID, currency: str) -> int:
        """What a company has in credit."""

    def take(self, company: UUID, currency: str, most: int, bill: UUID) -> int:
        """Take so much or what is there; returns what was taken.  Inside an act."""

    def give_back(self, bill: UUID) -> None:
        """Nothing comes of a bill: what it took is there again.  Inside an act."""

    def pass_on(self, bill: UUID, to: UUID) -> None:
        """One bill takes the place of another.  Inside an act."""


PURSES: list[Purse] = []


def left(company: UUID, currency: str) -> int:
    """What a company has in credit, in all."""
    return sum(purse.left(company, currency) for purse in PURSES)


def take(company: UUID, currency: str, most: int, bill: UUID) -> int:
    """Take a company's credit for a bill, `most` at most; returns what was taken.  Inside an act."""
    taken = 0
    for purse in PURSES:
        taken += purse.take(company, currency, most - taken, bill) if taken < most else 0
    return taken


def give_back(bill: UUID) -> None:
    """Nothing comes of a bill.  Inside an act."""
    for purse in PURSES:
        purse.give_back(bill)


def pass_on(bill: UUID, to: UUID) -> None:
    """One bill takes the place of another.  Inside an act."""
    for purse in PURSES:
        purse.pass_on(bill, to)
