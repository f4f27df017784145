"""From permissions and denials to the table of cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from .decide import Alternative, Deny, Pair, Permit, Row, Table
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


def build_table(allowing: Sequence[Allowing], denying: Sequence[Denying]) -> Table:
    """The answers for every cell that some rule reaches.

    Categories that the same rules reach share one row, so the work grows with the differences, not with the cells.
    """
    # Sorted, so that neither the order of clauses nor that of rules can show in an answer.
    allowing = sorted(allowing, key=lambda rule: (rule.clause, rule.once, sorted(map(sorted, rule.grounds))))
    denying = sorted(denying, key=lambda rule: (rule.clause, sorted(map(sorted, rule.grounds))))
    permits = _by_category(rule.reach for rule in allowing)
    denials = _by_category(rule.reach for rule in denying)
    rows: dict[tuple[str, tuple[int, ...], tuple[int, ...]], Row] = {}
    pairs: dict[Pair, Pair] = {}
    table: dict[str, dict[str, Row]] = {}
    for action, category in permits.keys() | denials.keys():
        key = (
            action,
            tuple(permits.get((action, category), ())),
            tuple(denials.get((action, category), ())),
        )
        if key not in rows:
            rows[key] = _row([allowing[i] for i in key[1]], [denying[i] for i in key[2]], pairs)
        table.setdefault(action, {})[category] = rows[key]
    return table


def _by_category(reaches: Iterable[Reach]) -> dict[Pair, list[int]]:
    """By action and category: the numbers of the reaches that have it."""
    found: dict[Pair, list[int]] = {}
    for number, reach in enumerate(reaches):
        for category in reach.categories:
            found.setdefault((reach.action, category), []).append(number)
    return found


def _row(allowing: list[Allowing], denying: list[Denying], pairs: dict[Pair, Pair]) -> Row:
    """What the rules that reach a category say of it, by purpose and recipient."""
    permits = _by_pair((rule.reach for rule in allowing), pairs)
    denials = _by_pair((rule.reach for rule in denying), pairs)
    # Many cells have the same rules, and so can share one value.
    made: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[Alternative, ...]] = {}
    row: Row = {}
    for pair in permits.keys() | denials.keys():
        key = tuple(permits.get(pair, ())), tuple(denials.get(pair, ()))
        if key not in made:
            made[key] = _alternatives([allowing[i] for i in key[0]], [denying[i] for i in key[1]])
        row[pair] = made[key]
    return row


def _by_pair(reaches: Iterable[Reach], pairs: dict[Pair, Pair]) -> dict[Pair, list[int]]:
    found: dict[Pair, list[int]] = {}
    for number, reach in enumerate(reaches):
        for pair in product(reach.purposes, reach.recipients):
            # Rows share their keys, so that a large table fits the caches.
            found.setdefault(pairs.setdefault(pair, pair), []).append(number)
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
