"""What people do with their own account: correct what it says, move it to another address.

Each function is one act of the person, on the ground of their own data (clause rights.update).
"""

from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.urls import reverse

from troth.accounts.models import AddressHandle
from troth.gate import watch
from troth.gate.codes import codes
from troth.gate.errors import GateError
from troth.gate.outbound.mail import enqueue
from troth.gate.registry import serves
from troth.gate.subjects.index import address_index
from troth.gate.telling.telling import corrected
from troth.gate.uses import SYSTEM, Actor, OwnData, act, using

from . import companies
from .gathering import gather
from .models import Customer, Membership, NewAddress, Person, Role
from .registering import Taken, has_account

ACT = "move-address"
MOVED = watch.reports("address-changed", "troth.accounts.people.flows:move")
PLACE = "account-page"
PURPOSE = serves("running-an-account")
CORRECTED = ("name", "company", "address", "phone")


def as_themselves(person: Person, *, writes: bool = True) -> using:
    """A use by the person of their own data."""
    by, own = Actor("data-subject", person.owner_id), OwnData(person.owner_id)
    return using(PURPOSE, by=by, given=own, at=PLACE if writes else None)


def correct(person: Person, values: dict[str, str]) -> list[str]:
    """Write what is different, and have everybody told who got the old value; returns the fields that changed.

    Raises GateError for the e-mail address: it is moved by a code, since one signs in with it.
    """
    if strange := values.keys() - set(CORRECTED):
        raise GateError(f"not corrected here: {', '.join(sorted(strange))}")
    by = Actor("data-subject", person.owner_id)
    with as_themselves(person), act():
        list(Person.objects.select_for_update().filter(pk=person.pk))
        person.refresh_from_db(fields=["sealed"])
        before = {name: getattr(person, name) or "" for name in values}
        changed = [name for name in values if values[name] != before[name]]
        for name in changed:
            setattr(person, name, values[name] or None)
        if changed:
            person.save(update_fields=[])
        for name in changed:
            corrected(person.owner_id, Person.seals[name].category, by, person)
        if "company" in changed and values["company"]:
            _rename(person, before["company"], values["company"])
    return changed


def _rename(person: Person, before: str, after: str) -> None:
    """A company that its owner named so is renamed with it, in the same act."""
    by = companies.acting(person)
    owned = Membership.objects.filter(owner=person.owner_id, role=Role.OWNER).values("customer")
    for customer in Customer.objects.filter(owner__in=owned):
        with using(PURPOSE, by=by, given=customer, at=PLACE):
            if customer.name == before:
                companies.write_name(customer, after, by)


def ask_to_move(person: Person, address: str) -> NewAddress:
    """Mail a code to the new address and a notice to the old one; an earlier wish to move is void."""
    with as_themselves(person), act():
        NewAddress.objects.filter(owner=person.owner_id).delete()
        wish = NewAddress(owner_id=person.owner_id, email=address)
        words = "to move your account to this address"
        if has_account(address):
            words += " (which has an account of its own already, so it cannot be moved here)"
        wish.code = codes.send(ACT, person.owner_id, address, wish.pk.hex, words)
        wish.save(force_insert=True)
        enqueue(person.owner_id, person.email, "Somebody asked to move your account", _warning())
    return wish


def _warning() -> str:
    company = settings.TROTH_COMPANY["company"]["name"]
    page = settings.TROTH_BASE_URLS["company"] + reverse("account_security", "troth.config.urls")
    return (
        f"Somebody who is signed in to your account with {company} asked to move it to another e-mail address.\n\n"
        f"If it was you, type the code that went to the new address. If not, sign in, end the other sessions and"
        f" change your password:\n{page}\n"
    )


def move(person: Person, wish: NewAddress, typed: str) -> None:
    """The new address is proven: from now on it is the one that signs in.  Raises CodeRefused, Taken.

    What came under it before is joined to the account.  Whoever has the old address may register it anew.
    """
    codes.redeem(wish.code or UUID(int=0), ACT, typed, wish.pk.hex)
    by = Actor("data-subject", person.owner_id)
    try:
        with as_themselves(person), act():
            list(Person.objects.select_for_update().filter(pk=person.pk))
            person.refresh_from_db(fields=["sealed"])
            before, address = person.email, wish.email
            if has_account(address):
                raise Taken
            _move_handle(person.user.email, address)
            person.email = address
            person.save(update_fields=[])
            corrected(person.owner_id, Person.seals["email"].category, by, person)
            enqueue(person.owner_id, before, "Your account has moved", _moved())
            wish.delete()
            watch.saw(MOVED, account=person.owner_id.hex)
    except (IntegrityError, Taken):
        NewAddress.objects.filter(pk=wish.pk).delete()
        raise Taken from None
    gather(person)


def _move_handle(handle: str, address: str) -> None:
    index = address_index(address)
    AddressHandle.objects.filter(index=index).delete()
    AddressHandle.objects.filter(handle=handle).update(index=index)


def _moved() -> str:
    company = settings.TROTH_COMPANY["company"]["name"]
    contact = settings.TROTH_BASE_URLS["company"] + reverse("contact", "troth.config.urls")
    return (
        f"Your account with {company} has moved to another e-mail address. This one signs in no more.\n\n"
        f"If it was not you, write to us at once: {contact}\n"
    )


def address_of(person: Person) -> str:
    """The address of the account, to send a code to."""
    with using("signing-in", by=SYSTEM):
        return str(person.email)
