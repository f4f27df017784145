"""How the clauses of enquiries are proved."""

from collections.abc import Callable
from functools import cache

from troth.engine.ledger import Kind
from troth.engine.policy import Policy
from troth.gate.journal import details
from troth.gate.journal.models import Entry
from troth.gate.proving.answers import Finding, allowing, broken, control, kept, unproven
from troth.gate.published import statement
from troth.gate.subjects import holds, retention

CLAUSE = "use.requested"
LASTING = frozenset({retention.PURPOSE, holds.PURPOSE})
"""Purposes for which data ends or stays by a clause that says how long it is kept."""


@control(CLAUSE)
def uses_are_allowed() -> Finding:
    """Every entry on record names a purpose and clauses under which the statement in force then allows its kind."""
    made = Entry.objects.filter(kind__in=ALLOWED)
    groups = made.values_list("kind", "purpose", "recipient", "clauses", "version").order_by().distinct()
    checked, wrong = 0, set[str]()
    for kind, purpose, recipient, clauses, version in groups.iterator():
        checked += 1
        policy = statement.policy(version)
        allowed = ALLOWED[kind](policy, purpose, recipient) if policy else frozenset[str]()
        if not clauses or not allowed.issuperset(clauses.split()):
            wrong.add(f"{recipient} for `{purpose}`")
    if wrong:
        return broken(f"{len(wrong)} uses no clause allows", "; ".join(sorted(wrong)))
    if edited := details.contradicted():
        names = ", ".join(sorted(row.id for row in edited)[:3])
        return broken(f"{len(edited)} entries edited", f"not what their subjects' sealed part says: {names}")
    total = made.count()
    if not total:
        return unproven("no use on record yet", "there is nothing to look at")
    return kept(
        f"{total} uses, each under a clause", f"{checked} combinations of purpose, role and clause checked"
    )


def _using(policy: Policy, purpose: str, recipient: str) -> frozenset[str]:
    return allowing(policy, "use", purpose, recipient)


def _sharing(policy: Policy, purpose: str, recipient: str) -> frozenset[str]:
    return allowing(policy, "share", purpose, recipient)


def _collecting(policy: Policy, purpose: str, recipient: str) -> frozenset[str]:
    """Data comes in for a purpose for which whoever takes it in may use some of it."""
    used = _using(policy, purpose, recipient)
    return used | _collected(policy) if used else used


def _batching(policy: Policy, purpose: str, recipient: str) -> frozenset[str]:
    """Visits come in as people move about our pages, and nowhere else."""
    used = _using(policy, purpose, recipient)
    return used | frozenset(item.clause for item in policy.collects("browsing")) if used else used


@cache
def _collected(policy: Policy) -> frozenset[str]:
    return frozenset(item.clause for place in policy.places for item in policy.collects(place))


@cache
def _of_a_whole(policy: Policy, purpose: str, recipient: str) -> frozenset[str]:
    """Acts on all that is held of somebody: under a clause that serves the purpose, or says how long data is kept."""
    if recipient not in policy.recipients:
        return frozenset()
    serving = allowing(policy, "use", purpose) | allowing(policy, "share", purpose)
    if purpose not in LASTING:
        return serving
    rules = (rule for name in policy.categories for rule in (policy.keeps(name), policy.holds(name)) if rule)
    return serving | frozenset(rule.clause for rule in rules)


ALLOWED: dict[int, Callable[[Policy, str, str], frozenset[str]]] = {
    Kind.COLLECT: _collecting, Kind.USE: _using, Kind.DISCLOSE: _sharing, Kind.RESTRICTED: _of_a_whole,
    Kind.BATCH: _batching,
}  # fmt: skip
"""The kinds of entry that tell of a use, and the clauses under which the statement allows each."""
