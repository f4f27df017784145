"""The recipient's answer: what its page shows, the new value where the statement shares it, the confirmation."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from troth.engine.ledger import Kind
from troth.engine.policy import Permit

from ..keystore import keys, limits
from ..published import statement
from ..subjects.models import PersonalModel
from ..uses import SYSTEM, Ground, disclose
from ..uses.entering import enter
from . import finding, recipients
from .models import Told
from .sending import hash_of
from .wording import LINK_LIVES

GROUNDS: dict[str, Callable[[UUID], Ground | None]] = {}
"""By purpose, where the ground is found on which a new value may be shared; without one, only what needs no ground."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a recipient is asked to confirm."""

    name: str
    kind: str
    category: str
    number: str
    told_at: datetime
    count: int
    is_confirmed: bool
    confirmed_at: datetime | None
    may_have: bool


def find(token: str) -> Told | None:
    """The telling whose link this is, for as long as links live."""
    oldest = timezone.now() - LINK_LIVES
    found: Told | None = Told.objects.filter(token_hash=hash_of(token), made_at__gt=oldest).first()
    return found


def asked(told: Told) -> Asked:
    """What the page shows.  It opens nothing."""
    return Asked(
        name=recipients.name(told.recipient, told.desk), kind=told.kind, number=told.pk.hex,
        told_at=told.told_at or told.made_at,
        category=recipients.kind(told.category) if told.category else "", count=told.count,
        is_confirmed=told.state == Told.State.CONFIRMED, confirmed_at=told.confirmed_at,
        may_have=told.state != Told.State.CONFIRMED and _field(told) is not None,
    )  # fmt: skip


def confirm(told: Told) -> bool:
    """The recipient says that it is done; False when it said so before.  clause: rights.update

    A confirmed correction is on the person's record.  Of a confirmed erasure only the number of references stays.
    """
    with transaction.atomic():
        changes: dict[str, Any] = {"state": Told.State.CONFIRMED, "confirmed_at": timezone.now()}
        if told.kind != Told.Kind.CORRECTION:
            changes["references"] = ""
        if not Told.objects.filter(pk=told.pk).exclude(state=Told.State.CONFIRMED).update(**changes):
            return False
        owner = told.owner_id.hex
        cipher = keys.ciphers([owner]).get(owner)
        if cipher is not None:
            said = {"confirmed": told.kind, "recipient": told.recipient}
            enter(Kind.USE, finding.PURPOSE, SYSTEM, [(owner, cipher, said)], finding.clause())
    return True


def new_value(told: Told) -> str | None:
    """The corrected value, handed to the recipient as a disclosure under our number; None where it may not have it.

    The entry is durable before the value is returned.
    """
    found = _field(told)
    if told.state == Told.State.CONFIRMED or found is None:
        return None
    row, field, ground = found
    entry = recipients.registered(told.recipient, told.desk)
    sent = disclose(
        row, (field,), to=told.recipient, purpose=told.purpose, by=SYSTEM, given=ground,
        country=entry.country if entry else "", reference=told.pk.hex,
    )  # fmt: skip
    return str(sent[field] or "")


def _field(told: Told) -> tuple[PersonalModel, str, Ground | None] | None:
    """The row and field with the new value, if the statement shares it with this recipient for that purpose."""
    row = _row(told)
    policy = statement.policy(row.collected_under) if row is not None else None
    if row is None or policy is None:
        return None
    names = [name for name, seal in type(row).seals.items() if seal.category == told.category]
    find_ground = GROUNDS.get(told.purpose)
    ground = find_ground(told.owner_id) if find_ground else None
    holding = (
        frozenset({ground.ground}) if ground and ground.is_live() and ground.covers(row) else frozenset[str]()
    )
    decision = policy.decide("share", told.category, told.purpose, told.recipient, holding)
    limited = keys.load([told.owner_id.hex])[1]
    if not names or not isinstance(decision, Permit) or limits.standing(limited, policy, told.purpose):
        return None
    return row, names[0], ground


def _row(told: Told) -> PersonalModel | None:
    correction = told.correction
    if correction is None or not correction.row_model or correction.row_id is None:
        return None
    model = apps.get_model(correction.row_model)
    found: PersonalModel | None = model.every.filter(pk=correction.row_id, owner=told.owner_id).first()
    return found
