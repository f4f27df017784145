"""Rule 8: whether the statement and the code speak of the same things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..policy import ClauseFacts, Policy
from .document import Problem, Spot, problem_at
from .grammar import nearest
from .names import PRACTICES


def check_coverage(
    policy: Policy,
    used: Iterable[tuple[str, str]],
    places: Iterable[str],
    purposes: Iterable[str] = (),
    file: str = "statement.md",
) -> list[Problem]:
    """Compare a policy with what the code says it does.

    `used` are the (action, category) pairs, `places` the points of collection and notice, `purposes` the
    purposes found in the code. What the code does without a clause is an error; a clause without code, and
    each of the ten practices that no clause speaks of, is a warning.
    """
    pairs, at, why = set(used), set(places), set(purposes)
    found = list(_without_clause(policy, pairs, at, why, file))
    for clause in policy.clauses.values():
        found += _without_code(policy, clause, pairs, at, why, file)
    for practice in PRACTICES.keys() - policy.practices - {"other"}:
        message = f"no clause speaks of {PRACTICES[practice]}"
        advice = f"add a clause, or `about {practice}` to the clause that does"
        found.append(problem_at(Spot(file, 1), "S08", message, advice, severity="warning"))
    return sorted(found, key=lambda each: (each.severity, each.line, each.message))


def _without_clause(
    policy: Policy, used: set[tuple[str, str]], places: set[str], purposes: set[str], file: str
) -> Iterator[Problem]:
    allowed = {pair for clause in policy.clauses.values() for pair in clause.allowed}
    points = {place for clause in policy.clauses.values() for place in clause.points}
    top = Spot(file, 1)
    for action, category in used - allowed:
        message = f"the code does `{action}` of `{category}`, which no clause allows"
        advice = nearest(category, [name for verb, name in allowed if verb == action])
        yield problem_at(top, "S08", message, advice or "take it out of the code, or promise it in a clause")
    for place in places - points:
        advice = nearest(place, list(points)) or "take it out of the code, or name it in a clause"
        yield problem_at(top, "S08", f"the code has the place `{place}`, which no clause names", advice)
    known = {below for clause in policy.clauses.values() for below in _reached(policy, clause)}
    for purpose in purposes - known:
        advice = nearest(purpose, list(known)) or "take it out of the code, or allow it in a clause"
        yield problem_at(top, "S08", f"the code has the purpose `{purpose}`, which no clause allows", advice)


def _reached(policy: Policy, clause: ClauseFacts) -> Iterator[str]:
    """The purposes that the clause allows, and all below them."""
    named = set(clause.purposes)
    for name in policy.purposes:
        above: str | None = name
        while above is not None:
            if above in named:
                yield name
                break
            above = policy.purposes[above].parent


def _without_code(
    policy: Policy,
    clause: ClauseFacts,
    used: set[tuple[str, str]],
    places: set[str],
    purposes: set[str],
    file: str,
) -> Iterator[Problem]:
    missing = [f"place `{place}`" for place in clause.points if place not in places]
    missing += [f"purpose `{name}`" for name in clause.purposes if not _below(policy, name) & purposes]
    if clause.allowed and not clause.allowed & used:
        missing.append("use of what it allows")
    if missing:
        message = f"the code has no {', no '.join(missing)}, of which `{clause.id}` speaks"
        advice = "build it, or take it out of the clause"
        yield problem_at(Spot(file, clause.line), "S08", message, advice, clause.id, severity="warning")


def _below(policy: Policy, purpose: str) -> set[str]:
    found, waiting = {purpose}, True
    while waiting:
        more = {name for name, each in policy.purposes.items() if each.parent in found} - found
        waiting = bool(more)
        found |= more
    return found
