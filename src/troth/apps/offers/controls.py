"""How the clause on joint offers is proved: each record that went to a partner has its interest, and no more than it."""

from datetime import timedelta

from django.db.models import Count, Q

from troth.engine.ledger import Kind
from troth.gate.journal import details
from troth.gate.journal.models import Entry
from troth.gate.proving.answers import Finding, broken, control, kept

from .flows import CLAUSE, PURPOSE, RECIPIENT
from .models import Delivery, Interest, Part

SECOND = timedelta(seconds=1)
CHUNK = 500
LOOKED_INTO = 1000
"""Records whose entries' details are opened by one look: the newest."""


@control(CLAUSE)
def each_record_has_its_interest() -> Finding:
    """What the log says partners were given, and what was delivered, are the same; each on an interest that lived."""
    wrong = _in_the_log()
    parts = list(Part.objects.select_related("promotion", "partner"))
    for part in parts:
        wrong += [f"part {part.reference}: {fault}" for fault in _of_part(part)]
    count = Delivery.objects.count()
    if wrong:
        return broken(f"{len(wrong)} faults in what partners got", "; ".join(wrong[:5]))
    return kept(
        f"{count} records, each with its interest",
        f"{len(parts)} parts of partners; each record has its entry, an interest that was not withdrawn, with the hash "
        "of what its page said, and holds no other kinds of data than that page named",
    )


def _in_the_log() -> list[str]:
    """Disclosures to partners that no delivery counts, and deliveries that the log does not know.

    Each record is a part of one entry: so many parts an entry has, so many records were delivered under it.
    """
    records = dict(Delivery.objects.order_by().values_list("entry").annotate(Count("pk")))
    disclosed, known = Entry.objects.filter(kind=Kind.DISCLOSE), Delivery.objects.values("entry")
    mine = disclosed.filter(Q(recipient=RECIPIENT) | Q(clauses=CLAUSE))
    wrong = [f"{bare} without an interest"] if (bare := mine.exclude(id__in=known).count()) else []
    meant = disclosed.filter(recipient=RECIPIENT, purpose=PURPOSE, clauses=CLAUSE).exclude(country="")
    parts = dict(meant.filter(id__in=known).values_list("id", "subjects"))
    if strange := sum(many for entry, many in records.items() if entry not in parts):
        wrong.append(f"{strange} delivered without an entry that means it")
    if uneven := sum(records[entry] != many for entry, many in parts.items()):
        wrong.append(f"{uneven} entries with another number of parts than records were delivered")
    return wrong


def _of_part(part: Part) -> list[str]:
    given, wrong = Delivery.objects.filter(part=part), list[str]()
    interests = Interest.objects.filter(promotion=part.promotion_id, text_hash=part.promotion.digest())
    # Of whom nothing is here any more, neither the person nor the row, the partner was told.
    told = part.endings.values("handle")
    bare = given.exclude(row_id=None).exclude(row_id__in=interests.values("pk")).exclude(handle__in=told)
    if count := bare.count():
        wrong.append(f"{count} without an interest in what the page says")
    late = interests.exclude(withdrawn_at=None).values_list("pk", "withdrawn_at")
    ended = dict(late)
    after = [
        pk for pk, at in given.filter(row_id__in=interests.exclude(withdrawn_at=None).values("pk"))
        .values_list("row_id", "at") if at > ended[pk] + SECOND
    ]  # fmt: skip
    if after:
        wrong.append(f"{len(after)} after the interest was withdrawn")
    if silent := _untold(part):
        wrong.append(f"{silent} withdrawn or erased, and no package says so")
    if more := _wider(part):
        wrong.append(f"{more} with more than the page named")
    return wrong


def _untold(part: Part) -> int:
    """Records that nobody wants there any more and that no package names: by row, or counted where that is gone."""
    given, ended = Delivery.objects.filter(part=part, is_again=False), part.endings.values("handle")
    over = Interest.objects.filter(promotion=part.promotion_id).exclude(withdrawn_at=None)
    silent = given.filter(row_id__in=over.values("pk")).exclude(handle__in=ended).count()
    nobodys = part.endings.exclude(handle__in=given.exclude(handle="").values("handle"))
    return int(silent + max(given.filter(row_id=None).count() - nobodys.count(), 0))


def _wider(part: Part) -> int:
    """Entries in whose details a kind of data stands that its page did not name."""
    newest = Delivery.objects.filter(part=part).order_by("-pk").values_list("entry", flat=True)
    entries, allowed = list(dict.fromkeys(newest[:LOOKED_INTO])), set(part.promotion.named())
    return sum(
        not named <= allowed
        for start in range(0, len(entries), CHUNK)
        for named in details.categories_of(entries[start : start + CHUNK]).values()
    )
