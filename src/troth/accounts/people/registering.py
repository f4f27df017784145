"""Registration: asked for, proven by a mailed code, done.  Each function opens the uses it needs.

Until the code is typed there is no account: the login's handle belongs to no address, and nothing of it tells whether
the address is registered.
"""

import hashlib
from functools import cache
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError
from django.utils import timezone

from troth.accounts import addresses
from troth.accounts.models import AddressHandle, User, new_handle
from troth.gate.codes import codes
from troth.gate.published import statement
from troth.gate.registry import serves
from troth.gate.subjects.erase import try_to_erase
from troth.gate.subjects.index import address_index
from troth.gate.subjects.merging import merge
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, act, using

from . import companies
from .gathering import gather
from .models import Customer, Invitation, Membership, Person, Role

ACT, PLACE = "register", "registration"
RUNNING, SIGNING_IN = serves("running-an-account"), serves("signing-in")
NOTICE = "security.credentials"


class Taken(Exception):
    """The address has an account; whoever typed the code may know."""


@cache
def notice() -> str:
    """What the statement tells everybody who registers: the promise itself, without what the Company added."""
    (clause,) = (clause for clause in statement.document().clauses if clause.id == NOTICE)
    return " ".join(clause.prose.split("\n\n")[0].split())


def notice_hash() -> str:
    """Kept with each account: which notice its owner was shown."""
    return hashlib.sha256(notice().encode()).hexdigest()


def begin(values: dict[str, str], password: str, invitation: Invitation | None = None) -> tuple[UUID, UUID]:
    """Keep what was typed and mail a code to the address; the ids of the person and of the code."""
    hashed = make_password(password or None)
    is_taken = has_account(values["email"])
    with using(RUNNING, by=SYSTEM, at=PLACE), act():
        subject = DataSubject.begin(Kind.PERSON)
        user = User(subject=subject, email=new_handle(), password=hashed, is_active=False)
        user.save(force_insert=True)
        person = Person(owner=subject, user=user, notice_hash=notice_hash(), **values)
        person.save(force_insert=True)
        code = codes.send(ACT, subject.pk, values["email"], _about(person.pk, invitation), _words(is_taken))
    return person.pk, code


def _about(person: UUID, invitation: Invitation | None) -> str:
    return f"{person.hex} {invitation.pk.hex if invitation else ''}"


def _words(is_taken: bool) -> str:
    """Only whoever reads the mail learns of an account that is there."""
    company = settings.TROTH_COMPANY["company"]["name"]
    known = " (this address has an account already, so you can simply sign in)" if is_taken else ""
    return f"to finish your registration with {company}{known}"


def has_account(address: str) -> bool:
    """Whether somebody can sign in with this address."""
    return User.objects.filter(email=addresses.handle_for(address)).exists()


def send_again(person: Person, invitation: Invitation | None) -> UUID:
    """Mail another code."""
    with using(SIGNING_IN, by=SYSTEM), act():
        address = person.email
        words = _words(has_account(address))
        return codes.send(ACT, person.owner_id, address, _about(person.pk, invitation), words)


def finish(person: Person, code: UUID, typed: str, invitation: Invitation | None = None) -> None:
    """The code was typed: open the account.  Raises CodeRefused, Taken, companies.Over."""
    codes.redeem(code, ACT, typed, _about(person.pk, invitation))
    open_account(person, invitation)


def open_account(person: Person, invitation: Invitation | None = None) -> None:
    """The address is proven: the account, in one act; then what came under the address before is joined to it.

    Raises Taken, after which nothing of the registration is left but what a hold keeps, and companies.Over.
    """
    person.proven_at = timezone.now()
    invitee = invitation.owner_id if invitation else None
    try:
        with using(RUNNING, by=SYSTEM, given=person, at=PLACE), act():
            _claim(person.user, person.email)
            person.save(update_fields=["proven_at"])
            if invitation:
                companies.join(invitation, person)
            else:
                _found(person)
    except (IntegrityError, Taken):
        try_to_erase(person.owner_id.hex, SYSTEM)
        raise Taken from None
    if invitee:
        merge(invitee, person.owner_id, SYSTEM)
    gather(person)


def _claim(user: User, address: str) -> None:
    if has_account(address):
        raise Taken
    index = address_index(address)
    AddressHandle.objects.filter(index=index).delete()
    AddressHandle.objects.create(index=index, handle=user.email)
    User.objects.filter(pk=user.pk).update(is_active=True)
    user.is_active = True
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


def _found(person: Person) -> None:
    subject = DataSubject.begin(Kind.CUSTOMER)
    Customer(owner=subject, name=person.company).save(force_insert=True)
    Membership(owner_id=person.owner_id, customer=subject, role=Role.OWNER).save(force_insert=True)
