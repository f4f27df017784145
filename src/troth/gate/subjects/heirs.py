"""Shared rows outlive whoever had them: before an erasure they go to the heir that each one names.

`Privacy.heir` names a method of the model that returns the next owner's id, or None, or several ids in their order: the
first of them gets the row who is not being erased too.  `Privacy.left_behind` names another, which returns the sealed
fields that do not go along: they end with whoever leaves.
INVARIANT: a row never lies under a key that is not its owner's: envelope and owner change in one UPDATE.
"""

from collections.abc import Collection
from uuid import UUID

from django.db import connection, transaction

from troth.engine.ledger import Kind

from ..keystore import keys
from ..registry import serves
from ..uses import SYSTEM, Actor
from ..uses.entering import enter
from ..uses.envelopes import resealed
from .models import DataSubject, Erasure, PersonalModel
from .register import personal_models, privacy

PURPOSE = serves("answering-requests")


def hand_over(subject: UUID, by: Actor) -> int:
    """Give rows that others share to the heir each one names (`Privacy.heir`); returns how many.  Safe to repeat."""
    handed = 0
    for model in personal_models():
        if privacy(model, "heir", ""):
            for pk in model.every.filter(owner=subject).order_by("pk").values_list("pk", flat=True):
                handed += _hand_over(model, pk, subject, by)
    return handed


def heir_of(row: PersonalModel) -> UUID | None:
    """Who gets a row when its owner is erased: the first of those it names who stays."""
    naming = privacy(type(row), "heir", "")
    named = getattr(row, naming)() if naming else None
    for heir in [named] if isinstance(named, UUID) else named or ():
        if heir != row.owner_id and _stays(heir):
            found: UUID = heir
            return found
    return None


def _left_behind(row: PersonalModel) -> Collection[str]:
    naming = privacy(type(row), "left_behind", "")
    left: Collection[str] = getattr(row, naming)() if naming else ()
    return left


def _stays(subject: UUID) -> bool:
    # The lock: an erasure that begins after this waits, and then finds the row among the subject's own.
    here = DataSubject.objects.filter(pk=subject)
    if connection.in_atomic_block:
        here = here.select_for_update()
    is_here = bool(list(here.values_list("pk")))
    return is_here and keys.is_whole(subject.hex) and not Erasure.objects.filter(subject=subject.hex).exists()


def _hand_over(model: type[PersonalModel], pk: UUID, owner: UUID, by: Actor) -> int:
    with transaction.atomic():
        row = model.every.select_for_update().filter(pk=pk, owner=owner).first()
        heir = heir_of(row) if row else None
        ciphers = keys.ciphers([owner.hex, heir.hex]) if heir else {}
        if row is None or heir is None or len(ciphers) < 2:
            return 0
        left = _left_behind(row)
        sealed = resealed(row, ciphers[owner.hex], ciphers[heir.hex], heir, left)
        unfound = {f"{name}_index": None for name in left if model.seals[name].lookup}
        handed: int = model.every.filter(pk=row.pk, owner=owner).update(owner=heir, sealed=sealed, **unfound)
        if handed:
            enter(
                Kind.USE, PURPOSE, SYSTEM, [(heir.hex, ciphers[heir.hex], {"handed over": 1, "by": by.role})]
            )
    return handed
