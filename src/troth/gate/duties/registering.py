"""Duties begin and end; keys to them are made and end.  None is wider than its clause."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from troth.engine.policy import Deny

from ..errors import Refused
from ..published import statement
from ..telling import ending, recipients
from ..uses import act
from . import rules
from .models import Contract, Duty, ProviderKey

TEXT = re.compile(r"troth_duty_[A-Za-z0-9_-]{43}")
TOUCHED_EVERY = timedelta(minutes=1)
MOST_KEYS = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """A duty as staff ask for it."""

    recipient: str
    rule: str
    categories: Sequence[str]
    ends_at: datetime
    channel: str = Duty.Channel.PULL
    endpoint: str = ""
    notice: str = field(default="", repr=False)


def begin(wanted: Wanted) -> Duty:
    """Put a duty on the register.  Raises Refused for one wider than its clause, or longer than its contract."""
    known = rules.RULES.get(wanted.rule)
    if known is None:
        raise Refused("there is no such rule on the list")
    _must_fit(wanted, known)
    with act():
        made = Duty(
            recipient=wanted.recipient, purpose=known.purpose, rule=known.name,
            categories=" ".join(sorted(wanted.categories)), channel=wanted.channel, endpoint=wanted.endpoint,
            notice=wanted.notice, ends_at=wanted.ends_at,
        )  # fmt: skip
        made.save(force_insert=True)
    return made


def _must_fit(wanted: Wanted, known: rules.Rule) -> None:
    is_here = wanted.channel == Duty.Channel.HERE
    if not is_here and recipients.registered(wanted.recipient) is None:
        raise Refused(f"company.toml names no desk under [recipients.{wanted.recipient}]; add it first")
    if not wanted.categories:
        raise Refused("a duty names the information it needs")
    if wanted.ends_at <= timezone.now():
        raise Refused("a duty ends on a day to come")
    for category in wanted.categories:
        if category not in known.fields:
            raise Refused(f"the records of this rule hold no `{category}`")
        _must_be_shared(wanted.recipient, known.purpose, category, "use" if is_here else "share")
    if not is_here:
        _must_have_contract(wanted)
    if wanted.channel == Duty.Channel.WEBHOOK:
        must_be_theirs(wanted.recipient, wanted.endpoint)


def _must_be_shared(recipient: str, purpose: str, category: str, action: str) -> None:
    policy = statement.current()
    if recipient not in policy.recipients:
        raise Refused(f"`{recipient}` is no recipient of the statement")
    decision = policy.decide(action, category, purpose, recipient, frozenset({rules.GROUND}))
    if isinstance(decision, Deny):
        raise Refused(
            f"`{category}` is wider than the clause on this duty: {decision.reason}", decision.clause
        )


def _must_have_contract(wanted: Wanted) -> None:
    contract = Contract.objects.filter(recipient=wanted.recipient).first()
    if contract is None:
        raise Refused("there is no contract with this provider on the register; add it first")
    if contract.ends_on is not None and wanted.ends_at.date() > contract.ends_on:
        raise Refused(f"the contract ends on {contract.ends_on:%Y-%m-%d}, before this duty would")


def must_be_theirs(recipient: str, endpoint: str) -> None:
    """An address that records may be sent to: over TLS, at the host that company.toml names.  Raises Refused."""
    entry = recipients.registered(recipient)
    try:
        asked = urlsplit(endpoint)
        host = f"{asked.hostname}:{asked.port}" if asked.port else str(asked.hostname or "")
    except ValueError:
        raise Refused("this is no address that anything can be sent to") from None
    is_plain = not (asked.username or asked.password or asked.fragment) and endpoint.isascii()
    if asked.scheme != "https" or not is_plain or re.search(r"\s", endpoint):
        raise Refused("records are sent to an https address without a name or password in it")
    if entry is None or not entry.host or host.lower() != entry.host.lower():
        raise Refused(f"this is not the host that company.toml names under [recipients.{recipient}]")


def end(duty: Duty) -> bool:
    """End a duty at once, with its keys, and have the provider asked to delete what it got; False when it was over.

    clause: share.providers.  It is told by its desk, which confirms (`telling`).
    """
    now = timezone.now()
    with act():
        if not Duty.objects.filter(pk=duty.pk, ended_at=None).update(ended_at=now):
            return False
        ProviderKey.objects.filter(duty=duty, ended_at=None).update(ended_at=now)
        if duty.channel != Duty.Channel.HERE and Duty.objects.get(pk=duty.pk).last_number:
            ending.duty_ended(duty.recipient, duty.pk, duty.purpose)
    return True


def end_due() -> int:
    """End the duties whose last day has passed; returns how many."""
    due = Duty.objects.filter(ended_at=None, ends_at__lte=timezone.now())
    return sum(end(each) for each in due)


def make_key(duty: Duty) -> str:
    """A new key to a live duty, told this once.  Raises Refused."""
    with act():
        if not duty.is_live():
            raise Refused("this duty has ended")
        if ProviderKey.objects.filter(duty=duty, ended_at=None).count() >= MOST_KEYS:
            raise Refused(f"{MOST_KEYS} keys to this duty are in use; end one first")
        secret = secrets.token_urlsafe(32)
        ProviderKey(duty=duty, secret_hash=_hash(f"troth_duty_{secret}")).save(force_insert=True)
    return f"troth_duty_{secret}"


def end_key(key: ProviderKey) -> None:
    """End one key at once.  Safe to repeat."""
    with act():
        ProviderKey.objects.filter(pk=key.pk, ended_at=None).update(ended_at=timezone.now())


def key_of(text: str) -> ProviderKey | None:
    """The key that a provider shows; None for one that is malformed, unknown or ended.  A duty's end ends its keys."""
    if not TEXT.fullmatch(text):
        return None
    found = ProviderKey.objects.select_related("duty").filter(secret_hash=_hash(text), ended_at=None).first()
    if found is None:
        return None
    _touch(found)
    return found


def known_key(text: str) -> ProviderKey | None:
    """The same; and also a key that ended with its duty, for the provider to see that, and to confirm the deletion."""
    if not TEXT.fullmatch(text):
        return None
    found = ProviderKey.objects.select_related("duty").filter(secret_hash=_hash(text)).first()
    return found if found is not None and still_shows(found) else None


def still_shows(key: ProviderKey) -> bool:
    """Whether a key shows its duty: it stands, or ended with it."""
    return key.ended_at is None or key.ended_at == key.duty.ended_at


def _touch(found: ProviderKey) -> None:
    now = timezone.now()
    if found.last_used_at is None or found.last_used_at < now - TOUCHED_EVERY:
        with transaction.atomic():
            ProviderKey.objects.filter(pk=found.pk).update(last_used_at=now)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
