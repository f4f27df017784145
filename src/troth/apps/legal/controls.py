"""How the clause on legal process is proved: each such use is on an approved record that covered it then."""

from collections.abc import Iterator
from datetime import timedelta

from troth.engine.ledger import Kind
from troth.gate.journal.details import Named, of_subjects
from troth.gate.journal.models import Entry, Share
from troth.gate.outbound.models import Message
from troth.gate.proving import probing
from troth.gate.proving.answers import Finding, broken, control, kept

from .flows import CLAUSE
from .models import PURPOSES, LegalRecord, LegalSignature, NamedSubject

SLACK = timedelta(seconds=5)
"""A use is dated to the second, and by the moment in which it ended."""
MATTER = "legal-matter"


@control(CLAUSE)
def each_use_has_an_approved_record() -> Finding:
    """Each use and disclosure by law or for our rights names a record that two approved and whose scope covers it."""
    uses = list(_uses())
    wrong = {use.entry: why for use in uses if (why := _fault(use))}
    if wrong:
        said = "; ".join(f"{entry[:8]}: {why}" for entry, why in sorted(wrong.items())[:5])
        return broken(f"{len(wrong)} uses outside their records", said)
    if bare := _unsigned():
        return broken(
            f"{len(bare)} records without two approvals", f"open all the same: {', '.join(bare[:3])}"
        )
    for role in ("privacy-officer", "owner"):
        if probing.closed_to(role, "complying-with-law", Message, "address") is None:
            return broken(
                "the gate let a use go", f"`{role}` was not refused without a record, and put on record"
            )
    if probing.refusal("complying-with-law", "authority") is None:
        return broken("the gate let a disclosure go", "a planted one was not refused and put on record")
    records = LegalRecord.objects.exclude(approved_at=None).count()
    return kept(
        f"{len(uses)} uses, each on an approved record",
        f"of {len(uses)} uses and disclosures by law each is within the scope and time of one of {records} approved"
        " records; planted ones without a record were refused, and are on record",
    )


def _uses() -> Iterator[Named]:
    """The subjects' parts of uses and disclosures by law, but for the register's own words."""
    kinds = (Kind.USE, Kind.DISCLOSE, Kind.COLLECT)
    entries = Entry.objects.filter(purpose__in=PURPOSES.values(), kind__in=kinds)
    shares = Share.objects.filter(entry__in=entries.values("id")).only("subject")
    for each in of_subjects(sorted({share.subject for share in shares.iterator()}), entries):
        if any(not _is_own(category) for category in (*each.used, *each.collected, *each.disclosed)):
            yield each


def _is_own(category: str) -> bool:
    return category.partition(".")[0] == MATTER


def _fault(use: Named) -> str:
    """What is missing to a use; blank when nothing is."""
    number = use.ground.partition(" ")[2]
    row = LegalRecord.objects.filter(number=number).first() if number else None
    if row is None:
        return "no record"
    if use.purpose != row.purpose:
        return f"{number} is for another purpose"
    if row.approved_at is None or not row.approved_at - SLACK <= use.at <= row.until + SLACK:
        return f"{number} was not approved then, or over"
    if not NamedSubject.objects.filter(record=row, whom=use.subject).exists():
        return f"{number} does not name them"
    covered = row.leaves()
    beyond = {each for each in (*use.used, *use.disclosed) if not _is_own(each)} - covered
    return f"{number} does not cover {', '.join(sorted(beyond))}" if beyond else ""


def _unsigned() -> list[str]:
    """Open records that somebody marked as approved: those who left may have taken their names along from older ones."""
    rows = LegalRecord.objects.filter(LegalRecord.live())
    return [row.number for row in rows if LegalSignature.approvals(row.pk) != 2]
