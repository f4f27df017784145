"""What corrected and erased data leaves to be told: made here, in the same act or before the key dies.

`sending` writes to the recipients, `confirming` takes their answer.
"""

import logging
from collections.abc import Iterable
from uuid import UUID

from django.db import IntegrityError, transaction

from troth.engine.ledger import Json, Kind
from troth.engine.seal import Cipher

from ..errors import GateError, Refused
from ..journal.models import Entry
from ..keystore import keys
from ..subjects.erase import FAREWELLS
from ..subjects.merging import MERGINGS
from ..subjects.models import DataSubject, Erasure, PersonalModel
from ..subjects.models import Kind as SubjectKind
from ..uses import SYSTEM, Actor
from ..uses.doors import _act
from ..uses.entering import enter
from . import finding, recipients
from .finding import PURPOSE, Given
from .models import Correction, Desk, Told
from .shown import shown

__all__ = ["corrected", "erased", "shown"]

log = logging.getLogger("troth.telling")


def corrected(subject: UUID, category: str, by: Actor, row: PersonalModel | None = None) -> Correction:
    """Some data of a subject was corrected: keep that, and who is to be told.  clause: rights.update

    Call it in the act that writes the new value, before anything is mailed to a new address.  `row` holds the new
    value; without it, or where the statement does not share it, the recipient is asked to delete the old one.
    Raises GateError outside an act, Refused, Erased.
    """
    if _act.get() is None:
        raise GateError("a correction is told in the act that makes it: a crash would forget the telling")
    clause = finding.clause()
    cipher = keys.ciphers([subject.hex]).get(subject.hex)
    if cipher is None:
        raise keys.absent(subject.hex)
    given = finding.one_kind(subject.hex, cipher, category, _since(subject, category), _own_messages(subject))
    detail: dict[str, Json] = {"corrected": category, "told": sorted(given), "by": by.role}
    correction = Correction(
        owner_id=subject, category=category, role=by.role, recipients=" ".join(sorted(given)),
        entry=_enter(subject.hex, cipher, clause, detail, bool(given)),
    )  # fmt: skip
    if row is not None:
        correction.row_model, correction.row_id = row._meta.label, row.pk
    correction.save(force_insert=True)
    for each in given.values():
        for desk, references in recipients.by_desk(each.recipient, each.references).items():
            told = Told(
                owner_id=subject, correction=correction, kind=Told.Kind.CORRECTION, recipient=each.recipient,
                desk=desk, category=category, purpose=each.purpose, **_references(references),
            )  # fmt: skip
            told.save(force_insert=True)
    return correction


def _since(subject: UUID, category: str) -> int:
    """The entry of the last correction of the same kind: what went out before it was told of then."""
    made = Correction.objects.filter(owner=subject, category=category, is_settled=True)
    last = made.order_by("-at", "-id").first()
    entry = Entry.objects.filter(id=last.entry).first() if last else None
    return entry.seq if entry else 0


def _own_messages(subject: UUID) -> set[str]:
    written = Told.objects.filter(owner=subject).values_list("messages", flat=True)
    return {reference for messages in written for reference in messages.split()}


def _references(references: Iterable[str]) -> dict[str, object]:
    listed = list(references)
    return {"references": "\n".join(listed), "count": len(listed)}


def _enter(subject: str, cipher: Cipher, clause: str, detail: dict[str, Json], was_opened: bool) -> str:
    """The one entry for both: that the record of uses was opened, and what for."""
    opened: dict[str, Json] = {"used": {finding.OPENED: clause}} if was_opened else {}
    return enter(Kind.USE, PURPOSE, SYSTEM, [(subject, cipher, {**opened, **detail})], clause)


def erased(subject: str) -> None:
    """A subject (32 hex digits) is about to be erased: note who is to be told, while its record can be read.

    What it writes names the erasure and not the subject.  Safe to repeat.  clause: rights.update
    """
    erasure, cipher = Erasure.objects.filter(subject=subject).first(), keys.ciphers([subject]).get(subject)
    if erasure is None or cipher is None:
        return
    try:
        clause = finding.clause()
    except Refused as refused:
        # An erasure waits for nobody; the control says which of them were not told.
        log.error("nobody is told of an erasure: %s", refused.reason)
        return
    given = finding.everything(subject, cipher)
    if not given:
        return
    with transaction.atomic():
        _enter(subject, cipher, clause, {"told": sorted(given)}, True)
        for each in given.values():
            for desk, references in recipients.by_desk(each.recipient, each.references).items():
                _note(erasure, each, desk, references)


def _note(erasure: Erasure, given: Given, desk: str, references: Iterable[str]) -> None:
    values = _references(references)
    told, is_new = Told.objects.get_or_create(
        erasure=erasure.pk,
        recipient=given.recipient,
        desk=desk,
        defaults={**values, "owner_id": desk_of(given.recipient), "kind": Told.Kind.ERASURE},
    )
    if not is_new and told.state == Told.State.WAITING and not told.messages:
        Told.objects.filter(pk=told.pk).update(**values)


def desk_of(recipient: str) -> UUID:
    """The subject that stands for a recipient's desk; made when it is first needed.

    It counts as staff: no person looks themselves up under a desk's address.
    """
    found = Desk.objects.filter(recipient=recipient).first()
    if found is None:
        try:
            with transaction.atomic():
                found = Desk(owner=DataSubject.begin(SubjectKind.STAFF), recipient=recipient)
                found.save(force_insert=True)
        except IntegrityError:
            found = Desk.objects.get(recipient=recipient)
    owner: UUID = found.owner_id
    return owner


def merged(one: str, into: str) -> None:
    """Another subject's record has come to this one's: what was given before is gone through again."""
    Correction.objects.filter(owner=into).update(is_settled=False)


FAREWELLS.append(erased)
MERGINGS.append(merged)
