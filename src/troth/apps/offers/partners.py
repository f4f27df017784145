"""The register of partners: their keys, where they are sent what is theirs, where they are told.

clause: share.joint-offers
"""

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.db.models import F
from django.utils import timezone

from troth.gate.errors import Refused
from troth.gate.export.handing import check_key
from troth.gate.telling.recipients import Registered
from troth.gate.uses import act

from .flows import CLAUSE, RECIPIENT
from .models import Delivery, Part, Partner, Promotion

BEGINS = "troth_partner_"
OUTSIDE = re.compile(r"(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+")
"""A host by its name, with a dot in it: nothing of this machine, and no number."""


def register(values: dict[str, Any]) -> Partner:
    """Put a partner on the register.  Raises GateError for what is no public key of age, Refused for an address."""
    check_key(values["key"])
    must_be_sendable(values.get("endpoint", ""))
    with act():
        partner = Partner(**values)
        partner.save(force_insert=True)
    return partner


def rekey(partner: Partner, key: str, ends_on: date | None) -> None:
    """Encrypt for another key from the next package on.  Raises GateError for what is no public key of age."""
    check_key(key)
    with act():
        Partner.objects.filter(pk=partner.pk).update(key=key, key_ends_on=ends_on)


def send_to(partner: Partner, endpoint: str) -> None:
    """Send a partner's packages to an address of its own; blank: it fetches them.  Raises Refused."""
    must_be_sendable(endpoint)
    with act():
        Partner.objects.filter(pk=partner.pk).update(endpoint=endpoint)
        # What was tried elsewhere waits no longer.
        Part.objects.filter(partner=partner).update(attempts=0, due_at=timezone.now())


def must_be_sendable(endpoint: str) -> None:
    """An address that packages may be sent to: over TLS, at a name outside.  Raises Refused."""
    try:
        asked = urlsplit(endpoint)
        name, _ = asked.hostname or "", asked.port
    except ValueError:
        raise Refused("this is no address that anything can be sent to") from None
    is_plain = endpoint.isascii() and not (asked.username or asked.password or asked.fragment)
    if endpoint and (
        asked.scheme != "https" or not is_plain or not OUTSIDE.fullmatch(name) or " " in endpoint
    ):
        raise Refused("packages are sent to an https address at a name, without a password in it")


def end_partner(partner: Partner) -> None:
    """Give a partner nothing from now on; its keys end, and what it is in is taken off."""
    now = timezone.now()
    with act():
        Partner.objects.filter(pk=partner.pk, ended_at=None).update(ended_at=now)
        Part.objects.filter(partner=partner).update(secret_hash=None, withdrawals=F("withdrawals") + 1)
        Promotion.objects.filter(parts__partner=partner, ended_at=None).update(ended_at=now)


def make_key(part: Part) -> str:
    """A new key for a partner's part; the one before ends.  Raises Refused for a partner that ended."""
    if not part.is_live():
        raise Refused("this partner gets nothing any more", CLAUSE)
    text = BEGINS + secrets.token_urlsafe(32)
    with act():
        Part.objects.filter(pk=part.pk).update(secret_hash=_hash(text))
    return text


def part_of(key: str) -> Part | None:
    """The part that a key opens, while its partner is one."""
    found = (
        Part.objects.select_related("partner", "promotion").filter(secret_hash=_hash(key)).first()
        if key.startswith(BEGINS) and len(key) < 100
        else None
    )
    return found if found is not None and found.is_live() else None


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


# -- how partners are told


def whose(references: Iterable[str]) -> dict[str, str]:
    """The partner of each record, by the mark under which it was given."""
    known = Part.objects.values("pk")  # deliveries are found by part and mark
    given = Delivery.objects.filter(part__in=known, handle__in=list(references))
    return {mark: str(partner) for mark, partner in given.values_list("handle", "part__partner")}


def desks() -> set[str]:
    """The addresses at which partners are told, as far as an opened value is looked for by its first forty bytes."""
    return {address[:40] for address in Partner.objects.values_list("desk", flat=True)}


def desk(partner: str) -> Registered | None:
    """Where a partner is told, also one that ended."""
    found = Partner.objects.filter(pk=partner).first()
    return Registered(RECIPIENT, found.name, found.country, found.desk) if found else None
