"""What is done with joint offers: one function for each verb.  clause: share.joint-offers"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from troth.accounts.people.companies import NotNow
from troth.engine.policy import Permit
from troth.gate.errors import Refused
from troth.gate.published import statement
from troth.gate.registry import serves
from troth.gate.telling import ending
from troth.gate.uses import Actor, OwnData, act, using

from .models import GROUND, Delivery, Ending, Interest, Part, Partner, Promotion

PURPOSE, SHOWING = serves("joint-promotion"), serves("showing-own-data")
PLACE, RECIPIENT, CLAUSE = "offer", "partner", "share.joint-offers"


def as_owner(owner: UUID, *, writes: bool = False) -> using:
    """A use by a person of their own interests."""
    by = Actor("data-subject", owner)
    return using(SHOWING, by=by, given=OwnData(owner), at=PLACE if writes else None)


# -- whoever is interested


def show_interest(
    owner: UUID, promotion: Promotion, row_id: str, values: dict[str, Any], seen: str
) -> Interest:
    """Keep that somebody ticked an offer, with the hash `seen` of what its page said to them.  Raises NotNow.

    Only what its partners get is kept.  A second press of the button, or a second tick of one offer, changes nothing.
    """
    if seen != promotion.digest():
        raise NotNow("The offer is no longer what you were shown. Look at it again. Nothing was kept.")
    if (found := interest_of(owner, promotion)) is not None:
        return found
    given = {name: value for name, value in values.items() if name in promotion.fields()}
    try:
        with as_owner(owner, writes=True), act():
            # Whoever takes it off meanwhile waits for this, or was quicker.
            if not Promotion.objects.select_for_update().get(pk=promotion.pk).is_live:
                raise NotNow("This offer is over. Nothing was kept, and nothing is shared.")
            row = Interest(id=UUID(row_id), owner_id=owner, promotion=promotion, text_hash=seen, **given)
            row.save(force_insert=True)
    except IntegrityError:
        if (found := interest_of(owner, promotion)) is None:
            raise NotNow("This form was sent before. Open the offer again.") from None
        return found  # another press of the button was quicker
    return row


def interest_of(owner: UUID, promotion: Promotion) -> Interest | None:
    """The interest of somebody in an offer that lives."""
    found: Interest | None = Interest.objects.filter(
        owner=owner, promotion=promotion, withdrawn_at=None
    ).first()
    return found


def withdraw(owner: UUID, promotion: Promotion) -> int:
    """Share nothing of it from now on, and tell every partner that has it; returns how many have it.  Raises NotNow.

    A delivery under way that read it before leaves nothing, or is told of this.
    """
    with act():
        row = Interest.objects.select_for_update().filter(
            owner=owner, promotion=promotion, withdrawn_at=None
        ).first()  # fmt: skip
        if row is None:
            raise NotNow("You have shown no interest in this offer, or took it back already.")
        _withdraw(row)
        had = _end(Delivery.objects.filter(about=owner, row_id=row.pk))
        for partner, marks in had.items():
            ending.taken_back(RECIPIENT, str(partner), row.pk, PURPOSE, sorted(marks))
        return len(had)


def _withdraw(row: Interest) -> None:
    """The parts count up before records are looked for: a delivery under way is over by then, or lets nothing leave."""
    Interest.objects.filter(pk=row.pk).update(withdrawn_at=timezone.now())
    Part.objects.filter(promotion=row.promotion_id).update(withdrawals=F("withdrawals") + 1)


def _end(given: Any) -> dict[UUID, set[str]]:
    """Have the next package of each part name the marks of its records; returns them by partner."""
    found: dict[UUID, set[str]] = {}
    for part, partner, mark in given.exclude(handle="").values_list("part", "part__partner", "handle"):
        Ending.objects.get_or_create(part_id=part, handle=mark)
        found.setdefault(partner, set()).add(mark)
    return found


def gone(subject: str) -> None:
    """A subject (32 hex digits) is about to be erased: packages of parts that have something of theirs say so.

    Until its key dies a delivery could still take a record along, which nobody would be told of: so nothing is left to
    be delivered.  The letters are written by the gate (`telling`), which is called after this.
    """
    with transaction.atomic():
        for row in Interest.objects.select_for_update().filter(owner=UUID(subject), withdrawn_at=None):
            _withdraw(row)
        _end(Delivery.objects.filter(about=UUID(subject)))


# -- staff


@dataclass(frozen=True, slots=True)
class Wanted:
    """A joint offer as staff state it."""

    title: str
    text: str
    categories: Sequence[str]
    partners: Sequence[Partner]
    ends_at: datetime


def promote(wanted: Wanted) -> Promotion:
    """Put a joint offer up.  Raises Refused for one that is wider than the clause."""
    must_be_shared(wanted.categories)
    if wanted.ends_at <= timezone.now():
        raise Refused("an offer ends on a day to come")
    with act():
        chosen = {partner.pk for partner in wanted.partners}
        # Whoever ends one of them meanwhile waits for this, and takes the offer off; or was quicker.
        live = Partner.objects.select_for_update().filter(pk__in=chosen, ended_at=None)
        if not chosen or len(live) < len(chosen):
            raise Refused("a joint offer has a partner, and none that ended", CLAUSE)
        made = Promotion(
            title=wanted.title, text=wanted.text, categories=" ".join(sorted(wanted.categories)),
            ends_at=wanted.ends_at,
        )  # fmt: skip
        made.save(force_insert=True)
        for partner in wanted.partners:
            Part(promotion=made, partner=partner).save(force_insert=True)
    return made


def must_be_shared(categories: Sequence[str]) -> None:
    """Raises Refused unless an interest holds each category, and the statement lets a partner have it."""
    held, policy = {seal.category for seal in Interest.seals.values()}, statement.current()
    if not categories:
        raise Refused("a joint offer names what its partners get")
    for name in categories:
        decision = policy.decide("share", name, PURPOSE, RECIPIENT, frozenset({GROUND}))
        if name not in held or not isinstance(decision, Permit):
            raise Refused(f"`{name}` is not shared with partners", CLAUSE)


def end(promotion: Promotion) -> None:
    """Take an offer off: nobody can show interest any more.  What partners were to get of it they still get."""
    with act():
        Promotion.objects.filter(pk=promotion.pk, ended_at=None).update(ended_at=timezone.now())
