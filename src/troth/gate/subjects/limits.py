"""Restriction and objection: what people may put on the use of their own data, each time with an entry on record."""

from uuid import UUID

from django.db import transaction

from troth.engine.ledger import Kind

from ..keystore import keys
from ..keystore import limits as stored
from ..keystore.models import Limit
from ..published import statement
from ..registry import serves
from ..uses import SYSTEM, Actor
from ..uses.entering import enter

__all__ = ["Limit", "lift", "object_to", "objectionable", "of", "restrict"]

PURPOSE = serves("answering-requests")


def objectionable() -> dict[str, str]:
    """The purposes that people may object to, with the statement's words for each."""
    purposes = statement.current().purposes
    return {name: purposes[name].label for name in stored.OBJECTIONABLE if name in purposes}


def of(subject: UUID) -> list[Limit]:
    """The limits in force, oldest first."""
    return stored.of(subject.hex)


def restrict(subject: UUID, by: Actor) -> Limit:
    """Keep the subject's data and use it for nothing but their own rights.  Raises GateError for nobody."""
    limit = stored.restrict(subject.hex)
    _enter(subject, by, {"limited": "everything"})
    return limit


def object_to(subject: UUID, purpose: str, by: Actor) -> Limit:
    """Stop the use of the subject's data for one purpose.  Raises GateError for one nobody can object to."""
    limit = stored.object_to(subject.hex, purpose)
    _enter(subject, by, {"limited": purpose})
    return limit


def lift(subject: UUID, limit: int, by: Actor) -> bool:
    """Take one of the subject's limits away; False when it is not theirs or gone."""
    if not stored.lift(subject.hex, limit):
        return False
    _enter(subject, by, {"limited": "no longer"})
    return True


def _enter(subject: UUID, by: Actor, detail: dict[str, str]) -> None:
    found = keys.ciphers([subject.hex])
    with transaction.atomic():
        # Our systems carry it out, on the request of whoever `by` names.
        enter(Kind.USE, PURPOSE, SYSTEM, [(subject.hex, found[subject.hex], {**detail, "by": by.role})])
