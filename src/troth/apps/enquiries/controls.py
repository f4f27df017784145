"""How the clauses of enquiries are proved."""

from troth.gate.journal.models import Entry
from troth.gate.proving.answers import Finding, allowing, broken, control, kept
from troth.gate.published import statement

ACTIONS = {3: "use", 4: "share"}
CLAUSE = "use.requested"


@control(CLAUSE)
def uses_are_allowed() -> Finding:
    """Every entry on record names a purpose and clauses under which the statement in force then allows its kind."""
    groups = Entry.objects.filter(kind__in=ACTIONS).values_list(
        "kind", "purpose", "recipient", "clauses", "version"
    )
    checked, wrong = 0, []
    for kind, purpose, recipient, clauses, version in groups.distinct().iterator():
        checked += 1
        if not _allowed(ACTIONS[kind], purpose, recipient, clauses.split(), version):
            wrong.append(f"{recipient} for `{purpose}`")
    total = Entry.objects.filter(kind__in=ACTIONS).count()
    if wrong:
        return broken(f"{len(wrong)} uses no clause allows", "; ".join(sorted(set(wrong))))
    return kept(
        f"{total} uses, each under a clause", f"{checked} combinations of purpose, role and clause checked"
    )


def _allowed(action: str, purpose: str, recipient: str, clauses: list[str], version: str) -> bool:
    policy = statement.policy(version)
    if policy is None or not clauses:
        return False
    return allowing(policy, action, purpose, recipient).issuperset(clauses)
