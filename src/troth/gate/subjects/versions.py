"""Rows go over from the version they were collected under to the one in force: once their subject was told, or agreed.

Until then the older version decides every use of them, their retention and their disclosures (clause scope.sites).
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from troth.engine.ledger import Kind
from troth.engine.seal import open_row, seal_row

from ..errors import GateError
from ..keystore import keys
from ..published import statement
from ..registry import serves
from ..uses import Actor
from ..uses.entering import enter
from ..uses.envelopes import aad
from .models import DataSubject, PersonalModel
from .register import personal_models
from .scope import everywhere

CLAUSE = "scope.sites"
PURPOSE = serves("giving-notice")
BATCH = 200


def bring_under(subject: UUID, by: Actor) -> int:
    """Put all of a subject's rows under the version in force, in one act on record; returns how many went over.

    Raises GateError for a subject without a key.
    """
    cipher = keys.ciphers([subject.hex]).get(subject.hex)
    if cipher is None:
        raise GateError("this subject is being erased, or never was")
    moved, version = 0, statement.under()
    with everywhere(), transaction.atomic():
        list(DataSubject.objects.select_for_update().filter(pk=subject))
        for model in personal_models():
            older = model.every.select_for_update().filter(owner=subject).exclude(collected_under=version)
            for row in older.order_by("pk").iterator(chunk_size=BATCH):
                held = None if row.sealed is None else open_row(cipher, bytes(row.sealed), aad(row))
                row.collected_under = version
                sealed = None if held is None else seal_row(cipher, held, aad(row))
                moved += model.every.filter(pk=row.pk, owner=subject).update(
                    sealed=sealed, collected_under=version
                )
        if moved:
            enter(Kind.USE, PURPOSE, by, [(subject.hex, cipher, {"agreed": version, "rows": moved})], CLAUSE)
    return moved


def touched(categories: Iterable[str]) -> int:
    """How many subjects have a row of one of some categories: whom a change touches.  Nothing is opened."""
    wanted = frozenset(categories)
    asked = [
        model.every.order_by().values_list("owner_id")
        for model in personal_models()
        if wanted & {seal.category for seal in model.seals.values()}
    ]
    with everywhere():
        return int(asked[0].union(*asked[1:]).count()) if asked else 0


def is_behind(subject: UUID) -> bool:
    """Whether something of a subject's is still under an earlier version."""
    version = statement.under()
    with everywhere():
        return any(_behind(model, subject, version) for model in personal_models())


def _behind(model: type[PersonalModel], subject: UUID, version: str) -> bool:
    return bool(model.every.filter(owner=subject).exclude(collected_under=version).exists())
