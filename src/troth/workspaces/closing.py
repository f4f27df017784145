"""What ends with a company, and what somebody who leaves for good must see to first."""

from contextlib import suppress
from uuid import UUID

from django.db import connection
from django.utils import timezone

from troth.accounts.people.companies import held, staying
from troth.accounts.people.models import Person
from troth.gate.subjects.erase import FAREWELLS, erase
from troth.gate.subjects.models import Erasure
from troth.gate.subjects.obstacles import OBSTACLES, Obstacle, Obstructed
from troth.gate.uses import SYSTEM, using

from . import sparing
from .letting_in import end_chain
from .models import Grant, Offer, Role, Seat, Workspace

ALONE = Obstacle(
    "you are the last owner of a workspace",
    "make somebody else its owner, or delete it: both are done under “People” and “Settings” in the workspace",
    "rights.ninety-days",
)


def without_another_owner(subject: str) -> list[Obstacle]:
    """Nobody leaves a workspace behind that belongs to no one."""
    mine = Seat.objects.filter(owner=UUID(subject), role=Role.OWNER)
    workspaces = set(mine.values_list("workspace_id", flat=True))
    if connection.in_atomic_block:
        held(*workspaces)
    return [ALONE for workspace in workspaces if _is_left_alone(workspace, UUID(subject))]


def _is_left_alone(workspace: UUID, leaving: UUID) -> bool:
    owning = Seat.objects.filter(workspace=workspace, role=Role.OWNER)
    is_going = Erasure.objects.filter(subject=workspace.hex).exists()
    return not is_going and {row.owner_id for row in staying(owning)} == {leaving}


def end_with_the_company(subject: str) -> None:
    """A company (32 hex digits) is being erased: its agreement ends, and with it its workspaces (agreement.leaving).

    Those who are in them have thirty days in which to take along what they need.
    """
    Workspace.objects.filter(customer=UUID(subject), ended_at=None).update(ended_at=timezone.now())


def end_what_was_given(subject: str) -> None:
    """Whoever is being erased (32 hex digits) takes along what they passed on, and the offers of their workspace."""
    for offered in list(Offer.objects.filter(workspace=UUID(subject)).values_list("owner_id", flat=True)):
        with suppress(Obstructed):
            erase(offered.hex, SYSTEM)
    for person in Person.objects.filter(owner=UUID(subject)):
        with using("signing-in", by=SYSTEM):
            address = str(person.email)
        sparing.forget(address)
    for grant in Grant.objects.filter(giver=UUID(subject)):
        end_chain(grant.owner_id, grant)


OBSTACLES.append(without_another_owner)
FAREWELLS.extend((end_with_the_company, end_what_was_given))
