"""Rule 10: how long data is kept, by rules that must agree with one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from .document import ANYTHING, Keep, Problem, Rule, Severity, problem_at
from .names import Vocabulary
from .resolve import texts

# The mean year and month of the calendar: close enough to say which of two periods is longer.
_DAYS = {"days": 1.0, "weeks": 7.0, "months": 365.2425 / 12, "years": 365.2425}


def keeping(rules: Sequence[tuple[str, Rule]], vocabulary: Vocabulary) -> Iterator[Problem]:
    """Each `keep` longer than another's limit, shorter than a legal hold, or unlike its twin."""
    keeps = [(clause, rule) for clause, rule in rules if isinstance(rule, Keep)]
    nearer = {name for _, rule in keeps if rule.bound == "exactly" for name in texts(rule.categories)}
    reached = {rule: _reached(rule, nearer, vocabulary) for _, rule in keeps}
    for earlier, later in combinations(keeps, 2):
        common = reached[earlier[1]] & reached[later[1]]
        if not common or not _disagree(earlier[1], later[1]):
            continue
        if earlier[1].bound == "exactly" and later[1].bound != "exactly":
            earlier, later = later, earlier
        name = min(common, key=lambda each: (vocabulary.categories.depth(each), each))
        yield _disagreement(name, later, earlier)


def _reached(rule: Keep, nearer: set[str], vocabulary: Vocabulary) -> frozenset[str]:
    """The categories the rule governs: a plain `keep` gives way to one on a category below its own."""
    tree = vocabulary.categories
    own = set(texts(rule.categories))
    names = tree.names if ANYTHING in own else tree.covered(own)
    if rule.bound != "exactly":
        return names
    nearest = {name: next((above for above in tree.up(name) if above in nearer), ANYTHING) for name in names}
    return frozenset(name for name in names if nearest[name] in own)


def _disagree(first: Keep, second: Keep) -> bool:
    longest = min((_days(rule) for rule in (first, second) if rule.bound == "at most"), default=float("inf"))
    shortest = max((_days(rule) for rule in (first, second) if rule.bound == "at least"), default=0.0)
    exact = [_days(rule) for rule in (first, second) if rule.bound == "exactly"]
    if len(exact) == 2:
        return exact[0] != exact[1] or first.event.text != second.event.text
    return longest < shortest or any(not shortest <= days <= longest for days in exact)


def _disagreement(name: str, later: tuple[str, Keep], earlier: tuple[str, Keep]) -> Problem:
    clause, rule = later
    other_clause, other = earlier
    message = (
        f"`{clause}` keeps `{name}` {_period(rule)}, but `{other_clause}` (line {other.spot.line}) "
        f"keeps it {_period(other)}"
    )
    severity, advice = _weight(rule, other)
    clauses = dict.fromkeys((clause, other_clause))
    return problem_at(rule.spot, "S10", message, advice, *clauses, severity=severity)


def _weight(rule: Keep, other: Keep) -> tuple[Severity, str]:
    """Periods that count from different events may both be kept, unless both say exactly how long."""
    if rule.event.text == other.event.text or rule.bound == other.bound == "exactly":
        return "error", "let the two agree"
    return "warning", "they count from different events: make sure that they can both be kept"


def _days(rule: Keep) -> float:
    return rule.amount * _DAYS[rule.unit]


def _period(rule: Keep) -> str:
    bound = "" if rule.bound == "exactly" else f"{rule.bound} "
    return f"{bound}{rule.amount} {rule.unit} after `{rule.event}`"
