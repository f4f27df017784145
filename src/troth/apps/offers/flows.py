"""What is done with joint offers: one function for each verb.  clause: share.joint-offers"""

import hashlib
import secrets
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
from troth.gate.export.handing import check_key
from troth.gate.outbound.mail import PURPOSE as BY_MAIL
from troth.gate.outbound.mail import enqueue
from troth.gate.published import statement
from troth.gate.registry import serves
from troth.gate.telling.telling import desk_of
from troth.gate.uses import SYSTEM, Actor, OwnData, act, using

from .models import GROUND, Delivery, Ending, Interest, Part, Partner, Promotion

PURPOSE, SHOWING = serves("joint-promotion"), serves("showing-own-data")
PLACE, RECIPIENT, CLAUSE = "offer", "partner", "share.joint-offers"
BEGINS = "troth_partner_"
AT_ONCE = 200
"""Marks in one letter to a partner."""


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
        return _withdraw(row)


def _withdraw(row: Interest) -> int:
    """Inside an act.  The parts count up first: a delivery under way is over before its records are looked for."""
    Interest.objects.filter(pk=row.pk).update(withdrawn_at=timezone.now())
    Part.objects.filter(promotion=row.promotion_id).update(withdrawals=F("withdrawals") + 1)
    return _end(Delivery.objects.filter(row_id=row.pk).values_list("part", "handle"))


def _end(given: Any) -> int:
    told = {(part, mark) for part, mark in given if mark}
    for part, mark in sorted(told, key=str):
        Ending.objects.get_or_create(part_id=part, handle=mark)
    return len(told)


def gone(subject: str) -> None:
    """A subject (32 hex digits) is about to be erased: each partner that has something of theirs is told by its mark.

    Until its key dies a delivery could still take a record along, which nobody would be told of: so nothing is left to
    be delivered.
    """
    with transaction.atomic():
        for row in Interest.objects.select_for_update().filter(owner=UUID(subject), withdrawn_at=None):
            _withdraw(row)
        _end(Delivery.objects.filter(about=UUID(subject)).values_list("part", "handle"))


# -- staff


@dataclass(frozen=True, slots=True)
class Wanted:
    """A joint offer as staff state it."""

    title: str
    text: str
    categories: Sequence[str]
    partners: Sequence[Partner]
    ends_at: datetime


def register(values: dict[str, str]) -> Partner:
    """Put a partner on the register.  Raises GateError for what is no public key of age."""
    check_key(values["key"])
    with act():
        partner = Partner(**values)
        partner.save(force_insert=True)
    return partner


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


def end_partner(partner: Partner) -> None:
    """Give a partner nothing from now on; its keys end, and what it is in is taken off."""
    now = timezone.now()
    with act():
        Partner.objects.filter(pk=partner.pk, ended_at=None).update(ended_at=now)
        Part.objects.filter(partner=partner).update(secret_hash=None, withdrawals=F("withdrawals") + 1)
        Promotion.objects.filter(parts__partner=partner, ended_at=None).update(ended_at=now)


def make_key(part: Part) -> str:
    """A new key for a partner's part; the one before ends.  Raises Refused for a partner that ended."""
    if not part.is_live():
        raise Refused("this partner gets nothing any more", CLAUSE)
    text = BEGINS + secrets.token_urlsafe(32)
    with act():
        Part.objects.filter(pk=part.pk).update(secret_hash=_hash(text))
    return text


def part_of(key: str) -> Part | None:
    """The part that a key opens, while its partner is one."""
    found = (
        Part.objects.select_related("partner", "promotion").filter(secret_hash=_hash(key)).first()
        if key.startswith(BEGINS) and len(key) < 100
        else None
    )
    return found if found is not None and found.is_live() else None


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


# -- our systems


def tell_partners() -> int:
    """Write to each partner which of its records are withdrawn or erased, by their marks; returns how many letters."""
    waiting = Ending.objects.filter(mailed_at=None).values_list("part__partner", flat=True).order_by()
    return sum(_tell(Partner.objects.get(pk=pk)) for pk in waiting.distinct())


def _tell(partner: Partner) -> int:
    with using(BY_MAIL, by=SYSTEM), act():
        due = list(Ending.objects.filter(part__partner=partner, mailed_at=None)[:AT_ONCE])
        mine = Ending.objects.filter(pk__in=[each.pk for each in due], mailed_at=None)
        # Of two workers, one finds them as both saw them.
        if mine.select_for_update().count() != len(due) or mine.update(mailed_at=timezone.now()) != len(due):
            return 0
        marks = "\n".join(each.handle for each in due)
        enqueue(desk_of(RECIPIENT), partner.desk, "Records to be deleted", f"{LETTER}\n{marks}\n")
    return 1


LETTER = (
    "The people behind these records no longer wish them to be with you, or were erased here. Please delete them, and\n"
    "whatever was made of them. The marks are those under which you fetched them; the next package names them too.\n"
)
