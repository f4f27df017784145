"""Two subjects who are proven to be one person become one.

Of two rows of which an owner can have only one, the one that is there stays.  `Privacy.joined` names a method of its
model that gives it what it lacks of the other.
INVARIANT: a row never lies under a key that is not its owner's: envelope and owner change in one UPDATE.
"""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.db.models import UniqueConstraint

from troth.engine.ledger import Kind
from troth.engine.seal import Cipher

from ..errors import GateError
from ..journal import writing
from ..journal.models import Share
from ..keystore import keys, limits
from ..registry import serves
from ..uses import SYSTEM, Actor
from ..uses.entering import enter
from ..uses.envelopes import resealed
from .erase import erase, one_at_a_time
from .fields import ConcernsField
from .models import DataSubject, Erasure, PersonalModel
from .register import personal_models, privacy

PURPOSE = serves("answering-requests")
BATCH = 200

MERGINGS: list[Callable[[str, str], None]] = []
"""What else moves with a subject (32 hex digits) into another, in the same transaction."""


def merge(one: UUID, into: UUID, by: Actor) -> Erasure:
    """Two subjects are proven to be one person: everything of `one` becomes `into`'s, and `one` is erased.

    One act, on record.  A crash after it leaves an empty subject whose erasure is begun, which the worker finishes.
    Raises GateError when they are the same, or when either has no key.
    """
    if one == into:
        raise GateError("a subject cannot be merged with itself")
    ciphers = keys.ciphers([one.hex, into.hex])
    if len(ciphers) < 2:
        raise GateError("one of the two subjects is being erased, or never was")
    limits.move(one.hex, into.hex)
    with transaction.atomic():
        one_at_a_time()
        # Whoever writes a row for `one` meanwhile waits here, and then finds it gone.
        list(DataSubject.objects.select_for_update().filter(pk__in=(one, into)).order_by("pk"))
        moved = sum(_move_rows(model, one, into, ciphers) for model in personal_models())
        moved += _move_shares(one, into, ciphers)
        writing.move_spent(one.hex, into.hex)
        for move in MERGINGS:
            move(one.hex, into.hex)
        enter(Kind.USE, PURPOSE, SYSTEM, [(into.hex, ciphers[into.hex], {"merged": moved, "by": by.role})])
        Erasure.objects.get_or_create(subject=one.hex)
    return erase(one.hex, by)


def _move_rows(model: type[PersonalModel], one: UUID, into: UUID, ciphers: dict[str, Cipher]) -> int:
    moved, rows = 0, model.every.select_for_update().filter(owner=one).order_by("pk")
    for row in rows.iterator(chunk_size=BATCH):
        if (there := _there_already(model, row, into)) is not None:
            _join(there, row)
            continue  # it goes with `one`
        sealed = resealed(row, ciphers[one.hex], ciphers[into.hex], into)
        moved += model.every.filter(pk=row.pk, owner=one).update(owner=into, sealed=sealed)
    for field in model._meta.concrete_fields:
        if isinstance(field, ConcernsField):
            model.every.filter(**{field.name: one}).update(**{field.name: into})
    return moved


def _there_already(model: type[PersonalModel], row: PersonalModel, into: UUID) -> PersonalModel | None:
    """The row of the other one, where there can be only one for its owner: a place in a group, say."""
    for once in model._meta.constraints:
        if isinstance(once, UniqueConstraint) and "owner" in once.fields:
            same = {name: getattr(row, name) for name in once.fields if name != "owner"}
            there: PersonalModel | None = model.every.filter(owner=into, **same).first()
            if there is not None:
                return there
    return None


def _join(there: PersonalModel, row: PersonalModel) -> None:
    naming = privacy(type(there), "joined", "")
    if naming:
        getattr(there, naming)(row)


def _move_shares(one: UUID, into: UUID, ciphers: dict[str, Cipher]) -> int:
    moved = 0
    for share in Share.objects.filter(subject=one.hex).order_by("pk").iterator(chunk_size=BATCH):
        salt, detail = writing.open_share(ciphers[one.hex], one.hex, share.entry, bytes(share.sealed))
        sealed = writing.seal_share(ciphers[into.hex], into.hex, share.entry, salt + detail)
        moved += Share.objects.filter(pk=share.pk).update(subject=into.hex, sealed=sealed)
    return moved
