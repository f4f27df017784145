"""Shared rows outlive whoever had them: before an erasure they go to the heir that each one names.

`Privacy.heir` names a method of the model that returns the next owner's id, or None.
INVARIANT: a row never lies under a key that is not its owner's: envelope and owner change in one UPDATE.
"""

from uuid import UUID

from django.db import transaction

from troth.engine.ledger import Kind

from ..keystore import keys
from ..registry import serves
from ..uses import SYSTEM, Actor
from ..uses.entering import enter
from ..uses.envelopes import resealed
from .models import PersonalModel
from .register import personal_models, privacy

PURPOSE = serves("answering-requests")


def hand_over(subject: UUID, by: Actor) -> int:
    """Give rows that others share to the heir each one names (`Privacy.heir`); returns how many.  Safe to repeat."""
    handed = 0
    for model in personal_models():
        if naming := privacy(model, "heir", ""):
            for row in model.objects.filter(owner=subject).order_by("pk"):
                handed += _hand_over(model, row, getattr(row, naming)(), by)
    return handed


def _hand_over(model: type[PersonalModel], row: PersonalModel, heir: UUID | None, by: Actor) -> int:
    owner: UUID = row.owner_id
    if heir is None or heir == owner:
        return 0
    ciphers = keys.ciphers([owner.hex, heir.hex])
    if len(ciphers) < 2:
        return 0
    with transaction.atomic():
        sealed = resealed(row, ciphers[owner.hex], ciphers[heir.hex], heir)
        handed: int = model.objects.filter(pk=row.pk, owner=owner).update(owner=heir, sealed=sealed)
        if handed:
            enter(
                Kind.USE, PURPOSE, SYSTEM, [(heir.hex, ciphers[heir.hex], {"handed over": 1, "by": by.role})]
            )
    return handed
