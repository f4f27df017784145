"""What ends with a company, and what somebody who leaves for good must see to first."""

from contextlib import suppress
from uuid import UUID

from django.db import connection

from troth.gate.outbound.models import Message
from troth.gate.subjects import obstacles
from troth.gate.subjects.erase import FAREWELLS, erase
from troth.gate.subjects.obstacles import OBSTACLES, Obstacle, Obstructed
from troth.gate.uses import SYSTEM, act

from .companies import acting, held, is_ending, must_manage, places_of, staying, tell
from .models import Invitation, Membership, Role

ALONE = Obstacle(
    "you are the last owner of a company",
    "hand it over to one of its people, or close it: both are done under “People” in your account",
    "rights.ninety-days",
)


def close(by: Membership) -> None:
    """End the company: everybody's place, its invitations, its name.  Raises Obstructed, with nothing ended.

    Its people keep their accounts, which are theirs.
    """
    with act():
        places = places_of(by.customer_id)
        must_manage(places.get_or_say(by.pk), Role.OWNER)
    erase(by.customer_id.hex, acting(by))
    for each in places.values():
        if each.pk != by.pk:
            tell(
                each,
                "A company was closed",
                "A company you belonged to here was closed. Your account stays yours.",
            )


def without_another_owner(subject: str) -> list[Obstacle]:
    """Nobody leaves a company behind that belongs to no one."""
    mine = Membership.objects.filter(owner=subject)
    companies = set(mine.values_list("customer_id", flat=True))
    if connection.in_atomic_block:
        # Of two owners who leave at once the second waits here, and so does who hands a company over to one of them.
        held(*companies)
    return [ALONE for customer in companies if _is_left_alone(customer, UUID(subject))]


def _is_left_alone(customer: UUID, leaving: UUID) -> bool:
    owning = Membership.objects.filter(customer=customer, role=Role.OWNER)
    return not is_ending(customer) and {row.owner_id for row in staying(owning)} == {leaving}


def of_its_invitations(subject: str) -> list[Obstacle]:
    """A company takes its invitations along: what keeps one of them keeps it."""
    invited = Invitation.objects.filter(customer=subject).values_list("owner_id", flat=True)
    return [each for invitee in invited for each in obstacles.of(invitee.hex)]


def end_invitations(subject: str) -> None:
    """A company (32 hex digits) is being erased: whom it invited, and the letters to them, go with it."""
    for invitee in list(Invitation.objects.filter(customer=subject).values_list("owner_id", flat=True)):
        # One that is held since a moment ago stays, without its invitation.
        with suppress(Obstructed):
            erase(invitee.hex, SYSTEM)


def forget_letters(subject: str) -> None:
    """Take away our copies of the letters that invite others in the name of somebody who is being erased (32 hex digits).

    The invitations stand: they are the company's, and name nobody.
    """
    invited = Invitation.objects.filter(inviter=subject).values_list("owner_id", flat=True)
    Message.objects.filter(owner__in=list(invited)).delete()


OBSTACLES.extend((without_another_owner, of_its_invitations))
FAREWELLS.extend((end_invitations, forget_letters))
