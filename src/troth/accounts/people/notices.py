"""Letters to people with an account about what became of it, or of their data.

No restriction stops them (clause rights.ninety-days): who had their data left alone still learns what is done.
"""

from uuid import UUID

from troth.gate.outbound.mail import enqueue
from troth.gate.registry import serves
from troth.gate.uses import SYSTEM, act, using

from .models import Person

PURPOSE = serves("giving-notice")


def tell(owner: UUID, subject: str, text: str) -> bool:
    """Mail it to the address of somebody's account, in an act of its own; as `put` says."""
    with act():
        return put(owner, subject, text)


def put(owner: UUID, subject: str, text: str) -> bool:
    """The part of `tell` that an act of its own may hold.

    False, and no error, when nobody is there to be told: a letter must not undo what it tells of.
    """
    person = Person.objects.filter(owner=owner).exclude(proven_at=None).first()
    if person is None:
        return False
    with using(PURPOSE, by=SYSTEM, given=person) as use:
        # Of somebody whose erasure has begun, nothing is opened any more.
        if not use.is_open_to(person):
            return False
        enqueue(owner, person.email, subject, text)
    return True
