"""What can be done with keys of the API: made, ended, and found by what a program sends.

A key is `troth_`, its workspace, `_`, 32 random bytes, both in base32: so its workspace is opened before it is looked
up, and no key is looked for among all.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.utils import timezone

from troth.accounts.hooks import hooks
from troth.accounts.hooks.models import Event
from troth.accounts.levels import held
from troth.accounts.people.companies import NotNow
from troth.accounts.people.models import Person
from troth.gate.errors import Refused
from troth.gate.subjects.models import Erasure
from troth.gate.uses import act
from troth.workspaces.access import Access, enter, find, narrowed
from troth.workspaces.hosted import opened
from troth.workspaces.models import Right, Workspace

from .models import LISTED, ApiKey

TEXT = re.compile(r"troth_([a-z2-7]{26})_([a-z2-7]{52})")
MOST_KEYS = 50
TOUCHED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A program that was let in: by which key, as far as which access, and the secret that it showed."""

    key: ApiKey
    access: Access
    secret: bytes


def make_key(
    by: Access, name: str, right: Right, part: UUID | None, ends_at: datetime, row_id: UUID | None = None
) -> str | None:
    """A new key, told this once; None where the one of this id was made, and told, already.

    Raises NotNow, and Refused for a key that would allow more than its maker may do.
    """
    # Who was let into parts only makes a key to those of them where they may do so much.
    by.must(right, part or next((each for each in by.parts if by.allows(right, each)), None))
    with enter(by, writes=True), act():
        if row_id and ApiKey.objects.filter(pk=row_id).exists():
            return None
        if ApiKey.objects.filter(person=by.person, ends_at__gt=timezone.now()).count() >= MOST_KEYS:
            raise NotNow(f"{MOST_KEYS} of your keys are in use here. End one that is no longer needed first.")
        secret = secrets.token_bytes(32)
        made = ApiKey(
            person_id=by.person, secret_hash=_hash(secret), right=right, part=part, ends_at=ends_at,
            **({"id": row_id} if row_id else {}),
        )  # fmt: skip
        made.name = name
        made.save(force_insert=True)
        if by.workspace.customer_id:
            hooks.saw(by.workspace.customer_id, Event.What.KEY_MADE)
    return f"troth_{_text(by.workspace.owner_id.bytes)}_{_text(secret)}"


def end_key(by: Access, which: UUID) -> None:
    """End a key at once: one's own, or, for who manages the workspace, anybody's.  Safe to repeat.  Raises Refused."""
    with enter(by), act():
        found: ApiKey | None = ApiKey.objects.filter(pk=which).first()
        if found is None:
            return
        if not (found.is_of(by.person) or by.allows(Right.MANAGE)):
            raise Refused("this key is somebody else's")
        found.delete()


def listed(by: Access) -> Iterable[ApiKey]:
    """The keys that somebody sees: their own, or, for who manages the workspace, everybody's."""
    found: Iterable[ApiKey] = ApiKey.objects.filter(ends_at__gt=timezone.now() - LISTED)
    return found if by.allows(Right.MANAGE) else [key for key in found if key.is_of(by.person)]


def admitted(text: str) -> Admitted | None:
    """Who comes by a key; None for one that is malformed, unknown or over, or whose person is not let in any more."""
    known = TEXT.fullmatch(text)
    if known is None:
        return None
    workspace, secret = UUID(bytes=_bytes(known[1])[:16]), _bytes(known[2])
    with opened(workspace):
        key: ApiKey | None = ApiKey.objects.filter(secret_hash=_hash(secret)).first()
    if key is None or not hmac.compare_digest(bytes(key.secret_hash), _hash(secret)):
        return None
    row = Workspace.objects.filter(owner=workspace).first()
    access = find(row, key.person_id) if row and stands(key) else None
    limited = access and narrowed(access, Right(key.right), key.part, partial(stands, key))
    if limited is None:
        return None
    _touch(key)
    return Admitted(key, limited, secret)


def longest_days(workspace: Workspace) -> int:
    """How old a key becomes here at most, by the company's settings."""
    return int(held.of_company(workspace.customer_id)["key_days"])


def ends_at(key: ApiKey, days: int) -> datetime:
    """When a key ends: on its own day, or when it is too old for the company's settings."""
    return min(key.ends_at, key.made_at + timedelta(days=days))


def stands(key: ApiKey) -> bool:
    """Whether a key was not ended, by anybody, by time or by the company’s settings, and its person has their account."""
    row = Workspace.objects.filter(owner=key.owner_id).first()
    youngest = timezone.now() - timedelta(days=longest_days(row)) if row else timezone.now()
    with opened(key.owner_id):
        if not ApiKey.objects.filter(pk=key.pk, ends_at__gt=timezone.now(), made_at__gt=youngest).exists():
            return False
    person: UUID = key.person_id
    is_leaving = Erasure.objects.filter(subject=person.hex).exists()
    return not is_leaving and Person.objects.filter(owner=person, proven_at__isnull=False).exists()


def _touch(key: ApiKey) -> None:
    """Note that it is used, once a minute at most: not every request writes."""
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - TOUCHED_EVERY:
        with opened(key.owner_id):
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def _hash(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def _text(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def _bytes(text: str) -> bytes:
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))
