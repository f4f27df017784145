"""Envelopes without a use: what a row is bound to, whether it opens, and two changes to rows that nobody reads."""

import uuid
from collections.abc import Callable, Collection
from functools import cache

from troth.engine.seal import Cipher, SealBroken, contexts, open_row, seal_row

from ..keystore import keys
from .actor import Row


@cache
def places(
    label: str, version: str, deployment: uuid.UUID
) -> Callable[[uuid.UUID | None, uuid.UUID, uuid.UUID], bytes]:
    """The contexts of a model's rows of one version."""
    # The version is bound too: who can write the table cannot move a row under a statement that allows more.
    return contexts(deployment, f"{label}@{version}")


def aad(row: Row, owner: uuid.UUID | None = None) -> bytes:
    """What a row's envelope is bound to; under another owner when one is named."""
    bound = places(row.seal_label, row.collected_under, keys.deployment())  # type: ignore[attr-defined]
    return bound(None, owner or row.owner_id, row.id)


def try_opening(row: Row) -> None:
    """Whether a row's envelope opens under its owner's key.  No value leaves this function.

    Raises SealBroken, Erased or KeyMissing when it does not.
    """
    owner = row.owner_id.hex
    cipher = keys.ciphers([owner]).get(owner)
    if cipher is None:
        raise keys.absent(owner)
    open_row(cipher, bytes(row.sealed or b""), aad(row))


def without(row: Row, names: Collection[str]) -> bytes | memoryview | None:
    """A row's envelope without the named fields: whoever they told of is erased.  No value leaves this function.

    An envelope that nobody can open (its owner erased, or broken) stays as it is.
    """
    cipher = keys.ciphers([row.owner_id.hex]).get(row.owner_id.hex) if row.owner_id else None
    if cipher is None or row.sealed is None:
        return row.sealed
    try:
        held = open_row(cipher, bytes(row.sealed), aad(row))
    except SealBroken:
        return row.sealed
    return seal_row(cipher, {name: value for name, value in held.items() if name not in names}, aad(row))


def resealed(
    row: Row, opening: Cipher, sealing: Cipher, into: uuid.UUID, but: Collection[str] = ()
) -> bytes | None:
    """A row's envelope under another owner's key, but for the fields that are left behind.

    No value leaves this function.  Raises SealBroken.
    """
    if row.sealed is None:
        return None
    held = open_row(opening, bytes(row.sealed), aad(row))
    return seal_row(sealing, {name: held[name] for name in held if name not in but}, aad(row, into))
