"""Addresses to handles: the only place where what a person types becomes what the sign-in tables hold."""

from typing import Protocol, cast
from uuid import UUID

from django.db import transaction

from troth.gate.registry import serves
from troth.gate.subjects.index import address_index
from troth.gate.uses import SYSTEM, Ground, using

from .models import AddressHandle, User, new_handle

PURPOSE = serves("signing-in")
SUFFIX = "@handle.invalid"


class Holder(Protocol):
    """The row that knows whom a login belongs to.  `name` and `email` are sealed: readable only inside a use."""

    owner_id: UUID

    @property
    def name(self) -> str: ...

    @property
    def email(self) -> str: ...


HOLDERS = ("staff", "person")
"""The relations by which a login leads to its holder; this floor need not know what lies above it."""


def holder_of(user: User) -> Holder | None:
    """Whom a login belongs to."""
    found = (getattr(user, relation, None) for relation in HOLDERS)
    return next((holder for holder in found if holder is not None), None)


def ground_of(holder: Holder) -> Ground | None:
    """An account is its own ground; members of staff need none."""
    return cast("Ground", holder) if hasattr(holder, "ground") else None


def words_of(user: User) -> list[str]:
    """The names and the address of whoever owns a login, so that no password is made of them."""
    holder = holder_of(user) if user.pk else None
    if holder is None:
        return []
    with using(PURPOSE, by=SYSTEM, given=ground_of(holder)):
        return [holder.name, holder.email]


def handle_for(address: str) -> str:
    """The handle of an address; a fresh one, kept nowhere, for an address nobody registered.

    A handle is returned as it is: the sign-in library cleans what it already cleaned.
    """
    if address.endswith(SUFFIX):
        return address
    index = address_index(address)
    if index is None:
        return new_handle()
    known = AddressHandle.objects.filter(index=index).first()
    # The same each time: limits on failed sign-ins count by handle, and must not tell who is registered.
    return known.handle if known else index.hex()[:32] + SUFFIX


def register(address: str) -> str:
    """Give an address its handle for good.  Raises ValueError for what is no address."""
    index = address_index(address)
    if index is None:
        raise ValueError("not an e-mail address")
    with transaction.atomic():
        row, _ = AddressHandle.objects.get_or_create(index=index)
    return row.handle
