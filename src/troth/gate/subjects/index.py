"""Blind indexes of sealed fields (spec/sealed-value.md): full-width HMAC per field and index epoch."""

from collections.abc import Callable
from functools import lru_cache

from django.conf import settings

from troth.engine.seal import (
    EMAIL,
    MAILBOX,
    TEXT,
    Normaliser,
    NotNormal,
    blind_index,
    blind_indexer,
    phone_normaliser,
)

from ..keystore.keys import keeper


def normaliser(kind: str) -> Normaliser:
    """How values are made equal before they are indexed: `email`, `phone` or `text`."""
    if kind == "phone":
        return phone_normaliser(settings.TROTH_REGION)
    return EMAIL if kind == "email" else TEXT


@lru_cache(maxsize=64)
def _key(label: str, keys: str, epoch: int) -> bytes:
    return keeper().index_key(label, epoch)


def index(label: str, kind: str, value: str) -> bytes:
    """The value of an index column.  `label` names model and field.  Raises NotNormal."""
    epoch = keeper().newest_index_epoch()
    return blind_index(_key(label, str(settings.TROTH_KEYS), epoch), label, value, normaliser(kind))


def indexer(label: str, kind: str) -> Callable[[str], bytes | None]:
    """`index` for many values of one column, one after another; None for a value that has no normal form."""
    key = _key(label, str(settings.TROTH_KEYS), keeper().newest_index_epoch())
    found = blind_indexer(key, label, normaliser(kind))

    def index_of(value: str) -> bytes | None:
        try:
            return found(value)
        except NotNormal:
            return None

    return index_of


def candidates(label: str, kind: str, value: str) -> list[bytes]:
    """The index values under which a wanted value may stand; none when it has no normal form."""
    try:
        return [index(label, kind, value)]
    except NotNormal:
        return []


def address_index(address: str) -> bytes | None:
    """The keyed hash under which an address's sign-in handle is found; None for what is no address."""
    return next(iter(candidates("accounts.address", "email", address)), None)


def mailbox_index(address: str) -> bytes | None:
    """The keyed hash of the mailbox that an address stands for, whatever its tag: for what is remembered for good.

    Its key does not turn with the index epochs (spec/keys.md, `suppression.key`).  None for what is no address.
    """
    try:
        return blind_index(keeper().named_key("suppression"), "suppression.mailbox", address, MAILBOX)
    except NotNormal:
        return None
