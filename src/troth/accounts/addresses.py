"""Addresses to handles: the only place where what a person types becomes what the sign-in tables hold."""

from django.db import transaction

from troth.gate.subjects.index import address_index

from .models import AddressHandle, new_handle

SUFFIX = "@handle.invalid"


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
