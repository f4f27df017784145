"""Who may enter a workspace, how far, and until when: worked out from seats and grants, and asked again as they go."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar
from uuid import UUID

from troth.accounts.models import Role as OfStaff
from troth.accounts.models import StaffMember
from troth.accounts.people.models import Membership
from troth.gate.errors import Refused
from troth.gate.registry import built_at, serves
from troth.gate.subjects.models import Erasure
from troth.gate.uses import Actor, Ground, Use, using
from troth.gate.uses.actor import Row

from .hosted import HostedModel, Inside
from .models import RIGHT_OF, Grant, Right, Role, Seat, Workspace

PLACE = "workspace"
PURPOSE = serves("providing-the-services")
SHOWING = serves("showing-own-data")
ASKED_EVERY = 1.0
"""Seconds for which an answer about somebody's access stands."""

RIGHT_OF_STAFF = {OfStaff.OWNER: Right.MANAGE, OfStaff.ADMINISTRATOR: Right.MANAGE}
"""In the Company's own workspace, which nobody owns: no press of a button ends it.  Everybody else may change it."""

built_at(PLACE, "troth.workspaces.access:enter")


@dataclass(slots=True)
class Access:
    """Somebody's way into a workspace: the ground `grant`.

    `right` is the one to the whole of it, None for who was let into some `parts` (collections, files) only.  Where
    it `rests_on` something more, that is asked as often as the rest.  One to `is_part_only` does not reach what the
    person did elsewhere.
    """

    workspace: Workspace
    person: UUID
    right: Right | None
    parts: dict[UUID, Right] = field(default_factory=dict)
    is_seated: bool = False
    country: str = ""
    asked_at: float = field(default_factory=time.monotonic)
    stands: bool = True
    rests_on: Callable[[], bool] | None = None
    is_part_only: bool = False
    ground: ClassVar[str] = "grant"

    @property
    def actor(self) -> Actor:
        """Who acts, as the gate sees them here."""
        return Actor("customer-people", self.person, self.country)

    @property
    def record_of(self) -> UUID | None:
        """The workspace, whose record of uses is shown to those who manage it."""
        found: UUID = self.workspace.owner_id
        return found if self.allows(Right.MANAGE) else None

    @property
    def names_actor_to(self) -> UUID:
        """The workspace, whose record says which of those it let in used what."""
        found: UUID = self.workspace.owner_id
        return found

    def is_live(self) -> bool:
        """Whether it still stands; the store is asked once a second at most."""
        is_fresh = time.monotonic() - self.asked_at < ASKED_EVERY
        return self.stands if is_fresh or not self.stands else self.is_live_now()

    def is_live_now(self) -> bool:
        """Whether somebody can still do here all that they could when this was worked out."""
        found, self.asked_at = find(self.workspace, self.person), time.monotonic()
        self.stands = (
            found is not None
            and (self.right is None or found.allows(self.right))
            and all(found.allows(right, part) for part, right in self.parts.items())
            and (self.rests_on is None or self.rests_on())
        )
        return self.stands

    def covers(self, row: Row) -> bool:
        """The workspace's rows, as far as it reaches."""
        if row.owner_id != self.workspace.owner_id:
            return False
        if self.right or isinstance(row, Workspace):
            return True
        if not isinstance(row, HostedModel):
            return False
        is_own = row.is_of(self.person) and not self.is_part_only
        return is_own or any(part in self.parts for part in row.parts)

    def right_to(self, part: UUID | None = None) -> Right | None:
        """What it allows with a collection or file, or with the workspace as a whole; None for nothing."""
        rights = [each for each in (self.right, self.parts.get(part) if part else None) if each]
        return max(rights, key=list(Right).index, default=None)

    def allows(self, wanted: Right, part: UUID | None = None) -> bool:
        """Whether it is enough for what is wanted."""
        right = self.right_to(part)
        return right is not None and right.reaches(wanted)

    def must(self, wanted: Right, part: UUID | None = None) -> None:
        """Raises Refused when it does not allow so much, or no longer."""
        if not self.is_live():
            raise Refused("this workspace is no longer open to you")
        if not self.allows(wanted, part):
            has = self.right_to(part)
            raise Refused(
                f"this needs the right “{wanted.label}” here; yours is {f'“{has.label}”' if has else 'none'}"
            )


def find(workspace: Workspace, person: UUID) -> Access | None:
    """Somebody's access to a workspace by their seat, and by what was granted to them or to their company.

    The people of the Company's own are its staff, each by their role.
    """
    if Erasure.objects.filter(subject=workspace.owner_id.hex).exists():
        return None
    if workspace.is_companys and (member := StaffMember.objects.filter(owner=person).first()):
        given = RIGHT_OF_STAFF.get(OfStaff(member.role), Right.EDIT)
        return Access(workspace, person, given, is_seated=True, country=member.country)
    seat = Seat.objects.filter(owner=person, workspace=workspace.owner_id).first()
    right = RIGHT_OF[Role(seat.role)] if seat else None
    parts: dict[UUID, Right] = {}
    for grant in Grant.objects.filter(Grant.live(), owner=workspace.owner_id, to__in=standing_for(person)):
        given = Right(grant.right)
        if grant.part is None:
            right = stronger(right, given)
        else:
            parts[grant.part] = stronger(parts.get(grant.part), given)
    if right is None and not parts:
        return None
    return Access(workspace, person, right, parts, is_seated=seat is not None)


def stronger(one: Right | None, other: Right) -> Right:
    """Of two rights the one that allows more."""
    return one if one and one.reaches(other) else other


def narrowed(access: Access, most: Right, part: UUID | None, rests_on: Callable[[], bool]) -> Access | None:
    """An access as far as a right, and perhaps one part, and for as long as something stands; None when nothing is left.

    It never allows more than the access itself, now or later.
    """
    given = access.parts
    if part is not None:
        has = access.right_to(part)
        given = {part: has} if has else {}
    right = weaker(access.right, most) if access.right and part is None else None
    parts = {each: weaker(its, most) for each, its in given.items()}
    if right is None and not parts:
        return None
    return replace(
        access, right=right, parts=parts, rests_on=rests_on, is_part_only=part is not None,
    )  # fmt: skip


def weaker(one: Right, other: Right) -> Right:
    """Of two rights the one that allows less."""
    return other if one.reaches(other) else one


def standing_for(person: UUID) -> list[UUID]:
    """Those to whom a grant may have gone that this person can use: themselves and their companies."""
    return [person, *Membership.objects.filter(owner=person).values_list("customer_id", flat=True)]


def all_of(person: UUID) -> list[Access]:
    """Every workspace somebody can enter, their own first."""
    seated = Seat.objects.filter(owner=person).values_list("workspace_id", flat=True)
    granted = Grant.objects.filter(Grant.live(), to__in=standing_for(person)).values_list(
        "owner_id", flat=True
    )
    found: Iterable[Workspace] = Workspace.objects.filter(owner__in={*seated, *granted})
    ways = [way for row in found if (way := find(row, person))]
    return sorted(ways, key=lambda way: (not way.is_seated, way.workspace.made_at))


class enter(Inside):  # noqa: N801 - reads as a statement: `with enter(...)`
    """Open a workspace for the block: its rows are found, and read (or, with `writes`, written) as the access allows.

    `given` is a ground of an app's own that rests on the access, for rows of the gate's that belong to hosted ones.
    Raises Refused when the access no longer stands.
    """

    def __init__(
        self, access: Access, *, writes: bool = False, purpose: str = PURPOSE, given: Ground | None = None
    ) -> None:
        self._access = access
        place = PLACE if writes else None
        use = using(purpose, by=access.actor, given=given or access, at=place)
        super().__init__(access.workspace.owner_id, use)

    def __enter__(self) -> Use:
        if not self._access.is_live():
            raise Refused("this workspace is no longer open to you")
        return super().__enter__()
