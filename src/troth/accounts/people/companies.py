"""A company's people: invited, joined, given another role, removed; the company handed over and renamed.

Each function is one act of somebody who has a place in the company (`by`), and refuses what their role may not do.
How a company ends is in `closing`.
"""

import hashlib
import secrets
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from troth.gate.errors import Refused
from troth.gate.outbound.mail import enqueue
from troth.gate.outbound.models import Message
from troth.gate.registry import built_at, serves
from troth.gate.subjects.erase import erase
from troth.gate.subjects.merging import merge
from troth.gate.subjects.models import DataSubject, Erasure, Kind
from troth.gate.telling.telling import corrected
from troth.gate.uses import SYSTEM, Actor, act, current_use, using

from . import notices
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


def must_manage(by: Membership, *roles: str) -> None:
    """Whether somebody may do this to people of these roles.  Raises Refused."""
    if by.role not in MANAGERS:
        raise Refused("only an owner or an administrator of the company may do this")
    if Role.OWNER in roles and by.role != Role.OWNER:
        raise Refused("only an owner of the company may do this to an owner, or make one")


class Places(dict[UUID, Membership]):
    """Everybody's place in one company, by its id."""

    def get_or_say(self, which: UUID) -> Membership:
        """One of them.  Raises NotNow when it has just gone."""
        if which not in self:
            raise NotNow("This person has left the company meanwhile. Nothing was changed.")
        return self[which]

    def keep_an_owner(self, leaving: Membership) -> None:
        """Raises NotNow when nobody else owns the company."""
        if not any(row.role == Role.OWNER and row.pk != leaving.pk for row in self.values()):
            raise NotNow("A company needs an owner. Hand it over to somebody else first, or close it.")


def held(*customers: UUID) -> None:
    """Hold companies until the transaction ends: who joins or leaves them, hands them over or closes them, waits."""
    rows = DataSubject.objects.select_for_update().filter(pk__in=customers).order_by("pk")
    list(rows.values_list("pk"))


def staying(places: Iterable[Membership]) -> list[Membership]:
    """The places of those whose erasure has not begun: somebody on the way out looks after no company."""
    rows = list(places)
    named = [row.owner_id.hex for row in rows]
    going = {each.subject for each in Erasure.objects.filter(subject__in=named)}
    return [row for row in rows if row.owner_id.hex not in going]


def is_ending(customer: UUID) -> bool:
    """Whether the company is being closed."""
    return Erasure.objects.filter(subject=customer.hex).exists()


def places_of(customer: UUID) -> Places:
    """Who belongs to a company, held as they are until the act ends.  Raises NotNow once it is being closed."""
    held(customer)
    if is_ending(customer):
        raise NotNow("This company is closed.")
    return Places({row.pk: row for row in staying(Membership.objects.filter(customer=customer))})


# -- invitations


def invite(by: Membership, address: str, role: str) -> None:
    """Mail an invitation; an earlier one to this address is void.  Raises NotNow."""
    must_manage(by, role)
    of_here = Invitation.objects.filter(customer=by.customer_id)
    _must_have_room(by, address)
    for earlier in of_here & Invitation.objects.lookup(email=address):
        erase(earlier.owner_id.hex, acting(by))
    token, customer = secrets.token_urlsafe(32), company_of(by)
    with using(PURPOSE, by=acting(by), given=customer, at=PLACE), act():
        must_manage(places_of(by.customer_id).get_or_say(by.pk), role)
        invitee = DataSubject.begin(Kind.INVITEE)
        Invitation(
            owner=invitee, customer_id=by.customer_id, inviter_id=by.owner_id, role=role, token_hash=_hash(token),
            email=address,
        ).save(force_insert=True)  # fmt: skip
        letter = _letter(_inviter(by), customer.name, role, token)
        enqueue(invitee.pk, address, f"Join {customer.name}", letter)


def _must_have_room(by: Membership, address: str) -> None:
    if Invitation.objects.filter(customer=by.customer_id).count() >= MOST_OPEN:
        raise NotNow(
            f"{MOST_OPEN} invitations are waiting. Withdraw some of them, or wait until they are accepted."
        )
    known = Person.objects.lookup(email=address).values_list("owner_id", flat=True)
    if Membership.objects.filter(customer=by.customer_id, owner__in=known).exists():
        raise NotNow("Somebody with this address is among the people of your company.")


def _inviter(by: Membership) -> str:
    """Who invites: by name, unless they limited the use of their data."""
    person = Person.objects.get(owner=by.owner_id)
    return str(person.name) if current_use().is_open_to(person) else "Somebody"


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

    What else is known of the invitation's subject (its share of the log) is merged by the caller.
    """
    held(invitation.customer_id)
    found: Invitation | None = Invitation.objects.select_for_update().filter(pk=invitation.pk).first()
    if found is None or not found.is_live() or is_ending(found.customer_id) or not is_for(found, person):
        raise Over
    Membership.objects.get_or_create(
        owner_id=person.owner_id, customer_id=found.customer_id, defaults={"role": found.role}
    )
    # Our copy of the letter names the inviter and the company: it must not outlive them among the person's own mail.
    Message.objects.filter(owner=found.owner_id).delete()
    found.delete()


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
    must_manage(by)
    for row in Invitation.objects.filter(pk=invitation, customer=by.customer_id):
        erase(row.owner_id.hex, acting(by))


# -- places


def change_role(by: Membership, whose: UUID, role: str) -> None:
    """Give somebody another role.  Raises NotNow for the last owner's."""
    with act():
        places = places_of(by.customer_id)
        of = places.get_or_say(whose)
        must_manage(places.get_or_say(by.pk), role, of.role)
        if role != Role.OWNER:
            places.keep_an_owner(of)
        Membership.objects.filter(pk=of.pk).update(role=role)
    tell(of, "Your role has changed", f"Your role in a company here is now: {Role(role).label}.")


def remove(by: Membership, whose: UUID) -> None:
    """Take somebody's place in the company away, or one's own.  Raises NotNow for the last owner."""
    with act():
        places = places_of(by.customer_id)
        of = places.get_or_say(whose)
        if of.pk != by.pk:
            must_manage(places.get_or_say(by.pk), of.role)
        places.keep_an_owner(of)
        of.delete()
    if of.owner_id != by.owner_id:
        tell(
            of, "You have left a company", "You no longer belong to a company here. Your account stays yours."
        )


def hand_over(by: Membership, to: UUID) -> None:
    """Make somebody else an owner in one's own place.  Raises NotNow when they are leaving."""
    with act():
        places = places_of(by.customer_id)
        must_manage(places.get_or_say(by.pk), Role.OWNER)
        if to == by.pk:
            raise NotNow("The company is yours already.")
        of = places.get_or_say(to)
        Membership.objects.filter(pk=of.pk).update(role=Role.OWNER)
        Membership.objects.filter(pk=by.pk).update(role=Role.ADMINISTRATOR)
    tell(of, "You own a company", "A company here was handed over to you: you are its owner now.")


def tell(membership: Membership, subject: str, words: str) -> None:
    """Write to somebody about their place in a company."""
    page = settings.TROTH_BASE_URLS["company"] + reverse("account", "troth.config.urls")
    notices.tell(membership.owner_id, subject, f"{words}\n\nYour account: {page}\n")


# -- the company


def rename(by: Membership, name: str) -> None:
    """Give the company another name; who was given the old one is told."""
    customer = company_of(by)
    with using(PURPOSE, by=acting(by), given=customer, at=PLACE), act():
        must_manage(places_of(by.customer_id).get_or_say(by.pk))
        write_name(customer, name, acting(by))


def write_name(customer: Customer, name: str, by: Actor) -> None:
    """Correct the company's name, if it is another; part of the caller's act.  clause: rights.update"""
    list(Customer.objects.select_for_update().filter(pk=customer.pk).values_list("pk"))
    customer.refresh_from_db(fields=["sealed"])
    if customer.name != name:
        customer.name = name
        customer.save(update_fields=[])
        corrected(customer.owner_id, Customer.seals["name"].category, by, customer)
