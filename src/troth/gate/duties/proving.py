"""Whether each disclosure that needs a duty has one: the common part of two controls."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count

from troth.engine.ledger import Kind
from troth.engine.policy import Permit

from ..journal.models import Entry
from ..published import statement
from ..telling import recipients
from . import rules
from .models import Duty, Handover

SECOND = timedelta(seconds=1)
"""An entry tells whole seconds."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found about one clause: how many records were handed over, and what is wrong with which."""

    handed: int
    duties: int
    wrong: list[str]


def look(clause: str) -> Looked:
    """Each disclosure under a clause that asks for a duty was counted under one that was live and meant it.

    It looks at the log from both sides: at what it says was given to those recipients, and at what duties counted.
    """
    pairs = [pair for pair, named in rules.purposes(statement.current()).items() if named == clause]
    mine = {recipient for recipient, _ in pairs}
    given = Entry.objects.filter(kind=Kind.DISCLOSE, recipient__in=mine)
    known = Handover.objects.values("entry")
    wrong = [
        f"{count} to {name} without a duty"
        for name in sorted(mine)
        if (count := given.filter(recipient=name, clauses=clause).exclude(id__in=known).count())
    ]
    duties = list(Duty.objects.filter(recipient__in=mine).exclude(channel=Duty.Channel.HERE))
    handed = 0
    for duty in duties:
        counted, faults = _look_at(duty, clause)
        handed += counted
        wrong += [f"duty {duty.reference}: {fault}" for fault in faults]
    return Looked(handed, len(duties), wrong)


def _look_at(duty: Duty, clause: str) -> tuple[int, list[str]]:
    """How many records a duty counted, and what is wrong with it or them.  Each is a part of one entry."""
    mine, wrong = Handover.objects.filter(duty=duty), list[str]()
    records = dict(mine.order_by().values_list("entry").annotate(Count("pk")))
    made = Entry.objects.filter(id__in=mine.values("entry"))
    parts = dict(made.values_list("id", "subjects"))
    if missing := sum(number for entry, number in records.items() if entry not in parts):
        wrong.append(f"{missing} handed over without an entry")
    if uneven := sum(records[entry] != number for entry, number in parts.items()):
        wrong.append(f"{uneven} entries with another number of parts than records were counted")
    meant = made.filter(
        kind=Kind.DISCLOSE, recipient=duty.recipient, purpose=duty.purpose, clauses=clause,
        at__gte=duty.begun_at - SECOND, at__lte=duty.over_at,
    ).exclude(country="")  # fmt: skip
    if strange := len(parts) - meant.count():
        wrong.append(f"{strange} entries that are of another recipient, purpose, time or clause")
    if duty.is_live():
        policy = statement.current()
        cells = [(name, duty.purpose, duty.recipient) for name in duty.named()]
        grounds = frozenset({rules.GROUND})
        if not all(isinstance(policy.decide("share", *cell, grounds), Permit) for cell in cells):
            wrong.append("it is wider than its clause")
        if recipients.registered(duty.recipient) is None:
            wrong.append("its provider is on no register")
    return sum(records.values()), wrong
