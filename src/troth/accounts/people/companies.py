"""A company's people: invited, joined, given another role, removed; the company handed over, renamed, closed.

Each function is one act of somebody who has a place in the company (`by`), and refuses what their role may not do.
"""

import hashlib
import secrets
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from troth.gate.errors import Refused
from troth.gate.outbound.mail import enqueue
from troth.gate.registry import built_at, serves
from troth.gate.subjects.erase import erase
from troth.gate.subjects.merging import merge
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.subjects.obstacles import OBSTACLES, Obstacle
from troth.gate.uses import SYSTEM, Actor, act, using

from .models import INVITED, MANAGERS, Customer, Invitation, Membership, Person, Role

PLACE = "account-page"
PURPOSE = serves("running-an-account")
MOST_OPEN = 30
"""Invitations of one company that nobody has accepted yet: it is no way to send mail to strangers."""

built_at(PLACE, "troth.accounts.people.companies:invite")


class Over(Exception):
    """The invitation was withdrawn, has run out, or went to another address."""


class NotNow(Exception):
    """What cannot be done as things stand; the text is for people."""


def acting(person: Membership | Person) -> Actor:
    """One of a company's people, as the gate sees them there."""
    return Actor("customer-people", person.owner_id)


def company_of(membership: Membership) -> Customer:
    """The company somebody has a place in."""
    found: Customer = Customer.objects.get(owner=membership.customer_id)
    return found


def _must_manage(by: Membership, *roles: str) -> None:
    if by.role not in MANAGERS:
        raise Refused("only an owner or an administrator of the company may do this")
    if Role.OWNER in roles and by.role != Role.OWNER:
        raise Refused("only an owner of the company may do this to an owner, or make one")


def _locked(by: Membership) -> dict[UUID, Membership]:
    """Everybody's place in the company, held so that two owners cannot remove each other at once."""
    rows = Membership.objects.select_for_update().filter(customer=by.customer_id)
    return {row.pk: row for row in rows}


def _keep_an_owner(places: dict[UUID, Membership], leaving: Membership) -> None:
    if not any(row.role == Role.OWNER and row.pk != leaving.pk for row in places.values()):
        raise NotNow("A company needs an owner. Hand it over to somebody else first, or close it.")


# -- invitations


def invite(by: Membership, address: str, role: str) -> None:
    """Mail an invitation; an earlier one to this address is void."""
    _must_manage(by, role)
    customer, person = company_of(by), Person.objects.get(owner=by.owner_id)
    of_here = Invitation.objects.filter(customer=by.customer_id)
    if of_here.count() >= MOST_OPEN:
        raise NotNow(
            f"{MOST_OPEN} invitations are waiting. Withdraw some of them, or wait until they are accepted."
        )
    known = Person.objects.lookup(email=address).values_list("owner_id", flat=True)
    if Membership.objects.filter(customer=by.customer_id, owner__in=known).exists():
        raise NotNow("Somebody with this address is among the people of your company.")
    for earlier in of_here & Invitation.objects.lookup(email=address):
        erase(earlier.owner_id.hex, acting(by))
    token = secrets.token_urlsafe(32)
    with using(PURPOSE, by=acting(by), given=customer, at=PLACE), act():
        invitee = DataSubject.begin(Kind.INVITEE)
        Invitation(
            owner=invitee, customer_id=by.customer_id, inviter_id=by.owner_id, role=role, token_hash=_hash(token),
            email=address,
        ).save(force_insert=True)  # fmt: skip
        enqueue(
            invitee.pk, address, f"Join {customer.name}", _letter(person.name, customer.name, role, token)
        )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _letter(inviter: str, company: str, role: str, token: str) -> str:
    link = settings.TROTH_BASE_URLS["company"] + reverse("join-open", "troth.config.urls", args=[token])
    return (
        f"{inviter} invites you to join {company} here, as: {Role(role).label}.\n\n"
        f"To accept, or to see more, open this link within {INVITED.days} days:\n{link}\n\n"
        "It works only together with this address. If you do nothing, we delete your address when the time is over.\n"
    )


def invitation_of(token: str) -> Invitation | None:
    """The invitation of a link, while it stands."""
    found: Invitation | None = Invitation.objects.filter(token_hash=_hash(token)).first()
    return found if found and found.is_live() else None


def join(invitation: Invitation, person: Person) -> None:
    """Give the person the place they were invited to; part of the caller's act.  Raises Over.

    What else is known of the invitation's subject (its mail, its share of the log) is merged by the caller.
    """
    held: Invitation | None = Invitation.objects.select_for_update().filter(pk=invitation.pk).first()
    if held is None or not held.is_live() or not is_for(held, person):
        raise Over
    Membership.objects.get_or_create(
        owner_id=person.owner_id, customer_id=held.customer_id, defaults={"role": held.role}
    )
    held.delete()


def is_for(invitation: Invitation, person: Person) -> bool:
    """Whether the invitation went to this person's address."""
    with using("signing-in", by=SYSTEM):
        return bool(Person.objects.lookup(email=invitation.email).filter(pk=person.pk).exists())


def accept(invitation: Invitation, person: Person) -> None:
    """Somebody with an account joins a company.  Raises Over."""
    invitee = invitation.owner_id
    with using(PURPOSE, by=Actor("data-subject", person.owner_id), at=PLACE), act():
        join(invitation, person)
    merge(invitee, person.owner_id, Actor("data-subject", person.owner_id))


def withdraw(by: Membership, invitation: UUID) -> None:
    """Take an invitation back: the address is erased."""
    _must_manage(by)
    for row in Invitation.objects.filter(pk=invitation, customer=by.customer_id):
        erase(row.owner_id.hex, acting(by))


# -- places


def change_role(by: Membership, whose: UUID, role: str) -> None:
    """Give somebody another role.  Raises NotNow for the last owner's."""
    with act():
        places = _locked(by)
        of = places[whose]
        _must_manage(places[by.pk], role, of.role)
        if role != Role.OWNER:
            _keep_an_owner(places, of)
        Membership.objects.filter(pk=of.pk).update(role=role)
    _tell(of, "Your role has changed", f"Your role in a company here is now: {Role(role).label}.")


def remove(by: Membership, whose: UUID) -> None:
    """Take somebody's place in the company away, or one's own.  Raises NotNow for the last owner."""
    with act():
        places = _locked(by)
        of = places[whose]
        if of.pk != by.pk:
            _must_manage(places[by.pk], of.role)
        _keep_an_owner(places, of)
        of.delete()
    if of.owner_id != by.owner_id:
        _tell(
            of, "You have left a company", "You no longer belong to a company here. Your account stays yours."
        )


def hand_over(by: Membership, to: UUID) -> None:
    """Make somebody else an owner in one's own place."""
    with act():
        places = _locked(by)
        _must_manage(places[by.pk], Role.OWNER)
        if to == by.pk:
            raise NotNow("The company is yours already.")
        Membership.objects.filter(pk=places[to].pk).update(role=Role.OWNER)
        Membership.objects.filter(pk=by.pk).update(role=Role.ADMINISTRATOR)
    _tell(places[to], "You own a company", "A company here was handed over to you: you are its owner now.")


def _tell(membership: Membership, subject: str, words: str) -> None:
    person = Person.objects.get(owner=membership.owner_id)
    page = settings.TROTH_BASE_URLS["company"] + reverse("account", "troth.config.urls")
    with using(PURPOSE, by=SYSTEM, given=person), act():
        enqueue(person.owner_id, person.email, subject, f"{words}\n\nYour account: {page}\n")


# -- the company


def rename(by: Membership, name: str) -> None:
    """Give the company another name."""
    _must_manage(by)
    customer = company_of(by)
    with using(PURPOSE, by=acting(by), given=customer, at=PLACE), act():
        customer.name = name
        customer.save(update_fields=[])


def close(by: Membership) -> None:
    """End the company: everybody's place, its invitations, its name.  Raises Obstructed, with nothing ended.

    Its people keep their accounts, which are theirs.
    """
    _must_manage(by, Role.OWNER)
    for row in Invitation.objects.filter(customer=by.customer_id):
        erase(row.owner_id.hex, acting(by))
    others = list(Membership.objects.filter(customer=by.customer_id).exclude(pk=by.pk))
    erase(by.customer_id.hex, acting(by))
    for each in others:
        _tell(
            each,
            "A company was closed",
            "A company you belonged to here was closed. Your account stays yours.",
        )


def without_another_owner(subject: str) -> list[Obstacle]:
    """Nobody leaves a company behind that belongs to no one."""
    owned = Membership.objects.filter(owner=subject, role=Role.OWNER)
    others = Membership.objects.filter(role=Role.OWNER).exclude(owner=subject)
    alone = [row for row in owned if not others.filter(customer=row.customer_id).exists()]
    return [
        Obstacle(
            "you are the last owner of a company",
            "hand it over to one of its people, or close it: both are done under “People” in your account",
            "rights.ninety-days",
        )
        for _ in alone
    ]


OBSTACLES.append(without_another_owner)
