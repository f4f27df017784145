"""The gate's own controls: sealed columns, bytes on disk, the log, and what may never leave."""

from troth.engine.policy import Permit

from ..journal import log
from ..journal.models import Entry
from ..published import statement
from ..subjects.register import declared_clear
from . import sampling, traces
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
    places = traces.files(found.values) + traces.columns(found.values)
    if places:
        return broken(f"personal data in clear in {len(places)} files or columns", "; ".join(places[:5]))
    if findings := log.verify():
        return broken("the log was altered", "; ".join(map(str, findings[:3])))
    head = log.head()
    return kept(
        f"{count} sealed rows, none in clear",
        f"{len(found.values)} opened values found in no file and no other column; {len(declared_clear())} columns "
        f"declared clear and listed; {head.size if head else 0} log entries recomputed",
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
    made = Entry.objects.filter(kind=4, purpose__in=purposes)
    wrong = [row.id for row in made.exclude(clauses=ALLOWING).only("id", "seq")]
    if wrong:
        return broken(f"{len(wrong)} disclosures for promotion", f"entries {', '.join(wrong[:3])}")
    opened = {clause for purpose in purposes for clause in allowing(policy, "share", purpose)}
    unwanted = {clause for clause in opened - {ALLOWING} if not clause.startswith("share.legal")}
    planted = policy.decide("share", "contact.email", PROMOTION, "partner")
    if unwanted or isinstance(planted, Permit):
        return broken(
            "the statement lets data go for promotion",
            f"opened by {', '.join(sorted(unwanted)) or 'the table'}",
        )
    total = Entry.objects.filter(kind=4).count()
    return kept(
        f"0 of {total} disclosures",
        f"a planted one is refused under {planted.clause}; only {ALLOWING} may open it",
    )
