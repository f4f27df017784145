"""What came under an account's address is its person's own: joined to the account, and erased with it.

An address is proven for what was sent under exactly it, at the time of the proof: when the account is opened or moved,
when its person signs in anew and looks, before an archive and before an erasure.
"""

from contextlib import suppress
from uuid import UUID

from troth.gate.errors import GateError
from troth.gate.registry import serves
from troth.gate.subjects import find, limits
from troth.gate.subjects.erase import FAREWELLS, erase, try_to_erase
from troth.gate.subjects.merging import merge
from troth.gate.subjects.obstacles import Obstructed
from troth.gate.uses import SYSTEM, using

from .models import Invitation, Person

SIGNING_IN = serves("signing-in")
MOST_GATHERED = 20
"""Enquiries joined to an account while a page waits; the worker joins the rest."""


def gather(person: Person, most: int | None = MOST_GATHERED) -> None:
    """Join what came under the person's address, opened for it."""
    join(person, address_of(person), most)


def join(person: Person, address: str, most: int | None = MOST_GATHERED) -> None:
    """Join what came under the address, which is the person's; what nobody ever proved to have sent is void.

    What a hold keeps, and what is more than `most`, is looked at again by the worker.
    """
    waiting = _under(address)
    void = _said_by(find.VOID, waiting)
    own = set() if is_restricted(person) else waiting - void
    done = [_is_joined(person, each, each in void) for each in sorted(own | void)[:most]]
    is_all = all(done) and len(done) == len(own | void)
    if person.is_gathered != is_all:
        person.is_gathered = is_all
        Person.objects.filter(pk=person.pk).update(is_gathered=is_all)


def _is_joined(person: Person, subject: UUID, is_void: bool) -> bool:
    if is_void:
        return try_to_erase(subject.hex, SYSTEM)
    try:
        merge(subject, person.owner_id, SYSTEM)
    except GateError:
        # Somebody joins it or erases it at this moment.
        return False
    return True


def apart(person: Person) -> set[UUID]:
    """What stays apart though it is the person's: what they sent while they restrict the use of their data.

    Joined to the account it could not be answered any more.
    """
    if not is_restricted(person):
        return set()
    waiting = _under(address_of(person))
    return waiting - _said_by(find.VOID, waiting)


def is_restricted(person: Person) -> bool:
    """Whether the person has us keep their data and not use it."""
    return any(limit.kind == limits.Limit.Kind.RESTRICTION for limit in limits.of(person.owner_id))


def _under(address: str) -> set[UUID]:
    """Whom the address stands for beside its account; an invitation is somebody else's until it is accepted."""
    found = find.unproven(address)
    invited = set(Invitation.objects.filter(owner__in=found).values_list("owner_id", flat=True))
    return found - invited - _said_by(find.WAITING, found)


def _said_by(those: list[find.Choice], subjects: set[UUID]) -> set[UUID]:
    return {each for choose in those for each in choose(subjects)}


def address_of(person: Person) -> str:
    """The address of the account, opened to act under it."""
    with using(SIGNING_IN, by=SYSTEM):
        return str(person.email)


def unfinished(subjects: set[UUID]) -> set[UUID]:
    """Registrations whose code nobody typed: void once the address has an account."""
    begun = Person.objects.filter(owner__in=subjects, proven_at=None)
    return set(begun.values_list("owner_id", flat=True))


def erase_under_address(subject: str) -> None:
    """An account (32 hex digits) is being erased: what else came under its address goes with it.

    A request that waits for its answer stays: it is asked of us, and ends by itself.
    """
    person = Person.objects.filter(owner=subject, proven_at__isnull=False).first()
    if person is None:
        return
    found = find.unproven(address_of(person))
    for each in sorted(found - _said_by(find.WAITING, found)):
        with suppress(Obstructed):
            erase(each.hex, SYSTEM)


find.VOID.append(unfinished)
FAREWELLS.append(erase_under_address)
