"""Who was told, for pages: the person's own corrections, and the office's list of recipients.  Opens nothing."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet, Sum

from troth.engine.ledger import Kind

from ..journal.models import Entry
from ..published import statement
from . import finding, recipients
from .models import Correction, Told


@dataclass(frozen=True, slots=True)
class ShownTold:
    """One recipient of a correction, and how far it is."""

    name: str
    country: str
    state: str
    told_at: datetime | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShownCorrection:
    """A correction as its person sees it: the kind of data, when, by which role, and who was told.

    `item` and `role` are the statement's names; `category` and `who` say the same in its words.
    """

    item: str
    category: str
    at: datetime
    entry: str
    role: str
    who: str
    told: tuple[ShownTold, ...]


def shown(subject: UUID) -> list[ShownCorrection]:
    """The corrections of a subject, newest first, each with the recipients who had the old value."""
    made = Correction.objects.filter(owner=subject).prefetch_related("told")
    return [_correction(each) for each in made]


def _correction(made: Correction) -> ShownCorrection:
    return ShownCorrection(
        item=made.category, category=recipients.kind(made.category), at=made.at, entry=made.entry, role=made.role,
        who=recipients.label(made.role), told=tuple(map(_told, made.told.all())),
    )  # fmt: skip


def _told(told: Told) -> ShownTold:
    entry = recipients.registered(told.recipient, told.desk)
    country = entry.country if entry else ""
    return ShownTold(
        recipients.name(told.recipient, told.desk), country, told.state, told.told_at, told.confirmed_at
    )


@dataclass(frozen=True, slots=True)
class ShownRecipient:
    """A recipient as the office lists it: who it is, what it may hold, how often it was given data, who waits."""

    recipient: str
    name: str
    country: str
    desk: str
    may_hold: tuple[str, ...]
    disclosures: int
    states: dict[str, int]


def listed() -> list[ShownRecipient]:
    """Every recipient outside that has a desk or was ever given data."""
    made = Entry.objects.filter(kind=Kind.DISCLOSE, recipient__in=finding.outside()).order_by()
    given = dict(made.values_list("recipient").annotate(Sum("subjects")))
    rows = Told.objects.order_by().values_list("recipient", "state").annotate(Count("pk"))
    tellings = {(name, state): number for name, state, number in rows}
    return [
        _recipient(name, given.get(name, 0), tellings)
        for name in sorted({*given, *settings.TROTH_RECIPIENTS})
    ]


def _recipient(name: str, disclosures: int, tellings: dict[tuple[str, str], int]) -> ShownRecipient:
    entry = recipients.registered(name)
    return ShownRecipient(
        recipient=name, name=recipients.name(name), country=entry.country if entry else "",
        desk=entry.desk if entry else "", may_hold=_may_hold(name), disclosures=disclosures,
        states={state: tellings.get((name, state), 0) for state in Told.State.values},
    )  # fmt: skip


def _may_hold(recipient: str) -> tuple[str, ...]:
    """The kinds of data that the statement shares with a recipient, in its own words."""
    policy, found = statement.current(), dict[str, None]()
    for action, category, purpose, who in policy.cells():
        if (action, who) == ("share", recipient) and policy.alternatives(action, category, purpose, who):
            found[category] = None
    leaves = [name for name in found if not policy.categories[name].children]
    return tuple(sorted({policy.categories[name].label for name in leaves}))


def unconfirmed() -> "QuerySet[Told]":
    """Tellings that nobody confirmed yet, the oldest first."""
    rows: QuerySet[Told] = Told.objects.exclude(state=Told.State.CONFIRMED).order_by("made_at")
    return rows


def without_desk() -> list[str]:
    """Recipients outside that were given data and stand in no register: nobody there could be told."""
    given = Entry.objects.filter(kind=Kind.DISCLOSE, recipient__in=finding.outside()).order_by()
    return sorted(set(given.values_list("recipient", flat=True).distinct()) - set(settings.TROTH_RECIPIENTS))


def told_to(recipient: str, desk: str) -> "QuerySet[Told]":
    """What one company was told, or is to be, the newest first."""
    rows: QuerySet[Told] = Told.objects.filter(recipient=recipient, desk=desk)
    return rows


def overdue() -> int:
    """How many recipients were told and have not confirmed in time."""
    return Told.objects.filter(state=Told.State.OVERDUE).count()
