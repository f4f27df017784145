"""One row of somebody who stays is erased alone, with what hangs on it: it is parted from them first.

INVARIANT: a row never lies under a key that is not its owner's: envelope and owner change in one UPDATE.
"""

from troth.engine.ledger import Json, Kind

from ..errors import GateError
from ..keystore import keys
from ..registry import serves
from ..uses import SYSTEM, Actor, act, using
from ..uses.entering import enter
from ..uses.envelopes import resealed
from . import holds, obstacles
from .erase import erase, lock
from .models import DataSubject, Erasure, Farewell, PersonalModel
from .models import Kind as Subject
from .obstacles import Obstructed

PURPOSE = serves("answering-requests")


def erase_row(row: PersonalModel, by: Actor, *, receipt_to: str) -> Erasure:
    """Give a row to a subject of its own and erase that, in the steps of any erasure; a receipt goes to the address.

    Both are begun in one act, with an entry on the owner's record: a crash leaves the row whole, or an erasure that the
    worker ends.  What a backup holds of it stays under the key of its owner, who stays.  clause: rights.ninety-days
    Raises Obstructed, and GateError for a row that is gone, before anything is begun; Unfinished as `erase` does.
    """
    owner = row.owner_id
    with using("sending-mail", by=SYSTEM, at="outgoing-mail"), act():
        lock(owner.hex)
        if found := holds.in_the_way(owner.hex):
            raise Obstructed(found)
        parted = _part(row)
        if found := obstacles.of(parted.pk.hex):
            raise Obstructed(found)
        teller = DataSubject.begin(Subject.PERSON)
        Farewell(owner=teller, address=receipt_to).save(force_insert=True)
        Erasure.objects.create(subject=parted.pk.hex, farewell=teller.pk.hex)
        said: dict[str, Json] = {"deleted": row._meta.label, "by": by.role}
        enter(Kind.USE, PURPOSE, SYSTEM, [(owner.hex, keys.ciphers([owner.hex])[owner.hex], said)])
    return erase(parted.pk.hex, by)


def _part(row: PersonalModel) -> DataSubject:
    """A new subject that owns the row.  What hangs on the row goes with it, whosever it is."""
    model, owner = type(row), row.owner_id
    locked = model.every.select_for_update().filter(pk=row.pk, owner=owner).first()
    parted = DataSubject.begin(Subject.PERSON)
    ciphers = keys.ciphers([owner.hex, parted.pk.hex])
    if locked is None or len(ciphers) < 2:
        raise GateError("this is gone, or is being erased")
    sealed = resealed(locked, ciphers[owner.hex], ciphers[parted.pk.hex], parted.pk)
    model.every.filter(pk=row.pk, owner=owner).update(owner=parted, sealed=sealed)
    return parted
