"""The gate's own controls: sealed columns, bytes on disk, the log, and what may never leave."""

from troth.engine.ledger import Kind
from troth.engine.policy import Policy

from ..journal import details, log
from ..journal.models import Entry
from ..published import statement
from ..subjects.register import readable
from . import probing, sampling, traces
from .answers import Finding, allowing, broken, control, kept

PROMOTION, ALLOWING = "third-party-promotion", "share.joint-offers"


@control("security.measures")
def sealed_is_sealed() -> Finding:
    """Sealed columns hold ciphertext, no opened value lies in clear in any file or column, and the log is whole."""
    count, bare = sampling.columns()
    if bare:
        return broken(
            f"{_counted(bare)} not sealed", f"in clear where a sealed value belongs: {'; '.join(bare[:5])}"
        )
    found = sampling.sample()
    if found.broken:
        return broken(
            f"{_counted(found.broken)} altered",
            f"sealed, and open to nobody any more: {'; '.join(found.broken[:5])}",
        )
    values = traces.apart_from_desks(found.values)
    places = traces.files(values) + traces.columns(values)
    if places:
        return broken(f"personal data in clear in {len(places)} files or columns", "; ".join(places[:5]))
    if findings := log.verify():
        return broken("the log was altered", "; ".join(map(str, findings[:3])))
    head = log.head()
    return kept(
        f"{count} sealed rows, none in clear",
        f"{len(values)} opened values found in no file and no other column; {len(readable())} columns "
        f"stay readable and are listed; {head.size if head else 0} log entries recomputed",
    )


def _counted(names: list[str]) -> str:
    return f"{len(names)} {'value' if len(names) == 1 else 'values'}"


@control("share.no-promotion")
def nothing_for_promotion() -> Finding:
    """No disclosure for others' promotion but by the clause on joint offers, and the gate refuses a planted one."""
    policy = statement.current()
    purposes = {
        name for name in policy.purposes if name == PROMOTION or policy.purposes[name].top == PROMOTION
    }
    made = Entry.objects.filter(kind=Kind.DISCLOSE)
    wrong = list(made.filter(purpose__in=purposes).exclude(clauses=ALLOWING).values_list("id", flat=True))
    if wrong:
        return broken(f"{len(wrong)} disclosures for promotion", f"entries {', '.join(wrong[:3])}")
    if edited := [row.id for row in details.contradicted() if row.kind == Kind.DISCLOSE]:
        return broken(
            f"{len(edited)} disclosures edited",
            f"not what their subjects' sealed part says: {', '.join(edited[:3])}",
        )
    if opened := _opened_by(policy, purposes):
        return broken("the statement lets data go for promotion", f"opened by {', '.join(sorted(opened))}")
    refused = probing.refusal(PROMOTION, "partner")
    if refused is None:
        return broken("the gate let a disclosure go", "a planted one was not refused and put on record")
    return kept(
        f"0 of {made.count()} disclosures",
        f"a planted one was refused under {refused.clause} and is on record; only {ALLOWING} may open it",
    )


def _opened_by(policy: Policy, purposes: set[str]) -> set[str]:
    """Clauses, beside those for joint offers and for what the law asks, under which data may go for promotion."""
    opened = {clause for purpose in purposes for clause in allowing(policy, "share", purpose)}
    return {clause for clause in opened - {ALLOWING} if not clause.startswith("share.legal")}
