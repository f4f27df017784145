"""Rules 1 to 5: where a permission and a denial meet. Neither order nor narrowness decides silently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Literal

from ..policy import Tree
from .document import ANYONE, ANYTHING, Problem, problem_at
from .names import Vocabulary
from .resolve import Allowed, Denied, recipients_of, texts

Relation = Literal["same", "narrower", "broader", "unsaid"]
Side = tuple[Relation, str]
"""How the permission's name lies to the denial's, and the narrower of the two names."""

_ADVICE = {
    "S01": "take one of the two back, or write the permission as `except to {denier}`",
    "S02": "write the permission as `except to {denier}`, or take it back",
    "S03": "if the denial is meant, end it with `except to {allower}`; if not, take it back",
    "S04": "narrow one of the two, or write the permission as `except to {denier}`",
    "S05": "say which grounds exclude each other (`never with`), or write one of the two as an exception",
}


def overlaps(
    allowed: Iterable[Allowed], denied: Iterable[Denied], vocabulary: Vocabulary
) -> Iterator[Problem]:
    """Each permission that meets a denial and is no exception to it: one problem for each pair."""
    denied = list(denied)
    for permission in allowed:
        for denial in denied:
            if permission.made.reach.meets(denial.made.reach) and not permission.made.passes(denial.made):
                yield from _judge(permission, denial, vocabulary)


def _judge(permission: Allowed, denial: Denied, vocabulary: Vocabulary) -> Iterator[Problem]:
    code, cell = _worst(permission, denial, vocabulary)
    narrowing = permission.made.clause in texts(denial.rule.exceptions)
    if denial.made.grounds:
        if narrowing or not _hold_together(permission, denial, vocabulary):
            return
        code = "S05" if code != "S03" else code
    if code == "S03" and (narrowing or permission.made.clause == denial.made.clause):
        return
    allower, denier = permission.made.clause, denial.made.clause
    message = _message(code, permission, denial, cell)
    advice = _ADVICE[code].format(allower=allower, denier=denier)
    severity: Literal["warning", "error"] = "warning" if code == "S03" else "error"
    clauses = (allower,) if allower == denier else (allower, denier)
    yield problem_at(permission.rule.spot, code, message, advice, *clauses, severity=severity)


def _worst(permission: Allowed, denial: Denied, vocabulary: Vocabulary) -> tuple[str, tuple[str, ...]]:
    """The gravest code among the pairs of names that meet, and the smallest cell they have in common."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for sides in product(*_sides(permission, denial, vocabulary)):
        code = _code({relation for relation, _ in sides})
        found.append((code, tuple(name for _, name in sides)))
    return min(found, key=lambda each: ("S01", "S02", "S04", "S03").index(each[0]))


def _code(relations: set[Relation]) -> str:
    if "broader" in relations:
        return "S04" if "narrower" in relations else "S03"
    return "S01" if relations == {"same"} else "S02"


def _sides(permission: Allowed, denial: Denied, vocabulary: Vocabulary) -> list[list[Side]]:
    """For category, purpose and recipient: one example of each relation in which the two rules meet."""
    allow, deny = permission.rule, denial.rule
    categories = _relations(vocabulary.categories, texts(allow.categories), texts(deny.categories), ANYTHING)
    third = vocabulary.third(allow.action)
    if deny.elsewhere:
        common = permission.made.reach.purposes & denial.made.reach.purposes
        purposes: list[Side] = [("unsaid", max(common, key=lambda name: (third.depth(name), name)))]
    else:
        purposes = _relations(third, texts(allow.purposes), texts(deny.purposes), "")
    said = () if ANYONE in texts(deny.recipients) else texts(deny.recipients)
    return [categories, purposes, _relations(vocabulary.recipients, recipients_of(allow), said, ANYONE)]


def _relations(tree: Tree, allow: tuple[str, ...], deny: tuple[str, ...], everything: str) -> list[Side]:
    if not deny:
        return [("unsaid", allow[0])]
    found: dict[Relation, str] = {}
    for ours, theirs in product(allow, deny):
        if ours == theirs:
            found.setdefault("same", ours)
        elif theirs == everything or (ours != everything and theirs in tree.up(ours)):
            found.setdefault("narrower", ours)
        elif ours == everything or ours in tree.up(theirs):
            found.setdefault("broader", theirs)
    return list(found.items())


def _hold_together(permission: Allowed, denial: Denied, vocabulary: Vocabulary) -> bool:
    """Rule 5: grounds are few, so every pair of groups is tried."""
    groups = permission.made.grounds or (frozenset(),)
    return any(vocabulary.can_hold(ours | theirs) for ours in groups for theirs in denial.made.grounds)


def _message(code: str, permission: Allowed, denial: Denied, cell: tuple[str, ...]) -> str:
    allower, denier = permission.made.clause, denial.made.clause
    action, line = permission.rule.action, denial.rule.spot.line
    category, third, recipient = cell
    for_what = f"at `{third}`" if action == "collect" else f"for `{third}`"
    what = f"{action} of `{category}` {for_what} by `{recipient}`"
    if action == "share":
        what = f"share of `{category}` {for_what} with `{recipient}`"
    verb = "limits it to other purposes" if denial.rule.elsewhere else "denies it"
    told = {
        "S01": f"`{allower}` allows {what}, and `{denier}` (line {line}) {verb}",
        "S02": f"`{allower}` allows {what}, but `{denier}` (line {line}) {verb}, more broadly",
        "S03": f"`{allower}` allows more than it can: {what} stays denied, as `{denier}` (line {line}) says",
        "S04": f"`{allower}` and `{denier}` (line {line}) overlap in part: {what} is both allowed and denied",
        "S05": f"`{allower}` allows {what}, `{denier}` (line {line}) {verb}, and both grounds can hold",
    }
    return told[code]
