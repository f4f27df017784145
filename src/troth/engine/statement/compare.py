"""What changes from one version of a statement to the next, in words (rule 11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal

from ..policy import Cell, Deny, Permit, Policy, Tree
from .compile import compile_statement
from .document import Clause, Document, Rule, Spot

Kind = Literal[
    "clause added", "clause removed", "title", "prose", "rule added", "rule removed", "opened", "closed"
]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. For `opened` and `closed`, `text` names the topmost of the `cells` that change."""

    kind: Kind
    clause: str
    text: str
    spot: Spot | None = None
    cells: tuple[Cell, ...] = ()

    def __str__(self) -> str:
        return f"{self.clause or 'definitions'}: {self.text}"


def compare(old: Document, new: Document) -> list[Change]:
    """The changes from `old` to `new`. Raises `StatementError` when one of them has errors."""
    before, after = compile_statement(old), compile_statement(new)
    changes = list(_texts(old, new))
    changes += _crossings("opened", before, after)
    changes += _crossings("closed", after, before)
    return changes


def _texts(old: Document, new: Document) -> Iterator[Change]:
    before = {clause.id: clause for clause in old.clauses}
    after = {clause.id: clause for clause in new.clauses}
    for id, clause in before.items():
        if id not in after:
            yield Change("clause removed", id, f"the clause “{clause.title}” is gone")
    for id, clause in after.items():
        spot = Spot(clause.file, clause.line)
        if id not in before:
            yield Change("clause added", id, f"the clause “{clause.title}” is new", spot)
        else:
            yield from _clause(before[id], clause, spot)
        yield from _rules(id, before[id].rules if id in before else (), clause.rules)
    yield from _rules("", old.opening, new.opening)


def _clause(old: Clause, new: Clause, spot: Spot) -> Iterator[Change]:
    if old.title != new.title:
        yield Change("title", new.id, f"the title “{old.title}” becomes “{new.title}”", spot)
    if old.prose.split() != new.prose.split():
        yield Change("prose", new.id, "the wording has changed", spot)


def _rules(clause: str, old: Iterable[Rule], new: Iterable[Rule]) -> Iterator[Change]:
    before, after = _by_wording(old), _by_wording(new)
    for wording in before:
        if wording not in after:
            yield Change("rule removed", clause, f"no longer says `{wording}`")
    for wording, spot in after.items():
        if wording not in before:
            yield Change("rule added", clause, f"now says `{wording}`", spot)


def _by_wording(rules: Iterable[Rule]) -> dict[str, Spot]:
    return {" ".join(rule.source.split()): rule.spot for rule in rules}


def _crossings(kind: Literal["opened", "closed"], denying: Policy, allowing: Policy) -> Iterator[Change]:
    """The cells that `allowing` permits where `denying` refuses on the same grounds, by their topmost."""
    crossed: dict[Cell, str] = {}
    for cell in allowing.cells():
        for grounds in allowing.alternatives(*cell):
            answer = allowing.decide(*cell, grounds)
            if isinstance(answer, Permit) and isinstance(denying.decide(*cell, grounds), Deny):
                crossed[cell] = answer.clause
                break
    trees = _trees(allowing)
    tops: dict[Cell, list[Cell]] = {}
    for cell in sorted(crossed):
        tops.setdefault(_top(cell, crossed, trees), []).append(cell)
    for top, cells in sorted(tops.items()):
        yield Change(kind, crossed[top], _told(kind, top, len(cells), allowing), cells=tuple(cells))


def _trees(policy: Policy) -> tuple[Tree, Tree, Tree, Tree]:
    """The trees of categories, purposes, recipients and places."""
    return (
        Tree({name: each.parent for name, each in policy.categories.items()}),
        Tree({name: each.parent for name, each in policy.purposes.items()}),
        Tree({name: each.parent for name, each in policy.recipients.items()}),
        Tree(dict.fromkeys(policy.places)),
    )


def _top(cell: Cell, crossed: Mapping[Cell, str], trees: tuple[Tree, Tree, Tree, Tree]) -> Cell:
    """The broadest cell above this one that crossed under the same clause."""
    action, category, third, recipient = cell
    categories, purposes, recipients, places = trees
    thirds = (places if action == "collect" else purposes).up(third)
    above = product((action,), categories.up(category), thirds, recipients.up(recipient))
    same = (each for each in above if crossed.get(each) == crossed[cell])
    depths = {each: _height(each, trees) for each in same}
    return min(depths, key=lambda each: (depths[each], each))


def _height(cell: Cell, trees: tuple[Tree, Tree, Tree, Tree]) -> int:
    action, category, third, recipient = cell
    categories, purposes, recipients, places = trees
    thirds = places if action == "collect" else purposes
    return categories.depth(category) + thirds.depth(third) + recipients.depth(recipient)


def _told(kind: str, cell: Cell, count: int, policy: Policy) -> str:
    action, category, third, recipient = cell
    may = "may now" if kind == "opened" else "may no longer"
    who, what = f"`{recipient}`", f"`{category}`"
    told = {
        "collect": f"{who} {may} collect {what} at `{third}`",
        "use": f"{who} {may} use {what} for `{third}`",
        "join": f"{who} {may} join {what} with other data for `{third}`",
        "share": f"{what} {may} be shared with {who} for `{third}`",
    }[action]
    below = f" ({count} cells in all)" if count > 1 else ""
    return f"{told}{below}; touches {_touched(category, policy)}"


def _touched(category: str, policy: Policy) -> str:
    """Whose data it is: those who gave it, named by the places where it is collected."""
    tree = Tree({name: each.parent for name, each in policy.categories.items()})
    leaves = set(tree.leaves(category))
    places = [place for place in policy.places if leaves & {item.category for item in policy.collects(place)}]
    if not places:
        return f"everyone whose `{category}` is held"
    return f"everyone whose `{category}` is collected at " + ", ".join(f"`{place}`" for place in places)
