"""From permissions and denials to the table of cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from .decide import Alternative, Cell, Deny, Permit
from .trees import Names

Groups = tuple[frozenset[str], ...]

CELL_LIMIT = 2_000_000
"""The most cells, counted once for each rule that reaches them, that a table is built for."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The cells that a rule reaches: a product of three sets of names."""

    action: str
    categories: Names
    purposes: Names
    recipients: Names

    def cells(self) -> Iterator[Cell]:
        """Each cell of it."""
        return product((self.action,), self.categories, self.purposes, self.recipients)

    def __len__(self) -> int:
        return len(self.categories) * len(self.purposes) * len(self.recipients)

    def meets(self, other: Reach) -> bool:
        """Whether the two have a cell in common."""
        return (
            self.action == other.action
            and not self.categories.isdisjoint(other.categories)
            and not self.purposes.isdisjoint(other.purposes)
            and not self.recipients.isdisjoint(other.recipients)
        )


@dataclass(frozen=True, slots=True)
class Allowing:
    """A permission. `grounds` are alternatives; `excepts` names clauses that do not stop it, None for all."""

    clause: str
    reach: Reach
    grounds: Groups
    excepts: frozenset[str] | None
    once: bool

    def passes(self, denial: Denying) -> bool:
        """Whether this permission stands as an exception to the denial's clause."""
        return self.excepts is None or denial.clause in self.excepts


@dataclass(frozen=True, slots=True)
class Denying:
    """A denial; with `grounds` it holds only while one of these groups does."""

    clause: str
    reach: Reach
    grounds: Groups


def build_table(
    allowing: Sequence[Allowing], denying: Sequence[Denying]
) -> dict[Cell, tuple[Alternative, ...]]:
    """The answers for every cell that some rule reaches."""
    # Sorted, so that neither the order of clauses nor that of rules can show in an answer.
    allowing = sorted(allowing, key=lambda rule: (rule.clause, rule.once, sorted(map(sorted, rule.grounds))))
    denying = sorted(denying, key=lambda rule: (rule.clause, sorted(map(sorted, rule.grounds))))
    permits = _by_cell(rule.reach for rule in allowing)
    denials = _by_cell(rule.reach for rule in denying)
    # Many cells have the same rules, and so can share one value.
    made: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[Alternative, ...]] = {}
    table: dict[Cell, tuple[Alternative, ...]] = {}
    for cell in permits.keys() | denials.keys():
        key = tuple(permits.get(cell, ())), tuple(denials.get(cell, ()))
        if key not in made:
            made[key] = _alternatives([allowing[i] for i in key[0]], [denying[i] for i in key[1]])
        table[cell] = made[key]
    return table


def _by_cell(reaches: Iterable[Reach]) -> dict[Cell, list[int]]:
    found: dict[Cell, list[int]] = {}
    for number, reach in enumerate(reaches):
        for cell in reach.cells():
            found.setdefault(cell, []).append(number)
    return found


def _alternatives(allowing: list[Allowing], denying: list[Denying]) -> tuple[Alternative, ...]:
    always = [denial for denial in denying if not denial.grounds]
    sometimes = [denial for denial in denying if denial.grounds]
    found: list[Alternative] = []
    open_to: list[Allowing] = []
    for rule in allowing:
        if all(rule.passes(denial) for denial in always):
            open_to.append(rule)
            undone = tuple(
                group for denial in sometimes if not rule.passes(denial) for group in denial.grounds
            )
            answer = Permit(rule.clause, rule.once)
            found += [(needed, undone, answer) for needed in rule.grounds or (frozenset(),)]
    if always and not open_to:
        return ((frozenset(), (), _denied(always[0])),)
    found += [(group, (), _denied(denial)) for denial in sometimes for group in denial.grounds]
    missing = _missing(open_to[0]) if open_to else Deny("no clause allows it", denying[0].clause)
    return (*found, (frozenset(), (), missing))


def _denied(denial: Denying) -> Deny:
    return Deny(f"clause `{denial.clause}` denies it", denial.clause)


def _missing(rule: Allowing) -> Deny:
    groups = (" and ".join(f"`{ground}`" for ground in sorted(group)) for group in rule.grounds)
    return Deny(f"the ground {' or '.join(groups)} is missing", rule.clause)
