"""Who is let into a workspace: seats for the Customer's own people, grants for others, offers until they accept.

Each function is one act of somebody who has access (`by`), and refuses what their right does not allow.  What is taken
back is gone at once: every use asks again.
"""

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from troth.accounts.people import notices
from troth.accounts.people.companies import NotNow, staying
from troth.accounts.people.models import MANAGERS, Customer, Membership, Person
from troth.gate.errors import Refused
from troth.gate.outbound.mail import enqueue
from troth.gate.outbound.models import Message
from troth.gate.subjects.erase import erase
from troth.gate.subjects.merging import merge
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, Actor, act, using

from .access import PLACE, Access, standing_for
from .models import GRANTABLE, OFFERED, RIGHT_OF, Grant, Offer, Right, Role, Seat, Workspace
from .sparing import forget, must_spare, note

RUNNING = "running-an-account"
MOST_OPEN = 30
"""Offers of one workspace that nobody has accepted yet: it is no way to send mail to strangers."""


class Over(Exception):
    """The offer was withdrawn, is too old, or went to another address."""


# -- seats


def seat(by: Access, whose: UUID, role: str) -> None:
    """Give somebody of the Customer a place in the workspace, or another role.  Raises NotNow."""
    by.must(Right.MANAGE)
    with act():
        _held(by.workspace)
        member = Membership.objects.filter(customer=by.workspace.customer_id, owner=whose).first()
        if member is None or not staying([member]):
            raise NotNow("This person is not among the people of your company any more. Nothing was changed.")
        before = Seat.objects.filter(owner=whose, workspace=by.workspace.owner_id).first()
        _must_seat(by, role, before)
        if before is None:
            Seat(owner_id=whose, workspace_id=by.workspace.owner_id, role=role).save(force_insert=True)
        else:
            Seat.objects.filter(pk=before.pk).update(role=role)
    if before is None:
        _tell(whose, by, f"You were let into a workspace here, as: {Role(role).label}.")


def _must_seat(by: Access, role: str, before: Seat | None) -> None:
    touches_an_owner = Role.OWNER in (role, before.role if before else "")
    if touches_an_owner and not by.allows(Right.OWN):
        raise Refused("only an owner of the workspace may do this to an owner, or make one")
    if before and before.role == Role.OWNER and role != Role.OWNER:
        _must_keep_an_owner(by.workspace, before)


def _must_keep_an_owner(workspace: Workspace, leaving: Seat) -> None:
    owning = staying(
        Seat.objects.filter(workspace=workspace.owner_id, role=Role.OWNER).exclude(pk=leaving.pk)
    )
    if leaving.role == Role.OWNER and not owning:
        raise NotNow("A workspace needs an owner. Make somebody else one first, or delete the workspace.")


def unseat(by: Access, whose: UUID) -> None:
    """Take somebody's place away, or give up one's own.  Raises NotNow for the last owner."""
    with act():
        _held(by.workspace)
        found = Seat.objects.filter(owner=whose, workspace=by.workspace.owner_id).first()
        if found is None:
            raise NotNow("This person has no place in the workspace any more.")
        if whose != by.person:
            by.must(Right.OWN if found.role == Role.OWNER else Right.MANAGE)
        _must_keep_an_owner(by.workspace, found)
        found.delete()


def _held(workspace: Workspace) -> None:
    """Hold the workspace as it is until the act ends: of two who change who is in it the second waits."""
    list(DataSubject.objects.select_for_update().filter(pk=workspace.owner_id).values_list("pk"))


# -- grants


def offer(
    by: Access, address: str, right: Right, *, part: UUID | None = None, ends_at: datetime | None = None,
    is_for_company: bool = False,
) -> None:  # fmt: skip
    """Let somebody in by mail: nothing is open to them until they accept.  Raises NotNow, Refused.

    Nobody gives more than they have, or for longer.
    """
    by.must(Right.SHARE, part)
    if by.workspace.is_companys:
        raise Refused("what the Company keeps of Customers is opened to nobody outside", "share.no-promotion")
    giver, ends_at = _must_give(by, right, part, ends_at)
    if _is_own(by, address):
        raise NotNow("This is your own address: you have access already.")
    must_spare(by.workspace.owner_id, address)
    open_offers = Offer.objects.filter(workspace=by.workspace.owner_id)
    for earlier in open_offers.filter(part=part) & Offer.objects.lookup(email=address):
        erase(earlier.owner_id.hex, by.actor)
    if open_offers.count() >= MOST_OPEN:
        raise NotNow(
            f"{MOST_OPEN} offers are waiting. Withdraw some of them, or wait until they are accepted."
        )
    token = secrets.token_urlsafe(32)
    with using(RUNNING, by=by.actor, given=by.workspace, at=PLACE), act():
        _held(by.workspace)
        must_spare(by.workspace.owner_id, address)
        note(by.workspace.owner_id, address)
        invitee = DataSubject.begin(Kind.INVITEE)
        Offer(  # type: ignore[misc]
            owner=invitee, workspace_id=by.workspace.owner_id, giver_id=giver,
            email=address, right=right, part=part, ends_at=ends_at, is_for_company=is_for_company,
            token_hash=_hash(token),
        ).save(force_insert=True)  # fmt: skip
        name = Person.objects.get(owner=by.person).name
        enqueue(invitee.pk, address, "You were let into a workspace", _letter(name, right, ends_at, token))


def _must_give(
    by: Access, right: Right, part: UUID | None, ends_at: datetime | None
) -> tuple[UUID | None, datetime | None]:
    """Whose grant is passed on (None for the workspace's own people), and when the new access ends.  Raises Refused."""
    if right not in GRANTABLE or not by.allows(right, part):
        raise Refused("nobody gives away more than they have")
    if ends_at is not None and ends_at <= timezone.now():
        raise NotNow("The end of the access lies in the past.")
    seat = Seat.objects.filter(owner=by.person, workspace=by.workspace.owner_id).first()
    if seat and RIGHT_OF[Role(seat.role)].reaches(Right.SHARE):
        return None, ends_at
    mine = [
        grant for each in standing_for(by.person) for grant in _shareable(by.workspace.owner_id, each, part)
    ]
    if not mine:
        raise Refused("nobody gives away more than they have")
    longest = _longest(mine)
    return longest.to_id, min((each for each in (ends_at, longest.ends_at) if each), default=None)


def _longest(grants: list[Grant]) -> Grant:
    return max(grants, key=lambda grant: (grant.ends_at is None, grant.ends_at or timezone.now()))


def _shareable(workspace: UUID, to: UUID, part: UUID | None) -> list[Grant]:
    """The grants by which somebody may pass on a part of a workspace, or all of it."""
    live = Grant.objects.filter(Grant.live(), owner=workspace, to=to, right=Right.SHARE)
    return [grant for grant in live if grant.part in (None, part)]


def _is_own(by: Access, address: str) -> bool:
    return bool(Person.objects.lookup(email=address).filter(owner=by.person).exists())


def offer_of(token: str) -> Offer | None:
    """The offer of a link, while it stands."""
    found: Offer | None = Offer.objects.filter(token_hash=_hash(token)).first()
    return found if found and found.is_live() else None


def accept(found: Offer, person: Person) -> Workspace:
    """Take what was offered, for oneself or (as it was offered) for one's company.  Raises Over, NotNow."""
    invitee, by = found.owner_id, Actor("data-subject", person.owner_id)
    with using("signing-in", by=SYSTEM):
        address = str(person.email)
    with act():
        list(DataSubject.objects.select_for_update().filter(pk=found.workspace_id).values_list("pk"))
        again = Offer.objects.select_for_update().filter(pk=found.pk).first()
        if again is None or not again.is_live() or not is_for(again, person) or not _stands(again):
            raise Over
        workspace: Workspace = Workspace.objects.get(owner=again.workspace_id)
        _give(again, _company_of(person, workspace) if again.is_for_company else person.owner_id)
        Message.objects.filter(owner=invitee).delete()  # our copy of the letter names who offered it
        again.delete()
        forget(address, workspace.owner_id)
    merge(invitee, person.owner_id, by)
    return workspace


def _stands(found: Offer) -> bool:
    """Whether somebody who passed it on still has what they gave."""
    return found.giver_id is None or bool(_shareable(found.workspace_id, found.giver_id, found.part))


def _company_of(person: Person, workspace: Workspace) -> UUID:
    places = Membership.objects.filter(owner=person.owner_id, role__in=MANAGERS)
    found = [place.customer_id for place in staying(places) if place.customer_id != workspace.customer_id]
    if len(found) != 1:
        raise NotNow(
            "This access is for a company, so an owner or an administrator of it has to accept, and of one only."
        )
    return UUID(str(found[0]))


def _give(found: Offer, to: UUID) -> None:
    """Write the grant.  What somebody passes on takes the place of no grant but their own: it could be less."""
    before = Grant.objects.filter(owner=found.workspace_id, to=to, part=found.part).first()
    if before is not None and found.giver_id is not None and before.giver_id != found.giver_id:
        return
    try:
        Grant.objects.update_or_create(
            owner_id=found.workspace_id, to_id=to, part=found.part,
            defaults={"right": found.right, "ends_at": found.ends_at, "giver_id": found.giver_id},
        )  # fmt: skip
    except IntegrityError:
        raise Over from None
    for giver in filter(None, (found.giver_id, to)):
        _end_passed_on(found.workspace_id, giver)


def is_for(found: Offer, person: Person) -> bool:
    """Whether the offer went to this person's address."""
    with using("signing-in", by=SYSTEM):
        return bool(Person.objects.lookup(email=found.email).filter(pk=person.pk).exists())


def withdraw(by: Access, which: UUID) -> None:
    """Take an offer back: the address is erased.  Who made it may, and who manages the workspace.  Raises Refused."""
    for row in Offer.objects.filter(pk=which, workspace=by.workspace.owner_id):
        if row.giver_id not in standing_for(by.person):
            by.must(Right.MANAGE)
        erase(row.owner_id.hex, by.actor)


def revoke(by: Access, which: UUID) -> None:
    """Take access back, with everything that was passed on by it; who gave it may, and who manages the workspace."""
    with act():
        _held(by.workspace)
        found = Grant.objects.filter(pk=which, owner=by.workspace.owner_id).first()
        if found is None:
            return
        if found.to_id != by.person and found.giver_id not in standing_for(by.person):
            by.must(Right.MANAGE)
        end_chain(by.workspace.owner_id, found)


def end_chain(workspace: UUID, grant: Grant) -> None:
    """Delete a grant and what was passed on by it; part of the caller's act."""
    Grant.objects.filter(pk=grant.pk).delete()
    _end_passed_on(workspace, grant.to_id)


def _end_passed_on(workspace: UUID, giver: UUID) -> None:
    """End what somebody passed on and could not pass on any more; what they can, ends no later than their own."""
    for passed in Grant.objects.filter(owner=workspace, giver=giver):
        mine = _shareable(workspace, giver, passed.part)
        if not mine:
            end_chain(workspace, passed)
        elif (last := _longest(mine).ends_at) and (passed.ends_at is None or passed.ends_at > last):
            Grant.objects.filter(pk=passed.pk).update(ends_at=last)
            _end_passed_on(workspace, passed.to_id)


def end_lapsed() -> None:
    """Delete grants past their end, with what was passed on by them."""
    for grant in Grant.objects.filter(ends_at__lte=timezone.now()):
        with act():
            end_chain(grant.owner_id, grant)


def _tell(whose: UUID, by: Access, words: str) -> None:
    page = settings.TROTH_BASE_URLS["company"] + reverse(
        "workspace-home", "troth.config.urls", args=[by.workspace.owner_id]
    )
    notices.tell(whose, "A workspace is open to you", f"{words}\n\n{page}\n")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _letter(giver: str, right: Right, ends_at: datetime | None, token: str) -> str:
    link = settings.TROTH_BASE_URLS["company"] + reverse("offer-open", "troth.config.urls", args=[token])
    until = f", until {ends_at:%-d %B %Y, %H:%M} UTC" if ends_at else ""
    return (
        f"{giver} lets you into a workspace here, to: {right.label.lower()}{until}.\n\n"
        f"To accept, open this link within {OFFERED.days} days, signed in with this address:\n{link}\n\n"
        "If you do nothing, we delete your address when the time is over.\n"
    )


def company_name(customer: UUID) -> str:
    """The name of a company, inside a use that may show it."""
    return str(Customer.objects.get(owner=customer).name)
